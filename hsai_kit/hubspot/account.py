"""The portal: who it is, and what the key may do there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hsai_kit.errors import HsaiError, NoConnection
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
    "pull contacts": ("crm.objects.contacts.read",),
    "push contacts": ("crm.objects.contacts.write",),
    "pull companies": ("crm.objects.companies.read",),
    "push companies": ("crm.objects.companies.write",),
    "pull deals": ("crm.objects.deals.read",),
    "push deals": ("crm.objects.deals.write",),
    "tickets": ("tickets",),
    "text of e-mails": ("sales-email-read",),
    "owners": ("crm.objects.owners.read",),
    "lists": ("crm.lists.read",),
    "add to lists": ("crm.lists.write",),
    "make tasks and notes": ("crm.objects.contacts.write",),
}


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
    try:
        info = await client.read_token_info()
    except NoConnection:
        raise
    except HsaiError:
        # Service keys and OAuth tokens are not told about at this address; the calls themselves will show.
        return None
    return frozenset(map(str, info.get("scopes") or ()))


def find_missing_scopes(scopes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return for each step the scopes that are missing for it; an empty tuple means it may be done."""
    granted = frozenset(scopes)
    return {step: tuple(s for s in needed if s not in granted) for step, needed in STEP_SCOPES.items()}


async def read_daily_usage(client: HubSpotClient) -> tuple[int, int] | None:
    """Return (calls made today, calls allowed a day) of the account, or None where HubSpot does not tell."""
    try:
        answer = await client.get(f"{client.paths.account}/api-usage/daily/private-apps")
    except NoConnection:
        raise
    except HsaiError:
        return None
    for usage in answer.get("results") or []:
        if usage.get("usageLimit"):
            return int(usage.get("currentUsage") or 0), int(usage["usageLimit"])
    return None
