"""Schemas of object types over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer

if TYPE_CHECKING:
    from hsai_kit.sandbox.hubspot.catalog import ObjectKind
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall


def list_schemas(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show the custom object types; none of them is ever archived here."""
    kinds = [] if call.flag("archived") else [kind for kind in crm.catalog.kinds() if kind.custom]
    return HubSpotAnswer(200, {"results": [_schema(crm, kind) for kind in kinds]})


def read_schema(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one object type, standard ones too."""
    return HubSpotAnswer(200, _schema(crm, crm.catalog.resolve(call.path["object_type"])))


def _schema(crm: Crm, kind: ObjectKind) -> dict[str, Any]:
    definitions = crm.catalog.definitions(kind).values()
    first = next(iter(definitions)).wire
    return {
        "id": kind.type_id,
        "objectTypeId": kind.type_id,
        "name": kind.name,
        "fullyQualifiedName": kind.fully_qualified_name or kind.singular.upper(),
        "labels": {"singular": kind.label, "plural": kind.label_plural},
        "primaryDisplayProperty": kind.primary_property,
        "secondaryDisplayProperties": [],
        "searchableProperties": [kind.primary_property],
        "requiredProperties": [one.name for one in definitions if one.required],
        "properties": [one.wire for one in definitions],
        "associations": _associations(crm, kind),
        "createdAt": first["createdAt"],
        "updatedAt": first["updatedAt"],
        "archived": False,
    }


def _associations(crm: Crm, kind: ObjectKind) -> list[dict[str, Any]]:
    return [
        {
            "id": str(known.type_id),
            "name": f"{one.singular}_to_{other.singular}",
            "fromObjectTypeId": one.type_id,
            "toObjectTypeId": other.type_id,
        }
        for other_kind in crm.catalog.kinds()
        for one, other in ((kind, other_kind), (other_kind, kind))
        if other_kind is not kind
        for known in crm.links.types(one, other)[:1]
    ]
