"""Property definitions and their groups over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot import clock
from hsai_kit.sandbox.hubspot.batches import LARGEST_BATCH, batch_answer
from hsai_kit.sandbox.hubspot.errors import ErrorCategory, HubSpotError, invalid, not_found, records_not_found
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hsai_kit.sandbox.hubspot.catalog import Definition, ObjectKind
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
FIELD_TYPES = {
    "string": {"text", "textarea", "html", "phonenumber", "file", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "bool": {"booleancheckbox", "calculation_equation"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
}
MOST_PLACES = 1_000_000
CHANGEABLE = {
    "label": str,
    "type": str,
    "fieldType": str,
    "description": str,
    "groupName": str,
    "displayOrder": int,
    "hidden": bool,
    "formField": bool,
}


def list_properties(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show all properties of a type, the archived ones if asked for them."""
    kind = crm.catalog.resolve(call.path["object_type"])
    definitions = crm.catalog.definitions(kind, archived=call.flag("archived"))
    return HubSpotAnswer(200, {"results": [one.wire for one in definitions.values()]})


def list_legacy_properties(object_type: str, crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show all properties of a type as the oldest versions do: a bare list."""
    del call
    definitions = crm.catalog.definitions(crm.catalog.get_named(object_type))
    return HubSpotAnswer(200, [one.wire for one in definitions.values()])


def read_property(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one property."""
    kind = crm.catalog.resolve(call.path["object_type"])
    return HubSpotAnswer(200, _require_property(crm, call, kind, archived=call.flag("archived")).wire)


def batch_read_properties(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show the properties of some names; a name that is none is an error beside the others."""
    started = clock.now()
    kind = crm.catalog.resolve(call.path["object_type"])
    known = crm.catalog.definitions(kind, archived=call.fields().get("archived") is True)
    names = [str(one.get("name")).lower() for one in call.inputs(LARGEST_BATCH)]
    missing = [name for name in names if name not in known]
    problems = [records_not_found("property", missing)] if missing else []
    return batch_answer(call, [known[name].wire for name in names if name in known], problems, started)


def create_property(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Make a new property; the name of an archived one may be used again."""
    kind = crm.catalog.resolve(call.path["object_type"])
    fields = call.fields()
    name = fields.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise invalid(f"The name {name!r} has to be lower case letters, digits and underscores.")
    if name in crm.catalog.definitions(kind):
        raise _exists_error(f"A property named '{name}' already exists.")
    now = clock.now()
    wire = {
        "updatedAt": now,
        "createdAt": now,
        "name": name,
        "description": "",
        "displayOrder": -1,
        "hidden": False,
        "formField": False,
        **_read_changes(fields),
        "options": _read_options(fields.get("options", [])),
        "calculated": False,
        "externalOptions": False,
        "hasUniqueValue": fields.get("hasUniqueValue") is True,
        "hubspotDefined": False,
        "modificationMetadata": {
            "archivable": True,
            "readOnlyDefinition": False,
            "readOnlyOptions": False,
            "readOnlyValue": False,
        },
    }
    _check(crm, kind, wire)
    return HubSpotAnswer(201, crm.catalog.put(kind, wire, required=False, archived=False).wire)


def update_property(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Change a property's definition; values that do not fit it any more stay as they are."""
    kind = crm.catalog.resolve(call.path["object_type"])
    definition = _require_property(crm, call, kind)
    if definition.wire["modificationMetadata"]["readOnlyDefinition"]:
        raise invalid(f"The definition of {definition.name} is read only.")
    fields = call.fields()
    wire = {**definition.wire, **_read_changes(fields)}
    if "options" in fields:
        wire["options"] = _read_options(fields["options"])
    wire["updatedAt"] = clock.now_after(wire["updatedAt"])
    _check(crm, kind, wire)
    changed = crm.catalog.put(kind, wire, required=definition.required, archived=False)
    return HubSpotAnswer(200, changed.wire)


def archive_property(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Archive a property; its values are not shown any more."""
    kind = crm.catalog.resolve(call.path["object_type"])
    definition = _require_property(crm, call, kind)
    if not definition.wire["modificationMetadata"]["archivable"]:
        raise invalid(f"{definition.name} is HubSpot's own property and cannot be archived.")
    wire = {**definition.wire, "archived": True, "archivedAt": clock.now()}
    crm.catalog.put(kind, wire, required=definition.required, archived=True)
    return HubSpotAnswer(204)


def list_groups(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show the groups that a type's properties stand in."""
    kind = crm.catalog.resolve(call.path["object_type"])
    return HubSpotAnswer(200, {"results": list(_read_groups(crm, kind).values())})


def read_group(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one group."""
    kind = crm.catalog.resolve(call.path["object_type"])
    return HubSpotAnswer(200, _require_group(crm, call, kind))


def create_group(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Make a new group."""
    kind = crm.catalog.resolve(call.path["object_type"])
    fields = call.fields()
    name = fields.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise invalid(f"The name {name!r} has to be lower case letters, digits and underscores.")
    if name in _read_groups(crm, kind):
        raise _exists_error(f"A property group named '{name}' already exists.")
    return HubSpotAnswer(201, _put_group(crm, kind, {"displayOrder": -1, **fields, "name": name}))


def update_group(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Change a group's label or place."""
    kind = crm.catalog.resolve(call.path["object_type"])
    group = _require_group(crm, call, kind)
    return HubSpotAnswer(200, _put_group(crm, kind, {**group, **call.fields(), "name": group["name"]}))


def archive_group(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Archive a group that no property stands in."""
    kind = crm.catalog.resolve(call.path["object_type"])
    name = _require_group(crm, call, kind)["name"]
    if any(one.wire["groupName"] == name for one in crm.catalog.definitions(kind).values()):
        raise invalid(f"The group {name} has properties; move them first.")
    crm.database.execute("UPDATE hubspot_groups SET archived = 1 WHERE object_type = ? AND name = ?", (kind.name, name))
    return HubSpotAnswer(204)


def _require_property(crm: Crm, call: HubSpotCall, kind: ObjectKind, *, archived: bool = False) -> Definition:
    found = crm.catalog.definitions(kind, archived=archived).get(call.path["name"].lower())
    if found is None:
        raise not_found(f"The property {call.path['name']} of {kind.name} does not exist.")
    return found


def _read_changes(fields: Mapping[str, Any]) -> dict[str, Any]:
    for name, kind in CHANGEABLE.items():
        if name in fields and not isinstance(fields[name], kind):
            raise invalid(f"Invalid input JSON: {name} of a property is a {kind.__name__}.")
    return {name: fields[name] for name in CHANGEABLE if name in fields}


def _check(crm: Crm, kind: ObjectKind, wire: Mapping[str, Any]) -> None:
    if not wire.get("label"):
        raise invalid("A property needs a label.")
    if wire.get("type") not in FIELD_TYPES:
        raise invalid(f"{wire.get('type')} is no property type. There are: {', '.join(FIELD_TYPES)}")
    if wire.get("fieldType") not in FIELD_TYPES[wire["type"]]:
        allowed = ", ".join(sorted(FIELD_TYPES[wire["type"]]))
        raise invalid(f"{wire.get('fieldType')} is no field type for {wire['type']}. There are: {allowed}")
    if wire.get("groupName") not in _read_groups(crm, kind):
        raise invalid(f"The group {wire.get('groupName')} does not exist.")
    if wire["type"] == "enumeration" and not wire["options"] and not wire["externalOptions"]:
        raise invalid("An enumeration needs options.")


def _read_options(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise invalid("Invalid input JSON: options has to be a list of objects.")
    for one in given:
        if not isinstance(one.get("value"), str) or not isinstance(one.get("label"), str):
            raise invalid("Every option needs a label and a value.")
    values = [one["value"] for one in given]
    if len(set(values)) < len(values):
        raise invalid("Two options have the same value.")
    return [
        {
            "label": one["label"],
            "value": one["value"],
            "description": one.get("description", ""),
            "displayOrder": one.get("displayOrder", place),
            "hidden": one.get("hidden") is True,
        }
        for place, one in enumerate(given)
    ]


def _read_groups(crm: Crm, kind: ObjectKind) -> dict[str, dict[str, Any]]:
    rows = crm.database.execute(
        "SELECT name, label, display_order FROM hubspot_groups WHERE object_type = ? AND NOT archived "
        "ORDER BY display_order, rowid",
        (kind.name,),
    )
    return {
        name: {"name": name, "label": label, "displayOrder": order, "archived": False} for name, label, order in rows
    }


def _require_group(crm: Crm, call: HubSpotCall, kind: ObjectKind) -> dict[str, Any]:
    found = _read_groups(crm, kind).get(call.path["name"])
    if found is None:
        raise not_found(f"The property group {call.path['name']} of {kind.name} does not exist.")
    return found


def _put_group(crm: Crm, kind: ObjectKind, fields: Mapping[str, Any]) -> dict[str, Any]:
    label, order = fields.get("label"), fields["displayOrder"]
    if not isinstance(label, str) or not isinstance(order, int) or abs(order) > MOST_PLACES:
        raise invalid("A property group needs a label, and displayOrder has to be a small number.")
    crm.database.execute(
        "INSERT OR REPLACE INTO hubspot_groups VALUES (?, ?, ?, ?, 0)",
        (kind.name, fields["name"], label, order),
    )
    return _read_groups(crm, kind)[fields["name"]]


def _exists_error(message: str) -> HubSpotError:
    return HubSpotError(409, message, ErrorCategory.OBJECT_ALREADY_EXISTS)
