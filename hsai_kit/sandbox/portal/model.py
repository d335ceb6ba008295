"""What a portal is made of, as plain data: no SQL, no HTTP, no randomness.

All values are strings, as HubSpot keeps them: booleans `true`/`false`, dates `2026-11-16`, moments
`2026-11-16T09:30:00.000Z`, several options joined by `;`, owners by id, options by internal value.
A property without a value is absent from `Record.properties`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Option:
    """One option of an enumeration; `value` is what records hold, `label` what people see."""

    value: str
    label: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class PropertyGroup:
    """A heading that properties stand under in HubSpot's settings."""

    name: str
    label: str
    display_order: int = -1


@dataclass(frozen=True, slots=True)
class PropertyDefinition:
    """One column of an object type, as HubSpot's properties API describes it.

    `type` is string, number, bool, enumeration, date or datetime; `field_type` is text, textarea, html,
    phonenumber, number, booleancheckbox, select, radio, checkbox, date, file or calculation_equation.
    `referenced` is `OWNER` where the options are the portal's owners.
    """

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: tuple[Option, ...] = ()
    calculated: bool = False
    read_only: bool = False
    hidden: bool = False
    has_unique_value: bool = False
    referenced: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One kind of record: `name` is the plural used in paths (`contacts`), `type_id` is `0-1` or `2-…`."""

    name: str
    singular: str
    type_id: str
    label: str
    label_plural: str
    primary_property: str
    groups: tuple[PropertyGroup, ...]
    properties: tuple[PropertyDefinition, ...]
    default_properties: tuple[str, ...]
    custom: bool = False
    fully_qualified_name: str = ""

    def definition(self, name: str) -> PropertyDefinition:
        """Find the property of that internal name; KeyError where there is none."""
        for one in self.properties:
            if one.name == name:
                return one
        raise KeyError(name)


@dataclass(slots=True)
class Record:
    """One record; `properties` repeats id and dates under HubSpot's own names (`hs_object_id`, …)."""

    id: str
    properties: dict[str, str | None]
    created_at: str
    updated_at: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Association:
    """One direction of a link between two records; the way back is an association of its own."""

    from_type: str
    from_id: str
    to_type: str
    to_id: str
    type_id: int
    category: str = "HUBSPOT_DEFINED"
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """A person whom records are assigned to; `teams` are pairs of team id and name, primary first."""

    id: str
    email: str
    first_name: str
    last_name: str
    user_id: int
    archived: bool = False
    teams: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PipelineStage:
    """One step of a pipeline; `metadata` holds `isClosed` and, by type, `probability` or `ticketState`."""

    id: str
    label: str
    display_order: int
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The stages that deals or tickets go through, in order."""

    id: str
    object_type: str
    label: str
    display_order: int
    stages: tuple[PipelineStage, ...]


@dataclass(frozen=True, slots=True)
class RecordList:
    """A list (segment); `processing_type` is MANUAL, DYNAMIC or SNAPSHOT."""

    id: str
    name: str
    object_type: str
    processing_type: str
    member_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """`old_id` was merged into `new_id`: it is no record any more, yet lists and old pulls may hold it."""

    object_type: str
    old_id: str
    new_id: str


@dataclass(slots=True)
class Portal:
    """A whole HubSpot account: definitions, records by object type name, and what is true about them.

    `truth` maps (object type, property) to record id → the right value, known from how the data was made.
    `remarks` are sentences for whoever loaded the files (what was mapped, added or assumed).
    """

    portal_id: int
    name: str
    account_type: str
    time_zone: str
    ui_domain: str
    currency: str
    object_types: list[ObjectType]
    records: dict[str, list[Record]]
    associations: list[Association]
    owners: list[Owner]
    pipelines: list[Pipeline]
    lists: list[RecordList]
    merges: list[Merge]
    truth: dict[tuple[str, str], dict[str, str]]
    remarks: list[str] = field(default_factory=list)

    def object_type(self, name: str) -> ObjectType:
        """Find the object type of that plural name; KeyError where there is none."""
        for one in self.object_types:
            if one.name == name:
                return one
        raise KeyError(name)
