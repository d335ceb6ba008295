"""Questions and the answers to them, each paid for once, and the approved answers that are remembered."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hsai_kit.store.database import MOST_PARAMETERS, Table, column_names, list_columns, now


class AnswerStatus(StrEnum):
    """How a question ended; a failed one is asked again by the next run that has it."""

    ANSWERED = "answered"
    REFUSED = "refused"
    CUT_OFF = "cut_off"
    FAILED = "failed"


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


_COLUMNS = column_names(Answer)
_read_values = operator.attrgetter(*_COLUMNS)
_ADD = (
    f"INSERT INTO answers ({', '.join(_COLUMNS)}, run_id, at) "  # noqa: S608 -- column names are ours
    f"VALUES ({', '.join('?' * len(_COLUMNS))}, ?, ?) ON CONFLICT (question) DO UPDATE SET "
    f"{', '.join(f'{name} = excluded.{name}' for name in (*_COLUMNS[1:], 'run_id', 'at'))} "
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
        for start in range(0, len(questions), MOST_PARAMETERS):
            part = questions[start : start + MOST_PARAMETERS]
            sql = (
                f"SELECT q.hash, q.input, a.run_id, {list_columns(Answer, 'a')} FROM questions q "  # noqa: S608 -- column names are ours
                f"LEFT JOIN answers a ON a.question = q.hash WHERE q.hash IN ({', '.join('?' * len(part))})"
            )
            for row in self._database.all(sql, part):
                paid_by = row[2]
                answer = _answer(*tuple(row)[3:]) if paid_by is not None else None
                yield row[0], (row[1], paid_by == run_id, answer)

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
        found: set[str] = set()
        for start in range(0, len(questions), MOST_PARAMETERS):
            part = questions[start : start + MOST_PARAMETERS]
            found.update(row[0] for row in self._database.all(f"{select} IN ({', '.join('?' * len(part))})", part))
        return found

    def find_outstanding(self, run_id: str) -> dict[str, str]:
        """Return the questions of a run that have no answer yet or failed, text by hash."""
        outstanding = _OUTSTANDING.format(joined="JOIN questions q ON q.hash = r.question")
        rows = self._database.all(
            f"SELECT q.hash, q.input {outstanding} GROUP BY q.hash ORDER BY MIN(r.position)",
            (run_id,),
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
        rows = self._database.all(f"SELECT {list_columns(Answer)} FROM answers WHERE run_id = ?", (run_id,))  # noqa: S608 -- column names are ours
        return [_answer(*row) for row in rows]

    def uses(self, run_id: str) -> list[Use]:
        """Return the answers of a run, each once."""
        rows = self._database.all(
            f"SELECT COUNT(*), a.run_id = ?, {list_columns(Answer, 'a')} FROM rows r "  # noqa: S608 -- column names are ours
            "JOIN answers a ON a.question = r.question WHERE r.run_id = ? GROUP BY r.question",
            (run_id, run_id),
        )
        return [Use(row[0], bool(row[1]), _answer(*tuple(row)[2:])) for row in rows]

    def median_seconds(self, model: str, engine: str) -> float | None:
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


def _answer(question: str, status: str, *values: Any) -> Answer:
    return Answer(question, AnswerStatus(status), *values)
