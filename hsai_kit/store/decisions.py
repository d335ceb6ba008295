"""Decisions about proposals: every one is kept, the newest of a record and field holds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from hsai_kit.store.database import Table, now

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


class Decision(StrEnum):
    """What somebody decided about a proposal; pending where nobody did, or it was taken back."""

    PENDING = "pending"
    APPROVED = "approved"
    EDITED = "edited"
    REJECTED = "rejected"

    @property
    def is_approved(self) -> bool:
        """Whether the row may be written: with the proposal as it is, or with an edited value."""
        return self in {Decision.APPROVED, Decision.EDITED}


class DecisionRecord(NamedTuple):
    """What was decided about one proposal, by whom and when; a tuple, since a grid reads 100,000 of them in a click."""

    record_id: str
    decision: Decision
    value: Made
    reviewer: str
    decided_at: str


@dataclass(frozen=True)
class DecisionUndo:
    """What was taken back: the decision, how many records it was about, and how many of them were put back."""

    decision: Decision
    records: int
    put_back: int


class DecisionTable(Table):
    """Reads and writes of `decisions` and `strokes`."""

    def add(
        self,
        run_id: str,
        field: str,
        decision: Decision,
        values: Iterable[tuple[str, Made]],
        reviewer: str,
    ) -> None:
        """Keep one decision for many records, `(record id, the value that it lets through)` each."""
        at = now()
        with self._database.transaction():
            stroke = self._database.insert(
                "strokes", run_id=run_id, field=field, decision=decision, reviewer=reviewer, at=at
            )
            self._database.many(
                _ADD,
                ((run_id, one, field, decision, json.dumps(value), reviewer, at, stroke) for one, value in values),
            )

    def current(self, run_id: str, field: str) -> dict[str, DecisionRecord]:
        """Return the decision that holds for each record."""
        return {row["record_id"]: _record(row) for row in self._database.all(_CURRENT, (run_id, field))}

    def find_seen(self, reviewer: str, field: str) -> set[str]:
        """Return the records about whose answer to a field somebody has decided, and so has seen it."""
        rows = self._database.all(
            "SELECT DISTINCT record_id FROM decisions WHERE reviewer = ? AND field = ?", (reviewer, field)
        )
        return {row["record_id"] for row in rows}

    def since(self, run_id: str, field: str, last: int) -> tuple[int, list[DecisionRecord]]:
        """Return the new `last`, and what was decided after the decision with the id `last` (0: all), oldest first."""
        rows = (
            self._database.all(_SINCE, (last, run_id, field)) if last else self._database.all(_CURRENT, (run_id, field))
        )
        return max((row["id"] for row in rows), default=last), [_record(row) for row in rows]

    def undo_last(self, run_id: str, field: str, reviewer: str) -> DecisionUndo | None:
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
            total = self._database.count(
                "SELECT COUNT(DISTINCT record_id) FROM decisions WHERE stroke = ?", (stroke["id"],)
            )
            still = self._database.all(_STILL, (stroke["id"],))
            self._database.many(
                _ADD,
                (
                    (
                        *(run_id, one, field, before or Decision.PENDING, value or "null"),
                        *(who or reviewer, then or at, by),
                    )
                    for one, before, value, who, then, by in still
                ),
            )
            self._database.execute("UPDATE strokes SET undone_at = ? WHERE id = ?", (at, stroke["id"]))
        return DecisionUndo(Decision(stroke["decision"]), total, len(still))


def decision_of(made: DecisionRecord | None) -> Decision:
    """Return the decision of a record; a record without one is pending."""
    return Decision.PENDING if made is None else made.decision


def _record(row: sqlite3.Row) -> DecisionRecord:
    _, record_id, decision, value, reviewer, decided_at = row
    return DecisionRecord(record_id, Decision(decision), json.loads(value), reviewer, decided_at)
