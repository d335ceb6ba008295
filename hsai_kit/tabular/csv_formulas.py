"""No text of a record acts as a formula in a spreadsheet: apostrophes put in when written, taken out when read."""

from __future__ import annotations

import re

import pandas as pd

# What Excel, LibreOffice and Google Sheets read as the beginning of a formula, also full-width, and behind spaces,
# quotes and marks that do not show.
_LEAD = r"[\s\"'\u200b-\u200f\u2060\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(rf"{_LEAD}|[\t\r\n]")
# Where a program that separates by ; or tabs begins a new cell, or a new row: it takes no notice of our quotes.
_SPLIT = re.compile(rf"([;\t\n])(?={_LEAD})")
_KEPT_WHOLE = re.compile(rf"([;\t\n])'(?={_LEAD})")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
# XML 1.0, and so Excel's format, has no place for these, nor has UTF-8 for the last range.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# The most characters that a cell of an Excel file can hold; an emoji counts as two.
_CELL = 32_767


def defuse(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose texts cannot act as formulas: an apostrophe stands before those that could.

    Lists become text, times lose their zone (Excel has none), and texts beyond 32,767 characters are cut with a mark.
    """
    safe = frame.copy()
    safe.index = safe.index.map(_defuse_value)
    # By place and not by name: a name can be there twice.
    for place in range(safe.shape[1]):
        column = safe.iloc[:, place]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            safe.isetitem(place, column.dt.tz_localize(None))
        elif not (pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype)):
            safe.isetitem(place, column.astype(object).map(_defuse_value))
    return safe.rename(columns=_defuse_value)


def restore(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of texts read from a file as it was before `write_csv`: without the apostrophes put in by it."""
    return frame.map(_restore_value).astype(frame.dtypes).rename(columns=_restore_value)


def _restore_value(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = _KEPT_WHOLE.sub(r"\1", value)
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def defuse_splits(value: object) -> object:
    """Return a text in which no part can act as a formula where a program splits it at ;, a tab or a line break."""
    return _SPLIT.sub(r"\1'", value) if isinstance(value, str) else value


def _defuse_value(value: object) -> object:
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    if not isinstance(value, str):
        return None if value is pd.NA else value
    # A carriage return by itself is not quoted in a CSV file: what follows it would stand in a row of its own.
    text = _CONTROL.sub("", value).replace("\r\n", "\n").replace("\r", "\n")
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    units = text.encode("utf-16-le")
    return (
        text if len(units) <= 2 * _CELL else f"{units[: 2 * (_CELL - 20)].decode('utf-16-le', 'ignore')} … (cut to fit)"
    )
