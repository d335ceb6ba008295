"""What kinds of records there are and which properties each kind has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hsai_kit.sandbox.database import Database


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """An object type: `name` is the plural of the paths (`contacts`), `type_id` is `0-1` or `2-…`."""

    name: str
    singular: str
    type_id: str
    label: str
    label_plural: str
    primary_property: str
    default_properties: tuple[str, ...]
    custom: bool
    fully_qualified_name: str

    def aliases(self) -> set[str]:
        """Every name that a path may call this type by, in lower case."""
        names = {self.name, self.singular, self.type_id, self.fully_qualified_name}
        names |= {f"p_{self.name}", f"p_{self.singular}"} if self.custom else set()
        return {name.lower() for name in names if name}


@dataclass(frozen=True, slots=True)
class Definition:
    """A property's definition; `wire` is the JSON that the properties API shows."""

    name: str
    type: str
    field_type: str
    options: tuple[str, ...]
    read_only: bool
    unique: bool
    required: bool
    referenced: str
    wire: Mapping[str, Any]


# A request that names no properties gets these (hubspot-facts.md: what is not asked for is not sent), and
# every answer has the ids and dates besides.
ALWAYS = ("createdate", "hs_createdate", "hs_lastmodifieddate", "hs_object_id", "lastmodifieddate")


class Catalog:
    """Object types and property definitions, read from the database once and kept until they change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kinds: dict[str, ObjectKind] | None = None
        self._by_alias: dict[str, ObjectKind] = {}
        self._definitions: dict[tuple[str, bool], dict[str, Definition]] = {}
        self._pipelines: dict[str, dict[str, list[str]]] = {}

    def forget(self) -> None:
        """Read everything anew when it is next asked for."""
        self._kinds = None
        self._by_alias = {}
        self._definitions = {}
        self._pipelines = {}

    def kinds(self) -> list[ObjectKind]:
        """All object types."""
        if self._kinds is None:
            rows = self._database.execute("SELECT definition FROM hubspot_object_types ORDER BY rowid")
            self._kinds = {}
            for (text,) in rows.fetchall():
                fields = json.loads(text)
                kind = ObjectKind(**fields | {"default_properties": tuple(fields["default_properties"])})
                self._kinds[kind.name] = kind
                self._by_alias |= dict.fromkeys(kind.aliases(), kind)
        return list(self._kinds.values())

    def resolve(self, alias: str) -> ObjectKind:
        """Return the object type of that plural, singular, type id or fully qualified name, in any case."""
        self.kinds()
        found = self._by_alias.get(alias.lower())
        if found is None:
            message = f"Unable to infer object type from: {alias}"
            raise invalid(message)
        return found

    def get_named(self, name: str) -> ObjectKind:
        """Return the object type of that plural name, which has to exist."""
        self.kinds()
        return self._by_alias[name.lower()]

    def definitions(self, kind: ObjectKind, *, archived: bool = False) -> dict[str, Definition]:
        """Return a type's properties by internal name, either the ones in use or the archived ones."""
        key = (kind.name, archived)
        if key not in self._definitions:
            self._definitions[key] = self._read(kind, archived=archived)
        return self._definitions[key]

    def _read(self, kind: ObjectKind, *, archived: bool) -> dict[str, Definition]:
        rows = self._database.execute(
            "SELECT wire, required FROM hubspot_definitions WHERE object_type = ? AND archived = ? ORDER BY rowid",
            (kind.name, archived),
        )
        definitions = (_read_definition(kind, json.loads(wire), required=bool(required)) for wire, required in rows)
        return {one.name: one for one in definitions}

    def pipelines(self, kind: ObjectKind) -> dict[str, list[str]]:
        """Return the ids of a type's pipelines, the default one first, each with those of its stages."""
        if kind.name not in self._pipelines:
            rows = self._database.execute(
                "SELECT wire FROM hubspot_pipelines WHERE object_type = ? ORDER BY rowid", (kind.name,)
            )
            found = [json.loads(wire) for (wire,) in rows]
            self._pipelines[kind.name] = {one["id"]: [stage["id"] for stage in one["stages"]] for one in found}
        return self._pipelines[kind.name]

    def put(self, kind: ObjectKind, wire: Mapping[str, Any], *, required: bool, archived: bool) -> Definition:
        """Add a property or replace its definition."""
        self._database.execute(
            "INSERT INTO hubspot_definitions VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "wire = excluded.wire, required = excluded.required, archived = excluded.archived",
            (kind.name, wire["name"], json.dumps(wire), required, archived),
        )
        self._definitions = {}
        return _read_definition(kind, wire, required=required)


def _read_definition(kind: ObjectKind, wire: Mapping[str, Any], *, required: bool) -> Definition:
    email_of_contact = kind.name == "contacts" and wire["name"] == "email"
    return Definition(
        name=wire["name"],
        type=wire["type"],
        field_type=wire["fieldType"],
        options=tuple(option["value"] for option in wire["options"]),
        read_only=wire["calculated"] or wire["modificationMetadata"]["readOnlyValue"],
        unique=wire["hasUniqueValue"] or email_of_contact,
        required=required,
        referenced=wire.get("referencedObjectType") or "",
        wire=wire,
    )
