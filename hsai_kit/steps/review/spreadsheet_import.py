"""Decisions that somebody made in a spreadsheet, over the file that `to_csv` or `to_excel` wrote."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import pandas as pd

from hsai_kit.assistant.output_schema import Value, parse_value
from hsai_kit.errors import FrameError, ReviewError
from hsai_kit.steps.review.review_result import Review
from hsai_kit.store import Decision
from hsai_kit.tabular.provenance import read_record_ids
from hsai_kit.tabular.table_files import read_table

_WORDS = {
    **dict.fromkeys(("approved", "approve", "yes", "y", "ok"), Decision.APPROVED),
    **dict.fromkeys(("edited", "edit"), Decision.EDITED),
    **dict.fromkeys(("rejected", "reject", "no", "n"), Decision.REJECTED),
    **dict.fromkeys(("pending", "reset", ""), Decision.PENDING),
}
# A cell of Excel holds a little more.
_MOST_COMPARED = 32_000


@dataclass(frozen=True)
class DecisionImport:
    """What became of a file: decisions made anew by kind, and a sentence for each row that could not be approved.

    `overturned` is how many that were rejected before are approved or edited now.
    """

    counts: dict[Decision, int]
    left_alone: Sequence[str]
    overturned: int


@dataclass(frozen=True)
class _FileRow:
    """A row of the file beside what holds now; `place` says which it is, for a person."""

    place: str
    record_id: str
    decision: Decision
    value: Value
    now: pd.Series
    is_seen: bool
    """Whether the file shows the proposal that stands now."""

    @property
    def is_new(self) -> bool:
        """Whether it decides anything that does not hold already."""
        is_same_value = self.decision is not Decision.EDITED or _is_same(self.now["final"], self.value)
        return self.decision != self.now["decision"] or not is_same_value

    @property
    def left_reason(self) -> str:
        """Why it cannot be approved, "" where it can."""
        if self.decision is not Decision.APPROVED:
            return ""
        if pd.isna(self.now["proposal"]):
            return f"{self.place} has no proposal to approve. Write a value into 'final', or reject it."
        if not self.is_seen:
            return f"{self.place}: its proposal changed since the file was written. Look at it in a new file."
        return ""


def import_decisions(review: Review, path: str | Path) -> DecisionImport:
    """Make the decisions of a file; what is decided so already stays.

    The file needs a column with record ids and `decision`: approved, edited, rejected or pending (or blank). What
    stands in `final` is written: an approved row whose `final` is another value than the proposal counts as edited. An
    approved row without a proposal, or whose proposal is not the file's any more, is left alone and listed. Any other
    row that cannot be decided is a mistake in the file: raises ReviewError that names it, and nothing is decided.
    """
    rows = [row for row in _read_rows(review, Path(path)) if row.is_new]
    left_alone = [reason for row in rows if (reason := row.left_reason)]
    rows = [row for row in rows if not row.left_reason]
    records: defaultdict[tuple[Decision, Value], list[str]] = defaultdict(list)
    for row in rows:
        records[row.decision, row.value].append(row.record_id)
    for (decision, value), ids in records.items():
        match decision:
            case Decision.APPROVED:
                review.approve(ids)
            case Decision.EDITED:
                review.edit(ids, value)
            case Decision.REJECTED:
                review.reject(ids)
            case Decision.PENDING:
                review.reset(ids)
            case _:
                assert_never(decision)
    overturned = sum(row.decision.is_approved and row.now["decision"] == Decision.REJECTED for row in rows)
    return DecisionImport(dict(Counter(row.decision for row in rows)), left_alone, overturned)


def _read_rows(review: Review, path: Path) -> list[_FileRow]:
    try:
        table, now = read_table(path).rename(columns=lambda name: str(name).strip().lower()), review.frame
        ids = read_record_ids(table)
    except FrameError as problem:
        message = f"The decisions cannot be read: {problem}"
        raise ReviewError(message) from None
    if "decision" not in table:
        message = (
            f"The decisions cannot be read: {path} has no column 'decision'. Write the review to a file first, and "
            "fill that column in."
        )
        raise ReviewError(message)
    columns = [table[name].fillna("").str.strip() if name in table else None for name in ("final", "proposal")]
    finals, seen = ([None] * len(table) if column is None else column for column in columns)
    words = table["decision"].fillna("").str.strip().str.casefold()
    found: list[_FileRow] = []
    for line, (record, word, final, proposal) in enumerate(zip(ids, words, finals, seen, strict=True), 2):
        place = f"Row {line} (record {record})"
        if record not in now.index:
            message = f"Row {line}: record {record} is not in {review.run.id}. Nothing was decided."
            raise ReviewError(message)
        if word not in _WORDS:
            known = "approved, edited, rejected or pending"
            message = f"{place}: the decision {word!r} is none of {known}. Nothing was decided."
            raise ReviewError(message)
        decision, value = _WORDS[word], parse_value(review.kind, final) if final else None
        if decision is Decision.APPROVED and value is not None and not _is_same(now.loc[record, "proposal"], value):
            decision = Decision.EDITED
        if decision is not Decision.EDITED:
            value = None
        elif value is None or review.kind.read(value, str(value)).value is None:
            message = f"{place}: {value!r} cannot be written as {review.field}. Nothing was decided."
            raise ReviewError(message)
        is_seen = proposal is None or _is_shown(review, proposal, now.loc[record, "proposal"])
        found.append(_FileRow(place, record, decision, value, now.loc[record], is_seen))
    return found


def _is_shown(review: Review, text: str, proposal: object) -> bool:
    """Tell whether a proposal is what a cell of the file shows, where spreadsheets change spaces and cut long texts."""
    if len(text) > _MOST_COMPARED or text.split() == str(proposal).split():
        return True
    return bool(text) and _is_same(proposal, parse_value(review.kind, text))


def _is_same(cell: object, value: Value) -> bool:
    return value is None if pd.isna(cell) else bool(cell == value)
