"""Right answers that people gave: every one is kept, the newest of a set, record and field holds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from hsai_kit.store.database import Database, now

__all__ = ["Label", "LabelTable"]


@dataclass(frozen=True)
class Label:
    """One right answer: `value` None says that there is none; `asked` is the text it was given for, where known."""

    record_id: str
    value: str | float | bool | None
    asked: str | None
    source: str
    who: str
    at: str


class LabelTable:
    """Reads and writes of `labels`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, field: str, labels: Iterable[Label]) -> None:
        """Keep labels of a set; they take the place of earlier ones of the same records."""
        self._database.many(
            "INSERT INTO labels (name, record_id, field, value, asked, source, who, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (name, one.record_id, field, json.dumps(one.value), one.asked, one.source, one.who, one.at)
                for one in labels
            ),
        )

    def take_back(self, name: str, field: str, record_ids: Iterable[str], who: str) -> None:
        """Leave records without a label; the history keeps what they had."""
        at = now()
        self._database.many(
            "INSERT INTO labels (name, record_id, field, value, source, who, at) VALUES (?, ?, ?, NULL, ?, ?, ?)",
            ((name, one, field, "taken back", who, at) for one in record_ids),
        )

    def current(self, name: str, field: str) -> list[Label]:
        """Return the labels of a set that hold, in the order in which they were given."""
        rows = self._database.all(
            "SELECT record_id, value, asked, source, who, at FROM labels WHERE id IN "
            "(SELECT MAX(id) FROM labels WHERE name = ? AND field = ? GROUP BY record_id) AND value IS NOT NULL "
            "ORDER BY id",
            (name, field),
        )
        return [Label(row[0], json.loads(row[1]), *tuple(row)[2:]) for row in rows]

    def names(self) -> list[tuple[str, str]]:
        """Return the sets there are, each with a field that it has labels of."""
        rows = self._database.all("SELECT DISTINCT name, field FROM labels ORDER BY name, field")
        return [(row[0], row[1]) for row in rows]
