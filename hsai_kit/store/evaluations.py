"""Evaluations: which runs belong to one, and what counted as the right answer to each record."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields

from hsai_kit.store.database import Database, new_id, now

__all__ = ["EvaluationRecord", "EvaluationRow", "EvaluationRun", "EvaluationTable"]


@dataclass(frozen=True)
class EvaluationRecord:
    """An evaluation as kept: `labels` says where the right answers came from, `cluster` is a column's name or ""."""

    id: str
    at: str
    who: str
    portal_id: int
    field: str
    labels: str
    repeats: int
    cluster: str


@dataclass(frozen=True)
class EvaluationRun:
    """One run of an evaluation: the name of what was measured, and which repeat it is (from 1)."""

    name: str
    repeat: int
    run_id: str


@dataclass(frozen=True)
class EvaluationRow:
    """A record of an evaluation; `labelled` is False where no right answer is known."""

    record_id: str
    labelled: bool
    expected: str | float | bool | None
    cluster: str | None


class EvaluationTable:
    """Reads and writes of `evaluations`, `evaluation_runs` and `evaluation_rows`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, rows: Iterable[EvaluationRow], runs: Iterable[EvaluationRun], **values: str | int) -> str:
        """Write an evaluation down and return its id; `values` are the other columns of EvaluationRecord."""
        one = new_id("evaluation")
        columns = {"id": one, "at": now(), **values}
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        kept = ((one, row.record_id, json.dumps(row.expected) if row.labelled else None, row.cluster) for row in rows)
        with self._database.transaction():
            self._database.execute(
                f"INSERT INTO evaluations ({names}) VALUES ({marks})",  # noqa: S608 -- column names are ours
                tuple(columns.values()),
            )
            self._database.within("INSERT INTO evaluation_rows VALUES (?, ?, ?, ?)", kept)
            numbered = ((one, place, run.name, run.repeat, run.run_id) for place, run in enumerate(runs))
            self._database.within("INSERT INTO evaluation_runs VALUES (?, ?, ?, ?, ?)", numbered)
        return one

    def get(self, evaluation_id: str) -> EvaluationRecord | None:
        """Return the evaluation, or None."""
        names = ", ".join(field.name for field in fields(EvaluationRecord))
        row = self._database.one(f"SELECT {names} FROM evaluations WHERE id = ?", (evaluation_id,))  # noqa: S608 -- column names are ours
        return EvaluationRecord(*row) if row else None

    def latest(self) -> str | None:
        """Return the id of the newest evaluation, or None."""
        row = self._database.one("SELECT id FROM evaluations ORDER BY at DESC, rowid DESC LIMIT 1")
        return row["id"] if row else None

    def runs(self, evaluation_id: str) -> list[EvaluationRun]:
        """Return the runs of an evaluation in their order."""
        rows = self._database.all(
            "SELECT name, repeat, run_id FROM evaluation_runs WHERE evaluation_id = ? ORDER BY position",
            (evaluation_id,),
        )
        return [EvaluationRun(*row) for row in rows]

    def rows(self, evaluation_id: str) -> dict[str, EvaluationRow]:
        """Return the records of an evaluation by their id."""
        rows = self._database.all(
            "SELECT record_id, expected, cluster FROM evaluation_rows WHERE evaluation_id = ?", (evaluation_id,)
        )
        return {row[0]: EvaluationRow(row[0], row[1] is not None, json.loads(row[1] or "null"), row[2]) for row in rows}
