"""Excel workbooks, of which the first sheet with rows is read."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.portal.file_import.tables import (
    EmptyTableError,
    LoadError,
    Table,
    TableRow,
    as_table,
    check_archive,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLD_FORMAT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_workbook(path: Path) -> Table:
    """Read the first sheet that has rows; numbers come without `.0`, dates as ISO."""
    # Imported only when there is a workbook to read.
    from python_calamine import CalamineError, CalamineWorkbook

    check_archive(path)
    try:
        with CalamineWorkbook.from_path(path) as book:
            return _first_sheet(path, book)
    except (CalamineError, OSError, ValueError) as error:
        message = f"{path.name} cannot be read as a workbook ({error}). Open it in Excel and save it as .xlsx again."
        raise LoadError(message) from error


def refuse_old_format(path: Path) -> None:
    """Explain what to do with a workbook that is encrypted or from before 2007."""
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        message = f"{path.name} is protected with a password. Remove it in Excel (File, Info) and save the file again."
    else:
        message = f"{path.name} is an old Excel file (.xls). Open it in Excel and save it as .xlsx."
    raise LoadError(message)


def _first_sheet(path: Path, book: Any) -> Table:
    empty = EmptyTableError(f"{path.name} is empty. Export the records again with at least one column.")
    for name in book.sheet_names:
        try:
            table = as_table(path, _read_rows(book.get_sheet_by_name(name)), pad=True)
        except EmptyTableError:
            continue
        if len(book.sheet_names) > 1:
            table.remarks.append(f"{path.name} has {len(book.sheet_names)} sheets; only “{name}” was read.")
        return table
    raise empty


def _read_rows(sheet: Any) -> Iterator[TableRow]:
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield TableRow(number, [_text(cell) for cell in cells])


def _text(value: object) -> str:
    """Write a cell as HubSpot would write it into a CSV file."""
    if isinstance(value, str):
        # Excel stores a carriage return within a cell as this escape.
        return value.replace("_x000D_", "")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        if value.time() == dt.time():
            return value.date().isoformat()
        return value.replace(microsecond=0).isoformat(sep=" ")
    return str(value)
