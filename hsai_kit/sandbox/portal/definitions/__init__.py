"""The object types of the sandbox's portal, with their properties as a real portal has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal.definitions.activities import (
    CALLS,
    COMMUNICATIONS,
    EMAILS,
    MEETINGS,
    NOTES,
    POSTAL_MAIL,
    TASKS,
)
from hsai_kit.sandbox.portal.definitions.contacts_companies import COMPANIES, CONTACTS
from hsai_kit.sandbox.portal.definitions.processes import DEALS, TICKETS
from hsai_kit.sandbox.portal.definitions.sales import (
    CONVERSATIONS,
    GOALS,
    LEADS,
    LINE_ITEMS,
    PRODUCTS,
    QUOTES,
    SUBSCRIPTIONS,
)

if TYPE_CHECKING:
    from hsai_kit.sandbox.portal.model import ObjectType

OBJECT_TYPES: tuple[ObjectType, ...] = (
    CONTACTS, COMPANIES, DEALS, TICKETS, NOTES, TASKS, EMAILS, CALLS, MEETINGS, SUBSCRIPTIONS, LEADS, PRODUCTS,
    LINE_ITEMS, QUOTES, COMMUNICATIONS, POSTAL_MAIL, GOALS, CONVERSATIONS,
)  # fmt: skip

# Each type's records are numbered from here, so that an id tells by its size what it belongs to.
FIRST_IDS = {
    "contacts": 101,
    "companies": 20_000_001,
    "deals": 30_000_001,
    "tickets": 40_000_001,
    "notes": 50_000_001,
    "tasks": 60_000_001,
    "emails": 70_000_001,
    "calls": 80_000_001,
    "meetings": 90_000_001,
    "subscriptions": 95_000_001,
    "leads": 110_000_001,
    "products": 120_000_001,
    "line_items": 130_000_001,
    "quotes": 140_000_001,
    "communications": 150_000_001,
    "postal_mail": 160_000_001,
    "goal_targets": 170_000_001,
    "conversations": 180_000_001,
}


def date_properties(object_type: str) -> tuple[str, str]:
    """Tell under which names records of a type hold when they were created and last changed."""
    if object_type == "contacts":
        return "createdate", "lastmodifieddate"
    if object_type in {"companies", "deals", "tickets", "products", "line_items"}:
        return "createdate", "hs_lastmodifieddate"
    return "hs_createdate", "hs_lastmodifieddate"
