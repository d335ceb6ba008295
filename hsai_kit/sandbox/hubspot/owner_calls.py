"""Owners over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.errors import not_found
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer, whole_number

if TYPE_CHECKING:
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall

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
    number = whole_number(call.path["owner_id"])
    by_user = call.text("idProperty") == "userId"
    rows = crm.database.execute("SELECT id, wire FROM hubspot_owners WHERE archived = ?", (call.flag("archived"),))
    for owner_id, wire in rows:
        owner = json.loads(wire)
        if number is not None and number == (owner["userIdIncludingInactive"] if by_user else owner_id):
            return HubSpotAnswer(200, owner)
    raise not_found()
