"""Object types of a portal: the standard ones, and custom objects by name, label or type id."""

from __future__ import annotations

from dataclasses import dataclass

from hsai_kit.errors import ScopesMissing, UnknownObjectType
from hsai_kit.hubspot.answers import list_items, refuse_odd_answers
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.runtime.suggestion import find_nearest

_ACTIVITIES = {"notes", "meetings", "calls", "emails", "tasks"}
# Types from before HubSpot gave each creation date the same name.
_OLDER = {"contacts", "companies", "deals", "tickets", "products", "line_items"}


@dataclass(frozen=True)
class ObjectType:
    """An object type: the name used in paths, its type id, its label in the plural, and what else people call it."""

    name: str
    type_id: str
    label: str = ""
    also: tuple[str, ...] = ()

    @property
    def custom(self) -> bool:
        """True for an object type that the portal has made."""
        return self.type_id.startswith("2-")

    @property
    def last_change_property(self) -> str:
        """The property that holds when a record was last changed."""
        return "lastmodifieddate" if self.name == "contacts" else "hs_lastmodifieddate"

    @property
    def creation_property(self) -> str:
        """The property that holds when a record was made; for activities, when they happened."""
        if self.name in _ACTIVITIES:
            return "hs_timestamp"
        return "createdate" if self.name in _OLDER else "hs_createdate"


STANDARD = (
    ObjectType("contacts", "0-1", "Contacts", ("contact",)),
    ObjectType("companies", "0-2", "Companies", ("company",)),
    ObjectType("deals", "0-3", "Deals", ("deal",)),
    ObjectType("tickets", "0-5", "Tickets", ("ticket",)),
    ObjectType("leads", "0-136", "Leads", ("lead",)),
    ObjectType("products", "0-7", "Products", ("product",)),
    ObjectType("line_items", "0-8", "Line items", ("line_item", "line items", "line item", "line-items")),
    ObjectType("quotes", "0-14", "Quotes", ("quote",)),
    ObjectType("notes", "0-46", "Notes", ("note",)),
    ObjectType("meetings", "0-47", "Meetings", ("meeting",)),
    ObjectType("calls", "0-48", "Calls", ("call",)),
    ObjectType("emails", "0-49", "E-mails", ("email", "e-mails", "e-mail")),
    ObjectType("tasks", "0-27", "Tasks", ("task",)),
)


async def read_object_types(client: HubSpotClient) -> tuple[ObjectType, ...]:
    """Return the standard object types and, where the key may see schemas, the portal's own."""
    try:
        return (*STANDARD, *await _read_custom(client))
    except ScopesMissing:
        return STANDARD


async def find_object_type(client: HubSpotClient, wanted: str) -> ObjectType:
    """Return the object type that `wanted` names; raises UnknownObjectType with the nearest name.

    The portal's custom objects are read only where no standard type fits.
    """
    if found := _match(wanted, STANDARD):
        return found
    note = ""
    try:
        custom = await _read_custom(client)
    except ScopesMissing as problem:
        # A key without the scope for schemas can still work on every standard type.
        custom, note = (), f" Custom objects cannot be seen with this key, which lacks {', '.join(problem.scopes)}."
    if found := _match(wanted, custom):
        return found
    names = {name: kind.name for kind in (*STANDARD, *custom) for name in (kind.name, kind.label, *kind.also)}
    near = find_nearest(wanted, names)
    hint = f" Did you mean {names[near]!r}?" if near else ""
    known = ", ".join(kind.name for kind in (*STANDARD, *custom))
    raise UnknownObjectType(f"This portal has no object type {wanted!r}.{hint} There are: {known}.{note}")


def _match(wanted: str, kinds: tuple[ObjectType, ...]) -> ObjectType | None:
    name = wanted.strip().casefold()
    return next((k for k in kinds if name in {k.type_id, *(a.casefold() for a in (k.name, k.label, *k.also))}), None)


@refuse_odd_answers
async def _read_custom(client: HubSpotClient) -> tuple[ObjectType, ...]:
    found = []
    for schema in list_items(await client.get(client.paths.schemas), "results"):
        name, labels = schema.get("fullyQualifiedName") or schema["name"], schema.get("labels") or {}
        also = tuple(filter(None, (schema.get("name"), *labels.values())))
        found.append(ObjectType(name, str(schema["objectTypeId"]), labels.get("plural") or schema["name"], also))
    return tuple(found)
