"""Decisions that somebody made in a spreadsheet, over the file that `to_csv` or `to_excel` wrote."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pandas as pd

from hsai_kit.assistants.output_schema import Value
from hsai_kit.errors import FrameError, ReviewError
from hsai_kit.steps.review.parse_value import parse_value
from hsai_kit.steps.review.review_result import Review
from hsai_kit.tabular.provenance import record_ids
from hsai_kit.tabular.read_table import read_table

__all__ = ["hand_back"]

_WORDS = {
    **dict.fromkeys(("approved", "approve", "yes", "y", "ok"), "approved"),
    **dict.fromkeys(("edited", "edit"), "edited"),
    **dict.fromkeys(("rejected", "reject", "no", "n"), "rejected"),
    **dict.fromkeys(("pending", "reset", ""), "pending"),
}


def hand_back(checked: Review, path: str | Path) -> dict[str, int]:
    """Make the decisions of a file and return how many were made of each kind; what is decided so already stays.

    The file needs a column with record ids and `decision`: approved, edited, rejected or pending (or blank). What
    stands in `final` is written: an approved row whose `final` is another value than the proposal counts as edited.
    Nothing is decided where one row cannot be: raises ReviewError that names the row.
    """
    wanted = _read(checked, Path(path))
    made: Counter[str] = Counter()
    edits: defaultdict[tuple[str, Value], list[str]] = defaultdict(list)
    for record, (decision, value) in wanted.items():
        edits[decision, value].append(record)
    for (decision, value), records in edits.items():
        if decision == "edited":
            checked.edit(records, value)
        else:
            {"approved": checked.approve, "rejected": checked.reject, "pending": checked.reset}[decision](records)
        made[decision] += len(records)
    return dict(made)


def _read(checked: Review, path: Path) -> dict[str, tuple[str, Value]]:
    """Return the rows that are to be decided anew: decision and, of edited ones, the value."""
    try:
        table, now = _table(path), checked.frame
        ids = record_ids(table)
    except FrameError as problem:
        message = f"The decisions cannot be read: {problem}"
    else:
        decisions = table["decision"].fillna("").str.strip().str.casefold()
        finals = table["final"].fillna("") if "final" in table else pd.Series("", index=table.index)
        found: dict[str, tuple[str, Value]] = {}
        for line, (record, word, final) in enumerate(zip(ids, decisions, finals, strict=True), 2):
            if record not in now.index:
                message = f"Row {line}: record {record} is not in {checked.run.id}. Nothing was decided."
                raise ReviewError(message)
            if word not in _WORDS:
                known = "approved, edited, rejected or pending"
                message = (
                    f"Row {line} (record {record}): the decision {word!r} is none of {known}. Nothing was decided."
                )
                raise ReviewError(message)
            one = _decided(checked, now.loc[record], _WORDS[word], final.strip())
            if one is not None:
                found[record] = one
        _refuse_unfit(checked, now, found)
        return found
    raise ReviewError(message)


def _table(path: Path) -> pd.DataFrame:
    table = read_table(path).rename(columns=lambda name: str(name).strip().lower())
    if "decision" not in table:
        message = f"{path} has no column 'decision'. Write the review to a file first, and fill that column in."
        raise FrameError(message)
    return table


def _decided(checked: Review, row: pd.Series, decision: str, final: str) -> tuple[str, Value] | None:
    """Return what a row of the file decides anew, None where that holds already."""
    kind = checked.run.assistant.output.fields[checked.field]
    value = parse_value(kind, final) if final else None
    same = value is None or _plain(row["proposal"]) == value
    if decision == "approved" and not same:
        decision = "edited"
    if decision == row["decision"] and (decision != "edited" or _plain(row["final"]) == value):
        return None
    return decision, value if decision == "edited" else None


def _refuse_unfit(checked: Review, now: pd.DataFrame, found: dict[str, tuple[str, Value]]) -> None:
    kind = checked.run.assistant.output.fields[checked.field]
    for record, (decision, value) in found.items():
        if decision == "approved" and pd.isna(now.loc[record, "proposal"]):
            message = f"Record {record} has no proposal to approve. Write a value into 'final', or reject it."
        elif decision == "edited" and (value is None or kind.read(value, str(value)).value is None):
            message = f"Record {record}: {value!r} cannot be written as {checked.field}."
        else:
            continue
        raise ReviewError(f"{message} Nothing was decided.")


def _plain(value: object) -> object:
    return None if pd.isna(value) else value
