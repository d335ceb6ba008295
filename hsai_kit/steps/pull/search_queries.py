"""The searches that find what a pull is to read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence

from hsai_kit.hubspot import search
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.dates import parse_since, to_milliseconds
from hsai_kit.hubspot.filter_groups import Filter, Groups, SearchQuery, pack_queries, parse_filter_groups
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.hubspot.properties import Property
from hsai_kit.hubspot.records import BATCH
from hsai_kit.hubspot.where import parse_where
from hsai_kit.steps.pull.request import Since, Where

__all__ = ["build_queries", "count_is_small", "dump_queries", "filter_ids", "iterate_ids", "load_queries"]


def build_queries(
    where: Where | None, changed_since: Since | None, known: Mapping[str, Property], kind: ObjectType, zone: str
) -> list[SearchQuery]:
    """Return the searches that together find what matches; none where everything does.

    Raises WhereError, UnknownProperty and PullError. `zone` is the portal's time zone.
    """
    if where is None and changed_since is None:
        return []
    groups: Groups = []
    if where is not None:
        groups = (
            parse_where(where, known, kind.name, zone)
            if isinstance(where, str)
            else parse_filter_groups(where, known, kind.name)
        )
    return pack_queries(groups, None if changed_since is None else _changed(kind, changed_since, zone))


def dump_queries(queries: Sequence[SearchQuery]) -> str:
    """Return searches as the store keeps them, "" for none."""
    return json.dumps([(query.groups, query.rest) for query in queries]) if queries else ""


def load_queries(text: str) -> list[SearchQuery]:
    """Return the searches that `kept` made a text of."""
    found = json.loads(text) if text else []
    return [SearchQuery(tuple(tuple(group) for group in groups), tuple(rest)) for groups, rest in found]


async def iterate_ids(
    client: HubSpotClient, object_type: str, queries: Sequence[SearchQuery]
) -> AsyncIterator[list[str]]:
    """Yield the ids of all records that any of the searches finds, page by page, each once."""
    seen: set[str] = set()
    for query in queries:
        async for records, _, _ in search.iterate_pages(client, object_type, (), query):
            new = [record.id for record in records if record.id not in seen]
            seen.update(new)
            yield new


async def count_is_small(
    client: HubSpotClient, object_type: str, queries: Sequence[SearchQuery], candidates: int
) -> set[str] | None:
    """Return the ids of all records that match, None where it takes fewer searches to ask about so many candidates."""
    totals = [await search.count_matches(client, object_type, query) for query in queries]
    if sum(totals) / search.PAGE > candidates / BATCH * len(queries):
        return None
    return {one async for page in iterate_ids(client, object_type, queries) for one in page}


async def filter_ids(
    client: HubSpotClient, object_type: str, queries: Sequence[SearchQuery], ids: Sequence[str]
) -> list[str]:
    """Return those of the ids whose records match; of no searches all do."""
    if not queries:
        return list(ids)
    found = await count_is_small(client, object_type, queries, len(ids))
    if found is None:
        found = set()
        for start in range(0, len(ids), BATCH):
            found |= (await search.find_matching(client, object_type, (), queries, ids[start : start + BATCH])).keys()
    return [one for one in ids if one in found]


def _changed(kind: ObjectType, since: Since, zone: str) -> Filter:
    moment = parse_since(since, zone)
    return {"propertyName": kind.last_change_property, "operator": "GTE", "value": to_milliseconds(moment)}
