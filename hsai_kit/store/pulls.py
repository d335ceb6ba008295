"""Pulls and their raw records, and the portals that were connected to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hsai_kit.store.database import ColumnSet, Table, new_id, now


@dataclass(frozen=True)
class Pull:
    """One pull: the portal, the object type, and the properties that were read."""

    id: str
    at: str
    portal_id: int
    object_type: str
    object_type_id: str
    properties: tuple[str, ...]


_PULL = ColumnSet(Pull, properties=lambda text: tuple(json.loads(text)))


class PullTable(Table):
    """Reads and writes of `pulls`, `records` and `connections`."""

    def record_connection(
        self, portal_id: int, name: str, account_type: str, ui_domain: str = "app.hubspot.com"
    ) -> None:
        """Note that a portal was connected to just now; `ui_domain` is where people see its records."""
        self._database.execute(
            "INSERT OR REPLACE INTO connections (portal_id, name, account_type, checked_at, ui_domain) "
            "VALUES (?, ?, ?, ?, ?)",
            (portal_id, name, account_type, now(), ui_domain),
        )

    def ui_domain(self, portal_id: int) -> str:
        """Return where people see the records of a portal, HubSpot's own address where it was never noted."""
        row = self._database.one("SELECT ui_domain FROM connections WHERE portal_id = ?", (portal_id,))
        return str(row[0]) if row else "app.hubspot.com"

    def begin(
        self,
        portal_id: int,
        object_type: str,
        object_type_id: str,
        properties: Sequence[str],
        condition: str | None,
        request: str = "",
        searches: str = "",
    ) -> str:
        """Begin a pull and return its id; `request` is what was asked, by which it is found again.

        `searches` is what that means now, and still when the pull goes on another day.
        """
        pull_id, names = new_id("pull"), json.dumps(list(properties))
        self._database.execute(
            "INSERT INTO pulls VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)",
            (pull_id, now(), portal_id, object_type, object_type_id, names, condition, request, searches),
        )
        return pull_id

    def add(
        self,
        pull_id: str,
        records: Iterable[tuple[str, Mapping[str, str | None]]],
        places: Iterable[tuple[int, int, int | None]] = (),
    ) -> None:
        """Keep the raw strings of some records, `(record id, properties)` each, and how far the pull has come.

        A place is `(part, the id to go on from, the id where the part ends)`; both are kept or neither.
        """
        # As ASCII: half an emoji, as cut-off texts have it, is no UTF-8, and here it has to come back as it was.
        rows = [(pull_id, one, json.dumps(dict(values))) for one, values in records]
        with self._database.transaction():
            self._database.many("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", rows)
            self._database.many(
                "INSERT OR REPLACE INTO pull_places VALUES (?, ?, ?, ?)", [(pull_id, *place) for place in places]
            )

    def ask_for(self, pull_id: str, ids: Sequence[str]) -> None:
        """Keep which records a pull is asked for."""
        self._database.execute("INSERT OR REPLACE INTO pull_ids VALUES (?, ?)", (pull_id, json.dumps(list(ids))))

    def end(self, pull_id: str) -> None:
        """Note that the pull is complete."""
        with self._database.transaction():
            self._database.execute("UPDATE pulls SET ended_at = ? WHERE id = ?", (now(), pull_id))
            self._database.execute("DELETE FROM pull_places WHERE pull_id = ?", (pull_id,))
            self._database.execute("DELETE FROM pull_ids WHERE pull_id = ?", (pull_id,))

    def find_broken_off(self, portal_id: int, request: str) -> Pull | None:
        """Return the newest pull of the same request if it did not come to its end, else None."""
        row = self._database.one(
            "SELECT id, ended_at FROM pulls WHERE portal_id = ? AND request = ? ORDER BY rowid DESC LIMIT 1",
            (portal_id, request),
        )
        return self.get(row["id"]) if row and row["ended_at"] is None else None

    def places(self, pull_id: str) -> list[tuple[int, int, int | None]]:
        """Return how far a pull came: `(part, the id to go on from, the id where the part ends)`."""
        rows = self._database.all("SELECT part, next, end FROM pull_places WHERE pull_id = ? ORDER BY part", (pull_id,))
        return [(row["part"], row["next"], row["end"]) for row in rows]

    def read_request_ids(self, pull_id: str) -> list[str] | None:
        """Return which records a pull was asked for, None where it was not asked for certain ones."""
        row = self._database.one("SELECT ids FROM pull_ids WHERE pull_id = ?", (pull_id,))
        return json.loads(row["ids"]) if row else None

    def searches(self, pull_id: str) -> str:
        """Return what a pull looks for, as `begin` was told."""
        row = self._database.one("SELECT searches FROM pulls WHERE id = ?", (pull_id,))
        return str(row[0]) if row else ""

    def ids(self, pull_id: str) -> list[str]:
        """Return the ids of the records that a pull has read, lowest first."""
        rows = self._database.all(
            "SELECT record_id FROM records WHERE pull_id = ? ORDER BY CAST(record_id AS INTEGER), record_id", (pull_id,)
        )
        return [row["record_id"] for row in rows]

    def records(self, pull_id: str, ids: Sequence[str]) -> dict[str, dict[str, str | None]]:
        """Return the raw strings of some records of a pull, by id."""
        rows = self._database.all(
            "SELECT record_id, properties FROM records WHERE pull_id = ? "
            "AND record_id IN (SELECT value FROM json_each(?))",
            (pull_id, json.dumps(list(ids))),
        )
        return {row["record_id"]: json.loads(row["properties"]) for row in rows}

    def get(self, pull_id: str) -> Pull | None:
        """Return the pull, or None."""
        row = self._database.one(f"SELECT {_PULL} FROM pulls WHERE id = ?", (pull_id,))  # noqa: S608 -- column names are ours
        return _PULL.read(row) if row else None

    def find_holding(self, portal_id: int, ids: Sequence[str]) -> list[Pull]:
        """Return the pulls of a portal that hold all of `ids`, newest first; of many ids, 500 are looked up."""
        some = list(ids)[:: max(1, len(ids) // 500)][:500]
        rows = self._database.all(
            f"SELECT {_PULL} FROM pulls p WHERE portal_id = ? AND (SELECT COUNT(*) FROM records r WHERE "  # noqa: S608 -- column names are ours
            "r.pull_id = p.id AND r.record_id IN (SELECT value FROM json_each(?))) = ? ORDER BY rowid DESC",
            (portal_id, json.dumps(some), len(some)),
        )
        return [_PULL.read(row) for row in rows]

    def record(self, pull_id: str, record_id: str) -> dict[str, str | None]:
        """Return the raw values of one record of a pull, none where it is not in it."""
        return self.records(pull_id, [record_id]).get(record_id, {})

    def values(self, pull_id: str, name: str) -> dict[str, str | None]:
        """Return the raw value of one property for every record of a pull, None where unset."""
        rows = self._database.all("SELECT record_id, properties FROM records WHERE pull_id = ?", (pull_id,))
        # Parsed as one list, which takes a third of the time; json_extract would cut a text at a NUL.
        parsed = json.loads(f"[{','.join(row['properties'] for row in rows)}]")
        return {row["record_id"]: values.get(name) for row, values in zip(rows, parsed, strict=True)}
