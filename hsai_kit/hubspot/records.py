"""Records: list, search, read and update in batches, as plain dicts of strings."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.pacing import Room

__all__ = ["BATCH", "Record", "Updated", "counted", "listed", "read_batch", "searched", "update_batch"]

# HubSpot's page and batch sizes: 100 a list page and a batch, 200 a search page.
BATCH = 100
_SEARCH_PAGE = 200
# A list takes its properties in the address, and HubSpot refuses a long one (414). Its limit is not documented;
# 8,000 characters is what the servers before it commonly take.
_LONGEST_NAMES = 6_000


@dataclass(frozen=True)
class Record:
    """A record as HubSpot sent it: every value a string, None where it is unset."""

    id: str
    properties: Mapping[str, str | None]


@dataclass(frozen=True)
class Updated:
    """What a batch update did: the records that came back, as they are now, and reasons for ids that HubSpot named."""

    records: Mapping[str, Record]
    reasons: Mapping[str, str]

    @property
    def ids(self) -> frozenset[str]:
        """The ids that came back."""
        return frozenset(self.records)


async def listed(client: HubSpotClient, object_type: str, properties: Sequence[str]) -> AsyncIterator[list[Record]]:
    """Yield all records, a page of up to 100 at a time, in the order of their ids.

    Where the names of the properties are too long for an address, each page's values are read as a batch.
    """
    query: dict[str, Any] = {"limit": BATCH, "archived": "false"}
    names = ",".join(properties)
    too_long = len(names) > _LONGEST_NAMES
    if names and not too_long:
        query["properties"] = names
    while True:
        answer = await client.get(client.paths.objects(object_type), query)
        page = _records(answer["results"])
        if too_long and page:
            found = await read_batch(client, object_type, [record.id for record in page], properties)
            page = [found[record.id] for record in page if record.id in found]
        yield page
        after = ((answer.get("paging") or {}).get("next") or {}).get("after")
        if after is None:
            return
        query["after"] = after


async def searched(
    client: HubSpotClient, object_type: str, properties: Sequence[str], groups: Sequence[Sequence[Mapping[str, Any]]]
) -> AsyncIterator[tuple[list[Record], int]]:
    """Yield pages of up to 200 records that match any of the filter groups, with the number still to come.

    Pages go by record id and not by offset: a search ends at 10,000 results, and offsets shift under changes.
    """
    last = "0"
    while True:
        beyond = {"propertyName": "hs_object_id", "operator": "GT", "value": last}
        body = {
            "filterGroups": [{"filters": [*group, beyond]} for group in groups],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": _SEARCH_PAGE,
        }
        answer = await client.search(client.paths.objects(object_type, "/search"), body)
        records = _records(answer["results"])
        yield records, int(answer.get("total") or len(records))
        if len(records) < _SEARCH_PAGE:
            return
        last = records[-1].id


async def counted(client: HubSpotClient, object_type: str, groups: Sequence[Sequence[Mapping[str, Any]]]) -> int:
    """Return how many records match any of the filter groups; no groups match all."""
    body = {"filterGroups": [{"filters": list(group)} for group in groups], "properties": ["hs_object_id"], "limit": 1}
    return int((await client.search(client.paths.objects(object_type, "/search"), body))["total"])


async def read_batch(
    client: HubSpotClient,
    object_type: str,
    ids: Sequence[str],
    properties: Sequence[str],
    *,
    room: Room | None = None,
) -> dict[str, Record]:
    """Return up to 100 records by id; ids that were deleted or merged away are not among them."""
    body = {"inputs": [{"id": one} for one in ids], "properties": list(properties)}
    reply = await client.post(client.paths.objects(object_type, "/batch/read"), body, room=room)
    return {record.id: record for record in _records(reply.data.get("results") or [])}


async def update_batch(
    client: HubSpotClient,
    object_type: str,
    changes: Mapping[str, Mapping[str, str]],
    *,
    attempt: int = 1,
    until: float = math.inf,
    room: Room | None = None,
) -> Updated:
    """Write up to 100 records once, `changes` by record id; the other arguments are those of `client.write`.

    An id that is neither in `records` nor in `reasons` was left out in silence, as HubSpot does with merged records.
    Raises InvalidValues where HubSpot refused the whole batch, Unsettled where it has to be looked at before another
    attempt.
    """
    body = {"inputs": [{"id": one, "properties": dict(values)} for one, values in changes.items()]}
    path = client.paths.objects(object_type, "/batch/update")
    reply = await client.write(path, body, attempt=attempt, until=until, room=room)
    reasons = {
        str(one): str(error.get("message") or "HubSpot gave no reason")
        for error in reply.data.get("errors") or []
        for one in (error.get("context") or {}).get("ids") or []
    }
    return Updated({record.id: record for record in _records(reply.data.get("results") or [])}, reasons)


def _records(results: Sequence[Mapping[str, Any]]) -> list[Record]:
    return [Record(str(result["id"]), result.get("properties") or {}) for result in results]
