"""A random choice of records, each as likely as any other, without reading them all where that takes longer."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence

from hsai_kit.hubspot import search
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.filter_groups import SearchQuery
from hsai_kit.hubspot.list_endpoint import NotById, Span, read_spans
from hsai_kit.hubspot.records import BATCH, Record, iterate_records
from hsai_kit.runtime.background import Control
from hsai_kit.steps.pull.search_queries import iterate_ids

__all__ = ["choose_ids", "sample_ids"]

# Pages a second: what a list and what search let through.
_LIST_RATE, _SEARCH_RATE = 19, 4


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
    return choose_ids(await _all(client, object_type, control.gate), number, seed)


async def _all(client: HubSpotClient, object_type: str, go_on: Callable[[], Awaitable[bool]]) -> list[str]:
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
