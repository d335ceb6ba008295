"""A run: one execution of ask over a frame, and the answers it has."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
import pandas as pd

from hsai_kit.assistant.assistant import Assistant
from hsai_kit.assistant.output_schema import Kind, Number, Value, YesNo
from hsai_kit.errors import RunError
from hsai_kit.llm.costs import Costs, read_costs
from hsai_kit.store import Answer, AnswerStatus, RunRecord, RunRow, RunStatus, Store

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
    ERASED = "erased"

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


_SKIPPED = {
    RunStatus.WAITING: "in a job at OpenAI; pick it up with resume",
    RunStatus.RUNNING: "not asked yet",
}
_ENDED = "the run ended before this row was asked; ask the same again"
_PAID = {RowStatus.ANSWERED, RowStatus.REFUSED, RowStatus.CUT_OFF, RowStatus.FAILED, RowStatus.ERASED}


class Run:
    """One execution of ask, read from the store by its id; raises RunError where there is no such run."""

    def __init__(self, store: Store, run_id: str, *, low_confidence: float, reviewer: str) -> None:
        record = store.runs.get(run_id)
        if record is None:
            message = f"There is no run {run_id!r} in {store.path}."
            raise RunError(message)
        if record.status is RunStatus.RUNNING and not store.runs.is_asked(run_id):
            record = replace(record, status=RunStatus.STOPPED)  # its process is gone
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
        _, ends, distinct = self.outcomes()
        counts: Counter[str] = Counter()
        for end, records in Counter(ends).items():
            counts[distinct[end].status.value] += records
        return dict(counts.most_common())

    @property
    def questions(self) -> int:
        """How many distinct questions the run has."""
        return self.store.runs.count_questions(self.id)

    @property
    def usd(self) -> float | None:
        """What this run paid in USD, or None where the model's price is not known."""
        paid = [end.usd for end in self.outcomes()[2] if end.status in _PAID]
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
        ids, ends, distinct = self.outcomes()
        places = np.asarray(ends, dtype=np.intp)
        columns: dict[str, object] = {
            name: pd.array([end.fields.get(name) for end in distinct], dtype=dtype_of(kind)).take(places)
            for name, kind in self.assistant.output.fields.items()
        }
        for name, dtype in _COLUMNS.items():
            if name == "flags":  # a list of its own for each row
                columns[name] = pd.Series([list(distinct[end].flags) for end in ends], dtype=object).array
            else:
                columns[name] = pd.array([getattr(end, name) for end in distinct], dtype=dtype).take(places)
        # The first row that asked a question paid for it.
        first = np.zeros(len(places), dtype=bool)
        first[np.unique(places, return_index=True)[1]] = True
        columns["usd"] = pd.Series(columns["usd"]).where(first, 0.0).array
        return pd.DataFrame(columns, index=pd.Index(ids, dtype="string", name="record_id"))

    @property
    def failures(self) -> pd.DataFrame:
        """The rows without a usable answer by reason, most common first: columns `status`, `reason`, `records`.

        `resume(hub, run)` asks the failed ones again; refused and cut-off ones stay as they are.
        """
        _, ends, distinct = self.outcomes()
        bad: Counter[tuple[str, str]] = Counter()
        for end, records in Counter(ends).items():
            if distinct[end].status.is_failure:
                bad[distinct[end].status.value, distinct[end].reason] += records
        rows = [(status, reason, count) for (status, reason), count in bad.most_common()]
        frame = pd.DataFrame(rows, columns=["status", "reason", "records"])
        return frame.astype({"status": "string", "reason": "string", "records": "Int64"})

    def results(self) -> list[RowResult]:
        """Read how each row ended; answers are checked against the assistant's output here, whatever came back."""
        ids, ends, distinct = self.outcomes()
        paid: set[int] = set()
        results = []
        for record_id, end in zip(ids, ends, strict=True):
            usd = distinct[end].usd if end not in paid else 0.0
            paid.add(end)
            results.append(replace(distinct[end], record_id=record_id, usd=usd))
        return results

    def outcomes(self) -> tuple[list[str], list[int], list[RowResult]]:
        """Return the record ids, for each the place of how it ended in a list of distinct ends, and that list.

        Rows that share a question end alike but for what they paid, which the first of them did. So a million rows of a
        few thousand questions are read in seconds.
        """
        ids: list[str] = []
        ends: list[int] = []
        distinct: list[RowResult] = []
        places: dict[tuple[str | None, ...], int] = {}
        for page in self.store.runs.iterate_plan(self.id):
            keys = [row[1:] for row in page]
            new = {key: row for key, row in zip(keys, page, strict=True) if key not in places}
            answers = dict(self.store.answers.read(self.id, [row.question for row in new.values() if row.question]))
            for key, row in new.items():
                places[key] = len(distinct)
                distinct.append(self._result(row, *answers.get(row.question or "", (None, False, None))))
            ids += [row.record_id for row in page]
            ends += [places[key] for key in keys]
        return ids, ends, distinct

    def _result(self, row: RunRow, asked: str | None, paid_here: bool, answer: Answer | None) -> RowResult:  # noqa: FBT001 -- as it is read
        if row.ruled is not None:
            return RowResult(
                row.record_id, RowStatus.BY_RULE, json.loads(row.ruled), None, (), row.rule or "", 0.0, None, None
            )
        if row.question is None or answer is None:
            reason = row.skipped or _SKIPPED.get(self.record.status, _ENDED)
            return RowResult(row.record_id, RowStatus.SKIPPED, {}, None, (), reason, 0.0, None, row.question)
        values, flags = self._read(answer, asked or "")
        status = RowStatus(answer.status)
        return RowResult(
            record_id=row.record_id,
            status=RowStatus.FROM_MEMORY if status is RowStatus.ANSWERED and not paid_here else status,
            fields=values,
            confidence=answer.confidence,
            flags=flags,
            reason=answer.reason,
            usd=answer.usd if paid_here else 0.0,
            seconds=answer.seconds,
            question=row.question,
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
