"""What runs came to: their counts in one list, and how often each answer of a run is used."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hsai_kit.store.database import Database
from hsai_kit.store.runs import Answer

__all__ = ["Overview", "RunSummary", "Use"]


@dataclass(frozen=True)
class RunSummary:
    """A run with its counts: `answered` are its records that have an answer, `usd` what it paid (None: unknown)."""

    id: str
    at: str
    assistant: str
    version: str
    model: str
    engine: str
    status: str
    records: int
    questions: int
    answered: int
    usd: float | None
    note: str


@dataclass(frozen=True)
class Use:
    """An answer in a run: how many of its records share it, and whether the run paid for it itself."""

    records: int
    paid_here: bool
    answer: Answer


_LISTED = """
SELECT r.id, r.at, r.assistant, r.assistant_version, r.model, r.engine, r.status, COALESCE(c.records, 0),
    COALESCE(c.questions, 0), COALESCE(c.answered, 0), CASE WHEN p.run_id IS NULL THEN 0.0 ELSE p.usd END, r.note
FROM runs r
LEFT JOIN (
    SELECT w.run_id, COUNT(*) AS records, COUNT(DISTINCT w.question) AS questions,
        COUNT(w.ruled) + COUNT(CASE WHEN a.status = 'answered' THEN 1 END) AS answered
    FROM rows w LEFT JOIN answers a ON a.question = w.question GROUP BY w.run_id
) c ON c.run_id = r.id
LEFT JOIN (
    SELECT run_id, CASE WHEN COUNT(*) = COUNT(usd) THEN SUM(usd) END AS usd FROM answers GROUP BY run_id
) p ON p.run_id = r.id
ORDER BY r.at DESC, r.rowid DESC
"""
_ANSWER = ", ".join(f"a.{field.name}" for field in fields(Answer))


class Overview:
    """Reads over all that runs have."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def runs(self) -> list[RunSummary]:
        """Return every run, newest first."""
        return [RunSummary(*row) for row in self._database.all(_LISTED)]

    def uses(self, run_id: str) -> list[Use]:
        """Return the answers of a run, each once."""
        rows = self._database.all(
            f"SELECT COUNT(*), a.run_id = ?, {_ANSWER} FROM rows r JOIN answers a ON a.question = r.question "  # noqa: S608 -- column names are ours
            "WHERE r.run_id = ? GROUP BY r.question",
            (run_id, run_id),
        )
        return [Use(row[0], bool(row[1]), Answer(*tuple(row)[2:])) for row in rows]

    def count_ruled(self, run_id: str) -> int:
        """Return how many records of a run were answered by rule."""
        row = self._database.one("SELECT COUNT(ruled) FROM rows WHERE run_id = ?", (run_id,))
        return int(row[0]) if row else 0
