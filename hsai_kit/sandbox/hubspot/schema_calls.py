"""Schemas of object types over HTTP, with their pipelines and validation rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.errors import invalid, not_found
from hsai_kit.sandbox.hubspot.validations import TYPES, ValidationRule
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hsai_kit.sandbox.hubspot.catalog import ObjectKind
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall


def list_schemas(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show the custom object types; none of them is ever archived here."""
    kinds = [] if call.flag("archived") else [kind for kind in crm.catalog.kinds() if kind.custom]
    return HubSpotAnswer(200, {"results": [_render_schema(crm, kind) for kind in kinds]})


def read_schema(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one object type, standard ones too."""
    return HubSpotAnswer(200, _render_schema(crm, crm.catalog.resolve(call.path["object_type"])))


def _render_schema(crm: Crm, kind: ObjectKind) -> dict[str, Any]:
    definitions = crm.catalog.definitions(kind).values()
    first = next(iter(definitions)).wire
    return {
        "id": kind.type_id,
        "objectTypeId": kind.type_id,
        "name": kind.name,
        "allowsSensitiveProperties": False,
        "fullyQualifiedName": kind.fully_qualified_name or kind.singular.upper(),
        "labels": {"singular": kind.label, "plural": kind.label_plural},
        "primaryDisplayProperty": kind.primary_property,
        "secondaryDisplayProperties": [],
        "searchableProperties": [kind.primary_property],
        "requiredProperties": [one.name for one in definitions if one.required],
        "properties": [one.wire for one in definitions],
        "associations": _render_associations(crm, kind),
        "createdAt": first["createdAt"],
        "updatedAt": first["updatedAt"],
        "archived": False,
    }


def _render_associations(crm: Crm, kind: ObjectKind) -> list[dict[str, Any]]:
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


def list_pipelines(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show a type's pipelines with their stages; most types have none."""
    return HubSpotAnswer(200, {"results": _read_pipelines(crm, call)})


def read_pipeline(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one pipeline."""
    return HubSpotAnswer(200, _find_id(_read_pipelines(crm, call), call.path["pipeline_id"]))


def list_stages(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show the stages of one pipeline."""
    return HubSpotAnswer(200, {"results": _find_id(_read_pipelines(crm, call), call.path["pipeline_id"])["stages"]})


def read_stage(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one stage."""
    pipeline = _find_id(_read_pipelines(crm, call), call.path["pipeline_id"])
    return HubSpotAnswer(200, _find_id(pipeline["stages"], call.path["stage_id"]))


def _read_pipelines(crm: Crm, call: HubSpotCall) -> list[dict[str, Any]]:
    kind = crm.catalog.resolve(call.path["object_type"])
    rows = crm.database.execute("SELECT wire FROM hubspot_pipelines WHERE object_type = ? ORDER BY rowid", (kind.name,))
    return [json.loads(wire) for (wire,) in rows]


def _find_id(found: Iterable[dict[str, Any]], wanted: str) -> dict[str, Any]:
    for one in found:
        if one["id"] == wanted:
            return one
    raise not_found()


def list_validations(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show every property of a type that has rules."""
    kind = crm.catalog.resolve(call.path["object_type"])
    results = [
        {"propertyName": name, "propertyValidationRules": [rule.wire for rule in rules]}
        for name, rules in crm.validations.rules(kind).items()
    ]
    return HubSpotAnswer(200, {"results": results})


def read_validations(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show the rules of one property."""
    kind = crm.catalog.resolve(call.path["object_type"])
    rules = crm.validations.rules(kind).get(_read_name(crm, call, kind), [])
    return HubSpotAnswer(200, {"results": [rule.wire for rule in rules]})


def put_validation(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Set the rule of one type for a property."""
    kind = crm.catalog.resolve(call.path["object_type"])
    name, rule_type, fields = _read_name(crm, call, kind), call.path["rule_type"], call.fields()
    if rule_type not in TYPES:
        raise invalid(f"{rule_type} is no rule type. There are: {', '.join(sorted(TYPES))}")
    arguments = fields.get("ruleArguments")
    if not isinstance(arguments, list) or not all(isinstance(one, str) for one in arguments):
        raise invalid("Invalid input JSON: ruleArguments has to be a list of texts.")
    rule = ValidationRule(rule_type, tuple(arguments), fields.get("shouldApplyNormalization") is True)
    crm.validations.put(kind, name, rule)
    return HubSpotAnswer(204)


def _read_name(crm: Crm, call: HubSpotCall, kind: ObjectKind) -> str:
    name = call.path["name"].lower()
    if name not in crm.catalog.definitions(kind):
        raise not_found(f"The property {name} of {kind.name} does not exist.")
    return name
