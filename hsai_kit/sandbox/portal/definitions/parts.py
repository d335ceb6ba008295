"""Short ways to write down one property definition each."""

from __future__ import annotations

from hsai_kit.sandbox.portal.model import Option, PropertyDefinition

YES_NO = (Option("true", "Yes"), Option("false", "No"))


def options(*pairs: str) -> tuple[Option, ...]:
    """Read options from `value: Label`, or from `Label` alone where value and label are the same."""
    parted = [pair.partition(": ") for pair in pairs]
    return tuple(Option(value, label or value) for value, _, label in parted)


def text(name: str, label: str, group: str, description: str = "", *, field_type: str = "text") -> PropertyDefinition:
    """Define free text: one line, or `textarea`, `html` or `phonenumber`."""
    return PropertyDefinition(name, label, "string", field_type, group, description)


def number(name: str, label: str, group: str, description: str = "") -> PropertyDefinition:
    """Define a number that people may type."""
    return PropertyDefinition(name, label, "number", "number", group, description)


def date(name: str, label: str, group: str, description: str = "") -> PropertyDefinition:
    """Define a day without a time."""
    return PropertyDefinition(name, label, "date", "date", group, description)


def moment(name: str, label: str, group: str, description: str = "") -> PropertyDefinition:
    """Define a point in time."""
    return PropertyDefinition(name, label, "datetime", "date", group, description)


def yes_no(name: str, label: str, group: str, description: str = "") -> PropertyDefinition:
    """Define a single checkbox."""
    return PropertyDefinition(name, label, "bool", "booleancheckbox", group, description, YES_NO)


def choice(
    name: str, label: str, group: str, *pairs: str, field_type: str = "select", description: str = ""
) -> PropertyDefinition:
    """Define an enumeration with options as `options` reads them; `checkbox` takes several at once."""
    return PropertyDefinition(name, label, "enumeration", field_type, group, description, options(*pairs))


def owner(label: str, group: str) -> PropertyDefinition:
    """Define `hubspot_owner_id`, whose options are the owners."""
    return PropertyDefinition(
        "hubspot_owner_id", label, "enumeration", "select", group, "Whom the record is assigned to.",
        referenced="OWNER",
    )  # fmt: skip


def read_only(name: str, label: str, group: str, kind: str) -> PropertyDefinition:
    """Define what HubSpot fills in and nobody may write, such as ids and dates of creation."""
    field_type = {"datetime": "date", "number": "number"}.get(kind, "text")
    return PropertyDefinition(name, label, kind, field_type, group, read_only=True)


def formula(name: str, label: str, group: str, kind: str) -> PropertyDefinition:
    """Define what HubSpot works out from other values."""
    return PropertyDefinition(name, label, kind, "calculation_equation", group, calculated=True, read_only=True)
