"""Files shaped as HubSpot exports contacts: labels as headings, quoted line breaks, messy states.

Import it by path where the folder is not at hand:
`importlib.util.spec_from_file_location("exports", ".../tests/sandbox/portal/exports.py")`.
"""

from __future__ import annotations

import csv
import re
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import openpyxl

from hsai_kit.sandbox.portal import build_seed_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hsai_kit.sandbox.portal import Portal, PropertyDefinition, Record

PROPERTIES = (
    "firstname", "lastname", "email", "phone", "company", "jobtitle", "address", "city", "state", "zip", "country",
    "hubspot_owner_id", "lifecyclestage", "hs_lead_status", "createdate", "lastmodifieddate", "product_interest",
    "newsletter_opt_in", "seats_planned", "contract_end_date", "how_can_we_help",
)  # fmt: skip
OWN_COLUMN = "Booth visit (2026)"
# How many different contacts there are; longer files repeat them under new record ids.
_DIFFERENT = 5000


def write_export(
    path: Path, rows: int = 5000, *, seed: int = 7, encoding: str = "utf-8-sig", delimiter: str = ","
) -> Path:
    """Write `rows` contacts of the seeded portal to `path`: CSV in any encoding, or a workbook for `.xlsx`.

    What an encoding lacks becomes `?`, as in Excel. The record ids are 101 and upwards without the merged one's.
    """
    table = export_rows(rows, seed)
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        for row in table:
            sheet.append([re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", cell) for cell in row])
            for cell in sheet[sheet.max_row]:
                # Text that begins with = is text in an export, no formula.
                cell.data_type = "s"
        book.save(path)
        book.close()
        return path
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table)
    return path


def export_rows(rows: int, seed: int = 7) -> Iterator[list[str]]:
    """Yield the heading and then that many contacts as HubSpot would export them."""
    portal = build_seed_portal(seed, min(rows, _DIFFERENT))
    contacts = portal.records["contacts"]
    definitions = [portal.object_type("contacts").definition(name) for name in PROPERTIES]
    yield ["Record ID", *(definition.label for definition in definitions), OWN_COLUMN]
    for index in range(rows):
        round_number, position = divmod(index, len(contacts))
        yield _row(portal, definitions, contacts[position], 1_000_000 * round_number, index)


def _row(portal: Portal, definitions: list[PropertyDefinition], contact: Record, offset: int, index: int) -> list[str]:
    cells = [_show(portal, one, contact.properties.get(one.name) or "") for one in definitions]
    own = "yes,\nwith a colleague" if index % 50 == 0 else ""
    return [str(int(contact.id) + offset), *cells, own]


def _show(portal: Portal, definition: PropertyDefinition, value: str) -> str:
    """Show a value as people see it: option labels, owner names, times in the account's zone."""
    if not value:
        return ""
    if definition.referenced == "OWNER":
        owner = next(owner for owner in portal.owners if owner.id == value)
        return f"{owner.first_name} {owner.last_name}"
    if definition.type in {"enumeration", "bool"}:
        labels = {option.value: option.label for option in definition.options}
        return ";".join(labels[part] for part in value.split(";"))
    if definition.type == "datetime":
        return f"{datetime.fromisoformat(value).astimezone(ZoneInfo('America/New_York')):%Y-%m-%d %H:%M}"
    return value
