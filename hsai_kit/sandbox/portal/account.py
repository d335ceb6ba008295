"""The account itself: who it belongs to and who works in it."""

from __future__ import annotations

from hsai_kit.sandbox.portal.definitions import OBJECT_TYPES
from hsai_kit.sandbox.portal.definitions.processes import PIPELINES
from hsai_kit.sandbox.portal.definitions.sales import PROSPECTS
from hsai_kit.sandbox.portal.model import Owner, Portal

PORTAL_ID = 24681357
NAME = "Sandbox portal (scripted data)"
ACCOUNT_TYPE = "SANDBOX"
TIME_ZONE = "US/Eastern"
# Links to the records of a made-up portal must not lead to anybody's real one.
UI_DOMAIN = "app.sandbox.invalid"
CURRENCY = "USD"

# The day on which everything in the portal is told; nothing in it is later, but what is planned.
TODAY = "2026-11-16"
TODAY_MOMENT = f"{TODAY}T14:00:00.000Z"

_EAST, _WEST = ("51900101", "Sales East"), ("51900102", "Sales West")

OWNERS = (
    Owner("41000001", "dana.whitfield@sandbox.example", "Dana", "Whitfield", 61000001, teams=(_EAST,)),
    Owner("41000002", "marcus.oyelaran@sandbox.example", "Marcus", "Oyelaran", 61000002, teams=(_EAST,)),
    Owner("41000003", "ines.carvalho@sandbox.example", "Inês", "Carvalho", 61000003, teams=(_WEST,)),
    Owner("41000004", "tom.reilly@sandbox.example", "Tom", "Reilly", 61000004, teams=(_WEST, _EAST)),
    Owner("41000005", "priya.raman@sandbox.example", "Priya", "Raman", 61000005, teams=(_WEST,)),
    Owner("41000006", "support@sandbox.example", "Support", "Desk", 61000006),
    Owner("41000007", "greg.lindqvist@sandbox.example", "Greg", "Lindqvist", 61000007, archived=True),
)
# How the work is shared out; the person who left still owns a few old records.
OWNER_SHARES = {
    "41000001": 34, "41000002": 22, "41000003": 18, "41000004": 9, "41000005": 6, "41000006": 3,
    "41000007": 2, "": 14,
}  # fmt: skip


def empty_portal() -> Portal:
    """Make a portal of this account with every definition and no record."""
    return Portal(
        portal_id=PORTAL_ID,
        name=NAME,
        account_type=ACCOUNT_TYPE,
        time_zone=TIME_ZONE,
        ui_domain=UI_DOMAIN,
        currency=CURRENCY,
        object_types=list(OBJECT_TYPES),
        records={object_type.name: [] for object_type in OBJECT_TYPES},
        associations=[],
        owners=list(OWNERS),
        pipelines=[*PIPELINES, PROSPECTS],
        lists=[],
        merges=[],
        truth={},
    )
