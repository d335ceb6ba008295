"""The columns of a pull: properties of the record, of records beside it, counts and sums of those, activities.

`state` · `company.name` · `deals.amount (sum)` · `deals.amount (latest)` · `deals (count)` · `notes (5)` ·
`activities (10)` · `owner.name`
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import process

from hsai_kit.errors import PullError, UnknownProperty
from hsai_kit.hubspot.activities import KINDS
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.objects import ObjectType, find_object_type
from hsai_kit.hubspot.properties import Property, pick, read_properties

__all__ = ["ActivitiesColumn", "AssociationColumn", "Column", "OwnColumn", "OwnerColumn", "parse_columns"]

# `deals.amount (sum)`: the records beside it, the property, and what to make of several.
_FORM = re.compile(r"\s*(?:(?P<beside>[^()]+?)\s*\.\s*)?(?P<name>[^.()]+?)\s*(?:\(\s*(?P<how>\w+)\s*\))?\s*")
_HOWS = ("count", "sum", "latest")
_OWNER = "hubspot_owner_id"
_COUNT = Property("count", "Count", "number", "number")
_TEXT = Property("text", "Text", "string", "text")


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
    """A property of the records of `kind` beside the pulled one; `how` is first, latest, count or sum.

    `source` is the property that is read, None for a count of records.
    """

    name: str
    kind: ObjectType
    source: Property | None
    how: str
    definition: Property


@dataclass(frozen=True)
class ActivitiesColumn:
    """The text of the newest `most` activities of `kinds` (notes, emails, calls, meetings, tasks)."""

    name: str
    kinds: tuple[str, ...]
    most: int
    definition: Property = _TEXT


Column = OwnColumn | OwnerColumn | AssociationColumn | ActivitiesColumn


async def parse_columns(
    client: HubSpotClient, kind: ObjectType, known: Mapping[str, Property], wanted: Sequence[str]
) -> list[Column]:
    """Return what each of the columns means, before any record is read.

    Raises UnknownProperty and UnknownObjectType with the nearest name, PullError for a column that means nothing.
    """
    own = [name for name in wanted if name in known or not re.search(r"[.()]", name)]
    found: dict[str, Column] = {one.name: OwnColumn(one.name, one) for one in pick(known, own, kind.name)}
    definitions: dict[str, dict[str, Property]] = {kind.name: dict(known)}
    for text in wanted:
        if text not in found:
            found[text] = await _other(client, kind, known, definitions, text)
    return list({found[text].name: found[text] for text in wanted}.values())


async def _other(
    client: HubSpotClient,
    kind: ObjectType,
    known: Mapping[str, Property],
    definitions: dict[str, dict[str, Property]],
    text: str,
) -> Column:
    match = _FORM.fullmatch(text)
    if match is None:
        message = f"The column {text!r} is not understood. {_forms()}"
        raise PullError(message)
    beside, name, how = match["beside"], match["name"], (match["how"] or "").casefold()
    # One spelling, which is also that of the token in a prompt.
    text = f"{beside}.{name}" if beside else name
    text += f" ({how})" if how else ""
    if beside is None:
        return await _whole(client, text, name, how)
    if beside.casefold() == "owner" and not how:
        return _owned(kind, known, text, name)
    other = await find_object_type(client, beside)
    if other.name not in definitions:
        definitions[other.name] = await read_properties(client, other.name)
    source = pick(definitions[other.name], [name], other.name)[0]
    if how and how not in _HOWS:
        raise PullError(_unknown_how(text, how))
    if how == "sum" and source.type != "number":
        message = (
            f"{text!r} cannot be summed: {source.name} of {other.name} is a {source.type}. Take (count) or (latest)."
        )
        raise PullError(message)
    definition = _COUNT if how == "count" else source
    return AssociationColumn(text, other, source, how or "first", definition)


async def _whole(client: HubSpotClient, text: str, name: str, how: str) -> Column:
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
    if how == "count":
        return AssociationColumn(text, await find_object_type(client, name), None, "count", _COUNT)
    if how in _HOWS:
        message = f"{text!r} names no property to make a {how} of. Write it as: 'deals.amount ({how})'."
        raise PullError(message)
    raise PullError(_unknown_how(text, how))


def _owned(kind: ObjectType, known: Mapping[str, Property], text: str, name: str) -> OwnerColumn:
    if name not in {"name", "email"}:
        message = f"owner has no property {name!r}. It has: owner.name, owner.email. Nothing was read."
        raise UnknownProperty(message)
    pick(known, [_OWNER], kind.name)
    return OwnerColumn(text, name)


def _unknown_how(text: str, how: str) -> str:
    near = process.extractOne(how, _HOWS)
    hint = f" Did you mean ({near[0]})?" if near and near[1] >= 60 else ""
    return f"The column {text!r} asks for {how!r}, which is not known.{hint} {_forms()}"


def _forms() -> str:
    return (
        "Columns are: 'state', 'company.name' (the primary or first one), 'deals.amount (sum)', "
        "'deals.amount (latest)', 'deals (count)', 'notes (5)', 'activities (10)', 'owner.name'."
    )
