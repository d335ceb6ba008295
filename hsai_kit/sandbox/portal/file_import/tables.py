"""A file of rows, whatever it was saved as, turned into columns of text."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class LoadError(Exception):
    """A file cannot be loaded: one sentence with file and row, and one with the way out."""


class EmptyTableError(LoadError):
    """There is no cell with a value at all; another sheet of the same workbook may have some."""


@dataclass(slots=True)
class Table:
    """The cells of a file by column; `row_numbers` are those that a spreadsheet shows, the heading being row 1."""

    path: Path
    headings: list[str]
    columns: list[list[str]]
    row_numbers: list[int]
    remarks: list[str] = field(default_factory=list)

    def where(self, row: int, column: int) -> str:
        """Name a cell for a person: file, row and heading."""
        return f"{self.path.name}, row {self.row_numbers[row]}, column “{self.headings[column]}”"


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of one row, under the number that a spreadsheet shows for it."""

    number: int
    cells: list[str]


def as_table(path: Path, rows: Iterable[TableRow], *, pad: bool) -> Table:
    """Arrange rows in columns: blank rows are skipped; short ones are filled up if `pad`, otherwise an error.

    Equal cells share one string, so that 100,000 rows with few distinct values need little memory.
    """
    remaining = iter(rows)
    headings = next((_headings(row.cells) for row in remaining if any(cell.strip() for cell in row.cells)), None)
    if headings is None:
        message = f"{path.name} is empty. Export the records again with at least one column."
        raise EmptyTableError(message)
    width = len(headings)
    columns: list[list[str]] = [[] for _ in range(width)]
    numbers: list[int] = []
    known: dict[str, str] = {}
    for row in remaining:
        if not any(cell.strip() for cell in row.cells):
            continue
        cells = row.cells if len(row.cells) == width else _fit(path, row, headings, pad=pad)
        for column, cell in zip(columns, cells, strict=True):
            column.append(known.setdefault(cell, cell))
        numbers.append(row.number)
    if not numbers:
        message = f"{path.name} has headings but no rows. Export a list or view that holds records."
        raise LoadError(message)
    return _without_unnamed(Table(path, headings, columns, numbers))


def check_archive(path: Path) -> None:
    """Refuse a ZIP archive that is no Excel workbook, naming what it is."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        message = f"{path.name} is damaged or was not downloaded to its end. Download the export again."
        raise LoadError(message) from error
    if "xl/workbook.xml" in names:
        return
    inside = [name for name in names if name.lower().endswith((".csv", ".xlsx"))]
    if inside:
        message = f"{path.name} is a ZIP archive. Unpack it and load {' or '.join(inside[:3])} instead."
    else:
        message = f"{path.name} is no Excel workbook that can be read. Save it as .xlsx or as “CSV UTF-8”."
    raise LoadError(message)


def _headings(cells: list[str]) -> list[str]:
    headings = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    return headings


def _fit(path: Path, row: TableRow, headings: list[str], *, pad: bool) -> list[str]:
    """Cut blank cells beyond the headings off a row and fill it up if that is allowed."""
    width = len(headings)
    cells, extra = row.cells[:width], row.cells[width:]
    wrong = any(cell.strip() for cell in extra) or (len(cells) < width and not pad)
    if wrong:
        message = (
            f"{path.name}, row {row.number}: {len(row.cells)} cells under {width} headings. A separator or a line "
            "break stands outside of quotation marks. Correct the row, or save the file as .xlsx and load that."
        )
        raise LoadError(message)
    return cells + [""] * (width - len(cells))


def _without_unnamed(table: Table) -> Table:
    """Drop columns that have neither a heading nor a value; a value without a heading is an error."""
    kept = []
    for index, heading in enumerate(table.headings):
        first = next((row for row, cell in enumerate(table.columns[index]) if cell.strip()), None)
        if heading:
            kept.append(index)
        elif first is not None:
            message = (
                f"{table.path.name}: column {index + 1} has no heading but row {table.row_numbers[first]} has a value "
                "in it. Give the column a heading, or delete it."
            )
            raise LoadError(message)
    table.headings = [table.headings[index] for index in kept]
    table.columns = [table.columns[index] for index in kept]
    return table
