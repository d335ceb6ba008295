"""A run: one execution of ask over a frame, and the answers it has."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import assert_never

import pandas as pd

from hsai_kit.assistant.assistant import Assistant
from hsai_kit.assistant.output_schema import Kind, Number, Value, YesNo
from hsai_kit.errors import RunError
from hsai_kit.llm.costs import Costs, read_costs
from hsai_kit.store import Answer, AnswerStatus, RowAnswer, RunRecord, RunRow, RunStatus, Store

# What `answers` tells of each row besides its values.
_COLUMNS = {
    "confidence": "Float64",
    "status": "string",
    "flags": "object",
    "reason": "string",
    "usd": "Float64",
    "seconds": "Float64",
    "question": "string",
}


class RowStatus(StrEnum):
    """How a row of a run ended."""

    ANSWERED = "answered"
    FROM_MEMORY = "from_memory"
    BY_RULE = "by_rule"
    REFUSED = "refused"
    CUT_OFF = "cut_off"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def has_answer(self) -> bool:
        """Whether there is an answer, whoever gave it."""
        return self in {RowStatus.ANSWERED, RowStatus.FROM_MEMORY, RowStatus.BY_RULE}

    @property
    def is_failure(self) -> bool:
        """Whether the row was asked and has no usable answer."""
        return self in {RowStatus.REFUSED, RowStatus.CUT_OFF, RowStatus.FAILED}


@dataclass(frozen=True)
class RowResult:
    """How a row of a run ended: its status, the value of each field, confidence and flags."""

    record_id: str
    status: RowStatus
    fields: dict[str, Value]
    confidence: float | None
    flags: tuple[str, ...]
    reason: str
    usd: float | None
    seconds: float | None
    question: str | None


_PAID = {RowStatus.ANSWERED, RowStatus.REFUSED, RowStatus.CUT_OFF}


class Run:
    """One execution of ask, read from the store by its id; raises RunError where there is no such run."""

    def __init__(self, store: Store, run_id: str, *, low_confidence: float, reviewer: str) -> None:
        record = store.runs.get(run_id)
        if record is None:
            message = f"There is no run {run_id!r} in {store.path}."
            raise RunError(message)
        self.store = store
        self.id = run_id
        self.record: RunRecord = record
        self.reviewer = reviewer
        self._low_confidence = low_confidence

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {status}" for status, count in self.counts.items())
        costs = f"; {self.costs}" if (self.costs.spent, self.costs.usd_saved) != (0, 0) else ""
        about = f"{self.record.assistant} with {self.record.model}, {self.record.status}"
        return f"Run({self.id}, {about}: {counts}{costs})"

    @cached_property
    def assistant(self) -> Assistant:
        """The assistant as it was when the run was made."""
        return Assistant.model_validate_json(self.record.assistant_json)

    @property
    def fields(self) -> list[str]:
        """The names of what is answered: `answer`, or the assistant's fields."""
        return list(self.assistant.output.fields)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows ended in which status."""
        return dict(Counter(row.status.value for row in self._results()).most_common())

    @property
    def questions(self) -> int:
        """How many distinct questions the run has."""
        return self.store.runs.count_questions(self.id)

    @property
    def usd(self) -> float | None:
        """What this run paid in USD, or None where the model's price is not known."""
        paid = [row.usd for row in self._results() if row.status in _PAID]
        return None if None in paid else math.fsum(filter(None, paid))

    @property
    def costs(self) -> Costs:
        """What this run spent, and saved by memory, rules, sharing of questions and jobs, in USD where known."""
        return read_costs(self.store, self.id)

    @property
    def answers(self) -> pd.DataFrame:
        """The rows as a DataFrame, index `record_id`, in the order of the frame that was asked about.

        Columns: `answer` (or one for each field), `confidence` (0-1 or NA), `status` (answered, from_memory, by_rule,
        refused, cut_off, failed, skipped), `flags` (list of strings), `reason`, `usd` (what this row paid; rows that
        share a question pay once), `seconds`, `question` (its hash).
        """
        kinds = self.assistant.output.fields
        dtypes = {name: dtype_of(kind) for name, kind in kinds.items()} | _COLUMNS
        cells: dict[str, list[object]] = {name: [] for name in ("record_id", *dtypes)}
        # One pass without keeping the rows themselves: a million of them would take more than the columns.
        for row in self._results():
            for name in kinds:
                cells[name].append(row.fields.get(name))
            for name in ("record_id", *_COLUMNS):
                cells[name].append(_cell(row, name))
        index = pd.Index(cells.pop("record_id"), dtype="string", name="record_id")
        return pd.DataFrame({name: _column(cells.pop(name), dtype) for name, dtype in dtypes.items()}, index=index)

    @property
    def failures(self) -> pd.DataFrame:
        """The rows without a usable answer by reason, most common first: columns `status`, `reason`, `records`.

        `resume(hub, run)` asks the failed ones again; refused and cut-off ones stay as they are.
        """
        bad = Counter((row.status.value, row.reason) for row in self._results() if row.status.is_failure)
        rows = [(status, reason, count) for (status, reason), count in bad.most_common()]
        frame = pd.DataFrame(rows, columns=["status", "reason", "records"])
        return frame.astype({"status": "string", "reason": "string", "records": "Int64"})

    def results(self) -> list[RowResult]:
        """Read how each row ended; answers are checked against the assistant's output here, whatever came back."""
        return list(self._results())

    def outcomes(self) -> tuple[list[str], list[int], list[RowResult]]:
        """Return the record ids, for each the place of how it ended in a list of distinct ends, and that list.

        Rows that share a question end alike but for what they paid, so that a hundred thousand rows of a few thousand
        questions are read in a fraction of the time of `results`.
        """
        ids: list[str] = []
        ends: list[int] = []
        distinct: list[RowResult] = []
        places: dict[tuple[str | None, ...], int] = {}
        for page in self.store.runs.iterate_plan(self.id):
            new = {row[1:]: row for row in page if row[1:] not in places}
            answers = dict(self.store.answers.read(self.id, sorted({key[0] for key in new if key[0] is not None})))
            for key, row in new.items():
                places[key] = len(distinct)
                answered = RowAnswer(RunRow(*row), *answers.get(row[1], (None, False, None)))
                distinct.append(self._result(answered, set(), {}))
            ids += [row[0] for row in page]
            ends += [places[row[1:]] for row in page]
        return ids, ends, distinct

    def _results(self) -> Iterator[RowResult]:
        paid: set[str] = set()
        read: dict[str, tuple[dict[str, Value], tuple[str, ...]]] = {}
        return (self._result(row, paid, read) for row in self.store.runs.rows(self.id))

    def _result(
        self,
        row: RowAnswer,
        paid: set[str],
        read: dict[str, tuple[dict[str, Value], tuple[str, ...]]],
    ) -> RowResult:
        answer, question, record_id = row.answer, row.row.question, row.row.record_id
        question = answer.question if answer else question  # the same object for every row that shares it
        if row.row.ruled is not None:
            values = json.loads(row.row.ruled)
            return RowResult(record_id, RowStatus.BY_RULE, values, None, (), row.row.rule or "", 0.0, None, None)
        if question is None or answer is None:
            reason = row.row.skipped or _explain_skip(self.record.status)
            return RowResult(record_id, RowStatus.SKIPPED, {}, None, (), reason, 0.0, None, question)
        if question not in read:
            read[question] = self._read(answer, row.input or "")
        values, flags = read[question]
        mine = row.paid_here and question not in paid
        paid.add(question)
        return RowResult(
            record_id=record_id,
            status=_row_status(answer.status, paid_here=row.paid_here),
            fields=values,
            confidence=answer.confidence,
            flags=flags,
            reason=answer.reason,
            usd=answer.usd if mine else 0.0,
            seconds=answer.seconds,
            question=question,
        )

    def _read(self, answer: Answer, source: str) -> tuple[dict[str, Value], tuple[str, ...]]:
        if answer.status is not AnswerStatus.ANSWERED:
            return {}, (answer.status.replace("_", " "),)
        read = self.assistant.output.read(answer.output or "", source)
        flags = _refusals(read.flags, answer)
        if answer.confidence is not None and answer.confidence < self._low_confidence:
            flags = (*flags, "low confidence")
        values = read.value if isinstance(read.value, dict) else {"answer": read.value}
        return values, flags


