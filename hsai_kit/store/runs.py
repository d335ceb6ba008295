"""Runs, their questions and rows, and the answers that are remembered across runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

from hsai_kit.store.database import Database, new_id, now

__all__ = ["Answer", "RowAnswer", "RunRecord", "Runs"]

# SQLite takes 32,766 parameters a statement in its own default build, older ones 999.
_IN = 900


@dataclass(frozen=True)
class RunRecord:
    """A run as kept: what was asked of which model; `status` is running, done, stopped or failed."""

    id: str
    at: str
    ended_at: str | None
    status: str
    portal_id: int
    pull_id: str | None
    object_type: str
    assistant: str
    assistant_version: str
    assistant_json: str
    prompt: str
    model: str
    note: str


@dataclass(frozen=True)
class Answer:
    """What came back for a question; `status` is answered, refused, cut_off or failed.

    `output` is the model's own text, `usd` None where the model's price is not known, `seconds` the time it took.
    """

    question: str
    status: str
    output: str | None = None
    confidence: float | None = None
    reason: str = ""
    model: str = ""
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    usd: float | None = None
    seconds: float | None = None
    request_id: str = ""


@dataclass(frozen=True)
class RowAnswer:
    """One row of a run with the answer to its question, if there is one yet; `paid_here` is False for memory."""

    record_id: str
    question: str | None
    skipped: str | None
    input: str | None
    paid_here: bool
    answer: Answer | None


_ANSWER_COLUMNS = [field.name for field in fields(Answer)]


class Runs:
    """Reads and writes of `runs`, `rows`, `questions` and `answers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, **values: str | int | None) -> str:
        """Begin a run and return its id; `values` are the columns of RunRecord that the caller knows."""
        run_id = new_id("run")
        columns = {"id": run_id, "at": now(), "status": "running", **values}
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        self._database.execute(f"INSERT INTO runs ({names}) VALUES ({marks})", tuple(columns.values()))  # noqa: S608 -- column names are ours
        return run_id

    def end(self, run_id: str, status: str, note: str = "") -> None:
        """Note how a run ended."""
        self._database.execute(
            "UPDATE runs SET status = ?, note = ?, ended_at = ? WHERE id = ?", (status, note, now(), run_id)
        )

    def get(self, run_id: str) -> RunRecord | None:
        """Return the run, or None."""
        names = ", ".join(field.name for field in fields(RunRecord))
        row = self._database.one(f"SELECT {names} FROM runs WHERE id = ?", (run_id,))  # noqa: S608 -- column names are ours
        return RunRecord(*row) if row else None

    def latest(self) -> str | None:
        """Return the id of the newest run, or None."""
        row = self._database.one("SELECT id FROM runs ORDER BY at DESC, rowid DESC LIMIT 1")
        return row["id"] if row else None

    def add_questions(self, questions: Iterable[tuple[str, str]], model: str, assistant_version: str) -> None:
        """Keep the text of questions, `(hash, input)` each; one that is known already stays."""
        rows = ((one, text, model, assistant_version) for one, text in questions)
        self._database.many("INSERT OR IGNORE INTO questions VALUES (?, ?, ?, ?)", rows)

    def add_rows(self, run_id: str, rows: Iterable[tuple[int, str, str | None, str | None]]) -> None:
        """Keep the rows of a run: (position, record id, question or None, why skipped or None)."""
        self._database.many("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", ((run_id, *row) for row in rows))

    def known(self, questions: Sequence[str]) -> set[str]:
        """Return which of `questions` have an answer that need not be asked for again."""
        found: set[str] = set()
        for start in range(0, len(questions), _IN):
            part = questions[start : start + _IN]
            marks = ", ".join("?" * len(part))
            sql = f"SELECT question FROM answers WHERE status != 'failed' AND question IN ({marks})"  # noqa: S608 -- marks only
            found.update(row["question"] for row in self._database.all(sql, part))
        return found

    def add_answer(self, run_id: str, answer: Answer) -> None:
        """Keep an answer, committed at once; an answer that is there already is never lost to a failure."""
        names = ", ".join(_ANSWER_COLUMNS)
        marks = ", ".join("?" * len(_ANSWER_COLUMNS))
        updates = ", ".join(f"{name} = excluded.{name}" for name in (*_ANSWER_COLUMNS[1:], "run_id", "at"))
        sql = (
            f"INSERT INTO answers ({names}, run_id, at) VALUES ({marks}, ?, ?) "  # noqa: S608 -- column names are ours
            f"ON CONFLICT (question) DO UPDATE SET {updates} WHERE answers.status = 'failed'"
        )
        self._database.execute(sql, (*(getattr(answer, name) for name in _ANSWER_COLUMNS), run_id, now()))

    def rows(self, run_id: str) -> Iterator[RowAnswer]:
        """Yield the rows of a run in their order, each with the answer to its question."""
        columns = ", ".join(f"a.{name}" for name in _ANSWER_COLUMNS)
        sql = (
            f"SELECT r.record_id, r.question, r.skipped, q.input, a.run_id, {columns} FROM rows r "  # noqa: S608 -- column names are ours
            "LEFT JOIN questions q ON q.hash = r.question LEFT JOIN answers a ON a.question = r.question "
            "WHERE r.run_id = ? ORDER BY r.position"
        )
        for row in self._database.all(sql, (run_id,)):
            record_id, question, skipped, text, paid_by = tuple(row)[:5]
            answer = Answer(*tuple(row)[5:]) if paid_by is not None else None
            yield RowAnswer(record_id, question, skipped, text, paid_by == run_id, answer)

    def question_count(self, run_id: str) -> int:
        """Return how many distinct questions a run has."""
        row = self._database.one("SELECT COUNT(DISTINCT question) FROM rows WHERE run_id = ?", (run_id,))
        return int(row[0]) if row else 0
