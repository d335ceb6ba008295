"""The portal's rules for values over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsai_kit.sandbox.hubspot.errors import invalid, not_found
from hsai_kit.sandbox.hubspot.validations import TYPES, ValidationRule
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer

if TYPE_CHECKING:
    from hsai_kit.sandbox.hubspot.catalog import ObjectKind
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall


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
    rules = crm.validations.rules(kind).get(_name(crm, call, kind), [])
    return HubSpotAnswer(200, {"results": [rule.wire for rule in rules]})


def put_validation(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Set the rule of one type for a property."""
    kind = crm.catalog.resolve(call.path["object_type"])
    name, rule_type, fields = _name(crm, call, kind), call.path["rule_type"], call.fields()
    if rule_type not in TYPES:
        raise invalid(f"{rule_type} is no rule type. There are: {', '.join(sorted(TYPES))}")
    arguments = fields.get("ruleArguments")
    if not isinstance(arguments, list) or not all(isinstance(one, str) for one in arguments):
        raise invalid("Invalid input JSON: ruleArguments has to be a list of texts.")
    rule = ValidationRule(rule_type, tuple(arguments), fields.get("shouldApplyNormalization") is True)
    crm.validations.put(kind, name, rule)
    return HubSpotAnswer(204)


def _name(crm: Crm, call: HubSpotCall, kind: ObjectKind) -> str:
    name = call.path["name"].lower()
    if name not in crm.catalog.definitions(kind):
        raise not_found(f"The property {name} of {kind.name} does not exist.")
    return name
