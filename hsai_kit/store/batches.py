"""Jobs at OpenAI and the questions that are in them, so that any later session can pick them up."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from hsai_kit.store.database import ColumnSet, Table, now


@dataclass(frozen=True)
class BatchRecord:
    """A job as kept: known by its file; `id` is None until the job is known to be there, `status` is OpenAI's own."""

    input_file: str
    id: str | None
    run_id: str
    questions: int
    status: str


_BATCH = ColumnSet(BatchRecord)


class BatchTable(Table):
    """Reads and writes of `batches` and `batch_questions`; a job is open until its answers were kept."""

    def add_upload(self, input_file: str, run_id: str, questions: Sequence[str]) -> bool:
        """Keep a file that was uploaded, its questions line by line, before the job over it is asked for.

        False, and nothing is kept, where one of them is in another open job: it would be paid twice.
        """
        lines = ((input_file, line, question) for line, question in enumerate(questions, 1))
        try:
            with self._database.transaction():
                values = {"input_file": input_file, "run_id": run_id, "questions": len(questions)}
                self._database.insert("batches", **values, status="uploaded", at=now())
                self._database.many("INSERT INTO batch_questions VALUES (?, ?, ?)", lines)
        except sqlite3.IntegrityError:
            return False
        return True

    def record_state(self, input_file: str, job_id: str, status: str) -> None:
        """Keep the job over a file, and its state."""
        self._database.execute(
            "UPDATE batches SET id = ?, status = ? WHERE input_file = ?", (job_id, status, input_file)
        )

    def close(self, input_file: str, status: str) -> None:
        """Note that nothing more will come of a job: all that it brought is kept."""
        with self._database.transaction():
            self._database.execute(
                "UPDATE batches SET status = ?, ended_at = ? WHERE input_file = ?", (status, now(), input_file)
            )
            self._database.execute("DELETE FROM batch_questions WHERE input_file = ?", (input_file,))

    def open_for(self, run_id: str) -> list[BatchRecord]:
        """Return the open jobs that a run made, and those of other runs that hold questions of it."""
        rows = self._database.all(
            f"SELECT {_BATCH.of('b')} FROM batches b WHERE b.ended_at IS NULL AND (b.run_id = ? OR b.input_file IN ("  # noqa: S608 -- column names are ours
            "SELECT q.input_file FROM rows r JOIN batch_questions q ON q.question = r.question WHERE r.run_id = ?)) "
            "ORDER BY b.rowid",
            (run_id, run_id),
        )
        return [_BATCH.read(row) for row in rows]

    def is_open(self, input_file: str) -> bool:
        """Tell whether a job is still waited for, or another session has kept what it brought."""
        sql = "SELECT COUNT(*) FROM batches WHERE input_file = ? AND ended_at IS NULL"
        return self._database.count(sql, (input_file,)) > 0

    def under_way(self) -> set[str]:
        """Return the questions of all open jobs."""
        return {row["question"] for row in self._database.all("SELECT question FROM batch_questions")}

    def count_shared(self, run_id: str) -> int:
        """Return how many questions of a run that have no answer yet or failed are in open jobs."""
        return self._database.count(
            "SELECT COUNT(DISTINCT r.question) FROM rows r JOIN batch_questions b ON b.question = r.question "
            "LEFT JOIN answers a ON a.question = r.question "
            "WHERE r.run_id = ? AND (a.status IS NULL OR a.status = 'failed')",
            (run_id,),
        )

    def questions(self, input_file: str) -> dict[str, str]:
        """Return the questions of an open job in the order of its lines, text by hash."""
        rows = self._database.all(
            "SELECT q.hash, q.input FROM batch_questions b JOIN questions q ON q.hash = b.question "
            "WHERE b.input_file = ? ORDER BY b.line",
            (input_file,),
        )
        return {row["hash"]: row["input"] for row in rows}
