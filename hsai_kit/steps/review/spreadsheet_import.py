"""Decisions that somebody made in a spreadsheet, over the file that `to_csv` or `to_excel` wrote."""

from __future__ import annotations

from collections import Counter, defaultdict
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


def import_decisions(review: Review, path: str | Path) -> dict[Decision, int]:
    """Make the decisions of a file and return how many were made of each kind; what is decided so already stays.

    The file needs a column with record ids and `decision`: approved, edited, rejected or pending (or blank). What
    stands in `final` is written: an approved row whose `final` is another value than the proposal counts as edited.
    Nothing is decided where one row cannot be: raises ReviewError that names the row.
    """
    records: defaultdict[tuple[Decision, Value], list[str]] = defaultdict(list)
    for record, decision, value in _read(review, Path(path)):
        records[decision, value].append(record)
    counts: Counter[Decision] = Counter()
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
        counts[decision] += len(ids)
    return dict(counts)


def _read(review: Review, path: Path) -> list[tuple[str, Decision, Value]]:
    """Return the rows that are to be decided anew: record, decision and, of edited ones, the value."""
    try:
        table, now = _table(path), review.frame
        ids = read_record_ids(table)
    except FrameError as problem:
        message = f"The decisions cannot be read: {problem}"
        raise ReviewError(message) from None
    words = table["decision"].fillna("").str.strip().str.casefold()
    finals = table["final"].fillna("") if "final" in table else pd.Series("", index=table.index)
    found: list[tuple[str, Decision, Value]] = []
    for line, (record, word, final) in enumerate(zip(ids, words, finals, strict=True), 2):
        if record not in now.index:
            message = f"Row {line}: record {record} is not in {review.run.id}. Nothing was decided."
            raise ReviewError(message)
        if word not in _WORDS:
            known = "approved, edited, rejected or pending"
            message = f"Row {line} (record {record}): the decision {word!r} is none of {known}. Nothing was decided."
            raise ReviewError(message)
        decision, value = _decision(review, now.loc[record], _WORDS[word], final.strip())
        if decision is not None:
            found.append((record, decision, value))
    for record, decision, value in found:
        _refuse_unfit(review, now.loc[record], decision, value)
    return found


def _table(path: Path) -> pd.DataFrame:
    table = read_table(path).rename(columns=lambda name: str(name).strip().lower())
    if "decision" not in table:
        message = f"{path} has no column 'decision'. Write the review to a file first, and fill that column in."
        raise FrameError(message)
    return table


def _decision(review: Review, row: pd.Series, decision: Decision, final: str) -> tuple[Decision | None, Value]:
    """Return what a row of the file decides anew, None where that holds already."""
    value = parse_value(review.kind, final) if final else None
    if decision is Decision.APPROVED and value is not None and not _is_same(row["proposal"], value):
        decision = Decision.EDITED
    if decision is not Decision.EDITED:
        value = None
    if decision == row["decision"] and (decision is not Decision.EDITED or _is_same(row["final"], value)):
        return None, None
    return decision, value


def _refuse_unfit(review: Review, row: pd.Series, decision: Decision, value: Value) -> None:
    record, message = row.name, ""
    if decision is Decision.APPROVED and pd.isna(row["proposal"]):
        message = f"Record {record} has no proposal to approve. Write a value into 'final', or reject it."
    elif decision is Decision.EDITED and (value is None or review.kind.read(value, str(value)).value is None):
        message = f"Record {record}: {value!r} cannot be written as {review.field}."
    if message:
        raise ReviewError(f"{message} Nothing was decided.")


def _is_same(cell: object, value: Value) -> bool:
    return value is None if pd.isna(cell) else bool(cell == value)
