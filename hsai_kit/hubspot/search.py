"""Search: pages by record id past 10,000 results, records of some ids that match, and records by their rank."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from hsai_kit.hubspot.answers import parse_id, refuse_odd_answers, refuse_repetition
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.filter_groups import Filter, SearchQuery
from hsai_kit.hubspot.records import BATCH, Record, parse_records, read_less_and_less

# HubSpot's own limits: 200 records a page, the first 10,000 results of a query; IN takes 100 values.
PAGE, MOST_RESULTS = 200, 10_000
_ID = "hs_object_id"
_BY_ID = {"propertyName": _ID, "direction": "ASCENDING"}


@refuse_odd_answers
async def count_matches(client: HubSpotClient, object_type: str, query: SearchQuery) -> int:
    """Return how many records a query finds; its `rest` is not looked at."""
    return int((await _search(client, object_type, query, None, limit=1))["total"])


@refuse_odd_answers
async def read_extent(client: HubSpotClient, object_type: str) -> tuple[int, int]:
    """Return how many records there are and the highest id, (0, 0) where there are none."""
    body = {"sorts": [_BY_ID | {"direction": "DESCENDING"}], "properties": [_ID], "limit": 1}
    answer = await client.search(client.paths.objects(object_type, "/search"), body)
    results = parse_records(answer)
    return (int(answer["total"]), int(results[0].id)) if results else (0, 0)


async def iterate_pages(
    client: HubSpotClient, object_type: str, properties: Sequence[str], query: SearchQuery, last: int = 0
) -> AsyncIterator[tuple[list[Record], int, int]]:
    """Yield (records that match, the highest id looked at, how many are still to be looked at) a page at a time.

    Pages go by record id and not by offset: a search ends at 10,000 results, and offsets shift under changes. `last`
    is the id after which to begin.
    """
    while True:

        async def read(limit: int, names: str, above: int = last) -> tuple[list[Record], int]:
            wanted = properties if names else ()
            answer = await _search(client, object_type, query, _build_id_above(above), wanted, limit=limit)
            return parse_records(answer), int(parse_id(answer.get("total")) or 0)

        found, total = await read_less_and_less(PAGE, ",".join(properties), read)
        if not found:
            return
        refuse_repetition(int(found[-1].id) <= last)
        last, left = int(found[-1].id), max(0, total - len(found))
        kept = found
        if query.rest:
            fits = await _find_fitting(client, object_type, query.rest, [record.id for record in found])
            kept = [record for record in found if record.id in fits]
        yield kept, last, left
        if not left:
            return


async def find_matching(
    client: HubSpotClient,
    object_type: str,
    properties: Sequence[str],
    queries: Sequence[SearchQuery],
    ids: Sequence[str],
) -> dict[str, Record]:
    """Return those of up to 100 records that any of the queries finds, by id."""
    found: dict[str, Record] = {}
    for query in queries:
        answer = await _search(client, object_type, query, _build_id_in(ids), properties)
        records = {record.id: record for record in parse_records(answer)}
        if query.rest and records:
            fits = await _find_fitting(client, object_type, query.rest, list(records))
            records = {one: record for one, record in records.items() if one in fits}
        found |= records
    return found


@refuse_odd_answers
async def read_ids_at(client: HubSpotClient, object_type: str, query: SearchQuery, ranks: Sequence[int]) -> list[str]:
    """Return the ids of the records at these ranks (0 is the lowest id); a rank beyond the last one gives none."""
    blocks: dict[int, list[int]] = {}
    for rank in sorted(set(ranks)):
        blocks.setdefault(rank // MOST_RESULTS, []).append(rank % MOST_RESULTS)
    found: list[str] = []
    last = 0
    for block in range(max(blocks, default=-1) + 1):
        spans = _group_by_page(blocks.get(block, []))
        # Two at a time: search allows few a second for the whole account.
        for start in range(0, len(spans), 2):
            some = spans[start : start + 2]
            answers = await asyncio.gather(
                *(
                    _search(
                        client, object_type, query, _build_id_above(last), after=span[0], limit=span[-1] - span[0] + 1
                    )
                    for span in some
                )
            )
            for span, answer in zip(some, answers, strict=True):
                records = parse_records(answer)
                found += [records[one - span[0]].id for one in span if one - span[0] < len(records)]
        if block < max(blocks):
            ends = await _search(client, object_type, query, _build_id_above(last), after=MOST_RESULTS - 1, limit=1)
            following = parse_records(ends)
            if not following:
                break
            refuse_repetition(int(following[0].id) <= last)
            last = int(following[0].id)
    return list(dict.fromkeys(found))


def _group_by_page(offsets: Sequence[int]) -> list[list[int]]:
    """Group offsets so that each group is read with one page."""
    groups: list[list[int]] = []
    for one in offsets:
        if groups and one - groups[-1][0] < PAGE:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


async def _find_fitting(
    client: HubSpotClient, object_type: str, filters: tuple[Filter, ...], ids: Sequence[str]
) -> set[str]:
    fits: set[str] = set()
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        answer = await _search(client, object_type, SearchQuery((filters,)), _build_id_in(some), limit=BATCH)
        fits |= {record.id for record in parse_records(answer)}
    return fits


async def _search(
    client: HubSpotClient,
    object_type: str,
    query: SearchQuery,
    also: Mapping[str, Any] | None,
    properties: Sequence[str] = (_ID,),
    *,
    after: int = 0,
    limit: int = PAGE,
) -> dict[str, Any]:
    groups = [{"filters": [*group, also] if also else list(group)} for group in query.groups]
    body = {
        "filterGroups": [group for group in groups if group["filters"]],
        "sorts": [_BY_ID],
        "properties": list(properties) or [_ID],
        "limit": limit,
    }
    if after:
        body["after"] = str(after)
    return await client.search(client.paths.objects(object_type, "/search"), body)


def _build_id_above(last: int) -> Filter:
    return {"propertyName": _ID, "operator": "GT", "value": str(last)}


def _build_id_in(ids: Sequence[str]) -> Filter:
    return {"propertyName": _ID, "operator": "IN", "values": list(ids)}
