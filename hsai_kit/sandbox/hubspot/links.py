"""Associations between records: what types there are, and who is linked to whom. No HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from hsai_kit.sandbox.hubspot.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hsai_kit.sandbox.database import Database
    from hsai_kit.sandbox.hubspot.catalog import ObjectKind


class LinkType(NamedTuple):
    """One type of association in one direction; the default type of a pair has no label."""

    category: str
    type_id: int
    label: str | None
    inverse_id: int | None

    def wire(self) -> dict[str, object]:
        """Return the type as association answers show it."""
        return {"category": self.category, "typeId": self.type_id, "label": self.label}


class LinkEnd(NamedTuple):
    """A record at the other end, and every way in which it is linked."""

    to_id: int
    types: list[LinkType]


class Links:
    """All associations; each is kept in both directions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def types(self, one: ObjectKind, other: ObjectKind) -> list[LinkType]:
        """Return the types from one object type to another, the default one first."""
        rows = self._database.execute(
            "SELECT category, type_id, label, inverse_id FROM hubspot_association_types "
            "WHERE from_type = ? AND to_type = ? ORDER BY label IS NOT NULL, type_id",
            (one.name, other.name),
        )
        return [LinkType(*row) for row in rows]

    def default_type(self, one: ObjectKind, other: ObjectKind) -> LinkType:
        """Return the type without a label; a 400 where two object types cannot be linked."""
        types = self.types(one, other)
        if not types or types[0].label is not None:
            raise invalid(f"There is no association type from {one.singular} to {other.singular}.")
        return types[0]

    def require_type(self, one: ObjectKind, other: ObjectKind, category: object, type_id: object) -> LinkType:
        """Return the type of that category and id; a 400 if the pair has none such."""
        for known in self.types(one, other):
            if (known.category, known.type_id) == (category, type_id):
                return known
        message = f"{type_id} ({category}) is no association type from {one.singular} to {other.singular}."
        raise invalid(message)

    def target_of(self, one: ObjectKind, category: object, type_id: object) -> str:
        """Return the name of the object type that a type leads to; a 400 if there is no such type."""
        rows = self._database.execute(
            "SELECT to_type, category, type_id FROM hubspot_association_types WHERE from_type = ?", (one.name,)
        )
        for to_type, *known in rows:
            if known == [category, type_id]:
                return str(to_type)
        raise invalid(f"{type_id} ({category}) is no association type from {one.singular}.")

    def add(self, one: ObjectKind, from_id: int, other: ObjectKind, to_id: int, types: Iterable[LinkType]) -> None:
        """Link two records there and back; a labeled type brings the default one along."""
        wanted = {*types}
        wanted |= {known for known in self.types(one, other)[:1] if known.label is None}
        for known in wanted:
            back = known.type_id if known.inverse_id is None else known.inverse_id
            self._database.executemany(
                "INSERT OR IGNORE INTO hubspot_associations VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (one.name, from_id, other.name, to_id, known.category, known.type_id),
                    (other.name, to_id, one.name, from_id, known.category, back),
                ],
            )

    def remove(self, one: ObjectKind, from_id: int, other: ObjectKind, to_id: int) -> None:
        """Take away every association between two records, in both directions."""
        self._database.executemany(
            "DELETE FROM hubspot_associations WHERE from_type = ? AND from_id = ? AND to_type = ? AND to_id = ?",
            [(one.name, from_id, other.name, to_id), (other.name, to_id, one.name, from_id)],
        )

    def read(self, one: ObjectKind, ids: Sequence[int], other: ObjectKind) -> dict[int, list[LinkEnd]]:
        """For each record what it is linked to, in order of id; records without a link are left out."""
        rows = self._database.execute(
            "SELECT from_id, to_id, a.category, a.type_id, label, inverse_id FROM hubspot_associations a "
            "LEFT JOIN hubspot_association_types USING (from_type, to_type, category, type_id) "
            "WHERE from_type = ? AND to_type = ? AND from_id IN (SELECT value FROM json_each(?)) "
            "ORDER BY from_id, to_id, label IS NOT NULL, a.type_id",
            (one.name, other.name, json.dumps(list(ids))),
        )
        found: dict[int, list[LinkEnd]] = {}
        for from_id, to_id, *columns in rows:
            linked = found.setdefault(from_id, [])
            if not linked or linked[-1].to_id != to_id:
                linked.append(LinkEnd(to_id, []))
            linked[-1].types.append(LinkType(*columns))
        return found

    def forget(self, kind: ObjectKind, number: int) -> None:
        """Take away all associations of a record that is archived."""
        end = (kind.name, number)
        self._database.execute(
            "DELETE FROM hubspot_associations WHERE (from_type, from_id, to_type, to_id) IN ("
            "SELECT to_type, to_id, from_type, from_id FROM hubspot_associations "
            "WHERE from_type = ? AND from_id = ?)",
            end,
        )
        self._database.execute("DELETE FROM hubspot_associations WHERE from_type = ? AND from_id = ?", end)

    def move(self, kind: ObjectKind, old: int, new: int) -> None:
        """Hand all associations of a merged record to the survivor."""
        ends = {"type": kind.name, "old": old, "new": new}
        self._database.execute(
            "INSERT OR IGNORE INTO hubspot_associations "
            "SELECT from_type, :new, to_type, to_id, category, type_id FROM hubspot_associations "
            "WHERE from_type = :type AND from_id = :old",
            ends,
        )
        self._database.execute(
            "INSERT OR IGNORE INTO hubspot_associations "
            "SELECT there.from_type, there.from_id, there.to_type, :new, there.category, there.type_id "
            "FROM hubspot_associations here JOIN hubspot_associations there "
            "ON there.from_type = here.to_type AND there.from_id = here.to_id "
            "AND there.to_type = here.from_type AND there.to_id = here.from_id "
            "WHERE here.from_type = :type AND here.from_id = :old",
            ends,
        )
        self.forget(kind, old)


def cut_page(linked: Sequence[LinkEnd], after: int | None, size: int) -> tuple[Sequence[LinkEnd], int | None]:
    """One page of associations from id `after` on, and the id at which the next one begins."""
    rest = [one for one in linked if one.to_id >= (after or 0)]
    following = rest[size].to_id if len(rest) > size else None
    return rest[:size], following


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


def list_standard_types() -> list[StandardType]:
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
