"""What a grid needs of a table, so that any table can be shown in one: a review, a plan, two assistants side by side.

A grid asks `find(query)` once, and then for a page of what was found at a time; rows keep their places until it asks
anew, so that nothing jumps away under the hand that decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np


@dataclass(frozen=True)
class TableQuery:
    """Which rows a person wants to see, and in which order.

    `filters` holds for each facet's name a text, or (from, to) for a range; `sort` is a column's name, "" the order of
    the source itself. `grouped` asks for one row for each distinct change.
    """

    search: str = ""
    filters: Mapping[str, str | tuple[float | None, float | None]] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    grouped: bool = False


@dataclass(frozen=True)
class RowPlaces:
    """What a query found: `rows` are places in the source in order, one each, or one for each group.

    `members` are the places behind each group (None: not grouped), `records` how many places that is in all.
    """

    rows: np.ndarray[Any, np.dtype[np.intp]]
    members: Sequence[np.ndarray[Any, np.dtype[np.intp]]] | None = None

    @property
    def size(self) -> int:
        """How many rows there are to page through."""
        return len(self.rows)

    @property
    def records(self) -> int:
        """How many records those rows stand for."""
        return len(self.rows) if self.members is None else sum(map(len, self.members))

    def places(self, rows: Sequence[int] | None) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Return the places of the source behind some rows, or behind all of them."""
        if self.members is None:
            return self.rows if rows is None else self.rows[list(rows)]
        chosen = self.members if rows is None else [self.members[row] for row in rows]
        return np.concatenate(chosen) if chosen else np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class Column:
    """A column: `kind` says how its cells look, which are of these shapes.

    record: {text, link}; change: {before, after} as segments; text: {text} or {segments}; share: 0-1 or None, or
    [from, to]; number: a number; flags: {flags, note}; decision: {name, counts, who, at}.
    """

    name: str
    label: str
    kind: Literal["record", "change", "text", "share", "number", "flags", "decision"]
    sortable: bool = True


@dataclass(frozen=True)
class FacetOption:
    """A value that a facet can be set to, with how many rows have it."""

    value: str
    label: str
    count: int | None = None


@dataclass(frozen=True)
class Facet:
    """A filter: one of some options, a text with suggestions, or a range from 0 to 1."""

    name: str
    label: str
    kind: Literal["choice", "text", "share"]
    options: Sequence[FacetOption] = ()


@dataclass(frozen=True)
class TableAction:
    """Something that can be done with rows: its key on the keyboard, and what it takes.

    `value` says whether nothing is typed with it, a text, a number, or one of `options`.
    """

    name: str
    label: str
    key: str
    value: Literal["none", "text", "number", "choice"] = "none"
    options: Sequence[str] = ()


@dataclass(frozen=True)
class Card:
    """One row in full: what it was made from, and both texts under their titles; without titles there are none."""

    title: str
    link: str
    source: Sequence[tuple[str, str]]
    before: Sequence[tuple[str, str]]
    after: Sequence[tuple[str, str]]
    note: str = ""
    value: str = ""
    titles: Sequence[str] = ("Before", "Proposal")


class TableSource(Protocol):
    """A table that a grid can show; every text that it returns is shown as text, whatever is in it."""

    @property
    def columns(self) -> Sequence[Column]:
        """The columns, from left to right."""

    @property
    def group_columns(self) -> Sequence[Column]:
        """The columns of groups; none where the table cannot be grouped."""

    @property
    def actions(self) -> Sequence[TableAction]:
        """What can be done with rows; none where the table is only looked at."""

    def facets(self) -> Sequence[Facet]:
        """Return the filters with their present options."""

    def summary(self) -> str:
        """Return one line about the whole table."""

    def find(self, query: TableQuery) -> RowPlaces:
        """Return which rows the query means, in order."""

    def rows(self, found: RowPlaces, start: int, stop: int) -> list[dict[str, Any]]:
        """Return the cells of some of the rows found, by column name."""

    def card(self, found: RowPlaces, row: int) -> Card:
        """Return one row in full."""

    def act(self, action: str, found: RowPlaces, rows: Sequence[int] | None, value: str | None) -> str:
        """Carry an action out for some of the rows found, or for all, and return what happened in a sentence.

        Raises HsaiError where it cannot be done.
        """

    def undo(self) -> str:
        """Take back what was done last, and return what happened in a sentence."""
