"""A portal's plain data → the tables."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.links import StandardType, list_standard_types
from hsai_kit.sandbox.hubspot.tables import empty_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsai_kit.sandbox.database import Database
    from hsai_kit.sandbox.portal.model import (
        Association,
        ObjectType,
        Owner,
        Pipeline,
        Portal,
        PropertyDefinition,
        Record,
    )

BEGINNING = "2024-01-08T09:00:00.000Z"  # when everything in the portal that is no record was made
# Groups that a portal adds of its own begin like this; what is in them is not HubSpot's.
OWN_GROUPS = ("our_own", "loaded_columns")


def fill_tables(database: Database, portal: Portal) -> None:
    """Put a portal in place of whatever is in the tables."""
    with database.transaction():
        empty_tables(database)
        _fill_account(database, portal)
        for object_type in portal.object_types:
            _fill_object_type(database, object_type)
            _fill_records(database, object_type, portal.records.get(object_type.name, []))
        _fill_associations(database, portal)
        database.executemany(
            "INSERT INTO hubspot_owners VALUES (?, ?, ?)",
            ((int(one.id), one.archived, json.dumps(_wire_owner(one))) for one in portal.owners),
        )
        database.executemany(
            "INSERT INTO hubspot_pipelines VALUES (?, ?, ?)",
            ((one.object_type, one.id, json.dumps(_wire_pipeline(one))) for one in portal.pipelines),
        )
        database.executemany(
            "INSERT INTO hubspot_merges VALUES (?, ?, ?)",
            ((one.object_type, int(one.old_id), int(one.new_id)) for one in portal.merges),
        )
        _fill_lists(database, portal)


def _fill_account(database: Database, portal: Portal) -> None:
    details = {
        "portalId": portal.portal_id,
        "portalName": portal.name,
        "accountType": portal.account_type,
        "timeZone": portal.time_zone,
        "companyCurrency": portal.currency,
        "uiDomain": portal.ui_domain,
    }
    database.executemany(
        "INSERT INTO hubspot_account VALUES (?, ?)",
        ((name, json.dumps(value)) for name, value in details.items()),
    )


def _fill_object_type(database: Database, object_type: ObjectType) -> None:
    fields = asdict(object_type)
    kind = {name: value for name, value in fields.items() if name not in {"groups", "properties"}}
    database.execute("INSERT INTO hubspot_object_types VALUES (?, ?)", (object_type.name, json.dumps(kind)))
    database.executemany(
        "INSERT INTO hubspot_groups VALUES (?, ?, ?, ?, 0)",
        ((object_type.name, one.name, one.label, one.display_order) for one in object_type.groups),
    )
    database.executemany(
        "INSERT INTO hubspot_definitions VALUES (?, ?, ?, ?, 0)",
        (
            (object_type.name, one.name, json.dumps(_wire_definition(object_type, one)), one.required)
            for one in object_type.properties
        ),
    )


def _wire_definition(object_type: ObjectType, one: PropertyDefinition) -> dict[str, Any]:
    own = not object_type.custom and not one.group.startswith(OWN_GROUPS)
    fixed = one.calculated or one.read_only
    wire = {
        "updatedAt": BEGINNING,
        "createdAt": BEGINNING,
        "name": one.name,
        "label": one.label,
        "type": one.type,
        "fieldType": one.field_type,
        "description": one.description,
        "groupName": one.group,
        "options": [
            {
                "label": option.label,
                "value": option.value,
                "description": "",
                "displayOrder": place,
                "hidden": option.hidden,
            }
            for place, option in enumerate(one.options)
        ],
        "displayOrder": -1,
        "calculated": one.calculated,
        "externalOptions": bool(one.referenced),
        "hasUniqueValue": one.has_unique_value,
        "hidden": one.hidden,
        "hubspotDefined": own,
        "modificationMetadata": {
            "archivable": not own,
            "readOnlyDefinition": fixed,
            "readOnlyOptions": fixed,
            "readOnlyValue": fixed,
        },
        "formField": not fixed,
    }
    if one.referenced:
        wire["referencedObjectType"] = one.referenced
    return wire


def _fill_records(database: Database, object_type: ObjectType, records: list[Record]) -> None:
    database.executemany(
        "INSERT INTO hubspot_records VALUES (?, ?, ?, ?, ?, ?)",
        (
            (
                object_type.name,
                int(one.id),
                json.dumps({name: value for name, value in one.properties.items() if value} | {"hs_object_id": one.id}),
                one.created_at,
                one.updated_at,
                one.updated_at if one.archived else None,
            )
            for one in records
        ),
    )
    unique = [one.name for one in object_type.properties if one.has_unique_value]
    database.executemany(  # an export may hold an e-mail address twice; the first one keeps it
        "INSERT OR IGNORE INTO hubspot_unique_values VALUES (?, ?, ?, ?)",
        (
            (object_type.name, name, value.lower(), int(one.id))
            for one in records
            for name in unique
            if not one.archived and (value := one.properties.get(name))
        ),
    )


def _fill_associations(database: Database, portal: Portal) -> None:
    names = {one.name for one in portal.object_types}
    types = [one for one in list_standard_types() if {one.from_type, one.to_type} <= names]
    rows = {(one.from_type, one.to_type, "HUBSPOT_DEFINED", one.type_id): one for one in types}
    for one in _find_own_types(portal.associations):
        rows.setdefault((one.from_type, one.to_type, "USER_DEFINED", one.type_id), one)
    database.executemany(
        "INSERT INTO hubspot_association_types VALUES (?, ?, ?, ?, ?, ?)",
        ((*key, one.label, one.inverse_id) for key, one in rows.items()),
    )
    database.executemany(
        "INSERT OR IGNORE INTO hubspot_associations VALUES (?, ?, ?, ?, ?, ?)",
        (
            (one.from_type, int(one.from_id), one.to_type, int(one.to_id), one.category, one.type_id)
            for one in portal.associations
        ),
    )


def _find_own_types(associations: list[Association]) -> Iterator[StandardType]:
    """Return the portal's own types, each with its way back: the one of the same label in the other direction."""
    found = {
        (one.from_type, one.to_type, one.label): one.type_id
        for one in associations
        if one.category != "HUBSPOT_DEFINED"
    }
    for (start, end, label), type_id in found.items():
        yield StandardType(start, end, type_id, found.get((end, start, label), type_id), label)


