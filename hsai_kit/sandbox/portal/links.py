"""Associations between records, always both ways, with HubSpot's type ids."""

from __future__ import annotations

from hsai_kit.sandbox.portal.model import Association

# (from, to) → the id of the unlabeled association in that direction.
TYPE_IDS: dict[tuple[str, str], int] = {
    ("contacts", "companies"): 279,
    ("companies", "contacts"): 280,
    ("deals", "contacts"): 3,
    ("contacts", "deals"): 4,
    ("deals", "companies"): 341,
    ("companies", "deals"): 342,
    ("contacts", "tickets"): 15,
    ("tickets", "contacts"): 16,
    ("tickets", "companies"): 339,
    ("companies", "tickets"): 340,
    ("deals", "tickets"): 27,
    ("tickets", "deals"): 28,
    ("deals", "line_items"): 19,
    ("line_items", "deals"): 20,
    ("deals", "quotes"): 63,
    ("quotes", "deals"): 64,
    ("quotes", "line_items"): 67,
    ("line_items", "quotes"): 68,
    ("quotes", "contacts"): 69,
    ("contacts", "quotes"): 70,
    ("quotes", "companies"): 71,
    ("companies", "quotes"): 72,
    ("leads", "contacts"): 608,
    ("contacts", "leads"): 609,
    ("leads", "companies"): 610,
    ("companies", "leads"): 611,
    ("contacts", "calls"): 193,
    ("calls", "contacts"): 194,
    ("contacts", "emails"): 197,
    ("emails", "contacts"): 198,
    ("contacts", "meetings"): 199,
    ("meetings", "contacts"): 200,
    ("contacts", "notes"): 201,
    ("notes", "contacts"): 202,
    ("contacts", "tasks"): 203,
    ("tasks", "contacts"): 204,
    ("companies", "calls"): 181,
    ("calls", "companies"): 182,
    ("companies", "emails"): 185,
    ("emails", "companies"): 186,
    ("companies", "meetings"): 187,
    ("meetings", "companies"): 188,
    ("companies", "notes"): 189,
    ("notes", "companies"): 190,
    ("companies", "tasks"): 191,
    ("tasks", "companies"): 192,
    ("deals", "calls"): 205,
    ("calls", "deals"): 206,
    ("deals", "emails"): 209,
    ("emails", "deals"): 210,
    ("deals", "meetings"): 211,
    ("meetings", "deals"): 212,
    ("deals", "notes"): 213,
    ("notes", "deals"): 214,
    ("deals", "tasks"): 215,
    ("tasks", "deals"): 216,
    ("tickets", "calls"): 219,
    ("calls", "tickets"): 220,
    ("tickets", "emails"): 223,
    ("emails", "tickets"): 224,
    ("tickets", "meetings"): 225,
    ("meetings", "tickets"): 226,
    ("tickets", "notes"): 227,
    ("notes", "tickets"): 228,
    ("tickets", "tasks"): 229,
    ("tasks", "tickets"): 230,
}
# Beside the unlabeled association, the one company that a contact, deal or ticket mainly belongs to, and the one
# contact of a lead.
PRIMARY_TYPE_IDS: dict[tuple[str, str], int] = {
    ("contacts", "companies"): 1,
    ("companies", "contacts"): 2,
    ("deals", "companies"): 5,
    ("companies", "deals"): 6,
    ("companies", "tickets"): 25,
    ("tickets", "companies"): 26,
    ("leads", "contacts"): 578,
    ("contacts", "leads"): 579,
}
# A portal's own types, here those of the custom object.
OWN_TYPE_IDS: dict[tuple[str, str], int] = {
    ("subscriptions", "contacts"): 35,
    ("contacts", "subscriptions"): 36,
    ("subscriptions", "companies"): 37,
    ("companies", "subscriptions"): 38,
}


def link_records(
    one_type: str, one_id: str, other_type: str, other_id: str, *, primary: bool = False
) -> list[Association]:
    """Link two records: there and back, and with `primary` the company's primary association as well.

    KeyError where HubSpot has no association between the two types.
    """
    ways = (one_type, one_id, other_type, other_id), (other_type, other_id, one_type, one_id)
    found = []
    for way in ways:
        pair = (way[0], way[2])
        if pair in OWN_TYPE_IDS:
            found.append(Association(*way, type_id=OWN_TYPE_IDS[pair], category="USER_DEFINED"))
            continue
        if primary and pair in PRIMARY_TYPE_IDS:
            found.append(Association(*way, type_id=PRIMARY_TYPE_IDS[pair], label="Primary"))
        found.append(Association(*way, type_id=TYPE_IDS[pair]))
    return found
