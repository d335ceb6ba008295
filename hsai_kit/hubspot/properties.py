"""Property definitions: what a property is called, its type, its options and rules, and whether it may be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hsai_kit.errors import HubSpotError, ScopesMissing, UnknownProperty
from hsai_kit.hubspot.answers import list_items, refuse_odd_answers
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.runtime.suggestion import find_nearest


class PropertyType(StrEnum):
    """HubSpot's types that are treated in a way of their own; all others are text."""

    STRING = "string"
    NUMBER = "number"
    BOOL = "bool"
    ENUMERATION = "enumeration"
    DATE = "date"
    DATETIME = "datetime"


@dataclass(frozen=True)
class PropertyOption:
    """One option of an enumeration: the internal `value` is what is written."""

    value: str
    label: str


@dataclass(frozen=True)
class Rule:
    """One rule of a property; `normalized` says that HubSpot mends a value itself before it checks it."""

    type: str
    arguments: tuple[str, ...] = ()
    normalized: bool = False


@dataclass(frozen=True)
class Property:
    """A property's definition as the portal has it now; `type` is a PropertyType or another one of HubSpot's."""

    name: str
    label: str
    type: str
    field_type: str
    options: tuple[PropertyOption, ...] = ()
    calculated: bool = False
    read_only: bool = False
    description: str = ""
    group: str = ""
    referenced: str = ""
    """What the values are ids of: OWNER where they are owners, mostly ""."""
    rules: tuple[Rule, ...] = ()
    """The portal's own rules for values, where they were read as well."""

    @property
    def writable(self) -> bool:
        """True where a value may be written."""
        return not (self.calculated or self.read_only)

    @property
    def is_time(self) -> bool:
        """True for a date, with or without a time of day."""
        return self.type in {PropertyType.DATE, PropertyType.DATETIME}

    @property
    def holds_owners(self) -> bool:
        """True where the values are owners' ids."""
        return self.referenced == "OWNER"

    @property
    def several(self) -> bool:
        """True for a multi-checkbox: its value is a list, kept as `A;B`."""
        return self.field_type == "checkbox"

    def option_for(self, text: str) -> PropertyOption | None:
        """Return the option that `text` means: by internal value, by label, then by either whatever the case.

        None where there is none, and where two options fit equally well: nobody can tell which is meant.
        """
        wanted = text.strip().casefold()
        ways: tuple[Callable[[PropertyOption], bool], ...] = (
            lambda option: option.value == text,
            lambda option: option.label == text,
            lambda option: option.value.strip().casefold() == wanted,
            lambda option: option.label.strip().casefold() == wanted,
        )
        found = next(filter(None, ([option for option in self.options if fits(option)] for fits in ways)), [])
        return found[0] if len(found) == 1 else None


@refuse_odd_answers
async def read_properties(client: HubSpotClient, object_type: str) -> dict[str, Property]:
    """Return the live definitions of an object type by internal name."""
    answer = await client.get(client.paths.properties(object_type))
    return {raw["name"]: _parse_property(raw) for raw in list_items(answer, "results")}


@refuse_odd_answers
async def read_rules(client: HubSpotClient, type_id: str) -> dict[str, tuple[Rule, ...]]:
    """Return the rules of an object type's properties by name; none where HubSpot does not let this key see them."""
    try:
        answer = await client.get(f"{client.paths.validations}/{type_id}")
    except (ScopesMissing, HubSpotError):
        # HubSpot checks every value itself: without the rules it is only later that a refusal is known.
        return {}
    return {
        str(one["propertyName"]): tuple(_parse_rule(raw) for raw in list_items(one, "propertyValidationRules"))
        for one in list_items(answer, "results")
    }


@refuse_odd_answers
async def read_required(client: HubSpotClient, type_id: str) -> frozenset[str]:
    """Return the properties that every record of a type has to have; none where this key may not see them.

    Which properties a value of another one makes required is in HubSpot's settings and in none of its APIs.
    """
    try:
        answer = await client.get(f"{client.paths.schemas}/{type_id}")
    except (ScopesMissing, HubSpotError):
        return frozenset()
    return frozenset(map(str, answer.get("requiredProperties") or ()))


def pick(known: Mapping[str, Property], wanted: Sequence[str], object_type: str) -> list[Property]:
    """Return the definitions of `wanted` in that order; raises UnknownProperty that names the nearest ones."""
    unknown = [name for name in wanted if name not in known]
    if not unknown:
        return [known[name] for name in wanted]
    spellings = {definition.label: definition.name for definition in known.values()} | {key: key for key in known}
    near = [(name, find_nearest(name, spellings)) for name in unknown]
    hints = "; ".join(f"{name!r} (did you mean {spellings[one]!r}?)" if one else repr(name) for name, one in near)
    what = "no property" if len(unknown) == 1 else "no properties"
    raise UnknownProperty(f"{object_type} has {what} {hints}. Nothing was read. Mend the name and try again.")


def _parse_property(raw: Mapping[str, Any]) -> Property:
    options = list_items(raw, "options")
    return Property(
        name=str(raw["name"]),
        label=str(raw.get("label") or raw["name"]),
        type=str(raw.get("type") or PropertyType.STRING),
        field_type=str(raw.get("fieldType") or "text"),
        options=tuple(PropertyOption(str(one["value"]), str(one.get("label") or one["value"])) for one in options),
        calculated=bool(raw.get("calculated")),
        read_only=bool((raw.get("modificationMetadata") or {}).get("readOnlyValue")),
        description=str(raw.get("description") or ""),
        group=str(raw.get("groupName") or ""),
        referenced=str(raw.get("referencedObjectType") or ""),
    )


def _parse_rule(raw: Mapping[str, Any]) -> Rule:
    arguments = tuple(str(one) for one in raw.get("ruleArguments") or [])
    return Rule(str(raw.get("ruleType") or ""), arguments, raw.get("shouldApplyNormalization") is True)
