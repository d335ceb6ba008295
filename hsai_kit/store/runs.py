"""Runs, their questions and rows, and the answers that are remembered across runs."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from hsai_kit.store.database import Database, new_id, now
from hsai_kit.workspace import OwnPrice

__all__ = ["Answer", "RowAnswer", "RunRecord", "RunRow", "RunTable"]

# SQLite takes 32,766 parameters a statement in its own default build, older ones 999.
_IN = 900
# Rows that are read at once: a page is gone before the next one comes.
_PAGE = 10_000


@dataclass(frozen=True)
class RunRecord:
    """A run as kept: what was asked of which model; `status` is running, waiting, done, stopped, paused or failed."""

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
    engine: str
    budget_usd: float | None
    price: str

    @property
    def own_price(self) -> OwnPrice | None:
        """What hsai.toml said that the model costs when the run was made, if it did."""
        return OwnPrice.model_validate_json(self.price) if self.price else None


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
    probabilities: str | None = None


@dataclass(frozen=True)
class RunRow:
    """One row of a run before it is asked: its question, or what a rule answered (JSON by field), or why neither."""

    record_id: str
    question: str | None = None
    skipped: str | None = None
    ruled: str | None = None
    rule: str | None = None


@dataclass(frozen=True)
class RowAnswer:
    """One row of a run with the answer to its question, if there is one yet; `paid_here` is False for memory."""

    row: RunRow
    input: str | None
    paid_here: bool
    answer: Answer | None


_ANSWER_COLUMNS = [field.name for field in fields(Answer)]
_values_of = operator.attrgetter(*_ANSWER_COLUMNS)
_ADD_ANSWER = (
    f"INSERT INTO answers ({', '.join(_ANSWER_COLUMNS)}, run_id, at) "  # noqa: S608 -- column names are ours
    f"VALUES ({', '.join('?' * len(_ANSWER_COLUMNS))}, ?, ?) ON CONFLICT (question) DO UPDATE SET "
    f"{', '.join(f'{name} = excluded.{name}' for name in (*_ANSWER_COLUMNS[1:], 'run_id', 'at'))} "
    "WHERE answers.status = 'failed'"
)


class RunTable:
    """Reads and writes of `runs`, `rows`, `questions` and `answers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, **values: str | float | None) -> str:
        """Begin a run and return its id; `values` are the columns of RunRecord that the caller knows."""
        run_id = new_id("run")
        columns = {"id": run_id, "at": now(), "status": "running", **values}
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        self._database.execute(f"INSERT INTO runs ({names}) VALUES ({marks})", tuple(columns.values()))  # noqa: S608 -- column names are ours
        return run_id

    def forget(self, run_id: str) -> None:
        """Take back a run that was written down and not asked."""
        with self._database.transaction():
            self._database.execute("DELETE FROM rows WHERE run_id = ?", (run_id,))
            self._database.execute("DELETE FROM runs WHERE id = ?", (run_id,))

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
        """Return the id of the newest run, or None; runs of evaluations, which nobody reviews, only where all are."""
        row = self._database.one(
            "SELECT id FROM runs ORDER BY id IN (SELECT run_id FROM evaluation_runs), at DESC, rowid DESC LIMIT 1"
        )
        return row["id"] if row else None

    def add_questions(self, questions: Iterable[tuple[str, str]], model: str, assistant_version: str) -> None:
        """Keep the text of questions, `(hash, input)` each; one that is known already stays."""
        rows = ((one, text, model, assistant_version) for one, text in questions)
        self._database.many("INSERT OR IGNORE INTO questions VALUES (?, ?, ?, ?)", rows)

    def add_rows(self, run_id: str, rows: Iterable[RunRow], *, first: int = 0) -> None:
        """Keep rows of a run in their order; `first` is the position of the first of them."""
        numbered = (
            (run_id, place, row.record_id, row.question, row.skipped, row.ruled, row.rule)
            for place, row in enumerate(rows, start=first)
        )
        self._database.many("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", numbered)

    def find_outstanding(self, run_id: str) -> dict[str, str]:
        """Return the questions of a run that have no answer yet or failed, text by hash."""
        rows = self._database.all(
            "SELECT q.hash, q.input FROM rows r JOIN questions q ON q.hash = r.question "
            "LEFT JOIN answers a ON a.question = r.question "
            "WHERE r.run_id = ? AND (a.status IS NULL OR a.status = 'failed') "
            "GROUP BY q.hash ORDER BY MIN(r.position)",
            (run_id,),
        )
        return {row["hash"]: row["input"] for row in rows}

    def count_shared(self, run_id: str, other: str) -> int:
        """Return how many questions that have no answer yet or failed two runs have in common."""
        # The set that is looked into is made anew each time.
        larger, smaller = sorted((run_id, other), key=self._last_row, reverse=True)
        row = self._database.one(
            "SELECT COUNT(DISTINCT r.question) FROM rows r LEFT JOIN answers a ON a.question = r.question "
            "WHERE r.run_id = ? AND (a.status IS NULL OR a.status = 'failed') "
            "AND r.question IN (SELECT question FROM rows WHERE run_id = ?)",
            (larger, smaller),
        )
        return int(row[0]) if row else 0

    def _last_row(self, run_id: str) -> int:
        row = self._database.one("SELECT MAX(position) FROM rows WHERE run_id = ?", (run_id,))
        return -1 if row is None or row[0] is None else int(row[0])

    def spent(self, run_id: str) -> float:
        """Return what a run has paid so far in USD, as far as prices are known."""
        row = self._database.one("SELECT TOTAL(usd) FROM answers WHERE run_id = ?", (run_id,))
        return float(row[0]) if row else 0.0

    def count_spared(self, run_id: str, to_ask: int) -> int:
        """Return how many records of a run need no question of their own when `to_ask` questions are still asked."""
        row = self._database.one(
            "SELECT (SELECT COUNT(*) FROM rows WHERE run_id = ? AND (question IS NOT NULL OR ruled IS NOT NULL)) - "
            "(SELECT COUNT(*) FROM answers WHERE run_id = ? AND status != 'failed')",
            (run_id, run_id),
        )
        return max(0, int(row[0]) - to_ask) if row else 0

    def paid(self, run_id: str) -> list[Answer]:
        """Return the answers that a run paid for itself."""
        names = ", ".join(_ANSWER_COLUMNS)
        rows = self._database.all(f"SELECT {names} FROM answers WHERE run_id = ?", (run_id,))  # noqa: S608 -- column names are ours
        return [Answer(*row) for row in rows]

    def seconds_each(self, model: str, engine: str) -> float | None:
        """Return how many seconds an answer of a model took lately (the median), None where there is none yet."""
        seconds: list[float] = []
        for run in self._database.all(
            "SELECT id FROM runs WHERE model = ? AND engine = ? ORDER BY at DESC LIMIT 5", (model, engine)
        ):
            rows = self._database.all(
                "SELECT seconds FROM answers WHERE run_id = ? AND seconds IS NOT NULL LIMIT 200", (run["id"],)
            )
            seconds += [row["seconds"] for row in rows]
        return statistics.median(seconds) if seconds else None

    def all(self) -> list[RunRecord]:
        """Return every run, newest first."""
        names = ", ".join(field.name for field in fields(RunRecord))
        rows = self._database.all(f"SELECT {names} FROM runs ORDER BY at DESC, rowid DESC")  # noqa: S608 -- column names are ours
        return [RunRecord(*row) for row in rows]

    def begin_again(self, run_id: str, budget_usd: float | None, engine: str) -> None:
        """Note that a run goes on with an engine, and with another budget where one is given."""
        self._database.execute(
            "UPDATE runs SET status = 'running', note = '', ended_at = NULL, engine = ?, "
            "budget_usd = COALESCE(?, budget_usd) WHERE id = ?",
            (engine, budget_usd, run_id),
        )

    def remember(self, assistant: str, run_id: str, entries: Iterable[tuple[str, str, str]]) -> None:
        """Keep the approved answers of a run in place of those it had: (text asked, answer as JSON, reviewer) each."""
        at = now()
        with self._database.transaction():
            self._database.execute("DELETE FROM remembered WHERE assistant = ? AND run_id = ?", (assistant, run_id))
            for text, answer, reviewer in entries:
                self._database.execute(
                    "INSERT OR REPLACE INTO remembered VALUES (?, ?, ?, ?, ?, ?)",
                    (assistant, text, answer, run_id, reviewer, at),
                )

    def read_remembered(self, assistant: str) -> dict[str, tuple[str, str]]:
        """Return the approved answers for an assistant: (answer as JSON by field, run id) by the text asked."""
        rows = self._database.all("SELECT input, answer, run_id FROM remembered WHERE assistant = ?", (assistant,))
        return {row["input"]: (row["answer"], row["run_id"]) for row in rows}

    def find_known(self, questions: Sequence[str]) -> set[str]:
        """Return which of `questions` have an answer that need not be asked for again."""
        found: set[str] = set()
        for start in range(0, len(questions), _IN):
            part = questions[start : start + _IN]
            marks = ", ".join("?" * len(part))
            sql = f"SELECT question FROM answers WHERE status != 'failed' AND question IN ({marks})"  # noqa: S608 -- marks only
            found.update(row["question"] for row in self._database.all(sql, part))
        return found

    def count_unanswered(self, run_id: str) -> int:
        """Return how many questions of a run have no answer at all, not even that they failed."""
        row = self._database.one(
            "SELECT COUNT(DISTINCT r.question) FROM rows r LEFT JOIN answers a ON a.question = r.question "
            "WHERE r.run_id = ? AND a.question IS NULL",
            (run_id,),
        )
        return int(row[0]) if row else 0

    def add_answer(self, run_id: str, answer: Answer) -> None:
        """Keep an answer, committed at once; an answer that is there already is never lost to a failure."""
        self.add_answers(run_id, [answer])

    def add_answers(self, run_id: str, answers: Iterable[Answer]) -> None:
        """Keep answers as `add_answer` does, in one transaction."""
        ending = (run_id, now())
        self._database.many(_ADD_ANSWER, [_values_of(answer) + ending for answer in answers])

    def rows(self, run_id: str) -> Iterator[RowAnswer]:
        """Yield the rows of a run in their order, each with the answer to its question.

        They are read in pages, and each answer once, so that a million rows of few questions take little memory.
        """
        known: dict[str | None, tuple[str | None, bool, Answer | None]] = {None: (None, False, None)}
        for page in self.iterate_plan(run_id):
            unread = {row[1] for row in page}.difference(known)
            known.update(self.answers(run_id, sorted(unread)))
            for row in page:
                yield RowAnswer(RunRow(*row), *known[row[1]])

    def iterate_plan(self, run_id: str) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a run in pages, the fields of a PlannedRow each."""
        sql = (
            "SELECT record_id, question, skipped, ruled, rule, position FROM rows "
            "WHERE run_id = ? AND position > ? ORDER BY position LIMIT ?"
        )
        last = -1
        while page := self._database.all(sql, (run_id, last, _PAGE)):
            last = page[-1]["position"]
            yield [tuple(row)[:5] for row in page]

    def answers(
        self, run_id: str, questions: Sequence[str | None]
    ) -> Iterator[tuple[str, tuple[str, bool, Answer | None]]]:
        """Yield for each question its text, whether this run paid for the answer, and the answer."""
        columns = ", ".join(f"a.{name}" for name in _ANSWER_COLUMNS)
        for start in range(0, len(questions), _IN):
            part = questions[start : start + _IN]
            sql = (
                f"SELECT q.hash, q.input, a.run_id, {columns} FROM questions q "  # noqa: S608 -- column names are ours
                f"LEFT JOIN answers a ON a.question = q.hash WHERE q.hash IN ({', '.join('?' * len(part))})"
            )
            for row in self._database.all(sql, part):
                paid_by = row[2]
                answer = Answer(*tuple(row)[3:]) if paid_by is not None else None
                yield row[0], (row[1], paid_by == run_id, answer)

    def question_count(self, run_id: str) -> int:
        """Return how many distinct questions a run has."""
        row = self._database.one("SELECT COUNT(DISTINCT question) FROM rows WHERE run_id = ?", (run_id,))
        return int(row[0]) if row else 0
