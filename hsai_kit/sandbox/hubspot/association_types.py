"""HubSpot's own association types between standard objects, with their ids in both directions."""

from __future__ import annotations

from typing import NamedTuple


class StandardType(NamedTuple):
    """A type from one object type to another and the id of its way back; the default one has no label."""

    from_type: str
    to_type: str
    type_id: int
    inverse_id: int
    label: str | None = None


_PAIRS = (
    StandardType("contacts", "companies", 279, 280),
    StandardType("contacts", "companies", 1, 2, "Primary"),
    StandardType("contacts", "deals", 4, 3),
    StandardType("contacts", "tickets", 15, 16),
    StandardType("companies", "deals", 342, 341),
    StandardType("companies", "deals", 6, 5, "Primary"),
    StandardType("companies", "tickets", 340, 339),
    StandardType("companies", "tickets", 25, 26, "Primary"),
    StandardType("deals", "tickets", 27, 28),
    StandardType("deals", "line_items", 19, 20),
    StandardType("deals", "quotes", 63, 64),
    StandardType("quotes", "line_items", 67, 68),
    StandardType("quotes", "contacts", 69, 70),
    StandardType("quotes", "companies", 71, 72),
    StandardType("leads", "contacts", 608, 609),
    StandardType("leads", "contacts", 578, 579, "Primary"),
    StandardType("leads", "companies", 610, 611),
)
# From the record to the activity; the way back is the next number.
_ACTIVITIES = {
    "contacts": {"calls": 193, "emails": 197, "meetings": 199, "notes": 201, "tasks": 203},
    "companies": {"calls": 181, "emails": 185, "meetings": 187, "notes": 189, "tasks": 191},
    "deals": {"calls": 205, "emails": 209, "meetings": 211, "notes": 213, "tasks": 215},
    "tickets": {"calls": 219, "emails": 223, "meetings": 225, "notes": 227, "tasks": 229},
}
# Between records of one type; parent and child companies are each other's way back.
_WITHIN = (
    StandardType("contacts", "contacts", 449, 449),
    StandardType("companies", "companies", 450, 450),
    StandardType("companies", "companies", 13, 14, "Child Company"),
    StandardType("companies", "companies", 14, 13, "Parent Company"),
    StandardType("deals", "deals", 451, 451),
    StandardType("tickets", "tickets", 452, 452),
)


def standard_types() -> list[StandardType]:
    """Every type once per direction."""
    between = [
        *_PAIRS,
        *(
            StandardType(name, activity, type_id, type_id + 1)
            for name, activities in _ACTIVITIES.items()
            for activity, type_id in activities.items()
        ),
    ]
    back = [StandardType(one.to_type, one.from_type, one.inverse_id, one.type_id, one.label) for one in between]
    return [*between, *back, *_WITHIN]