def _wire_owner(one: Owner) -> dict[str, Any]:
    return {
        "id": one.id,
        "email": one.email,
        "type": "PERSON",
        "firstName": one.first_name,
        "lastName": one.last_name,
        "userId": None if one.archived else one.user_id,
        "userIdIncludingInactive": one.user_id,
        "createdAt": BEGINNING,
        "updatedAt": BEGINNING,
        "archived": one.archived,
        "teams": [
            {"id": team_id, "name": name, "primary": place == 0} for place, (team_id, name) in enumerate(one.teams)
        ],
    }


def _wire_pipeline(one: Pipeline) -> dict[str, Any]:
    stamps = {"createdAt": BEGINNING, "updatedAt": BEGINNING, "archived": False}
    stages = [
        {
            "id": stage.id,
            "label": stage.label,
            "displayOrder": stage.display_order,
            "metadata": stage.metadata,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            **stamps,
        }
        for stage in one.stages
    ]
    return {"id": one.id, "label": one.label, "displayOrder": one.display_order, "stages": stages, **stamps}


def _fill_lists(database: Database, portal: Portal) -> None:
    database.executemany(
        "INSERT INTO hubspot_lists VALUES (?, ?, ?, ?, ?, ?)",
        ((one.id, one.object_type, one.name, one.processing_type, BEGINNING, BEGINNING) for one in portal.lists),
    )
    database.executemany(
        "INSERT OR IGNORE INTO hubspot_list_members VALUES (?, ?, ?)",
        ((one.id, int(member), BEGINNING) for one in portal.lists for member in one.member_ids),
    )
