"""The result of `review`: what is proposed, and what somebody decided about it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from hsai_kit.assistant.output_schema import Kind, Value
from hsai_kit.errors import ReviewError
from hsai_kit.hubspot.dtypes import as_hubspot
from hsai_kit.run import Run
from hsai_kit.runtime.progress import say
from hsai_kit.steps.review.decisions import ReviewDecisions, format_counts
from hsai_kit.steps.review.proposals import Mask, Places, Proposals
from hsai_kit.steps.review.review_table import ReviewTable
from hsai_kit.store import Decision
from hsai_kit.tabular.cell_text import as_python
from hsai_kit.tabular.provenance import join_records
from hsai_kit.tabular.table_files import write_csv, write_excel

Rows: TypeAlias = "pd.Series | pd.DataFrame | str | Iterable[str] | None"
# The most common flags and changes of a tally.
_MOST = 8
# Below the first is what nobody should pass unseen; most answers of a good assistant are above the last.
_EDGES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)


class Review:
    """Proposals and what was decided about them: `.frame`, `.approve(…)`, `.edit(…)`, `.reject(…)`.

    Rows are named by a boolean Series over `.frame` (a mask), by a part of `.frame`, by record ids, or not at all: all
    rows. Every decision is in the store as it is made, with who and when. In a notebook it shows as a grid.
    """

    def __init__(self, run: Run, field: str, to: str | None) -> None:
        self.run = run
        self.field = field
        self.to = to
        self._proposals = Proposals(run, field, to)
        self._decisions = ReviewDecisions(run, field, self._proposals)

    def __repr__(self) -> str:
        self._decisions.refresh()
        return f"Review({self.run.id}, {self.field} for {self.to or 'no property yet'}: {self._decisions})"

    def _repr_html_(self) -> str:
        # Record text is data: pandas escapes it, so that markup in a name stays text.
        return str(self.frame._repr_html_())

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each record, index `record_id`, rows that want eyes first.

        Columns: `before` (as pulled, NA where it was not pulled), `proposal`, `final` (what a push would write, NA for
        none), `changes` (boolean: that value, or the proposal while pending, differs from before), `confidence`,
        `status`, `flags`, `decision` (pending, approved, edited, rejected), `reviewer`, `decided_at` (datetime, UTC),
        `reason`.
        """
        decisions = self._decisions
        decisions.refresh()
        frame = self._base.copy()
        passed = decisions.mask(*(decision for decision in Decision if decision.is_approved))
        final = [value if yes else None for value, yes in zip(decisions.value, passed, strict=True)]
        frame["final"] = self._proposals.column(final)
        frame["changes"] = pd.array(self._changes(passed), dtype="boolean")
        frame["decision"] = pd.Categorical.from_codes(decisions.code, [one.value for one in Decision]).astype("string")
        frame["reviewer"] = pd.array(decisions.who, dtype="string")
        frame["decided_at"] = pd.to_datetime(pd.Series(decisions.at, index=frame.index), utc=True).dt.as_unit("us")
        columns = ["before", "proposal", "final", "changes", "confidence", "status", "flags"]
        return frame[[*columns, "decision", "reviewer", "decided_at", "reason"]]

    @property
    def kind(self) -> Kind:
        """What the field takes."""
        return self._proposals.kind

    @cached_property
    def table(self) -> ReviewTable:
        """The rows as a source for a grid."""
        return ReviewTable(self._decisions, self.to)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` after every decision that is made here or found in the store."""
        self._decisions.on_change.append(callback)

    def approve(self, rows: Rows = None) -> int:
        """Approve proposals as they are and return how many; rows without a usable proposal are left pending.

        Rows that are named one by one are approved whatever was decided before. Of a mask, a part of `.frame` or all
        rows, those that somebody edited or rejected are left as they are, and counted in a sentence.

        Raises ReviewError where record ids are named that have no proposal or are not in the run.
        """
        wanted, named = self._places(rows)
        without = wanted[~self._proposals.known[wanted]]
        if named and len(without):
            message = (
                f"Record {self._proposals.ids[without[0]]} has no proposal to approve "
                f"({self._proposals.why(without[0])}). Give it a value with edit(), or reject it."
            )
            raise ReviewError(message)
        if named:
            return self._decisions.approve(wanted)
        count, decided = self._decisions.approve_undecided(wanted)
        if decided:
            say(f"Left as decided before: {format_counts(decided)}. Name them by id to approve them, or reset() them.")
        return count

    def edit(self, rows: Rows, value: Value) -> int:
        """Let `value` through in place of the proposals and return for how many rows.

        Raises ReviewError for a value that the assistant's output would not allow.
        """
        places = self._places(rows)[0]
        return self._decisions.edit(places, as_python(value))

    def reject(self, rows: Rows = None) -> int:
        """Reject proposals and return how many; a push leaves those records alone."""
        return self._decisions.reject(self._places(rows)[0])

    def reset(self, rows: Rows = None) -> int:
        """Take decisions back to pending and return how many; the history keeps them."""
        return self._decisions.reset(self._places(rows)[0])

    def undo_last(self) -> int:
        """Take back what you decided last, on any day, and return for how many records what held before holds again.

        Each call goes one decision further back; records that were decided anew since are left alone.
        """
        undone = self._decisions.undo()
        return undone.put_back if undone else 0

    def join(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return `frame` with the columns of `.frame` beside each of its rows, by record id; says how many matched.

        Its ids may be as a spreadsheet has them: numbers or text, in the index or in a column such as `Record ID`. A
        column that both have is called `…_review`. Raises FrameError where `frame` has no record ids.
        """
        joined, matched = join_records(frame, self.frame)
        say(f"{matched:,} of {len(frame):,} rows match a record of this review, which has {len(self._base):,}.")
        return joined

    def to_csv(self, path: str | Path) -> Path:
        """Write `.frame` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        return write_csv(self.frame, path)

    def to_excel(self, path: str | Path) -> Path:
        """Write `.frame` as an Excel file in which nothing that a record says is a formula."""
        return write_excel(self.frame, path, "review")

    def _places(self, rows: Rows) -> tuple[Places, bool]:
        """Return the places that are meant, and whether they were named one by one."""
        if rows is None:
            return np.arange(len(self._proposals), dtype=np.intp), False
        if isinstance(rows, pd.DataFrame):
            return self._places_of(map(str, rows.index)), False
        if isinstance(rows, pd.Series) and pd.api.types.is_bool_dtype(rows.dtype):
            if isinstance(rows.index, pd.RangeIndex):
                # Positions could be the ids of other records by accident.
                message = "This mask counts rows instead of naming records. Make it from .frame, whose index is the id."
                raise ReviewError(message)
            picked = rows[rows.fillna(False).astype(bool)].index  # noqa: FBT003 -- pandas takes it so
            return self._places_of(map(str, picked)), False
        return self._places_of([rows] if isinstance(rows, str) else map(str, rows)), True

    def _places_of(self, named: Iterable[str]) -> Places:
        ids = list(dict.fromkeys(named))
        unknown = [one for one in ids if one not in self._proposals.place]
        if unknown:
            message = (
                f"Record {unknown[0]} is not in run {self.run.id}. Name rows by record id or by a mask over .frame."
            )
            raise ReviewError(message)
        return np.array([self._proposals.place[one] for one in ids], dtype=np.intp)

    @cached_property
    def _base(self) -> pd.DataFrame:
        return self._proposals.frame()

    def _changes(self, passed: Mask) -> Mask:
        """Tell where what a push would write, or the proposal while pending, differs from what stands there."""
        decisions, before = self._decisions, self._proposals.before
        changes: Mask = self._proposals.differs & decisions.mask(Decision.PENDING)
        for place in np.flatnonzero(passed):
            changes[place] = as_hubspot(decisions.value[place]) != before[place]
        return changes


@dataclass(frozen=True)
class Tally:
    """Counts of records, each a list of (label, count); `confidence` is by range and empty where it is not known."""

    flags: list[tuple[str, int]]
    confidence: list[tuple[str, int]]
    changes: list[tuple[str, int]]
    decisions: list[tuple[str, int]]


def tally(frame: pd.DataFrame) -> Tally:
    """Count what stands in the frame of a review, as `checked.frame` has it.

    >>> frame = pd.DataFrame({"before": ["Calif.", "CA"], "proposal": ["CA", "CA"], "changes": [True, False],
    ...     "confidence": [0.97, 0.6], "flags": [[], ["low confidence"]], "decision": ["pending", "approved"]})
    >>> tally(frame).changes, tally(frame).confidence
    ([('Calif. → CA', 1)], [('0.50 to 0.70', 1), ('0.95 to 0.99', 1)])
    """
    flags = Counter(flag for flags in frame["flags"] for flag in flags)
    calm = int((frame["flags"].map(len) == 0).sum())
    changing = frame[frame["changes"].fillna(False).astype(bool)]  # noqa: FBT003 -- pandas takes it so
    pairs = Counter(zip(changing["before"].fillna(""), changing["proposal"].astype("string").fillna(""), strict=True))
    return Tally(
        flags=[*([("no flag", calm)] if calm else []), *flags.most_common(_MOST)],
        confidence=_by_range(frame["confidence"]),
        changes=[
            (f"{before or '(blank)'} → {after or 'no proposal'}", n) for (before, after), n in pairs.most_common(_MOST)
        ],
        decisions=[(str(name), int(n)) for name, n in frame["decision"].value_counts().items() if n],
    )


def _by_range(confidence: pd.Series) -> list[tuple[str, int]]:
    known = confidence.dropna().astype(float)
    if known.empty:
        return []
    edges = (0.0, *_EDGES, 1.0)
    labels = [f"{low:.2f} to {high:.2f}" for low, high in itertools.pairwise(edges)]
    counted = pd.cut(known, list(edges), labels=labels, include_lowest=True).value_counts(sort=False)
    return [(str(label), int(count)) for label, count in counted.items() if count]
