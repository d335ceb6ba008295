"""Runs and their rows: what was asked about which records, how far each run came, and which a recipe made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from hsai_kit.errors import RunError
from hsai_kit.runtime.file_lock import hold_lock
from hsai_kit.store.answers import Answer, AnswerTable
from hsai_kit.store.database import PAGE, ColumnSet, Database, Table, new_id, now
from hsai_kit.workspace import OwnPrice


class RunStatus(StrEnum):
    """How far a run is: waiting for a job at OpenAI, paused since its budget is reached; a killed one stays running."""

    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    STOPPED = "stopped"
    PAUSED = "paused"
    FAILED = "failed"


@dataclass(frozen=True)
class RunRecord:
    """A run as kept: what was asked of which model."""

    id: str
    at: str
    ended_at: str | None
    status: RunStatus
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


class RunRow(NamedTuple):
    """One row of a run before it is asked: its question, or what a rule answered (JSON by field), or why neither.

    A tuple, since a run may have a million of them.
    """

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


_RECORD = ColumnSet(RunRecord, status=RunStatus)
# Not by their moments: a computer's clock may be set back.
_NEWEST_FIRST = "ORDER BY r.rowid DESC"
_SUMMARIES = """
WITH some AS (SELECT *, rowid AS n FROM runs ORDER BY rowid DESC LIMIT ?)
SELECT r.id, r.at, r.assistant, r.assistant_version, r.model, r.engine, r.status, COALESCE(c.records, 0),
    COALESCE(c.questions, 0), COALESCE(c.answered, 0), CASE WHEN p.run_id IS NULL THEN 0.0 ELSE p.usd END, r.note
