"""Object types of a portal: the standard ones, and custom objects by name, label or type id."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import process

from hsai_kit.errors import MissingScopes, UnknownObjectType
from hsai_kit.hubspot.client import HubSpotClient

__all__ = ["STANDARD", "ObjectType", "resolve"]


@dataclass(frozen=True)
class ObjectType:
    """An object type: the name used in paths, its type id, and other names that people use for it."""

    name: str
    type_id: str
    also: tuple[str, ...] = ()


STANDARD = (
    ObjectType("contacts", "0-1", ("contact",)),
    ObjectType("companies", "0-2", ("company",)),
    ObjectType("deals", "0-3", ("deal",)),
    ObjectType("tickets", "0-5", ("ticket",)),
    ObjectType("notes", "0-46", ("note",)),
    ObjectType("meetings", "0-47", ("meeting",)),
    ObjectType("calls", "0-48", ("call",)),
    ObjectType("emails", "0-49", ("email", "e-mails", "e-mail")),
    ObjectType("tasks", "0-27", ("task",)),
)


async def resolve(client: HubSpotClient, wanted: str) -> ObjectType:
    """Return the object type that `wanted` names; raises UnknownObjectType with the nearest name.

    The portal's custom objects are read only where no standard type fits.
    """
    if found := _find(wanted, STANDARD):
        return found
    note = ""
    try:
        custom = await _custom(client)
    except MissingScopes as problem:
        # A key without the scope for schemas can still work on every standard type.
        custom, note = (), f" Custom objects cannot be seen with this key, which lacks {', '.join(problem.scopes)}."
    if found := _find(wanted, custom):
        return found
    names = {name: kind.name for kind in (*STANDARD, *custom) for name in (kind.name, *kind.also)}
    near = process.extractOne(wanted.casefold(), list(names))
    hint = f" Did you mean {names[near[0]]!r}?" if near and near[1] >= 60 else ""
    known = ", ".join(kind.name for kind in (*STANDARD, *custom))
    message = f"This portal has no object type {wanted!r}.{hint} There are: {known}.{note}"
    raise UnknownObjectType(message)


def _find(wanted: str, kinds: tuple[ObjectType, ...]) -> ObjectType | None:
    name = wanted.strip().casefold()
    return next((k for k in kinds if name in {k.name.casefold(), k.type_id, *(a.casefold() for a in k.also)}), None)


async def _custom(client: HubSpotClient) -> tuple[ObjectType, ...]:
    schemas = (await client.get(client.paths.schemas))["results"]
    return tuple(
        ObjectType(
            name=str(schema.get("fullyQualifiedName") or schema["name"]),
            type_id=str(schema["objectTypeId"]),
            also=tuple(filter(None, (schema.get("name"), *(schema.get("labels") or {}).values()))),
        )
        for schema in schemas
    )
