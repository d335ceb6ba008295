"""CSV as HubSpot and Excel write it: any separator, any encoding, line breaks within quotation marks.

The csv module reads it and not pandas, because an error has to name the row that a spreadsheet shows.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from typing import TYPE_CHECKING

import charset_normalizer

from hsai_kit.sandbox.portal.file_import.tables import LoadError, Table, TableRow, as_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What Excel writes as plain "CSV" outside of the Latin alphabet.
_FAR_ENCODINGS = ["cp932", "gb18030", "cp949", "big5", "cp1251", "cp1253", "cp1255", "cp1256"]
# Accented letters within words, as old Macs and as Windows write them.
_MAC_LETTERS = re.compile(rb"(?<=[a-z])[\x87\x88\x8a\x8d-\x90\x9a\x9f]|(?<=[a-z])[\x96\x97](?=[a-z])")
_WINDOWS_LETTERS = re.compile(rb"(?<=[A-Za-z])[\xc0-\xff]|[\xc0-\xff](?=[a-z])")
_LONGEST_CELL = 64 * 1024 * 1024
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")


def read_delimited(path: Path) -> Table:
    """Read a CSV file; LoadError where it is none or a row does not fit its headings."""
    text, remark = _decode(path)
    if not text.strip():
        message = f"{path.name} is empty. Export the records again."
        raise LoadError(message)
    if "\0" in text:
        message = f"{path.name} is no text file. Load a .csv or .xlsx file that HubSpot or Excel has written."
        raise LoadError(message)
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<table", "<?xml", "%pdf", "{\\rtf")):
        message = f"{path.name} is a document and no CSV file. Open it in Excel and save it as .xlsx."
        raise LoadError(message)
    separator = _find_separator(text)
    table = as_table(path, _read_rows(path, text, separator), pad=False)
    if remark:
        table.remarks.append(remark)
    return table


def _read_rows(path: Path, text: str, separator: str) -> Iterator[TableRow]:
    """Yield the rows numbered as a spreadsheet does: one for each record, however many lines it takes.

    The csv module ends at 131,072 characters a cell, and people collect notes in longer ones.
    """
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    for number in itertools.count(1):
        started = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = (
                f"{path.name}, row {number} (from line {started} on): {error}. A quotation mark is missing or too "
                "much there. Correct it, or export the records again and load the file untouched."
            )
            raise LoadError(message) from error
        if number == 1 and re.fullmatch(r"sep=.?", ",".join(cells).strip().lower()):
            continue
        yield TableRow(number, cells)


def _find_separator(text: str) -> str:
    """Take the separator that parts the heading into the most cells; Excel may name it in a first line."""
    hint = re.match(r"sep=([,;\t|])\r?\n", text, re.IGNORECASE)
    if hint:
        return hint.group(1)
    start = text.lstrip("\r\n ")[:100_000]

    def cells(separator: str) -> int:
        try:
            return len(next(csv.reader(io.StringIO(start, newline=""), delimiter=separator), []))
        except csv.Error:
            return 0

    return max((",", ";", "\t"), key=cells)


def _decode(path: Path) -> tuple[str, str]:
    """Decode a file; what was assumed about its encoding comes back as a remark."""
    data = path.read_bytes()
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), ""
            except UnicodeDecodeError as error:
                message = f"{path.name} breaks off within a letter. Download or save it again."
                raise LoadError(message) from error
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        encoding = _guess_encoding(data)
    remark = (
        f"{path.name} is not UTF-8; it was read as {encoding}. If letters look wrong, save it in Excel as "
        "“CSV UTF-8” and load that."
    )
    return data.decode(encoding), remark


def _guess_encoding(data: bytes) -> str:
    """Tell what a file is encoded in that is not Unicode.

    Guessing from letter frequencies goes wrong on lists of names, so only long runs of foreign letters, which no
    Western text has, are left to charset-normalizer.
    """
    runs = [len(run) for run in _HIGH_BYTES.findall(data)]
    if sum(run for run in runs if run >= 4) > sum(runs) / 2:
        guess = charset_normalizer.from_bytes(data, cp_isolation=_FAR_ENCODINGS).best()
        if guess is not None:
            return guess.encoding
    if len(_MAC_LETTERS.findall(data)) > len(_WINDOWS_LETTERS.findall(data)):
        return "mac_roman"
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"
