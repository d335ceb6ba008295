"""Decisions about proposals: every one is kept, the newest of a record and field holds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from hsai_kit.store.database import Database, now

__all__ = ["Decision", "Decisions"]


@dataclass(frozen=True)
class Decision:
    """What was decided about one proposal: approved, edited, rejected or pending (taken back), by whom, when."""

    record_id: str
    decision: str
    value: str | float | bool | None
    reviewer: str
    decided_at: str


class Decisions:
    """Reads and writes of `decisions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        run_id: str,
        field: str,
        decision: str,
        values: Iterable[tuple[str, str | float | bool | None]],
        reviewer: str,
    ) -> None:
        """Keep one decision for many records, `(record id, the value that it lets through)` each."""
        at = now()
        self._database.many(
            "INSERT INTO decisions (run_id, record_id, field, decision, value, reviewer, decided_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((run_id, one, field, decision, json.dumps(value), reviewer, at) for one, value in values),
        )

    def current(self, run_id: str, field: str) -> dict[str, Decision]:
        """Return the decision that holds for each record."""
        rows = self._database.all(
            "SELECT record_id, decision, value, reviewer, decided_at FROM decisions WHERE id IN "
            "(SELECT MAX(id) FROM decisions WHERE run_id = ? AND field = ? GROUP BY record_id)",
            (run_id, field),
        )
        return {
            row["record_id"]: Decision(
                row["record_id"], row["decision"], json.loads(row["value"]), row["reviewer"], row["decided_at"]
            )
            for row in rows
        }
