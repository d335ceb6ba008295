"""The portal: who it is, and what the key may do there."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hsai_kit.errors import HsaiError, NoConnection
from hsai_kit.hubspot.answers import list_items, parse_id, refuse_odd_answers
from hsai_kit.hubspot.client import HubSpotClient


@dataclass(frozen=True)
class Portal:
    """One HubSpot account; `account_type` is STANDARD, SANDBOX, DEVELOPER_TEST or APP_DEVELOPER."""

    id: int
    account_type: str
    time_zone: str
    ui_domain: str
    currency: str
    name: str = ""

    def record_link(self, object_type_id: str, record_id: str) -> str:
        """Return the address of a record for people, in HubSpot's own pages."""
        return build_record_link(self.ui_domain, self.id, object_type_id, record_id)


def build_record_link(ui_domain: str, portal_id: int, object_type_id: str, record_id: str) -> str:
    """Return the address of a record in the pages of a portal that nobody is connected to just now."""
    return f"https://{ui_domain or 'app.hubspot.com'}/contacts/{portal_id}/record/{object_type_id}/{record_id}"


# What each step needs, as HubSpot names its scopes; tickets, notes and e-mails have needs of their own.
STEP_SCOPES: Mapping[str, tuple[str, ...]] = {
    **{
        f"{step} {kind}": (f"crm.objects.{kind}.{right}",)
        for kind in ("contacts", "companies", "deals")
        for step, right in (("pull", "read"), ("push", "write"))
    },
    "tickets": ("tickets",),
    "text of e-mails": ("sales-email-read",),
    "owners": ("crm.objects.owners.read",),
    "lists": ("crm.lists.read",),
    "add to lists": ("crm.lists.write",),
    "make tasks and notes": ("crm.objects.contacts.write",),
}


@refuse_odd_answers
async def read_portal(client: HubSpotClient) -> Portal:
    """Return the portal that the key belongs to."""
    details = await client.get(f"{client.paths.account}/details")
    return Portal(
        id=int(details["portalId"]),
        account_type=str(details.get("accountType") or "STANDARD"),
        time_zone=str(details.get("timeZone") or "UTC"),
        ui_domain=str(details.get("uiDomain") or "app.hubspot.com"),
        currency=str(details.get("companyCurrency") or ""),
        name=str(details.get("portalName") or details.get("accountName") or ""),
    )


async def read_scopes(client: HubSpotClient) -> frozenset[str] | None:
    """Return the scopes of the key, or None where HubSpot does not tell for this kind of key."""
    info = await _read_if_allowed(client.read_token_info())
    scopes = info.get("scopes") or []
    return frozenset(map(str, scopes)) if info and isinstance(scopes, list) else None


def find_missing_scopes(scopes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return for each step the scopes that are missing for it; an empty tuple means it may be done."""
    granted = frozenset(scopes)
    return {step: tuple(s for s in needed if s not in granted) for step, needed in STEP_SCOPES.items()}


async def read_daily_usage(client: HubSpotClient) -> tuple[int, int] | None:
    """Return (calls made today, calls allowed a day) of the account, or None where HubSpot does not tell."""
    answer = await _read_if_allowed(client.get(f"{client.paths.account}/api-usage/daily/private-apps"))
    for usage in list_items(answer, "results"):
        if limit := parse_id(usage.get("usageLimit")):
            return int(parse_id(usage.get("currentUsage")) or 0), int(limit)
    return None


async def _read_if_allowed(call: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    # Service keys and OAuth tokens are not told about at these addresses; the calls themselves will show.
    try:
        return await call
    except NoConnection:
        raise
    except HsaiError:
        return {}
