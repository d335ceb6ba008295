"""Which property a column holds: by HubSpot's label, by internal name, or a new text property of its own."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal.file_import.tables import LoadError, Table
from hsai_kit.sandbox.portal.model import PropertyDefinition, PropertyGroup

if TYPE_CHECKING:
    from hsai_kit.sandbox.portal.model import ObjectType

LOADED_GROUP = PropertyGroup("loaded_columns", "Columns of the loaded file", 90)

# Headings of older exports and of other tools for what the definitions call otherwise.
_ALSO_CALLED = {
    "zip code": "zip",
    "zip/postal code": "zip",
    "state/province": "state",
    "country": "country",
    "company": "company",
    "e-mail": "email",
    "email address": "email",
    "phone": "phone",
    "owner": "hubspot_owner_id",
    "hubspot owner": "hubspot_owner_id",
    "original source": "hs_analytics_source",
    "created date": "createdate",
    "note": "hs_note_body",
}


@dataclass(frozen=True, slots=True)
class Columns:
    """What each column of a table is: the index of the ids (or None), and property by column index."""

    ids: int | None
    properties: dict[int, PropertyDefinition]


def match_headings(table: Table, object_type: ObjectType) -> Columns:
    """Give every column a property; LoadError where the first row holds values instead of headings."""
    known = _names(object_type)
    ids = next((i for i, heading in enumerate(table.headings) if _means_id(heading, object_type)), None)
    found: dict[int, PropertyDefinition] = {}
    for index, heading in enumerate(table.headings):
        definition = known.get(_key(heading))
        if index != ids and definition is not None and definition not in found.values():
            found[index] = definition
    if ids is None and not found and any(_looks_like_value(heading) for heading in table.headings):
        message = (
            f"{table.path.name} has no headings: its first row is “{', '.join(table.headings[:4])}”. "
            "Add a first row with HubSpot's property names, for example Record ID, Email, State/Region."
        )
        raise LoadError(message)
    taken = {definition.name for definition in object_type.properties} | {"hs_object_id"}
    for index, heading in enumerate(table.headings):
        if index == ids or index in found:
            continue
        name = _free(_slug(heading) or f"column_{index + 1}", taken)
        taken.add(name)
        lines = any("\n" in cell for cell in table.columns[index])
        field_type = "textarea" if lines else "text"
        found[index] = PropertyDefinition(name, heading, "string", field_type, LOADED_GROUP.name)
    return Columns(ids, found)


def _names(object_type: ObjectType) -> dict[str, PropertyDefinition]:
    names = {definition.name: definition for definition in object_type.properties}
    also = {word: names[name] for word, name in _ALSO_CALLED.items() if name in names}
    labels = {_key(definition.label): definition for definition in object_type.properties}
    return also | labels | names


def _means_id(heading: str, object_type: ObjectType) -> bool:
    key = _key(heading)
    return key in {"record id", "hs_object_id", "vid", "id", f"{object_type.singular} id"} or bool(
        re.fullmatch(rf"record id ?- ?{object_type.singular}s?", key)
    )


def _key(heading: str) -> str:
    return " ".join(heading.split()).casefold()


def _looks_like_value(heading: str) -> bool:
    return bool(re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+|[\d.,:/ +()-]+|\d{4}-\d\d-\d\d.*", heading))


def _slug(heading: str) -> str:
    """Make an internal name as HubSpot does: lower-case letters, digits and underscores, a letter in front."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:90]
    return f"p_{slug}" if slug[:1].isdigit() else slug


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
