"""The rows of records: how they are kept, found and paged, and which writes search does not see yet. No HTTP."""

from __future__ import annotations

import json
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from hsai_kit.sandbox.hubspot.wire import parse_whole_number

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hsai_kit.sandbox.database import Database
    from hsai_kit.sandbox.hubspot.catalog import ObjectKind


COLUMNS = "id, properties, created_at, updated_at, archived_at"


class RecordRow(NamedTuple):
    """One record; `properties` holds only what is set. Never changed in place: search may still show it."""

    id: int
    properties: dict[str, str]
    created_at: str
    updated_at: str
    archived_at: str | None = None

    def with_properties(self, properties: dict[str, str], updated_at: str) -> RecordRow:
        """Return the same record with other properties."""
        return self._replace(properties=properties, updated_at=updated_at)


class Records:
    """Every record of every type, in SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._scanned: tuple[tuple[str, tuple[str, ...]], list[tuple[int, dict[str, str]]]] | None = None

    def find(self, kind: ObjectKind, identifier: str, *, archived: bool = False) -> RecordRow | None:
        """Return the record of that id, if it is one and is archived or not as asked."""
        number = parse_whole_number(identifier)
        return None if number is None else self.many(kind, [number], archived=archived).get(number)

    def many(self, kind: ObjectKind, ids: Sequence[int], *, archived: bool = False) -> dict[int, RecordRow]:
        """Return the records of those ids that there are, in order of id."""
        condition = "IS NOT NULL" if archived else "IS NULL"
        cursor = self._database.execute(
            f"SELECT {COLUMNS} FROM hubspot_records WHERE object_type = ? "  # noqa: S608  # constants only
            f"AND id IN (SELECT value FROM json_each(?)) AND archived_at {condition} ORDER BY id",
            (kind.name, json.dumps(ids)),
        )
        return {row.id: row for row in _rows(cursor)}

    def page(self, kind: ObjectKind, first: int, size: int, *, archived: bool) -> list[RecordRow]:
        """`size` records from id `first` on, in order of id."""
        condition = "IS NOT NULL" if archived else "IS NULL"
        cursor = self._database.execute(
            f"SELECT {COLUMNS} FROM hubspot_records WHERE object_type = ? "  # noqa: S608  # constants only
            f"AND id >= ? AND archived_at {condition} ORDER BY id LIMIT ?",
            (kind.name, first, size),
        )
        return list(_rows(cursor))

    def values(self, kind: ObjectKind, names: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
        """Return the id of every record that is not archived, with what it holds of some properties.

        The last answer is kept until a record changes, for the pages of one search.
        """
        if self._scanned is None or self._scanned[0] != (kind.name, names):
            self._scanned = ((kind.name, names), self._scan(kind, names))
        return self._scanned[1]

    def forget(self) -> None:
        """Drop what is kept of an answer, because the database has changed."""
        self._scanned = None

    def _scan(self, kind: ObjectKind, names: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
        columns = "".join(", json_extract(properties, ?)" for _ in names)
        cursor = self._database.execute(
            f"SELECT id{columns} FROM hubspot_records "  # noqa: S608  # constants only
            "WHERE object_type = ? AND archived_at IS NULL ORDER BY id",
            (*(f'$."{name}"' for name in names), kind.name),
        )
        return [
            (number, {name: value for name, value in zip(names, found, strict=True) if value is not None})
            for number, *found in cursor
        ]

    def select_existing(self, kind: ObjectKind, ids: Iterable[int]) -> set[int]:
        """Which of those ids are records that are not archived."""
        cursor = self._database.execute(
            "SELECT id FROM hubspot_records WHERE object_type = ? AND archived_at IS NULL "
            "AND id IN (SELECT value FROM json_each(?))",
            (kind.name, json.dumps(list(ids))),
        )
        return {number for (number,) in cursor}

    def put(self, kind: ObjectKind, rows: Iterable[RecordRow]) -> None:
        """Add records or replace them."""
        self.forget()
        self._database.executemany(
            f"INSERT OR REPLACE INTO hubspot_records (object_type, {COLUMNS}) "  # noqa: S608  # constants only
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                (kind.name, row.id, json.dumps(row.properties), row.created_at, row.updated_at, row.archived_at)
                for row in rows
            ),
        )

    def remove(self, kind: ObjectKind, number: int) -> None:
        """Take a record out altogether, as a merge does with the one that is merged away."""
        self.forget()
        self._database.execute("DELETE FROM hubspot_records WHERE object_type = ? AND id = ?", (kind.name, number))

    def next_id(self, kind: ObjectKind) -> int:
        """Return an id that no record of the type has or had."""
        (highest,) = self._database.execute(
            "SELECT max(coalesce((SELECT max(id) FROM hubspot_records WHERE object_type = :type), 100), "
            "coalesce((SELECT max(old_id) FROM hubspot_merges WHERE object_type = :type), 100))",
            {"type": kind.name},
        ).fetchone()
        return int(highest) + 1

    def survivor(self, kind: ObjectKind, number: int) -> int | None:
        """Return the record that one was merged into, over several merges if need be; None if it never was."""
        found = None
        while True:
            row = self._database.execute(
                "SELECT new_id FROM hubspot_merges WHERE object_type = ? AND old_id = ?", (kind.name, number)
            ).fetchone()
            if row is None:
                return found
            found = number = int(row[0])

    def note_merge(self, kind: ObjectKind, old: int, new: int) -> None:
        """Remember that `old` is now `new`."""
        self._database.execute("INSERT INTO hubspot_merges VALUES (?, ?, ?)", (kind.name, old, new))
        self._database.execute(
            "UPDATE hubspot_unique_values SET record_id = ? WHERE object_type = ? AND record_id = ?",
            (new, kind.name, old),
        )

    def holders(self, kind: ObjectKind, name: str, values: Sequence[str]) -> dict[str, int]:
        """Who holds which of the values of a unique property; values are compared in lower case."""
        cursor = self._database.execute(
            "SELECT value, record_id FROM hubspot_unique_values WHERE object_type = ? AND property = ? "
            "AND value IN (SELECT value FROM json_each(?))",
            (kind.name, name, json.dumps([value.lower() for value in values])),
        )
        return dict(cursor.fetchall())

    def hold(self, kind: ObjectKind, name: str, number: int, *, old: str | None, new: str | None) -> None:
        """Note that a record's value of a unique property changes."""
        if old is not None:
            self._database.execute(
                "DELETE FROM hubspot_unique_values "
                "WHERE object_type = ? AND property = ? AND value = ? AND record_id = ?",
                (kind.name, name, old.lower(), number),
            )
        if new is not None:
            self._database.execute(
                "INSERT OR IGNORE INTO hubspot_unique_values VALUES (?, ?, ?, ?)",
                (kind.name, name, new.lower(), number),
            )

    def release(self, kind: ObjectKind, number: int) -> None:
        """Let others have the unique values of a record that is archived."""
        self._database.execute(
            "DELETE FROM hubspot_unique_values WHERE object_type = ? AND record_id = ?", (kind.name, number)
        )


