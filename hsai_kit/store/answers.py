"""Questions and the answers to them, each paid for once, and the approved answers that are remembered."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hsai_kit.store.database import ColumnSet, Table, now


class AnswerStatus(StrEnum):
    """How a question ended; a failed one is asked again by the next run that has it, an erased one is never known."""

    ANSWERED = "answered"
    REFUSED = "refused"
    CUT_OFF = "cut_off"
    FAILED = "failed"
    ERASED = "erased"


@dataclass(frozen=True)
class Answer:
    """What came back for a question.

    `output` is the model's own text, `usd` None where the model's price is not known, `seconds` the time it took.
    """

    question: str
    status: AnswerStatus
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
class Use:
    """An answer in a run: how many of its records share it, and whether the run paid for it itself."""

    records: int
    paid_here: bool
    answer: Answer


_ANSWER = ColumnSet(Answer, status=AnswerStatus)
_read_values = operator.attrgetter(*_ANSWER.names)
_ADD = (
    f"INSERT INTO answers ({_ANSWER}, run_id, at) VALUES ({', '.join('?' * len(_ANSWER.names))}, ?, ?) "  # noqa: S608 -- column names are ours
    "ON CONFLICT (question) DO UPDATE SET "
    f"{', '.join(f'{name} = excluded.{name}' for name in (*_ANSWER.names[1:], 'run_id', 'at') if name != 'usd')}, "
    # What lost attempts may have cost is not forgotten.
    "usd = excluded.usd + COALESCE(answers.usd, 0) "
    "WHERE answers.status = 'failed'"
)
# The questions of a run that have no answer yet or failed.
_OUTSTANDING = (
    "FROM rows r {joined} LEFT JOIN answers a ON a.question = r.question "
    "WHERE r.run_id = ? AND (a.status IS NULL OR a.status = 'failed')"
)


class AnswerTable(Table):
    """Reads and writes of `questions`, `answers` and `remembered`."""

    def add_questions(self, questions: Iterable[tuple[str, str]], model: str, assistant_version: str) -> None:
        """Keep the text of questions, `(hash, input)` each; one that is known already stays."""
        rows = ((one, text, model, assistant_version) for one, text in questions)
        self._database.many("INSERT OR IGNORE INTO questions VALUES (?, ?, ?, ?)", rows)

    def add(self, run_id: str, answers: Iterable[Answer]) -> None:
        """Keep answers in one transaction; an answer that is there already is never lost to a failure."""
        ending = (run_id, now())
        self._database.many(_ADD, [_read_values(answer) + ending for answer in answers])

    def read(
        self, run_id: str, questions: Sequence[str | None]
    ) -> Iterator[tuple[str, tuple[str, bool, Answer | None]]]:
        """Yield for each question its text, whether this run paid for the answer, and the answer."""
        sql = (
            f"SELECT q.hash, q.input, a.run_id, {_ANSWER.of('a')} FROM questions q "  # noqa: S608 -- column names are ours
            "LEFT JOIN answers a ON a.question = q.hash WHERE q.hash IN (SELECT value FROM json_each(?))"
        )
        for question, text, paid_by, *answer in self._database.among(sql, questions):
            yield question, (text, paid_by == run_id, _ANSWER.read(answer) if paid_by is not None else None)

    def find_known(self, questions: Sequence[str]) -> set[str]:
        """Return which of `questions` have an answer that need not be asked for again."""
        return self._find("SELECT question FROM answers WHERE status != 'failed' AND question", questions)

    def find_held(self, questions: Sequence[str]) -> set[str]:
        """Return which of `questions` are kept here, answered or not."""
        return self._find("SELECT hash FROM questions WHERE hash", questions)

    def find_cut_off(self, questions: Sequence[str], limit: int) -> set[str]:
        """Return which of `questions` have an answer that was cut off at fewer than `limit` output tokens."""
        lower = f"json_extract(r.assistant_json, '$.max_output_tokens') < {limit:d}"
        joined = "SELECT a.question FROM answers a JOIN runs r ON r.id = a.run_id"
        return self._find(f"{joined} WHERE a.status = 'cut_off' AND {lower} AND a.question", questions)

    def _find(self, select: str, questions: Sequence[str]) -> set[str]:
        return {row[0] for row in self._database.among(f"{select} IN (SELECT value FROM json_each(?))", questions)}  # noqa: S608 -- constants of ours

    def find_outstanding(self, run_id: str) -> dict[str, str]:
        """Return the questions of a run that have no answer yet or failed, text by hash."""
        outstanding = _OUTSTANDING.format(joined="JOIN questions q ON q.hash = r.question")
        rows = self._database.all(
            f"SELECT q.hash, q.input {outstanding} GROUP BY q.hash ORDER BY MIN(r.position)", (run_id,)
        )
        return {row["hash"]: row["input"] for row in rows}

    def count_shared(self, run_id: str, other: str) -> int:
        """Return how many questions that have no answer yet or failed two runs have in common."""
        # The set that is looked into is made anew each time.
        larger, smaller = sorted((run_id, other), key=self._count_rows, reverse=True)
        return self._database.count(
            f"SELECT COUNT(DISTINCT r.question) {_OUTSTANDING.format(joined='')} "  # noqa: S608 -- constants of ours
            "AND r.question IN (SELECT question FROM rows WHERE run_id = ?)",
            (larger, smaller),
        )

    def count_unanswered(self, run_id: str) -> int:
        """Return how many questions of a run have no answer at all, not even that they failed."""
        return self._database.count(
            "SELECT COUNT(DISTINCT r.question) FROM rows r LEFT JOIN answers a ON a.question = r.question "
            "WHERE r.run_id = ? AND a.question IS NULL",
            (run_id,),
        )

    def sum_usd(self, run_id: str) -> float:
        """Return what a run has paid so far in USD, as far as prices are known."""
        row = self._database.one("SELECT TOTAL(usd) FROM answers WHERE run_id = ?", (run_id,))
        return float(row[0]) if row else 0.0

    def list_paid(self, run_id: str) -> list[Answer]:
        """Return the answers that a run paid for itself."""
        rows = self._database.all(f"SELECT {_ANSWER} FROM answers WHERE run_id = ?", (run_id,))  # noqa: S608 -- column names are ours
        return [_ANSWER.read(row) for row in rows]

    def uses(self, run_id: str) -> list[Use]:
        """Return the answers of a run, each once."""
        rows = self._database.all(
            f"SELECT COUNT(*), a.run_id = ?, {_ANSWER.of('a')} FROM rows r "  # noqa: S608 -- column names are ours
            "JOIN answers a ON a.question = r.question WHERE r.run_id = ? GROUP BY r.question",
            (run_id, run_id),
        )
        return [Use(records, bool(paid_here), _ANSWER.read(answer)) for records, paid_here, *answer in rows]

    def median_seconds(self, model: str, engine: str) -> float | None:
        """Return how many seconds an answer of a model took lately (the median), None where there is none yet."""
        rows = self._database.all(
            "SELECT a.seconds FROM answers a JOIN "
            "(SELECT id FROM runs WHERE model = ? AND engine = ? ORDER BY rowid DESC LIMIT 5) r ON r.id = a.run_id "
            "WHERE a.seconds IS NOT NULL LIMIT 1000",
            (model, engine),
        )
        return statistics.median(row["seconds"] for row in rows) if rows else None

    def read_thinking(self, model: str, effort: str | None) -> tuple[int, int]:
        """Return how many answers of a model at an effort tell of thinking lately, and the most tokens of it."""
        row = self._database.one(
            "SELECT COUNT(reasoning_tokens), MAX(reasoning_tokens) FROM answers WHERE run_id IN (SELECT id FROM runs "
            "WHERE model = ? AND engine != 'decisions' AND json_extract(assistant_json, '$.reasoning_effort') IS ? "
            "ORDER BY at DESC LIMIT 5)",
            (model, effort),
        )
        return (int(row[0]), int(row[1] or 0)) if row else (0, 0)

    def remember(self, assistant: str, run_id: str, entries: Iterable[tuple[str, str, str]]) -> None:
        """Keep the approved answers of a run in place of those it had: (text asked, answer as JSON, reviewer) each."""
        at = now()
        with self._database.transaction():
            self._database.execute("DELETE FROM remembered WHERE assistant = ? AND run_id = ?", (assistant, run_id))
            self._database.many(
                "INSERT OR REPLACE INTO remembered VALUES (?, ?, ?, ?, ?, ?)",
                ((assistant, text, answer, run_id, reviewer, at) for text, answer, reviewer in entries),
            )

    def read_remembered(self, assistant: str) -> dict[str, tuple[str, str]]:
        """Return the approved answers for an assistant: (answer as JSON by field, run id) by the text asked."""
        rows = self._database.all("SELECT input, answer, run_id FROM remembered WHERE assistant = ?", (assistant,))
        return {row["input"]: (row["answer"], row["run_id"]) for row in rows}

    def _count_rows(self, run_id: str) -> int:
        return self._database.count("SELECT MAX(position) + 1 FROM rows WHERE run_id = ?", (run_id,))
