"""Columns of cells into the values that HubSpot keeps, by type of property. Each distinct cell is converted once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hsai_kit.sandbox.portal.model import Option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hsai_kit.sandbox.portal.file_import.additions import OwnerBook
    from hsai_kit.sandbox.portal.file_import.tables import Table
    from hsai_kit.sandbox.portal.model import PropertyDefinition


# Exports tell the time in the account's zone, here US/Eastern under the name that every machine has.
_ZONE = ZoneInfo("America/New_York")
_DAYS = ("%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y", "%m-%d-%Y", "%d-%m-%Y", "%Y/%m/%d",
         "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y")  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", ", %I:%M %p", " %I:%M:%S %p")
_FORMATS = tuple(day + time for day in _DAYS for time in _TIMES)
_TRUE, _FALSE = {"true", "yes", "1", "checked", "y"}, {"false", "no", "0", "unchecked", "n"}
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_ENGLISH_NUMBER = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
_TYPE_WORDS = {"number": "number", "bool": "yes or no", "date": "date", "datetime": "date"}
_EUROPEAN_NUMBER = re.compile(r"-?(\d{1,3}(\.\d{3})+|\d+),\d+|-?\d{1,3}(\.\d{3}){2,}")


class NotConvertibleError(Exception):
    """A cell is no value of the property's type; the argument is the cell."""


def parse_number(cell: str) -> str:
    """Read a number with its currency sign and separators of thousands, American or European."""
    bare = re.sub(r"[\s$€£\u00a0\u202f']", "", cell)
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"
    if _PLAIN_NUMBER.fullmatch(bare):
        return bare
    if _ENGLISH_NUMBER.fullmatch(bare):
        return bare.replace(",", "")
    if _EUROPEAN_NUMBER.fullmatch(bare):
        return bare.replace(".", "").replace(",", ".")
    if re.fullmatch(r"-?\d(\.\d+)?[Ee]\+?\d{1,2}", bare):
        return f"{float(bare):.0f}"
    raise NotConvertibleError(cell)


def parse_checkbox(cell: str) -> str:
    """Read a checkbox."""
    word = cell.strip().lower()
    if word in _TRUE or word in _FALSE:
        return "true" if word in _TRUE else "false"
    raise NotConvertibleError(cell)


def parse_moments(cells: Iterable[str]) -> dict[str, datetime]:
    """Read dates of one column, all in the same form: ISO, milliseconds, or the first form that fits every cell.

    So `03/04/2026` is March 4, unless another cell of the column has a day over 12 in front.
    """
    found: dict[str, datetime] = {}
    others: list[str] = []
    for cell in cells:
        moment = _parse_iso(cell.strip())
        if moment is None:
            others.append(cell)
        else:
            found[cell] = moment
    if others:
        found |= _parse_in_one_form(others)
    return found


def as_day(moment: datetime) -> str:
    """Write a day; a moment with a zone falls on the day that it is in UTC, as HubSpot keeps dates."""
    return f"{moment:%Y-%m-%d}"


def as_moment(moment: datetime) -> str:
    """Write a moment in UTC; one without a zone was told in the account's."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=_ZONE)
    there = aware.astimezone(UTC)
    return f"{there:%Y-%m-%dT%H:%M:%S}.{there.microsecond // 1000:03}Z"


def _parse_iso(cell: str) -> datetime | None:
    if re.fullmatch(r"\d{12,13}", cell):
        return datetime.fromtimestamp(int(cell) / 1000, UTC)
    if not re.match(r"\d{4}-\d\d-\d\d", cell):
        return None
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        return None


def _parse_in_one_form(cells: list[str]) -> dict[str, datetime]:
    for form in _FORMATS:
        try:
            return {cell: datetime.strptime(cell.strip(), form) for cell in cells}  # noqa: DTZ007 — as_moment adds it
        except ValueError:
            continue
    # Tell which cell is to blame: the first that no form at all can read, else the first.
    raise NotConvertibleError(next((cell for cell in cells if not _is_readable(cell)), cells[0]))


def _is_readable(cell: str) -> bool:
    for form in _FORMATS:
        try:
            datetime.strptime(cell.strip(), form)  # noqa: DTZ007 — only whether it can be read
        except ValueError:
            continue
        return True
    return False


def build_choice_converter(definition: PropertyDefinition) -> tuple[Callable[[str], str], list[Option]]:
    """Give a converter from labels to internal values, and the list it adds options to that were missing."""
    # Of several options with one label the first counts, until `add_stages` knows a record's pipeline.
    by_name = {option.label.casefold(): option.value for option in reversed(definition.options)}
    by_name |= {option.value.casefold(): option.value for option in definition.options}
    added: list[Option] = []

    def one(cell: str) -> str:
        word = " ".join(cell.split())
        if word.casefold() not in by_name:
            added.append(Option(word, word))
            by_name[word.casefold()] = word
        return by_name[word.casefold()]

    def several(cell: str) -> str:
        return ";".join(one(part) for part in cell.split(";") if part.strip())

    return (several if definition.field_type == "checkbox" else one), added


def convert(
    table: Table, index: int, definition: PropertyDefinition, owners: OwnerBook
) -> tuple[PropertyDefinition, list[str]]:
    """Give the property as it must be for this column, and the column's values; blanks stay blank.

    Nothing is lost: an unknown option is added, an unknown owner too, and where a cell is no number, date or checkbox
    the whole property becomes text. Each of these leaves a remark with the table.
    """
    cells = table.columns[index]
    if definition.type == "string":
        return definition, cells
    distinct = [cell for cell in dict.fromkeys(cells) if cell.strip()]
    try:
        definition, values = _convert_distinct(table, definition, distinct, owners)
    except NotConvertibleError as error:
        bad = str(error.args[0])
        table.remarks.append(
            f"{table.where(cells.index(bad), index)}: “{bad[:40]}” is no {_TYPE_WORDS[definition.type]}, "
            "so the whole column was loaded as text."
        )
        return replace(definition, type="string", field_type="text", options=()), cells
    return definition, [values.get(cell, "") for cell in cells]


def _convert_distinct(
    table: Table, definition: PropertyDefinition, distinct: list[str], owners: OwnerBook
) -> tuple[PropertyDefinition, dict[str, str]]:
    if definition.referenced == "OWNER":
        before = len(owners.owners)
        values = {cell: owners.find(cell) for cell in distinct}
        added = [f"{owner.first_name} {owner.last_name}".strip() for owner in owners.owners[before:]]
        _note_additions(table, "owner", added)
        return definition, values
    if definition.type == "enumeration":
        choose, options = build_choice_converter(definition)
        values = {cell: choose(cell) for cell in distinct}
        _note_additions(table, f"option of {definition.label}", [option.label for option in options])
        return replace(definition, options=(*definition.options, *options)), values
    if definition.type == "number":
        return definition, {cell: parse_number(cell) for cell in distinct}
    if definition.type == "bool":
        return definition, {cell: parse_checkbox(cell) for cell in distinct}
    write = as_day if definition.type == "date" else as_moment
    return definition, {cell: write(moment) for cell, moment in parse_moments(distinct).items()}


def _note_additions(table: Table, what: str, names: list[str]) -> None:
    if names:
        some = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        table.remarks.append(f"{table.path.name}: added as {what}: {some} ({len(names)} in all).")
