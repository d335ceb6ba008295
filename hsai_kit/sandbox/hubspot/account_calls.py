"""The account over HTTP: its details, its use of the API, what a token may do, and its owners."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot import clock
from hsai_kit.sandbox.hubspot.errors import not_found
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer, parse_whole_number

if TYPE_CHECKING:
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall


def show_details(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show whose account this is; what `set_account` gave comes last and wins."""
    del call
    account = crm.account()
    offset = clock.utc_offset(crm.time_zone())
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta() else "+"
    return HubSpotAnswer(
        200,
        {
            "additionalCurrencies": [],
            "dataHostingLocation": "na1",
            "utcOffset": f"{sign}{minutes // 60:02}:{minutes % 60:02}",
            "utcOffsetMilliseconds": offset // timedelta(milliseconds=1),
            **account,
        },
    )


def show_daily_usage(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show how many requests were made today, how many are allowed, and when the day ends."""
    del call
    daily = crm.windows.limits.daily
    usage: dict[str, Any] = {
        "name": "private-apps-api-calls-daily",
        "currentUsage": crm.windows.requests_today,
        "collectedAt": clock.now(),
        "fetchStatus": "SUCCESS",
        "resetsAt": clock.next_midnight(crm.time_zone()),
    }
    if daily is not None:
        usage["usageLimit"] = int(daily)
    return HubSpotAnswer(200, {"results": [usage]})


def show_token_info(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show what a token may do; the token itself is the body's `tokenKey`."""
    token = crm.access.find(str(call.fields().get("tokenKey")))
    if token is None:
        raise not_found()
    body = {
        "userId": 61000001,
        "hubId": crm.account().get("portalId"),
        "appId": token.app_id,
        "scopes": sorted(token.scopes),
        "isUserToken": False,
    }
    return HubSpotAnswer(200, body)


PAGE, LARGEST_PAGE = 100, 500


def list_owners(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show owners in order of id; those who left only if asked for them."""
    size = call.limit(PAGE, LARGEST_PAGE)
    rows = crm.database.execute(
        "SELECT wire FROM hubspot_owners WHERE archived = ? AND id >= ? ORDER BY id",
        (call.flag("archived"), call.after() or 0),
    )
    email = (call.text("email") or "").lower()
    owners = [json.loads(wire) for (wire,) in rows]
    owners = [owner for owner in owners if not email or owner["email"].lower() == email]
    body: dict[str, Any] = {"results": owners[:size]}
    if len(owners) > size:
        body["paging"] = call.next_page(owners[size]["id"])
    return HubSpotAnswer(200, body)


def read_owner(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one owner, by owner id or with `idProperty=userId` by user id."""
    number = parse_whole_number(call.path["owner_id"])
    by_user = call.text("idProperty") == "userId"
    rows = crm.database.execute("SELECT id, wire FROM hubspot_owners WHERE archived = ?", (call.flag("archived"),))
    for owner_id, wire in rows:
        owner = json.loads(wire)
        if number is not None and number == (owner["userIdIncludingInactive"] if by_user else owner_id):
            return HubSpotAnswer(200, owner)
    raise not_found()
