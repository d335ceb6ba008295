"""Short ways to write down one property definition each."""

from __future__ import annotations

from hsai_kit.sandbox.portal.model import ObjectType, Option, Pipeline, PipelineStage, PropertyDefinition, PropertyGroup

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


def stamps(group: str, created: str = "hs_createdate") -> tuple[PropertyDefinition, ...]:
    """Define what HubSpot itself keeps about every record of a type."""
    return (
        read_only("hs_object_id", "Record ID", group, "number"),
        read_only(created, "Create date", group, "datetime"),
        read_only("hs_lastmodifieddate", "Last modified date", group, "datetime"),
    )


def small_type(
    name: str,
    singular: str,
    type_id: str,
    label: str,
    group: str,
    *properties: PropertyDefinition,
    created: str = "hs_createdate",
    shown: tuple[str, ...] = (),
    fully_qualified_name: str = "",
) -> ObjectType:
    """Define an object type of one group, whose first property names its records; `shown` come unasked as well."""
    return ObjectType(
        name=name,
        singular=singular,
        type_id=type_id,
        label=label,
        label_plural=f"{label}s",
        primary_property=properties[0].name,
        groups=(PropertyGroup(group, f"{label} information", 0),),
        properties=(*properties, *stamps(group, created)),
        default_properties=tuple(sorted({created, "hs_lastmodifieddate", "hs_object_id", *shown})),
        custom=bool(fully_qualified_name),
        fully_qualified_name=fully_qualified_name,
    )


# What a stage's metadata says where nothing comes after it.
_ENDS = {"0.0", "1.0", "CLOSED", "QUALIFIED", "UNQUALIFIED"}


def pipeline(id: str, object_type: str, label: str, order: int, meaning: str, *stages: str) -> Pipeline:  # noqa: A002
    """Define a pipeline from stages as `id: Label: value`; the value stands under `meaning` in their metadata."""
    found = []
    for place, (stage_id, name, value) in enumerate(stage.split(": ") for stage in stages):
        metadata = {"isClosed": str(value in _ENDS).lower(), meaning: value}
        found.append(PipelineStage(stage_id, name, place, metadata))
    return Pipeline(id, object_type, label, order, tuple(found))


def pipeline_choice(name: str, group: str, *pipelines: Pipeline) -> PropertyDefinition:
    """Define the property that says in which pipeline a record is."""
    found = tuple(Option(one.id, one.label) for one in pipelines)
    return PropertyDefinition(name, "Pipeline", "enumeration", "select", group, options=found)


def stage_choice(name: str, label: str, group: str, *pipelines: Pipeline) -> PropertyDefinition:
    """Define the property that says at which stage a record is; two pipelines may use one label."""
    found = tuple(Option(stage.id, stage.label) for one in pipelines for stage in one.stages)
    return PropertyDefinition(name, label, "enumeration", "radio", group, options=found)