def _cell(row: RowResult, name: str) -> object:
    value = getattr(row, name)
    # Plain text and a list, as they are shown and saved.
    return list(value) if name == "flags" else str(value) if name == "status" else value


def _column(values: list[object], dtype: str) -> pd.Series:
    return pd.Series(values, dtype=object).array if dtype == "object" else pd.array(values, dtype=dtype)


def dtype_of(kind: Kind) -> str:
    """Return the pandas dtype of a field's values."""
    return "Float64" if isinstance(kind, Number) else "boolean" if isinstance(kind, YesNo) else "string"


def _refusals(flags: tuple[str, ...], answer: Answer) -> tuple[str, ...]:
    """Tell fields that the model refused to decide, whose probabilities are null, from those it left blank."""
    if not answer.probabilities or "null" not in answer.probabilities:
        return flags
    refused = {
        f"{name}: blank": f"{name}: refused"
        for name, shares in json.loads(answer.probabilities).items()
        if shares is None
    }
    return tuple(refused.get(flag, flag) for flag in flags)


def _row_status(status: AnswerStatus, *, paid_here: bool) -> RowStatus:
    match status:
        case AnswerStatus.ANSWERED:
            return RowStatus.ANSWERED if paid_here else RowStatus.FROM_MEMORY
        case AnswerStatus.REFUSED:
            return RowStatus.REFUSED
        case AnswerStatus.CUT_OFF:
            return RowStatus.CUT_OFF
        case AnswerStatus.FAILED:
            return RowStatus.FAILED
        case _:
            assert_never(status)


def _explain_skip(status: RunStatus) -> str:
    match status:
        case RunStatus.WAITING:
            return "in a job at OpenAI; pick it up with resume"
        case RunStatus.RUNNING:
            return "not asked yet"
        case RunStatus.DONE | RunStatus.STOPPED | RunStatus.PAUSED | RunStatus.FAILED:
            return "the run ended before this row was asked; ask the same again"
        case _:
            assert_never(status)
