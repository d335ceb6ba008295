"""Tables in files: read whatever their encoding, and written so that no record's text acts as a formula."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pandas as pd
from charset_normalizer import from_bytes
from python_calamine import CalamineError

from hsai_kit.errors import FrameError
from hsai_kit.runtime.private_files import keep_private
from hsai_kit.runtime.progress import say
from hsai_kit.tabular.csv_formulas import defuse, defuse_splits, restore

FILES = {".csv", ".tsv", ".txt", ".xlsx"}
# Only what is blank is missing: NA is Namibia, and a state field that says N/A says it.
_AS_TEXT: dict[str, Any] = {"keep_default_na": False, "na_values": [""]}


def read_table(path: str | Path) -> pd.DataFrame:
    """Return a CSV or Excel file as texts, blanks as NA; raises FrameError where it cannot be read.

    What our own exports put before a text, so that a spreadsheet does not run it as a formula, is taken off. Of columns
    with the same name, the second is called `Name.1`, and so on; that is said.
    """
    file = Path(path).expanduser()
    try:
        if file.suffix.lower() == ".xlsx":
            with pd.ExcelFile(file, engine="calamine") as book:
                _say_twice(file, pd.read_excel(book, header=None, nrows=1, dtype=str))
                return restore(pd.read_excel(book, dtype=str, **_AS_TEXT))
        data = file.read_bytes()
    except (OSError, ValueError, CalamineError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        message = f"The file {file} cannot be read: {reason}. Look whether it is there, and is a CSV or Excel file."
        raise FrameError(message) from None
    text = _decode(data)
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        _say_twice(file, pd.read_csv(io.StringIO(text), sep=separator, header=None, nrows=1, dtype=str))
        return restore(pd.read_csv(io.StringIO(text), sep=separator, dtype=str, **_AS_TEXT))
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        message = f"The file {file} cannot be read as a table: {str(problem).strip()}. Export it again as CSV."
        raise FrameError(message) from None


def _say_twice(file: Path, first_row: pd.DataFrame) -> None:
    headings = first_row.iloc[0].dropna() if len(first_row) else pd.Series(dtype=str)
    for name in headings[headings.duplicated()].unique():
        say(f"{file.name} has the column {name!r} more than once: the second one is called '{name}.1' here.")


def write_csv(frame: pd.DataFrame, path: str | Path) -> Path:
    """Write `frame`, defused, as UTF-8 CSV that Excel opens as it is.

    Where a computer separates lists by semicolons or tabs, Excel splits a text there and at line breaks, whatever its
    quotes, so a formula behind one gets an apostrophe as well. `write_excel` needs none of that.
    """
    safe = defuse(frame)
    for place in range(safe.shape[1]):
        safe.isetitem(place, safe.iloc[:, place].map(defuse_splits))
    safe.index = safe.index.map(defuse_splits)
    target = keep_private(Path(path))
    safe.rename(columns=defuse_splits).to_csv(target, encoding="utf-8-sig")
    return target


def write_excel(frame: pd.DataFrame, path: str | Path, sheet: str) -> Path:
    """Write `frame`, defused, as an Excel file with one sheet, in which a text is a text and no link."""
    target = keep_private(Path(path))
    plain = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
    with pd.ExcelWriter(target, engine="xlsxwriter", engine_kwargs=plain) as book:
        defuse(frame).to_excel(book, sheet_name=sheet)
    return target


def _decode(data: bytes) -> str:
    with contextlib.suppress(UnicodeDecodeError):
        # Text in another encoding is hardly ever valid UTF-8, and a guess from a few letters is often wrong.
        return data.decode("utf-8-sig")
    found = from_bytes(data).best()
    return str(found).removeprefix("\ufeff") if found else data.decode("utf-8", "replace")
