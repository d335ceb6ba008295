"""Which records a pull reads: the searches that find them, and a random choice without reading all."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from hsai_kit.hubspot import search
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.dates import parse_since, to_milliseconds
from hsai_kit.hubspot.filter_groups import Filter, Groups, SearchQuery, pack_queries, parse_filter_groups
from hsai_kit.hubspot.list_endpoint import NotById, Span, read_spans
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.hubspot.properties import Property
from hsai_kit.hubspot.records import BATCH, Record, iterate_records
from hsai_kit.hubspot.where import parse_where
from hsai_kit.runtime.background import Control
from hsai_kit.steps.pull.request import Since, Where

# Pages a second: what a list and what search let through.
_LIST_RATE, _SEARCH_RATE = 19, 4.9


def build_queries(
    where: Where | None, changed_since: Since | None, known: Mapping[str, Property], kind: ObjectType, zone: str
) -> list[SearchQuery]:
    """Return the searches that together find what matches; none where everything does.

    Raises WhereError, UnknownProperty and PullError. `zone` is the portal's time zone.
    """
    if where is None and changed_since is None:
        return []
    groups: Groups = []
    if isinstance(where, str):
        groups = parse_where(where, known, kind.name, zone)
    elif where is not None:
        groups = parse_filter_groups(where, known, kind.name)
    changed: Filter | None = None
    if changed_since is not None:
        value = to_milliseconds(parse_since(changed_since, zone))
        changed = {"propertyName": kind.last_change_property, "operator": "GTE", "value": value}
    return pack_queries(groups, changed)


def dump_queries(queries: Sequence[SearchQuery]) -> str:
    """Return searches as the store keeps them, "" for none."""
    return json.dumps([(query.groups, query.rest) for query in queries]) if queries else ""


def load_queries(text: str) -> list[SearchQuery]:
    """Return the searches that `dump_queries` made a text of."""
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


async def list_ids_if_few(
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
    found = await list_ids_if_few(client, object_type, queries, len(ids))
    if found is None:
        found = set()
        for start in range(0, len(ids), BATCH):
            found |= (await search.find_matching(client, object_type, (), queries, ids[start : start + BATCH])).keys()
    return [one for one in ids if one in found]


def choose_ids(ids: Sequence[str], number: int, seed: int) -> list[str]:
    """Return `number` of the ids at random, in their order; the same ones for the same seed."""
    places = random.Random(seed).sample(range(len(ids)), min(number, len(ids)))  # noqa: S311 -- a sample, no secret
    return [ids[place] for place in sorted(places)]


async def sample_ids(
    client: HubSpotClient,
    object_type: str,
    queries: Sequence[SearchQuery],
    number: int,
    seed: int,
    control: Control,
) -> list[str]:
    """Return the ids of `number` records at random among those that match, all of them where there are fewer.

    The progress tells how long that takes: HubSpot has no random choice, so each place is looked up by itself.
    """
    one = queries[0] if queries else SearchQuery(((),))
    if len(queries) <= 1 and not one.rest:
        total = await search.count_matches(client, object_type, one)
        ranks = choose_ids([str(rank) for rank in range(total)], number, seed)
        by_rank = (min(len(ranks), total / search.PAGE) + total / search.MOST_RESULTS) / _SEARCH_RATE
        by_list = total / BATCH / _LIST_RATE
        seconds = by_rank if queries else min(by_rank, by_list)
        control.progress.note = f"choosing {len(ranks):,} of {total:,} at random, about {seconds:,.0f} s"
        if queries or by_rank < by_list:
            return await search.read_ids_at(client, object_type, one, [int(rank) for rank in ranks])
    if queries:
        found = [one async for page in iterate_ids(client, object_type, queries) for one in page]
        return choose_ids(sorted(found, key=int), number, seed)
    return choose_ids(await _list_all(client, object_type, control.gate), number, seed)


async def _list_all(client: HubSpotClient, object_type: str, go_on: Callable[[], Awaitable[bool]]) -> list[str]:
    found: set[str] = set()

    def keep(records: list[Record], _: Sequence[Span]) -> None:
        found.update(record.id for record in records)

    _, top = await search.read_extent(client, object_type)
    try:
        await read_spans(client, object_type, (), [Span(0, 0, top + 1), Span(top + 1, top + 1, None)], keep, go_on)
    except NotById:
        async for page in iterate_records(client, object_type, ()):
            found.update(record.id for record in page)
    return sorted(found, key=int)
