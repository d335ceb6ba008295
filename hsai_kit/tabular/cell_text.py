"""Values as text: what a cell of a frame reads like, whatever stands in the other rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["as_text"]


def as_text(column: pd.Series) -> pd.Series:
    """Return a column's values as trimmed text, blanks as ''; 5.0 reads 5 and midnight reads as a date.

    A frame from a spreadsheet often has whole numbers as floats, and nobody means ZIP 93701.0. A value reads the same
    whatever stands in the other rows: another text would be another question, and paid again.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _times(column)
    return column.astype(object).map(_one, na_action=None).astype(object)


def _times(column: pd.Series) -> pd.Series:
    zone = "" if column.dt.tz is None else "Z"
    moments = column if column.dt.tz is None else column.dt.tz_convert("UTC")
    days = moments.dt.strftime("%Y-%m-%d").astype(object)
    texts = days.where(moments == moments.dt.normalize(), moments.dt.strftime(f"%Y-%m-%dT%H:%M:%S{zone}"))
    return texts.where(column.notna(), "")


def _one(value: object) -> str:
    if isinstance(value, list | tuple | set):
        return "; ".join(map(_one, value))
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float):
        # Beyond 2**53 a float no longer tells whole numbers apart.
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else f"{value:.15g}"
    # Half of an emoji, as cut-off texts have it, cannot be sent.
    return str(value).strip().encode("utf-8", "replace").decode()
