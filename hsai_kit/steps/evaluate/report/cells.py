"""Numbers and texts as a report shows them: the filters of its templates. What is not known is a dash, never 0."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import pandas as pd

_DASH = "\u2013"
# What a reader takes in of a text in a table; the whole of it is in the workspace.
_CELL = 600


def to_number(value: object) -> float | None:
    """Return a cell of a table as a number, None where it has none."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number


def find_ends(row: Mapping[str, object], measure: str) -> tuple[object, object]:
    """Return the ends of the interval of a measure: those of its own name, else those of the whole row."""
    prefix = "" if measure in {"share", "corrected"} else f"{measure}_"
    return row.get(f"{prefix}low"), row.get(f"{prefix}high")


def share(value: object, digits: int = 1) -> str:
    """Write a share in percent."""
    number = to_number(value)
    return _DASH if number is None else f"{number:.{digits}%}"


def ends(low: object, high: object, digits: int = 1) -> str:
    """Write the ends of a share's interval."""
    first, last = to_number(low), to_number(high)
    return _DASH if first is None or last is None else f"{100 * first:.{digits}f} to {100 * last:.{digits}f}"


def interval(row: Mapping[str, object], measure: str, digits: int = 1, unknown: str = _DASH) -> str:
    """Write a share of a row with the ends of its interval."""
    if to_number(row[measure]) is None:
        return unknown
    return f"{share(row[measure], digits)} ({ends(*find_ends(row, measure), digits)})"


def amount(value: object, digits: int = 0, unknown: str = _DASH) -> str:
    """Write a number with its thousands."""
    number = to_number(value)
    return unknown if number is None else f"{number:,.{digits}f}"


def usd(value: float | None) -> str:
    """Write what was paid."""
    return "price unknown" if value is None else f"{value:,.4f} USD" if value else "nothing"


def moment(at: str) -> str:
    """Write when something was made."""
    return at.replace("T", " ").replace("Z", " UTC")


def clip(value: object) -> str:
    """Return a text as long as a table cell shows it."""
    text = "" if value is None or value is pd.NA or value != value else str(value)
    return text if len(text) <= _CELL else f"{text[:_CELL].rstrip()} …"


FILTERS = {one.__name__: one for one in (share, ends, interval, amount, clip)}


def shorten_names(names: Sequence[str]) -> list[str]:
    """Return names without what all of them have in common: `triage (sol)` and `triage (luna)` are sol and luna.

    >>> shorten_names(["triage (sol)", "triage (luna)"]), shorten_names(["triage (sol)", "states (sol)"])
    (['sol', 'luna'], ['triage (sol)', 'states (sol)'])
    """
    parts = [re.fullmatch(r"(.+) \((.+)\)", name) for name in names]
    heads = {part[1] if part else name for part, name in zip(parts, names, strict=True)}
    if len(names) < 2 or len(heads) > 1:
        return list(names)
    return [part[2] if part else name for part, name in zip(parts, names, strict=True)]
