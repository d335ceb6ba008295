"""The columns of a pull: properties of the record, of records beside it, counts and sums of those, activities.

`state` · `company.name` · `deals.amount (sum)` · `deals.amount (latest)` · `deals (count)` · `notes (5)` ·
`activities (10)` · `owner.name`
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hsai_kit.errors import PullError, UnknownProperty
from hsai_kit.hubspot.activities import KINDS
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.objects import ObjectType, find_object_type
from hsai_kit.hubspot.properties import Property, PropertyType, pick, read_properties
from hsai_kit.runtime.suggestion import find_nearest

OWNER = "hubspot_owner_id"
"""The property that holds whom a record is assigned to."""

# `deals.amount (sum)`: the records beside it, the property, and what to make of several.
_FORM = re.compile(r"\s*(?:(?P<beside>[^()]+?)\s*\.\s*)?(?P<name>[^.()]+?)\s*(?:\(\s*(?P<how>\w+)\s*\))?\s*")
_FORMS = (
    "Columns are: 'state', 'company.name' (the primary or first one), 'deals.amount (sum)', "
    "'deals.amount (latest)', 'deals (count)', 'notes (5)', 'activities (10)', 'owner.name'."
)
_COUNT = Property("count", "Count", "number", "number")
_TEXT = Property("text", "Text", "string", "text")


class Aggregation(StrEnum):
    """What is made of the values of several records beside one."""

    FIRST = "first"
    LATEST = "latest"
    COUNT = "count"
    SUM = "sum"


# What can be written in brackets; without any it is the first one's.
_WRITTEN = (Aggregation.COUNT, Aggregation.SUM, Aggregation.LATEST)


@dataclass(frozen=True)
class OwnColumn:
    """A property of the pulled record."""

    name: str
    definition: Property


@dataclass(frozen=True)
class OwnerColumn:
    """The `field` (name or email) of the pulled record's owner."""

    name: str
    field: str
    definition: Property = _TEXT


@dataclass(frozen=True)
class AssociationColumn:
    """A property of the records of `kind` beside the pulled one.

    `source` is the property that is read, None for a count of records.
    """

    name: str
    kind: ObjectType
    source: Property | None
    how: Aggregation
    definition: Property


@dataclass(frozen=True)
class ActivitiesColumn:
    """The text of the newest `most` activities of `kinds` (notes, emails, calls, meetings, tasks)."""

    name: str
    kinds: tuple[str, ...]
    most: int
    definition: Property = _TEXT


PullColumn = OwnColumn | OwnerColumn | AssociationColumn | ActivitiesColumn


async def parse_columns(
    client: HubSpotClient, kind: ObjectType, known: Mapping[str, Property], wanted: Sequence[str]
) -> list[PullColumn]:
    """Return what each of the columns means, before any record is read.

    Raises UnknownProperty and UnknownObjectType with the nearest name, PullError for a column that means nothing.
    """
    own = [name for name in wanted if name in known or not re.search(r"[.()]", name)]
    found: dict[str, PullColumn] = {one.name: OwnColumn(one.name, one) for one in pick(known, own, kind.name)}
    definitions: dict[str, dict[str, Property]] = {kind.name: dict(known)}
    for text in wanted:
        if text not in found:
            found[text] = await _parse_column(client, kind, known, definitions, text)
    return list({found[text].name: found[text] for text in wanted}.values())


async def _parse_column(
    client: HubSpotClient,
    kind: ObjectType,
    known: Mapping[str, Property],
    definitions: dict[str, dict[str, Property]],
    text: str,
) -> PullColumn:
    match = _FORM.fullmatch(text)
    if match is None:
        raise PullError(f"The column {text!r} is not understood. {_FORMS}")
    beside, name, how = match["beside"], match["name"], (match["how"] or "").casefold()
    # One spelling, which is also that of the token in a prompt.
    text = f"{beside}.{name}" if beside else name
    text += f" ({how})" if how else ""
    if beside is None:
        return await _parse_without_property(client, text, name, how)
    if beside.casefold() == "owner" and not how:
        if name not in {"name", "email"}:
            raise UnknownProperty(f"owner has no property {name!r}. It has: owner.name, owner.email. Nothing was read.")
        pick(known, [OWNER], kind.name)
        return OwnerColumn(text, name)
    other = await find_object_type(client, beside)
    if other.name not in definitions:
        definitions[other.name] = await read_properties(client, other.name)
    source = pick(definitions[other.name], [name], other.name)[0]
    if how and how not in _WRITTEN:
        raise PullError(_explain_aggregation(text, how))
    if how == Aggregation.SUM and source.type != PropertyType.NUMBER:
        raise PullError(
            f"{text!r} cannot be summed: {source.name} of {other.name} is a {source.type}. Take (count) or (latest)."
        )
    aggregation = Aggregation(how or Aggregation.FIRST)
    return AssociationColumn(text, other, source, aggregation, _COUNT if how == Aggregation.COUNT else source)


async def _parse_without_property(client: HubSpotClient, text: str, name: str, how: str) -> PullColumn:
    """Understand `notes (5)` and `deals (count)`."""
    if how.isdigit() and how.isascii():
        if name.casefold() == "activities":
            kinds: tuple[str, ...] = ("notes", "emails", "calls", "meetings")
        else:
            kinds = ((await find_object_type(client, name)).name,)
        if kinds[0] not in KINDS or int(how) < 1:
            message = f"{text!r}: the newest ones are read of {', '.join(KINDS)} or activities, such as 'notes (5)'."
            raise PullError(message)
        return ActivitiesColumn(text, kinds, int(how))
    if how == Aggregation.COUNT:
        return AssociationColumn(text, await find_object_type(client, name), None, Aggregation.COUNT, _COUNT)
    if how in _WRITTEN:
        raise PullError(f"{text!r} names no property to make a {how} of. Write it as: 'deals.amount ({how})'.")
    raise PullError(_explain_aggregation(text, how))


def _explain_aggregation(text: str, how: str) -> str:
    near = find_nearest(how, _WRITTEN)
    hint = f" Did you mean ({near})?" if near else ""
    return f"The column {text!r} asks for {how!r}, which is not known.{hint} {_FORMS}"
