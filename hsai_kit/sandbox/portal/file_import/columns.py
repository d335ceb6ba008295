"""One column of cells into values of its property, changing the definition where the cells ask for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal.file_import.values import (
    NotConvertibleError,
    as_day,
    as_moment,
    choices,
    moments,
    number,
    truth,
)

if TYPE_CHECKING:
    from hsai_kit.sandbox.portal.file_import.additions import OwnerBook
    from hsai_kit.sandbox.portal.file_import.tables import Table
    from hsai_kit.sandbox.portal.model import PropertyDefinition


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
        definition, values = _converted(table, definition, distinct, owners)
    except NotConvertibleError as error:
        bad = str(error.args[0])
        table.remarks.append(
            f"{table.where(cells.index(bad), index)}: “{bad[:40]}” is no {_WORDS[definition.type]}, "
            "so the whole column was loaded as text."
        )
        return replace(definition, type="string", field_type="text", options=()), cells
    return definition, [values.get(cell, "") for cell in cells]


_WORDS = {"number": "number", "bool": "yes or no", "date": "date", "datetime": "date"}


def _converted(
    table: Table, definition: PropertyDefinition, distinct: list[str], owners: OwnerBook
) -> tuple[PropertyDefinition, dict[str, str]]:
    if definition.referenced == "OWNER":
        before = len(owners.owners)
        values = {cell: owners.find(cell) for cell in distinct}
        added = [f"{owner.first_name} {owner.last_name}".strip() for owner in owners.owners[before:]]
        _remark_added(table, "owner", added)
        return definition, values
    if definition.type == "enumeration":
        choose, options = choices(definition)
        values = {cell: choose(cell) for cell in distinct}
        _remark_added(table, f"option of {definition.label}", [option.label for option in options])
        return replace(definition, options=(*definition.options, *options)), values
    if definition.type == "number":
        return definition, {cell: number(cell) for cell in distinct}
    if definition.type == "bool":
        return definition, {cell: truth(cell) for cell in distinct}
    write = as_day if definition.type == "date" else as_moment
    return definition, {cell: write(moment) for cell, moment in moments(distinct).items()}


def _remark_added(table: Table, what: str, names: list[str]) -> None:
    if names:
        some = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        table.remarks.append(f"{table.path.name}: added as {what}: {some} ({len(names)} in all).")
