"""Decisions about proposals: every one is kept, the newest of a record and field holds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from hsai_kit.store.database import Database, now

__all__ = ["DecisionRecord", "DecisionTable", "Undone"]

Made: TypeAlias = str | float | bool | None

# The newest decision of each record: SQLite takes the other columns from the row that holds the maximum.
_CURRENT = (
    "SELECT MAX(id) AS id, record_id, decision, value, reviewer, decided_at FROM decisions "
    "WHERE run_id = ? AND field = ? GROUP BY record_id"
)
# The unary plus keeps SQLite from reading all decisions of the run for the few new ones.
_SINCE = (
    "SELECT id, record_id, decision, value, reviewer, decided_at FROM decisions "
    "WHERE id > ? AND +run_id = ? AND +field = ? ORDER BY id"
)
# Decisions of a stroke that still hold, each with the one that held before it. What an undo brought back counts among
# the stroke that it was first made by, so that this one can be taken back as well.
_STILL = """
SELECT d.record_id, p.decision, p.value, p.reviewer, p.decided_at, p.stroke
FROM (
    SELECT run_id, field, record_id, MIN(id) AS first, MAX(id) AS last FROM decisions
    WHERE stroke = ? GROUP BY record_id
) d
LEFT JOIN decisions p ON p.id = (
    SELECT MAX(e.id) FROM decisions e
    WHERE e.run_id = d.run_id AND e.field = d.field AND e.record_id = d.record_id AND e.id < d.first
)
WHERE NOT EXISTS (
    SELECT 1 FROM decisions l
    WHERE l.run_id = d.run_id AND l.field = d.field AND l.record_id = d.record_id AND l.id > d.last
)
ORDER BY d.first
"""
_ADD = (
    "INSERT INTO decisions (run_id, record_id, field, decision, value, reviewer, decided_at, stroke) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True)
class DecisionRecord:
    """What was decided about one proposal: approved, edited, rejected or pending (taken back), by whom, when."""

    record_id: str
    decision: str
    value: Made
    reviewer: str
    decided_at: str


@dataclass(frozen=True)
class Undone:
    """What was taken back: the decision, how many records it was about, and how many of them were put back."""

    decision: str
    records: int
    put_back: int


class DecisionTable:
    """Reads and writes of `decisions` and `strokes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        run_id: str,
        field: str,
        decision: str,
        values: Iterable[tuple[str, Made]],
        reviewer: str,
    ) -> None:
        """Keep one decision for many records, `(record id, the value that it lets through)` each."""
        at = now()
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO strokes (run_id, field, decision, reviewer, at) VALUES (?, ?, ?, ?, ?)",
                (run_id, field, decision, reviewer, at),
            )
            stroke = self._last_id()
            self._database.within(
                _ADD,
                ((run_id, one, field, decision, json.dumps(value), reviewer, at, stroke) for one, value in values),
            )

    def current(self, run_id: str, field: str) -> dict[str, DecisionRecord]:
        """Return the decision that holds for each record."""
        rows = self._database.all(_CURRENT, (run_id, field))
        return {
            row["record_id"]: DecisionRecord(
                row["record_id"], row["decision"], json.loads(row["value"]), row["reviewer"], row["decided_at"]
            )
            for row in rows
        }

    def since(self, run_id: str, field: str, last: int) -> tuple[int, list[tuple[str, str, Made, str, str]]]:
        """Return what was decided after the decision with the id `last` (0: all that holds), oldest first.

        Each is (record id, decision, value, reviewer, decided at); the first of the pair is the new `last`.
        """
        rows = (
            self._database.all(_SINCE, (last, run_id, field)) if last else self._database.all(_CURRENT, (run_id, field))
        )
        made = [(one, decision, json.loads(value), who, at) for _, one, decision, value, who, at in rows]
        return max((row[0] for row in rows), default=last), made

    def undo_last(self, run_id: str, field: str, reviewer: str) -> Undone | None:
        """Take back what `reviewer` decided last and has not taken back; None where there is nothing.

        What held before holds again, whoever decided it; records that were decided anew since are left alone.
        """
        with self._database.transaction():
            stroke = self._database.one(
                "SELECT id, decision FROM strokes WHERE run_id = ? AND field = ? AND reviewer = ? "
                "AND undone_at IS NULL ORDER BY id DESC LIMIT 1",
                (run_id, field, reviewer),
            )
            if stroke is None:
                return None
            at = now()
            total = self._database.one(
                "SELECT COUNT(DISTINCT record_id) FROM decisions WHERE stroke = ?", (stroke["id"],)
            )
            still = self._database.all(_STILL, (stroke["id"],))
            self._database.within(
                _ADD,
                (
                    (run_id, one, field, before or "pending", value or "null", who or reviewer, then or at, made_by)
                    for one, before, value, who, then, made_by in still
                ),
            )
            self._database.execute("UPDATE strokes SET undone_at = ? WHERE id = ?", (at, stroke["id"]))
        return Undone(stroke["decision"], int(total[0]) if total else 0, len(still))

    def _last_id(self) -> int:
        row = self._database.one("SELECT last_insert_rowid()")
        return int(row[0]) if row else 0
