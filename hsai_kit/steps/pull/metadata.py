"""What there is to pull: object types, properties, lists, and how many records."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.hubspot import search
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.filter_groups import SearchQuery
from hsai_kit.hubspot.lists import find_list, iterate_members, read_lists
from hsai_kit.hubspot.objects import ObjectType, find_object_type, read_object_types
from hsai_kit.hubspot.owners import read_owners
from hsai_kit.hubspot.properties import read_properties
from hsai_kit.hubspot.records import BATCH, Record, iterate_records, read_page
from hsai_kit.runtime import background
from hsai_kit.steps.pull.request import Since, Where, check_positive
from hsai_kit.steps.pull.selection import build_queries, filter_ids, iterate_ids

_PLACES = 4
_FIELDS = ("name", "label", "type", "field_type", "options", "calculated", "read_only", "group", "description")


def object_types(hub: Connection) -> pd.DataFrame:
    """Return what can be pulled: `name`, `label`, `type_id` and `custom`, one object type a row.

    Custom objects are among them where the key has the scope crm.schemas.custom.read.
    """
    kinds = background.run(read_object_types(hub.hubspot))
    rows = [(kind.name, kind.label, kind.type_id, kind.custom) for kind in kinds]
    return pd.DataFrame(rows, columns=["name", "label", "type_id", "custom"])


def properties(hub: Connection, object_type: str, *, sample: int | None = None) -> pd.DataFrame:
    """Return the properties of an object type, one a row, by label.

    Columns: `name` (internal, as `pull` takes it), `label`, `type` (string, number, bool, enumeration, date,
    datetime), `field_type`, `options` (a dict of internal values and labels), `calculated`, `read_only`, `group`,
    `description`. With `sample`, the share of blanks (0 to 1) in up to that many records, older and newer ones, is
    `blank`.
    Raises UnknownObjectType with the nearest name.
    """
    check_positive("sample", sample)

    async def read() -> pd.DataFrame:
        kind = await find_object_type(hub.hubspot, object_type)
        known = await read_properties(hub.hubspot, kind.name)
        frame = pd.DataFrame([[getattr(one, field) for field in _FIELDS] for one in known.values()], columns=_FIELDS)
        frame["options"] = [{option.value: option.label for option in one.options} for one in known.values()]
        if sample:
            records = await _read_spread(hub.hubspot, kind, list(known), sample)
            blank = {name: sum(not one.properties.get(name) for one in records) for name in known if records}
            frame["blank"] = frame["name"].map(blank).astype("Float64") / max(1, len(records))
        return frame.sort_values("label", key=lambda label: label.str.casefold(), ignore_index=True)

    return background.run(read())


def lists(hub: Connection, object_type: str | None = None) -> pd.DataFrame:
    """Return the portal's lists, by name; with `object_type` those of its records.

    Columns: `id`, `name`, `object_type`, `kind` (manual, dynamic, snapshot), `size` (members as HubSpot counted them
    last), `updated_at`. Needs the scope crm.lists.read. Raises UnknownObjectType with the nearest name.
    """

    async def read() -> pd.DataFrame:
        client = hub.hubspot
        only = None if object_type is None else await find_object_type(client, object_type)
        names = {kind.type_id: kind.name for kind in ((only,) if only else await read_object_types(client))}
        found = [one for one in await read_lists(client) if only is None or one.object_type_id in names]
        rows = [
            (one.id, one.name, names.get(one.object_type_id, one.object_type_id), one.kind, one.size, one.updated_at)
            for one in sorted(found, key=lambda one: one.name.casefold())
        ]
        frame = pd.DataFrame(rows, columns=["id", "name", "object_type", "kind", "size", "updated_at"])
        updated = pd.to_datetime(frame["updated_at"], utc=True, format="ISO8601", errors="coerce")
        return frame.astype({"size": "Int64"}).assign(updated_at=updated.astype("datetime64[us, UTC]"))

    return background.run(read())


def owners(hub: Connection) -> pd.DataFrame:
    """Return whom records and tasks can be assigned to: `name`, `email`, `teams` (a list of their names), one a row.

    Needs the scope crm.objects.owners.read.
    """
    rows = [(str(one), one.email, list(one.teams)) for one in background.run(read_owners(hub.hubspot))]
    return pd.DataFrame(rows, columns=["name", "email", "teams"])


def count(
    hub: Connection,
    object_type: str,
    *,
    where: Where | None = None,
    list: str | int | None = None,  # noqa: A002 -- HubSpot's own word
    changed_since: Since | None = None,
) -> int:
    """Return how many records a pull with the same arguments would read.

    HubSpot counts by search, which sees changes a few moments late, and a list's members as it counted them last.
    Raises UnknownObjectType, UnknownList, UnknownProperty and WhereError as `pull` does.
    """

    async def read() -> int:
        client = hub.hubspot
        kind = await find_object_type(client, object_type)
        known = await read_properties(client, kind.name)
        queries = build_queries(where, changed_since, known, kind, hub.portal.time_zone)
        if list is None:
            return await _count_matches(client, kind, queries)
        members = await find_list(client, str(list), kind)
        if not queries and members.size is not None:
            return members.size
        ids = [one async for page in iterate_members(client, members.id) for one in page]
        return len(await filter_ids(client, kind.name, queries, ids))

    return background.run(read())


async def _count_matches(client: HubSpotClient, kind: ObjectType, queries: Sequence[SearchQuery]) -> int:
    one = queries[0] if queries else SearchQuery(((),))
    if len(queries) <= 1 and not one.rest:
        return await search.count_matches(client, kind.name, one)
    # A record that two searches find counts once.
    return sum([len(page) async for page in iterate_ids(client, kind.name, queries)])


async def _read_spread(client: HubSpotClient, kind: ObjectType, names: Sequence[str], sample: int) -> list[Record]:
    """Return records from places all over the range of ids, old ones and new ones: quicker than an exact sample."""
    total, top = await search.read_extent(client, kind.name)
    places = max(_PLACES, -(-sample // BATCH))
    found: dict[str, Record] = {}
    if sample >= total:
        async for page in iterate_records(client, kind.name, names):
            found |= {record.id: record for record in page if not record.problem}
    else:
        pages = await asyncio.gather(
            *(read_page(client, kind.name, names, top * place // places or None) for place in range(places))
        )
        for page, _ in pages:
            found |= {record.id: record for record in page[: -(-sample // places)] if not record.problem}
    return list(found.values())[:sample]
