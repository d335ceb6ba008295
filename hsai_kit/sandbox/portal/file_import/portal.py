"""A portal filled from exports: what an analyst can load of the real records without giving anyone a token."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal.account import TODAY_MOMENT, empty_portal
from hsai_kit.sandbox.portal.definitions import FIRST_IDS, OBJECT_TYPES, date_properties
from hsai_kit.sandbox.portal.definitions.processes import PIPELINE_PROPERTIES
from hsai_kit.sandbox.portal.file_import.additions import OwnerBook, add_stages
from hsai_kit.sandbox.portal.file_import.csv_file import read_delimited
from hsai_kit.sandbox.portal.file_import.excel_file import OLD_FORMAT, read_workbook, refuse_old_format
from hsai_kit.sandbox.portal.file_import.headings import LOADED_GROUP, match_headings
from hsai_kit.sandbox.portal.file_import.tables import LoadError, Table
from hsai_kit.sandbox.portal.file_import.values import convert
from hsai_kit.sandbox.portal.links import OWN_TYPE_IDS, TYPE_IDS, link_records
from hsai_kit.sandbox.portal.model import ObjectType, Portal, Record, RecordList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hsai_kit.sandbox.portal.file_import.headings import Columns
    from hsai_kit.sandbox.portal.model import Association, ObjectType, Portal


_ID_HEADING = re.compile(r"(primary )?associated (\w+) ids?( \(primary\))?")


def load_portal(files: Mapping[str, Path], seed: int = 7) -> Portal:  # noqa: ARG001 — nothing here is random
    """Make a portal of the records in `files`, which maps object types to CSV or .xlsx exports.

    Definitions, owners and pipelines are the sandbox's own plus whatever the files name beyond them; what was added
    or assumed is told in `Portal.remarks`. Each file also becomes a list of its records. LoadError, whose text names
    file and row and the way out, where a file cannot be read or two rows have the same record id.
    """
    portal = empty_portal()
    owners = OwnerBook(portal.owners)
    for word, path in files.items():
        object_type = _object_type(word)
        table = _table(Path(path).expanduser())
        columns = match_headings(table, object_type)
        records = _records(table, columns, object_type, portal, owners)
        portal.records[object_type.name] = records
        members = tuple(sorted((record.id for record in records), key=int))
        number = str(len(portal.lists) + 1)
        portal.lists.append(RecordList(number, f"All of {table.path.name}", object_type.name, "DYNAMIC", members))
        portal.remarks += table.remarks
    portal.associations += _associations(portal)
    return portal


def _object_type(word: str) -> ObjectType:
    for object_type in OBJECT_TYPES:
        if word.lower() in {object_type.name, object_type.singular, object_type.type_id}:
            return object_type
    names = ", ".join(object_type.name for object_type in OBJECT_TYPES)
    message = f"There is no object type “{word}” to load. Write one of {names} before the file's name."
    raise LoadError(message)


def _table(path: Path) -> Table:
    if not path.is_file():
        message = f"{path} does not exist or is no file. Check the path, or put the export there."
        raise LoadError(message)
    with path.open("rb") as file:
        start = file.read(8)
    if start == OLD_FORMAT:
        refuse_old_format(path)
    return read_workbook(path) if start.startswith(b"PK\x03\x04") else read_delimited(path)


def _records(
    table: Table, columns: Columns, object_type: ObjectType, portal: Portal, owners: OwnerBook
) -> list[Record]:
    """Turn the table into records and leave their definitions in the portal."""
    ids = list(_ids(table, columns, object_type))
    values: dict[str, list[str]] = {}
    definitions = {definition.name: definition for definition in object_type.properties}
    for index, before in columns.properties.items():
        definition, converted = convert(table, index, before, owners)
        definitions[definition.name] = definition
        values[definition.name] = converted
        table.columns[index] = []
    records = [_record(object_type.name, *row) for row in zip(ids, _rows(values, len(ids)), strict=True)]
    groups = object_type.groups
    if len(definitions) > len(object_type.properties):
        groups = (*groups, LOADED_GROUP)
    position = portal.object_types.index(object_type)
    portal.object_types[position] = replace(object_type, properties=tuple(definitions.values()), groups=groups)
    if object_type.name in PIPELINE_PROPERTIES:
        names = PIPELINE_PROPERTIES[object_type.name]
        add_stages(portal.pipelines, records, names, definitions[names[1]])
    return records


def _rows(values: dict[str, list[str]], count: int) -> Iterator[dict[str, str | None]]:
    """Turn columns into rows without their blank cells."""
    names = list(values)
    if not names:
        yield from ({} for _ in range(count))
    for cells in zip(*values.values(), strict=True):
        yield {name: cell for name, cell in zip(names, cells, strict=True) if cell}


def _record(object_type: str, record_id: str, properties: dict[str, str | None]) -> Record:
    created_name, updated_name = date_properties(object_type)
    created = properties.setdefault(created_name, TODAY_MOMENT) or TODAY_MOMENT
    updated = properties.setdefault(updated_name, created) or created
    properties["hs_object_id"] = record_id
    email = properties.get("email")
    if object_type == "contacts" and email:
        properties.setdefault("hs_email_domain", email.partition("@")[2])
    return Record(record_id, properties, created, updated)


def _ids(table: Table, columns: Columns, object_type: ObjectType) -> Iterator[str]:
    """Give each row its record id, and a free one where the file has none."""
    cells = table.columns[columns.ids] if columns.ids is not None else [""] * len(table.row_numbers)
    seen: dict[str, int] = {}
    for row, cell in enumerate(cells):
        record_id = cell.strip().removesuffix(".0")
        if not record_id:
            continue
        number = table.row_numbers[row]
        if not (record_id.isascii() and record_id.isdigit()):
            raise LoadError(_bad_id(table, number, cell))
        if record_id in seen:
            message = (
                f"{table.path.name}, row {number}: record id {record_id} stands in row {seen[record_id]} already. "
                "Delete one of the two rows, or export the records again."
            )
            raise LoadError(message)
        seen[record_id] = number
    free = FIRST_IDS[object_type.name]
    for cell in cells:
        record_id = cell.strip().removesuffix(".0")
        while not record_id and str(free) in seen:
            free += 1
        if not record_id:
            record_id, free = str(free), free + 1
        yield record_id


def _bad_id(table: Table, number: int, cell: str) -> str:
    if "E+" in cell.upper():
        return (
            f"{table.path.name}, row {number}: Excel has shortened the record id to {cell}. Export the records again "
            "and load the file without saving it in Excel."
        )
    return (
        f"{table.path.name}, row {number}: “{cell[:40]}” is no record id, which has digits only. Correct it, or rename "
        "the column so that ids are made up."
    )


def _associations(portal: Portal) -> Iterator[Association]:
    """Read columns such as `Associated Company IDs`; ids of records that were not loaded are left alone."""
    loaded = {name: {record.id for record in records} for name, records in portal.records.items()}
    seen: set[Association] = set()
    for object_type in portal.object_types:
        for name, other, primary in _id_columns(object_type):
            for record in portal.records[object_type.name]:
                for other_id in re.findall(r"\d+", record.properties.get(name) or ""):
                    if other_id not in loaded[other]:
                        continue
                    links = link_records(object_type.name, record.id, other, other_id, primary=primary)
                    yield from (link for link in links if link not in seen)
                    seen.update(links)


def _id_columns(object_type: ObjectType) -> Iterator[tuple[str, str, bool]]:
    """Find the properties that list ids: name, other object type, and whether it is the primary one."""
    types = {word: one.name for one in OBJECT_TYPES for word in (one.name, one.singular)}
    for definition in object_type.properties:
        found = _ID_HEADING.fullmatch(definition.label.casefold())
        other = types.get(found.group(2)) if found else None
        pair = (object_type.name, other or "")
        if found and other and (pair in TYPE_IDS or pair in OWN_TYPE_IDS):
            yield definition.name, other, bool(found.group(1) or found.group(3))
