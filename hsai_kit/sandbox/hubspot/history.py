"""What a property held before, when it changed and through what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hsai_kit.sandbox.database import Database
    from hsai_kit.sandbox.hubspot.catalog import ObjectKind
    from hsai_kit.sandbox.hubspot.records import RecordRow


@dataclass(frozen=True, slots=True)
class WriteSource:
    """Through what a value was written."""

    type: str
    id: str
    label: str

    @classmethod
    def of_app(cls, app_id: int) -> WriteSource:
        """Describe a write through the API with a service key."""
        return cls("INTEGRATION", str(app_id), "Sandbox service key")


SEED = WriteSource("IMPORT", "sandbox-seed", "Sandbox portal")


class History:
    """Versions of property values, kept from a record's first write on.

    Nothing is kept for a value that was never written: it is as old as its record. A portal of 100,000
    contacts would need millions of rows to say so.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
        self, kind: ObjectKind, before: RecordRow, changes: dict[str, str | None], timestamp: str, source: WriteSource
    ) -> None:
        """Add a version for each change, and the one before it if that was never noted."""
        known = {
            name
            for (name,) in self._database.execute(
                "SELECT DISTINCT property FROM hubspot_history WHERE object_type = ? AND record_id = ?",
                (kind.name, before.id),
            )
        }
        versions = [
            (kind.name, before.id, name, before.properties[name], before.created_at, *_source_columns(SEED))
            for name in changes
            if name not in known and name in before.properties
        ]
        versions += [
            (kind.name, before.id, name, value or "", timestamp, *_source_columns(source))
            for name, value in changes.items()
        ]
        self._database.executemany("INSERT INTO hubspot_history VALUES (?, ?, ?, ?, ?, ?, ?, ?)", versions)

    def read(
        self, kind: ObjectKind, rows: Iterable[RecordRow], names: Sequence[str]
    ) -> dict[int, dict[str, list[dict[str, Any]]]]:
        """For each record and property name its versions, newest first."""
        found = {row.id: {name: _build_first_versions(row, name) for name in names} for row in rows}
        cursor = self._database.execute(
            "SELECT record_id, property, value, timestamp, source_type, source_id, source_label "
            "FROM hubspot_history WHERE object_type = ? AND record_id IN (SELECT value FROM json_each(?)) "
            "AND property IN (SELECT value FROM json_each(?)) ORDER BY rowid",
            (kind.name, json.dumps(list(found)), json.dumps(list(names))),
        )
        written: dict[tuple[int, str], list[dict[str, Any]]] = {}
        for number, name, *version in cursor:
            written.setdefault((number, name), []).insert(0, _version_json(*version))
        for (number, name), versions in written.items():
            found[number][name] = versions
        return found

    def forget(self, kind: ObjectKind, number: int) -> None:
        """Drop the versions of a record that was merged away; the survivor keeps its own."""
        self._database.execute(
            "DELETE FROM hubspot_history WHERE object_type = ? AND record_id = ?", (kind.name, number)
        )


def _source_columns(source: WriteSource) -> tuple[str, str, str]:
    return source.type, source.id, source.label


def _build_first_versions(row: RecordRow, name: str) -> list[dict[str, Any]]:
    if name not in row.properties:
        return []
    return [_version_json(row.properties[name], row.created_at, *_source_columns(SEED))]


def _version_json(value: str, timestamp: str, kind: str, source_id: str, label: str) -> dict[str, Any]:
    return {
        "value": value,
        "timestamp": timestamp,
        "sourceType": kind,
        "sourceId": source_id,
        "sourceLabel": label,
    }
