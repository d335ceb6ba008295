"""Record text made harmless: for spreadsheets, which run formulas, and for terminals, which obey control characters."""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["defused", "one_line"]

# What Excel, LibreOffice and Google Sheets read as the beginning of a formula, also behind spaces and quotes.
_FORMULA = re.compile(r"^[\s\"']*[=+\-@|%]|^[\t\r\n]")
_NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)?$")
# XML 1.0, and so Excel's format, has no place for these.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# The most characters that a cell of an Excel file can hold.
_CELL = 32_767


def defused(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose texts cannot act as formulas: an apostrophe stands before those that could.

    Lists become text, times lose their zone (Excel has none), and texts beyond 32,767 characters are cut with a mark.
    """
    safe = frame.copy()
    safe.index = safe.index.map(_harmless)
    for name in safe.columns:
        column = safe[name]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            safe[name] = column.dt.tz_localize(None)
        elif not (pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype)):
            safe[name] = column.astype(object).map(_harmless)
    return safe.rename(columns=_harmless)


def one_line(value: object, width: int = 40) -> str:
    """Return a value as one short line that a terminal can show: `(blank)` for none, `·` for what cannot be printed.

    Control characters could clear the screen, and direction marks could show a value other than it is.
    """
    text = "" if value is None or value is pd.NA else " ".join(str(value).split())
    plain = "".join(letter if letter.isprintable() else "·" for letter in text) or "(blank)"
    return plain if len(plain) <= width else f"{plain[: width - 1]}…"


def _harmless(value: object) -> object:
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    if not isinstance(value, str):
        return None if value is pd.NA else value
    text = _CONTROL.sub("", value)
    if _FORMULA.match(text) and not _NUMBER.match(text):
        text = f"'{text}"
    return text if len(text) <= _CELL else f"{text[: _CELL - 20]} … (cut to fit)"
