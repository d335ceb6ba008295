"""A review as rows for a grid: found by text, filter and order, grouped by change, decided by place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hsai_kit.assistant.output_schema import Choice, Number, YesNo, parse_value
from hsai_kit.errors import ReviewError
from hsai_kit.paging.table_source import Card, Column, Facet, RowPlaces, TableAction, TableQuery
from hsai_kit.runtime.console import many
from hsai_kit.steps.review.decisions import ReviewDecisions, format_counts
from hsai_kit.steps.review.proposals import Places
from hsai_kit.steps.review.row_filter import RowFilter
from hsai_kit.steps.review.row_rendering import RowRenderer
from hsai_kit.store import Decision

_COLUMNS = (
    Column("record", "Record", "record"),
    Column("change", "Before → proposal", "change"),
    Column("confidence", "Confidence", "share"),
    Column("flags", "Why look", "flags"),
    Column("decision", "Decision", "decision"),
)
_GROUPS = (_COLUMNS[1], Column("count", "Records", "number"), *_COLUMNS[2:])
_DONE = {"approve": "Approved", "edit": "Edited", "reject": "Rejected", "reset": "Back to pending:"}


class ReviewTable:
    """What a grid needs of a review; the decisions are the review's own."""

    def __init__(self, decisions: ReviewDecisions, to: str | None) -> None:
        self.columns: Sequence[Column] = _COLUMNS
        self.group_columns: Sequence[Column] = _GROUPS
        self._decisions = decisions
        self._filter = RowFilter(decisions)
        self._cells = RowRenderer(decisions, to)

    @property
    def actions(self) -> Sequence[TableAction]:
        """Approve, reject, edit, and back to pending."""
        kind = self._decisions.proposals.kind
        options: tuple[str, ...] = ()
        if isinstance(kind, Choice):
            options = tuple(option for option in kind.options if option != kind.none_option)
        elif isinstance(kind, YesNo):
            options = ("true", "false")
        takes = "choice" if options else "number" if isinstance(kind, Number) else "text"
        return (
            TableAction("approve", "Approve", "a"),
            TableAction("reject", "Reject", "r"),
            TableAction("edit", "Edit", "e", takes, options),  # type: ignore[arg-type]
            TableAction("reset", "Back to pending", "p"),
        )

    def facets(self) -> Sequence[Facet]:
        """Return the filters: decision, flag, whether it changes anything, reviewer, values, confidence."""
        self._decisions.refresh()
        return self._filter.facets()

    def summary(self) -> str:
        """Return how many records are in which state."""
        self._decisions.refresh()
        return f"{many(len(self._decisions.proposals), 'record')}: {str(self._decisions) or 'nothing to review'}"

    def find(self, query: TableQuery) -> RowPlaces:
        """Return the rows, or the groups of rows, that the query means."""
        self._decisions.refresh()
        places = self._filter.places(query)
        return self._filter.groups(places, query) if query.grouped else RowPlaces(places)

    def rows(self, found: RowPlaces, start: int, stop: int) -> list[dict[str, Any]]:
        """Return the cells of some rows or groups."""
        self._decisions.refresh()
        if found.members is None:
            return [self._cells.row(int(place)) for place in found.rows[start:stop]]
        return [self._cells.group(members) for members in found.members[start:stop]]

    def card(self, found: RowPlaces, row: int) -> Card:
        """Return one row in full, beside its source record; of a group its first record."""
        return self._cells.card(int(found.places([row])[0]))

    def act(self, action: str, found: RowPlaces, rows: Sequence[int] | None, value: str | None) -> str:
        """Decide about rows found, and say how many; raises ReviewError for a value that cannot be written."""
        places = found.places(rows)
        decided: dict[Decision, int] = {}
        if action == "approve" and len(places) > 1:
            # Who approves many at once has not seen that somebody decided otherwise about some of them.
            done, decided = self._decisions.approve_undecided(places)
        else:
            done = self._decide(action, places, value)
        parts = [f"{_DONE[action]} {done:,}" + (f" to {_short(value)}." if action == "edit" else ".")]
        if left := len(places) - done - sum(decided.values()):
            parts.append(f"Left alone, since nothing is proposed: {left:,}.")
        if decided:
            parts.append(f"Left as decided before: {format_counts(decided)}; back to pending (p) comes first.")
        return " ".join(parts)

    def undo(self) -> str:
        """Take back what was decided last, and say what that was."""
        undone = self._decisions.undo()
        if undone is None:
            return "There is nothing of yours to take back."
        said = f"Took back: {undone.decision} {undone.put_back:,}."
        kept = undone.records - undone.put_back
        return f"{said} {kept:,} decided anew since stay." if kept else said

    def _decide(self, action: str, places: Places, value: str | None) -> int:
        match action:
            case "approve":
                return self._decisions.approve(places)
            case "edit":
                return self._decisions.edit(places, parse_value(self._decisions.proposals.kind, value or ""))
            case "reject":
                return self._decisions.reject(places)
            case "reset":
                return self._decisions.reset(places)
        message = f"There is no action {action!r}."
        raise ReviewError(message)


def _short(value: str | None) -> str:
    text = " ".join((value or "").split())
    return text if len(text) <= 40 else f"{text[:39]}…"