FROM some r
LEFT JOIN (
    SELECT w.run_id, COUNT(*) AS records, COUNT(DISTINCT w.question) AS questions,
        COUNT(w.ruled) + COUNT(CASE WHEN a.status = 'answered' THEN 1 END) AS answered
    FROM rows w LEFT JOIN answers a ON a.question = w.question
    WHERE w.run_id IN (SELECT id FROM some) GROUP BY w.run_id
) c ON c.run_id = r.id
LEFT JOIN (
    SELECT run_id, CASE WHEN COUNT(*) = COUNT(usd) THEN SUM(usd) END AS usd FROM answers
    WHERE run_id IN (SELECT id FROM some) GROUP BY run_id
) p ON p.run_id = r.id
ORDER BY r.n DESC
"""
_OF_RECIPE = "SELECT t.run_id FROM recipe_runs t JOIN runs r ON r.id = t.run_id WHERE t.recipe = ? AND r.portal_id = ?"


class RunTable(Table):
    """Reads and writes of `runs` and `rows`."""

    def __init__(self, database: Database, answers: AnswerTable) -> None:
        super().__init__(database)
        self._answers = answers

    def begin(self, **values: str | float | None) -> str:
        """Begin a run and return its id; `values` are the columns of RunRecord that the caller knows."""
        run_id = new_id("run")
        self._database.insert("runs", **({"id": run_id, "at": now(), "status": RunStatus.RUNNING} | values))
        return run_id

    def begin_again(self, run_id: str, budget_usd: float | None, engine: str) -> None:
        """Note that a run goes on with an engine, and with another budget where one is given."""
        self._database.execute(
            "UPDATE runs SET status = 'running', note = '', ended_at = NULL, engine = ?, "
            "budget_usd = COALESCE(?, budget_usd) WHERE id = ?",
            (engine, budget_usd, run_id),
        )

    def end(self, run_id: str, status: RunStatus, note: str = "") -> None:
        """Note how a run ended."""
        self._database.execute(
            "UPDATE runs SET status = ?, note = ?, ended_at = ? WHERE id = ?", (status, note, now(), run_id)
        )

    def forget(self, run_id: str) -> None:
        """Take back a run that was written down and not asked."""
        with self._database.transaction():
            self._database.execute("DELETE FROM rows WHERE run_id = ?", (run_id,))
            self._database.execute("DELETE FROM runs WHERE id = ?", (run_id,))

    def get(self, run_id: str) -> RunRecord | None:
        """Return the run, or None."""
        row = self._database.one(f"SELECT {_RECORD} FROM runs WHERE id = ?", (run_id,))  # noqa: S608 -- column names are ours
        return _RECORD.read(row) if row else None

    def all(self) -> list[RunRecord]:
        """Return every run, newest first."""
        return [_RECORD.read(row) for row in self._database.all(f"SELECT {_RECORD} FROM runs r {_NEWEST_FIRST}")]  # noqa: S608 -- column names are ours

    def summaries(self, last: int = -1) -> list[RunSummary]:
        """Return the newest runs with their counts, newest first; every one where `last` is not given.

        A run that says it is running, and is asked by no session, was killed: it reads stopped.
        """
        listed = [RunSummary(*row) for row in self._database.all(_SUMMARIES, (last,))]
        return [
            replace(one, status=RunStatus.STOPPED) if one.status == "running" and not self.is_asked(one.id) else one
            for one in listed
        ]

    def is_asked(self, run_id: str) -> bool:
        """Tell whether a session, of all processes, asks a run at this moment."""
        lock = self._database.path.parent / f".{run_id}.lock"
        if not lock.exists():
            return False
        try:
            # Trying it must not hinder a session that takes it just then.
            with self._database.transaction(), hold_lock(lock, RunError("asked")):
                return False
        except RunError:
            return True

    def latest(self) -> str | None:
        """Return the id of the newest run, or None; runs of evaluations, which nobody reviews, only where all are."""
        row = self._database.one(
            "SELECT id FROM runs ORDER BY id IN (SELECT run_id FROM evaluation_runs), rowid DESC LIMIT 1"
        )
        return row["id"] if row else None

    def add_rows(self, run_id: str, rows: Iterable[RunRow], *, first: int = 0) -> None:
        """Keep rows of a run in their order; `first` is the position of the first of them."""
        numbered = ((run_id, place, *row) for place, row in enumerate(rows, start=first))
        self._database.many("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", numbered)

    def rows(self, run_id: str) -> Iterator[RowAnswer]:
        """Yield the rows of a run in their order, each with the answer to its question.

        They are read in pages, and each answer once, so that a million rows of few questions take little memory.
        """
        known: dict[str | None, tuple[str | None, bool, Answer | None]] = {None: (None, False, None)}
        for page in self.iterate_plan(run_id):
            unread = {row.question for row in page if row.question}.difference(known)
            known.update(self._answers.read(run_id, sorted(unread)))
            for row in page:
                yield RowAnswer(row, *known[row.question])

    def iterate_plan(self, run_id: str) -> Iterator[list[RunRow]]:
        """Yield the rows of a run before they were asked, in pages."""
        sql = (
            "SELECT record_id, question, skipped, ruled, rule FROM rows "
            "WHERE run_id = ? AND position >= ? AND position < ? ORDER BY position"
        )
        # By spans of positions, which are counted without a gap.
        count = self._database.count("SELECT MAX(position) + 1 FROM rows WHERE run_id = ?", (run_id,))
        for start in range(0, count, PAGE):
            yield [RunRow._make(row) for row in self._database.all(sql, (run_id, start, start + PAGE))]

    def count_questions(self, run_id: str) -> int:
        """Return how many distinct questions a run has."""
        return self._database.count("SELECT COUNT(DISTINCT question) FROM rows WHERE run_id = ?", (run_id,))

    def count_ruled(self, run_id: str) -> int:
        """Return how many records of a run were answered by rule."""
        return self._database.count("SELECT COUNT(ruled) FROM rows WHERE run_id = ?", (run_id,))

    def count_spared(self, run_id: str, to_ask: int) -> int:
        """Return how many records of a run need no question of their own when `to_ask` questions are still asked."""
        unspared = self._database.count(
            "SELECT (SELECT COUNT(*) FROM rows WHERE run_id = ? AND (question IS NOT NULL OR ruled IS NOT NULL)) - "
            "(SELECT COUNT(*) FROM answers WHERE run_id = ? AND status != 'failed')",
            (run_id, run_id),
        )
        return max(0, unspared - to_ask)


class RecipeRunTable(Table):
    """Reads and writes of `recipe_runs`: which runs are not through with what comes after the review."""

    def add(self, run_id: str, recipe: str, *, alone: bool) -> None:
        """Note that a recipe made a run; `alone` says that no person is to review it."""
        self._database.execute(
            "INSERT OR IGNORE INTO recipe_runs (run_id, recipe, alone) VALUES (?, ?, ?)", (run_id, recipe, alone)
        )

    def end(self, run_id: str) -> None:
        """Note that all that comes after the review was done."""
        self._database.execute("UPDATE recipe_runs SET ended_at = ? WHERE run_id = ?", (now(), run_id))

    def find_broken_off(self, recipe: str, portal_id: int) -> list[str]:
        """Return the runs of a recipe in a portal that went on alone and did not come to their end, oldest first."""
        rows = self._database.all(
            f"{_OF_RECIPE} AND t.alone AND t.ended_at IS NULL ORDER BY r.rowid", (recipe, portal_id)
        )
        return [row["run_id"] for row in rows]

    def newest(self, recipe: str, portal_id: int) -> str | None:
        """Return the newest run of a recipe in a portal, or None."""
        row = self._database.one(f"{_OF_RECIPE} {_NEWEST_FIRST} LIMIT 1", (recipe, portal_id))
        return row["run_id"] if row else None