def _rows(cursor: sqlite3.Cursor) -> Iterator[RecordRow]:
    for number, properties, *stamps in cursor:
        yield RecordRow(number, json.loads(properties), *stamps)


class LagEntry(NamedTuple):
    """One write; `before` is the record as search still shows it, None for a new one."""

    kind: str
    id: int
    before: RecordRow | None


class SearchLag:
    """The records as they were before writes that are too young for search."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._noted: list[LagEntry] = []
        self._waiting: deque[tuple[float, LagEntry]] = deque()

    def forget(self) -> None:
        """Let search see everything."""
        self._noted = []
        self._waiting.clear()

    def note(self, kind: ObjectKind, number: int, before: RecordRow | None) -> None:
        """Remember a write until it is known whether it holds."""
        self._noted.append(LagEntry(kind.name, number, before))

    def discard(self) -> None:
        """Drop the writes noted last: they were taken back."""
        self._noted = []

    def commit(self, lag: float) -> None:
        """Hide the writes noted last from search for `lag` seconds."""
        due = self._clock() + lag
        if lag:
            self._waiting.extend((due, write) for write in self._noted)
        self._noted = []

    def former(self, kind: ObjectKind) -> dict[int, RecordRow | None]:
        """Return how search sees the records whose last change it does not see, by id."""
        now = self._clock()
        while self._waiting and self._waiting[0][0] <= now:
            self._waiting.popleft()
        found: dict[int, RecordRow | None] = {}
        for _, write in self._waiting:
            if write.kind == kind.name:
                found.setdefault(write.id, write.before)
        return found
