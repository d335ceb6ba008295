"""Any DataFrame in a grid, to look at: search, sort and filters come by themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from hsai_kit.errors import FrameError
from hsai_kit.paging.table_source import Card, Column, Facet, FacetOption, RowPlaces, TableAction, TableQuery
from hsai_kit.paging.word_diff import compare_words
from hsai_kit.screen_text import make_printable

# A column of texts with at most so many distinct values can be filtered by a list of them.
_OPTIONS = 40
# Of more, so many are suggested where one is typed.
_SUGGESTED = 100
_CELL = 160


class FrameSource:
    """A DataFrame as a source for a grid, read only; the index names the records.

    `compare` are two columns that are shown side by side with the words that differ, `link` returns the address of a
    record, `filters` names the columns whose filters stand first, `actions` and `on_act` let rows be acted on:
    `on_act(action, part of the frame, value)` returns a sentence.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        compare: tuple[str, str] | None = None,
        link: Callable[[str], str] = lambda _: "",
        filters: Sequence[str] = (),
        actions: Sequence[TableAction] = (),
        on_act: Callable[[str, pd.DataFrame, str | None], str] | None = None,
    ) -> None:
        self.frame = frame
        self.actions = actions
        self.group_columns: Sequence[Column] = ()
        self._compare = compare or ()
        self._link = link
        self._filters = filters
        self._on_act = on_act

    @cached_property
    def columns(self) -> Sequence[Column]:
        """The index, then every column of the frame, the two that are compared in their places."""
        named = str(self.frame.index.name or "record").replace("_", " ")
        return [Column("", named, "record"), *(self._describe_column(str(name)) for name in self.frame.columns)]

    def facets(self) -> Sequence[Facet]:
        """Return a filter for every column with few distinct values."""
        return self._facets

    @cached_property
    def _facets(self) -> Sequence[Facet]:
        found = []
        for name in dict.fromkeys([*self._filters, *map(str, self.frame.columns)]):
            counts = self._texts[name].value_counts()
            wanted = name in self._filters
            if len(counts) < 2 or not (wanted or (len(counts) <= _OPTIONS and len(counts) < len(self.frame))):
                continue
            first = counts.head(_SUGGESTED).items()
            options = [FacetOption(str(text), _label_option(str(text)), int(count)) for text, count in first]
            kind: Literal["choice", "text"] = "choice" if len(counts) <= _OPTIONS else "text"
            found.append(Facet(name, name.replace("_", " "), kind, options))
        return found

    def summary(self) -> str:
        """Return how many rows there are."""
        return "1 row" if len(self.frame) == 1 else f"{len(self.frame):,} rows"

    def find(self, query: TableQuery) -> RowPlaces:
        """Return the rows that hold the search text anywhere and have every filter's value."""
        mask = np.ones(len(self.frame), dtype=bool)
        if wanted := query.search.casefold():
            mask = np.fromiter((wanted in line for line in self._lines), dtype=bool, count=len(self.frame))
        for name, value in query.filters.items():
            exact = self._texts[name] == value
            fitting = exact if exact.any() else self._texts[name].str.contains(str(value), case=False, regex=False)
            mask &= fitting.to_numpy(dtype=bool)
        rows = np.flatnonzero(mask)
        if query.sort or query.descending:
            column = self.frame.index.to_series() if not query.sort else self.frame[query.sort]
            places = pd.Series(np.arange(len(self.frame)), index=self.frame.index)
            keys = column if pd.api.types.is_numeric_dtype(column.dtype) else self._texts[query.sort]
            ordered = (
                keys.iloc[rows]
                .reset_index(drop=True)
                .sort_values(ascending=not query.descending, kind="stable", na_position="last")
            )
            rows = places.to_numpy()[rows][ordered.index.to_numpy()]
        return RowPlaces(rows)

    def rows(self, found: RowPlaces, start: int, stop: int) -> list[dict[str, Any]]:
        """Return the cells of some rows."""
        return [self._read_row(int(place)) for place in found.rows[start:stop]]

    def card(self, found: RowPlaces, row: int) -> Card:
        """Return every value of a row in full."""
        place = int(found.rows[row])
        record = str(self.frame.index[place])
        texts = ((name, make_printable(str(column.iloc[place]))) for name, column in self._texts.items() if name)
        source = [(name, text) for name, text in texts if text]
        before, after = self._compare_texts(place, None) if self._compare else ([], [])
        return Card(f"Record {make_printable(record)}", self._link(record), source, before, after, titles=self._compare)

    def act(self, action: str, found: RowPlaces, rows: Sequence[int] | None, value: str | None) -> str:
        """Hand the rows to `on_act`."""
        if self._on_act is None:
            message = "These rows are only to look at."
            raise FrameError(message)
        return self._on_act(action, self.frame.iloc[found.places(rows)], value)

    def undo(self) -> str:
        """Say that there is nothing to take back."""
        return "There is nothing to take back here."

    @cached_property
    def _texts(self) -> dict[str, pd.Series]:
        columns = {"": self.frame.index.to_series(), **{str(name): self.frame[name] for name in self.frame.columns}}
        return {name: column.map(_format_cell).astype(object) for name, column in columns.items()}

    @cached_property
    def _lines(self) -> list[str]:
        parts = [texts.tolist() for texts in self._texts.values()]
        return ["\n".join(line).casefold() for line in zip(*parts, strict=True)]

    def _describe_column(self, name: str) -> Column:
        dtype = self.frame[name].dtype
        number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
        kind = "share" if name == "confidence" else "flags" if name == "flags" else "number" if number else "text"
        return Column(name, name.replace("_", " "), kind)  # type: ignore[arg-type]

    def _read_row(self, place: int) -> dict[str, Any]:
        record = str(self.frame.index[place])
        cells: dict[str, Any] = {"": {"text": make_printable(record), "link": self._link(record)}}
        sides = dict(zip(self._compare, self._compare_texts(place, _CELL), strict=True)) if self._compare else {}
        for column in self.columns[1:]:
            value = self.frame[column.name].iloc[place]
            if column.kind == "flags":
                cells[column.name] = {"flags": [make_printable(str(one)) for one in _as_list(value)], "note": ""}
            elif column.kind in {"share", "number"}:
                cells[column.name] = None if pd.isna(value) else float(value)
            elif column.name in sides:
                cells[column.name] = {"segments": sides[column.name]}
            else:
                text = str(self._texts[column.name].iloc[place])
                cells[column.name] = {"text": make_printable(text[:_CELL]), "more": len(text) > _CELL}
        return cells

    def _compare_texts(self, place: int, cut: int | None) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        before, after = (make_printable(str(self._texts[name].iloc[place])[:cut]) for name in self._compare)
        return compare_words(before, after)


def _format_cell(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)) else str(value)


def _as_list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _label_option(text: str) -> str:
    return make_printable(text) or "(blank)"
