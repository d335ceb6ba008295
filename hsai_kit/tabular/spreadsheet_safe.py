"""Record text made harmless: for spreadsheets, which run formulas, and for terminals, which obey control characters."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

__all__ = ["defuse", "format_exact", "one_line", "restore", "write_csv"]

# What Excel, LibreOffice and Google Sheets read as the beginning of a formula, also full-width, and behind spaces,
# quotes and marks that do not show.
_LEAD = r"[\s\"'\u200b-\u200f\u2060\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(rf"{_LEAD}|[\t\r\n]")
_SPLIT = re.compile(rf"([;\t])(?={_LEAD})")
_KEPT_WHOLE = re.compile(rf"([;\t])'(?={_LEAD})")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
# XML 1.0, and so Excel's format, has no place for these, nor has UTF-8 for the last range.
# Spaces at either end, several of them together, and those that are none of the keyboard's.
_UNSEEN = re.compile(r"^ +| +$|  +|[^\S ]")
_MARKS = {" ": "␣"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# The most characters that a cell of an Excel file can hold; an emoji counts as two.
_CELL = 32_767


def write_csv(frame: pd.DataFrame, path: str | Path) -> Path:
    """Write `frame`, defused, as UTF-8 CSV that Excel opens as it is.

    Where a computer separates lists by semicolons or tabs, Excel splits a text there, whatever its quotes, so a formula
    behind one gets an apostrophe as well. `to_excel` needs none of that.
    """
    safe = defuse(frame)
    for place in range(safe.shape[1]):
        safe.isetitem(place, safe.iloc[:, place].map(_unsplit))
    safe.index = safe.index.map(_unsplit)
    target = Path(path)
    safe.rename(columns=_unsplit).to_csv(target, encoding="utf-8-sig")
    return target


def defuse(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose texts cannot act as formulas: an apostrophe stands before those that could.

    Lists become text, times lose their zone (Excel has none), and texts beyond 32,767 characters are cut with a mark.
    """
    safe = frame.copy()
    safe.index = safe.index.map(_harmless)
    # By place and not by name: a name can be there twice.
    for place in range(safe.shape[1]):
        column = safe.iloc[:, place]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            safe.isetitem(place, column.dt.tz_localize(None))
        elif not (pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype)):
            safe.isetitem(place, column.astype(object).map(_harmless))
    return safe.rename(columns=_harmless)


def restore(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of texts read from a file as it was before `write_csv`: without the apostrophes put in by it."""
    return frame.map(_restored).astype(frame.dtypes).rename(columns=_restored)


def one_line(value: object, width: int = 40) -> str:
    """Return a value as one short line that a terminal can show: `(blank)` for none, `·` for what cannot be printed.

    Control characters could clear the screen, and direction marks could show a value other than it is.
    """
    blank = value is None or (pd.api.types.is_scalar(value) and pd.isna(value))
    text = "" if blank else " ".join(str(value).split())
    plain = "".join(letter if letter.isprintable() else "·" for letter in text) or "(blank)"
    return plain if len(plain) <= width else f"{plain[: width - 1]}…"


def _restored(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = _KEPT_WHOLE.sub(r"\1", value)
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def _unsplit(value: object) -> object:
    return _SPLIT.sub(r"\1'", value) if isinstance(value, str) else value


def _harmless(value: object) -> object:
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


def format_exact(value: object, width: int = 40) -> str:
    r"""Return a value as `one_line` does, with marks for spaces that nobody would see, so that two never look alike.

    >>> spelled("New\u00a0York "), spelled("a  b"), spelled(" ")
    ('New·York␣', 'a␣␣b', '␣')
    """
    if not isinstance(value, str):
        return one_line(value, width)
    return one_line(_UNSEEN.sub(lambda found: _MARKS.get(found[0][0], "·") * len(found[0]), value), width)
