"""What a message view can show, as plain data for its JavaScript: text, facts, ticks, tables, bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

import pandas as pd

from hsai_kit.tabular.cell_text import format_line

__all__ = ["Block", "Tone", "bars", "code", "facts", "frame_table", "link", "table", "text", "ticks"]

Block: TypeAlias = dict[str, Any]
Tone = Literal["plain", "muted", "good", "warn", "bad", "next"]

# What a person reads in a table; the whole value is in the object that the panel gives.
_CELL = 160


def text(said: str, tone: Tone = "plain") -> Block:
    """One paragraph."""
    return {"kind": "text", "text": said, "tone": tone}


def code(said: str, title: str = "", *, beside: bool = False) -> Block:
    """Text as it stands, with its line breaks; `beside` lets several stand in one row."""
    return {"kind": "code", "text": said, "title": title, "beside": beside}


def facts(items: Iterable[tuple[str, object]]) -> Block:
    """Numbers and names, each under its label."""
    return {"kind": "facts", "items": [[label, _shown(value)] for label, value in items]}


def ticks(title: str, items: Iterable[tuple[bool, str]], *, wide: bool = False) -> Block:
    """List what holds and what does not; `wide` gives each a line of its own, for sentences."""
    return {"kind": "ticks", "title": title, "items": [list(item) for item in items], "wide": wide}


def link(said: object, href: str) -> dict[str, str]:
    """Return a cell that leads somewhere; only https addresses are followed."""
    return {"text": format_line(str(said), _CELL), "href": href}


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str = "",
    more: str = "",
    numbers: Sequence[str] = (),
) -> Block:
    """Rows under their columns; `numbers` names the columns that are set to the right."""
    right = [place for place, column in enumerate(columns) if column in numbers]
    shown = [[_shown(value) for value in row] for row in rows]
    return {"kind": "table", "title": title, "columns": list(columns), "rows": shown, "more": more, "numbers": right}


def frame_table(frame: pd.DataFrame, *, title: str = "", most: int = 10, index: str = "") -> Block:
    """Show the first rows of a frame; `index` is the heading of the index, which is left out without one."""
    head = frame.head(most)
    rows = [list(row) for row in head.itertuples(index=bool(index), name=None)]
    columns = [*([index] if index else []), *map(str, frame.columns)]
    left = len(frame) - len(head)
    numbers = [str(c) for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c].dtype)]
    return table(columns, rows, title=title, more=f"and {left:,} more rows" if left > 0 else "", numbers=numbers)


def bars(title: str, items: Iterable[tuple[str, int]]) -> Block:
    """Show counts as bars, in the order given."""
    rows = [[format_line(label, 60), int(count)] for label, count in items]
    return {"kind": "bars", "title": title, "items": rows, "beside": True}


def _shown(value: object) -> object:
    if isinstance(value, dict):
        return value
    if isinstance(value, list | tuple):
        return format_line(", ".join(map(str, value)), _CELL) if value else ""
    if value is None or value is pd.NA or value is pd.NaT or value == "" or value != value:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.3g}"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M")
    return format_line(str(value), _CELL)
