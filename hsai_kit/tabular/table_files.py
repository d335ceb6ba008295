"""Tables in files: read whatever their encoding, and written so that no record's text acts as a formula."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd
from charset_normalizer import from_bytes

from hsai_kit.errors import FrameError

FILES = {".csv", ".tsv", ".txt", ".xlsx"}
# Only what is blank is missing: NA is Namibia, and a state field that says N/A says it.
_AS_TEXT: dict[str, Any] = {"keep_default_na": False, "na_values": [""]}

# What Excel, LibreOffice and Google Sheets read as the beginning of a formula, also full-width, and behind spaces,
# quotes and marks that do not show.
_LEAD = r"[\s\"'\u200b-\u200f\u2060\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(rf"{_LEAD}|[\t\r\n]")
_SPLIT = re.compile(rf"([;\t])(?={_LEAD})")
_KEPT_WHOLE = re.compile(rf"([;\t])'(?={_LEAD})")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
# XML 1.0, and so Excel's format, has no place for these, nor has UTF-8 for the last range.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# The most characters that a cell of an Excel file can hold; an emoji counts as two.
_CELL = 32_767


def read_table(path: str | Path) -> pd.DataFrame:
    """Return a CSV or Excel file as texts, blanks as NA; raises FrameError where it cannot be read.

    What our own exports put before a text, so that a spreadsheet does not run it as a formula, is taken off.
    """
    file = Path(path).expanduser()
    try:
        if file.suffix.lower() == ".xlsx":
            return restore(pd.read_excel(file, dtype=str, **_AS_TEXT))
        data = file.read_bytes()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        message = f"The file {file} cannot be read: {reason}. Look whether it is there, and is a CSV or Excel file."
        raise FrameError(message) from None
    text = _decode(data)
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        return restore(pd.read_csv(io.StringIO(text), sep=separator, dtype=str, **_AS_TEXT))
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        message = f"The file {file} cannot be read as a table: {str(problem).strip()}. Export it again as CSV."
        raise FrameError(message) from None


def write_csv(frame: pd.DataFrame, path: str | Path) -> Path:
    """Write `frame`, defused, as UTF-8 CSV that Excel opens as it is.

    Where a computer separates lists by semicolons or tabs, Excel splits a text there, whatever its quotes, so a formula
    behind one gets an apostrophe as well. `to_excel` needs none of that.
    """
    safe = defuse(frame)
    for place in range(safe.shape[1]):
        safe.isetitem(place, safe.iloc[:, place].map(_defuse_splits))
    safe.index = safe.index.map(_defuse_splits)
    target = Path(path)
    safe.rename(columns=_defuse_splits).to_csv(target, encoding="utf-8-sig")
    return target


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


def _defuse_splits(value: object) -> object:
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


def _decode(data: bytes) -> str:
    with contextlib.suppress(UnicodeDecodeError):
        # Text in another encoding is hardly ever valid UTF-8, and a guess from a few letters is often wrong.
        return data.decode("utf-8-sig")
    found = from_bytes(data).best()
    return str(found).removeprefix("\ufeff") if found else data.decode("utf-8", "replace")
