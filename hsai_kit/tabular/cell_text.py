"""Values as text: for prompts, whatever stands in the other rows, and for terminals, which obey control characters."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

# Spaces at either end, several of them together, and those that are none of the keyboard's.
_ODD_SPACES = re.compile(r"^ +| +$|  +|[^\S ]")
_MARKS = {" ": "␣"}


def as_text(column: pd.Series) -> pd.Series:
    """Return a column's values as trimmed text, blanks as ''; 5.0 reads 5 and midnight reads as a date.

    A frame from a spreadsheet often has whole numbers as floats, and nobody means ZIP 93701.0. A value reads the same
    whatever stands in the other rows: another text would be another question, and paid again.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _format_times(column)
    return column.astype(object).map(_format_value, na_action=None).astype(object)


def as_python(value: object) -> Any:
    """Return numpy's own scalar as Python's, which JSON takes; all else as it is."""
    item = getattr(value, "item", None)
    return item() if callable(item) else value


def format_line(value: object, width: int = 40) -> str:
    """Return a value as one short line that a terminal can show: `(blank)` for none, `·` for what cannot be printed.

    Control characters could clear the screen, and direction marks could show a value other than it is.
    """
    blank = value is None or (pd.api.types.is_scalar(value) and pd.isna(value))
    text = "" if blank else " ".join(str(value).split())
    plain = "".join(letter if letter.isprintable() else "·" for letter in text) or "(blank)"
    return plain if len(plain) <= width else f"{plain[: width - 1]}…"


def format_exact(value: object, width: int = 40) -> str:
    r"""Return a value as `format_line` does, with marks for spaces that nobody would see, so that two never look alike.

    >>> format_exact("New\u00a0York "), format_exact("a  b"), format_exact(" ")
    ('New·York␣', 'a␣␣b', '␣')
    """
    if not isinstance(value, str):
        return format_line(value, width)
    return format_line(_ODD_SPACES.sub(lambda found: _MARKS.get(found[0][0], "·") * len(found[0]), value), width)


def _format_times(column: pd.Series) -> pd.Series:
    zone = "" if column.dt.tz is None else "Z"
    moments = column if column.dt.tz is None else column.dt.tz_convert("UTC")
    days = moments.dt.strftime("%Y-%m-%d").astype(object)
    texts = days.where(moments == moments.dt.normalize(), moments.dt.strftime(f"%Y-%m-%dT%H:%M:%S{zone}"))
    return texts.where(column.notna(), "")


def _format_value(value: object) -> str:
    if isinstance(value, list | tuple | set):
        return "; ".join(map(_format_value, value))
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float):
        # Beyond 2**53 a float no longer tells whole numbers apart.
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else f"{value:.15g}"
    # Half of an emoji, as cut-off texts have it, cannot be sent.
    return str(value).strip().encode("utf-8", "replace").decode()
