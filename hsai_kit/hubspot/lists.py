"""Lists (HubSpot also calls them segments): which there are, who is a member, and changing that."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsai_kit.errors import NotFound, UnknownList
from hsai_kit.hubspot.answers import iterate_answers, list_items, parse_id, refuse_odd_answers
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.objects import STANDARD, ObjectType
from hsai_kit.runtime.suggestion import suggest

# HubSpot's own limits: 500 lists a page of the search for lists, 250 members a page.
_LISTS_PAGE, _MEMBERS_PAGE = 500, 250
_SHOWN = 20


@dataclass(frozen=True)
class RecordList:
    """A list; `kind` is manual, dynamic or snapshot, `size` its members as HubSpot counted them last, if it tells."""

    id: str
    name: str
    object_type_id: str
    kind: str
    size: int | None
    updated_at: str

    @property
    def is_dynamic(self) -> bool:
        """True for a list that fills itself by its filters."""
        return self.kind == "dynamic"


@dataclass(frozen=True)
class AddResult:
    """What adding did: the ids that were added, and those that HubSpot does not know; the others were members."""

    added: frozenset[str]
    missing: frozenset[str]


@refuse_odd_answers
async def read_lists(client: HubSpotClient, query: str = "") -> list[RecordList]:
    """Return the lists whose name has `query` in it, of every object type."""
    found: dict[str, RecordList] = {}
    while True:
        body = {"query": query, "offset": len(found), "count": _LISTS_PAGE}
        answer = (await client.post(f"{client.paths.lists_root}/search", body)).data
        page = [_parse_list(raw) for raw in list_items(answer, "lists")]
        new = [one for one in page if one.id not in found]
        found |= {one.id: one for one in new}
        if not new or not answer.get("hasMore"):
            return list(found.values())


@refuse_odd_answers
async def find_list(client: HubSpotClient, wanted: str, kind: ObjectType) -> RecordList:
    """Return the list of that id or name (whatever the case) for an object type.

    Raises UnknownList with the nearest name, also for a list of other records.
    """
    text = wanted.strip()
    if text.isascii() and text.isdigit():
        with contextlib.suppress(NotFound):
            raw = (await client.get(f"{client.paths.lists_root}/{text}"))["list"]
            return _check_object_type(_parse_list(raw), kind)
    named = [one for one in await read_lists(client, text) if one.name.casefold() == text.casefold()]
    # The exact name comes first, and among those the list of such records.
    if named := sorted(named, key=lambda one: (one.name != text, one.object_type_id != kind.type_id)):
        return _check_object_type(named[0], kind)
    names = sorted(one.name for one in await read_lists(client) if one.object_type_id == kind.type_id)
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    there = f"There are: {', '.join(names[:_SHOWN])}{more}." if names else "There is none."
    raise UnknownList(f"This portal has no list of {kind.name} called {text!r}.{suggest(text, names)} {there}")


async def iterate_members(client: HubSpotClient, list_id: str) -> AsyncIterator[list[str]]:
    """Yield the record ids of a list's members, up to 250 at a time, each once."""
    path = f"{client.paths.lists_root}/{list_id}/memberships"
    async for page in iterate_answers(client, path, {"limit": _MEMBERS_PAGE}, "recordId"):
        yield [str(raw["recordId"]) for raw in page]


async def add_members(client: HubSpotClient, list_id: str, ids: Sequence[str], *, attempt: int = 1) -> AddResult:
    """Add records to a static list once; `attempt` and what is raised are those of `client.write`."""
    path = f"{client.paths.lists_root}/{list_id}/memberships/add"
    answer = (await client.write(path, list(ids), attempt=attempt, method="PUT")).data
    # One of HubSpot's own spellings has an s too many.
    added = answer.get("recordsIdsAdded") or answer.get("recordIdsAdded") or []
    return AddResult(frozenset(map(str, added)), frozenset(map(str, answer.get("recordIdsMissing") or [])))


async def remove_members(client: HubSpotClient, list_id: str, ids: Sequence[str], *, attempt: int = 1) -> None:
    """Remove records from a static list once; those that are no members are passed over."""
    path = f"{client.paths.lists_root}/{list_id}/memberships/remove"
    await client.write(path, list(ids), attempt=attempt, method="PUT")


def _check_object_type(one: RecordList, kind: ObjectType) -> RecordList:
    if one.object_type_id == kind.type_id:
        return one
    held = next((other.name for other in STANDARD if other.type_id == one.object_type_id), one.object_type_id)
    raise UnknownList(f"The list {one.name!r} (id {one.id}) holds other records: {held}, not {kind.name}.")


def _parse_list(raw: Mapping[str, Any]) -> RecordList:
    size = parse_id(raw.get("size", (raw.get("additionalProperties") or {}).get("hs_list_size")))
    return RecordList(
        id=str(raw["listId"]),
        name=str(raw.get("name") or ""),
        object_type_id=str(raw.get("objectTypeId") or ""),
        kind=str(raw.get("processingType") or "").lower(),
        size=int(size) if size else None,
        updated_at=str(raw.get("updatedAt") or ""),
    )
