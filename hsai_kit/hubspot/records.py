"""Records: list, search, read and update in batches, as plain dicts of strings."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsai_kit.errors import NotFound
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.runtime.rate_limit import Room

__all__ = [
    "BATCH",
    "Record",
    "UpdateResult",
    "as_records",
    "iterate_records",
    "list_page",
    "read_batch",
    "read_many",
    "survivor",
    "update_batch",
]

# HubSpot's page and batch size.
BATCH = 100
# A list takes its properties in the address, and HubSpot refuses a long one (414). Its limit is not documented;
# 8,000 characters is what the servers before it commonly take.
_LONGEST_NAMES = 6_000


@dataclass(frozen=True)
class Record:
    """A record as HubSpot sent it: every value a string, None where it is unset."""

    id: str
    properties: Mapping[str, str | None]


@dataclass(frozen=True)
class UpdateResult:
    """What a batch update did: the records that came back, as they are now, and reasons for ids that HubSpot named."""

    records: Mapping[str, Record]
    reasons: Mapping[str, str]

    @property
    def ids(self) -> frozenset[str]:
        """The ids that came back."""
        return frozenset(self.records)


async def iterate_records(
    client: HubSpotClient, object_type: str, properties: Sequence[str]
) -> AsyncIterator[list[Record]]:
    """Yield all records, a page of up to 100 at a time, in the order of their ids."""
    after: str | int | None = None
    while True:
        page, after = await list_page(client, object_type, properties, after)
        yield page
        if after is None:
            return


async def list_page(
    client: HubSpotClient, object_type: str, properties: Sequence[str], after: str | int | None
) -> tuple[list[Record], str | None]:
    """Return up to 100 records from the cursor `after` on (None: from the first), and the cursor of the next page.

    Where the names of the properties are too long for an address, the page's values are read as a batch.
    """
    query: dict[str, Any] = {"limit": BATCH, "archived": "false"}
    names = ",".join(properties)
    too_long = len(names) > _LONGEST_NAMES
    if names and not too_long:
        query["properties"] = names
    if after is not None:
        query["after"] = after
    answer = await client.get(client.paths.objects(object_type), query)
    page = as_records(answer["results"])
    if too_long and page:
        found = await read_batch(client, object_type, [record.id for record in page], properties)
        page = [found[record.id] for record in page if record.id in found]
    following = ((answer.get("paging") or {}).get("next") or {}).get("after")
    return page, None if following is None else str(following)


async def survivor(client: HubSpotClient, object_type: str, record_id: str) -> str | None:
    """Return the id of the record that one was merged into, None where there is no such record any more."""
    try:
        return str((await client.get(client.paths.objects(object_type, f"/{record_id}")))["id"])
    except NotFound:
        return None


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
    return {record.id: record for record in as_records(reply.data.get("results") or [])}


async def read_many(
    client: HubSpotClient, object_type: str, ids: Sequence[str], properties: Sequence[str]
) -> dict[str, Record]:
    """Return any number of records by id, read in batches side by side, as `read_batch` does."""
    parts = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    found = await asyncio.gather(*(read_batch(client, object_type, part, properties) for part in parts))
    return {one: record for part in found for one, record in part.items()}


async def update_batch(
    client: HubSpotClient,
    object_type: str,
    changes: Mapping[str, Mapping[str, str]],
    *,
    attempt: int = 1,
    until: float = math.inf,
    room: Room | None = None,
) -> UpdateResult:
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
    return UpdateResult({record.id: record for record in as_records(reply.data.get("results") or [])}, reasons)


def as_records(results: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Return HubSpot's results as records."""
    return [Record(str(result["id"]), result.get("properties") or {}) for result in results]
