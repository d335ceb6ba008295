"""Records: listed, read and updated in batches, as plain dicts of strings; and what became of merged ones."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hsai_kit.errors import AnswerTooLarge, HubSpotError, NotFound
from hsai_kit.hubspot.answers import list_items, parse_id, read_cursor, refuse_repetition
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.error_mapping import as_list, read_context
from hsai_kit.runtime.rate_limit import Room
from hsai_kit.runtime.server_text import clean_reason

# HubSpot's page and batch size.
BATCH = 100
# A list takes its properties in the address, and HubSpot refuses a long one (414). Its limit is not documented;
# 8,000 characters is what the servers before it commonly take.
_LONGEST_NAMES = 6_000
# Each costs a request of its own, and what is gone is left alone whatever became of it.
MOST_SURVIVORS = 100


T = TypeVar("T")
_TOO_LARGE = "HubSpot's answer about it is too large to be read"
_ODD = "HubSpot sent it in a form that cannot be read"


@dataclass(frozen=True)
class Record:
    """A record as HubSpot sent it: every value a string, None where it is unset.

    Where that could not be read, `problem` says why, and there are no values.
    """

    id: str
    properties: Mapping[str, str | None]
    problem: str = ""


@dataclass(frozen=True)
class UpdateResult:
    """What a batch update did: the records that came back, as they are now, and reasons for ids that HubSpot named."""

    records: Mapping[str, Record]
    reasons: Mapping[str, str]

    @property
    def ids(self) -> frozenset[str]:
        """The ids that came back."""
        return frozenset(self.records)


@dataclass(frozen=True)
class Survivor:
    """The record that a merged one is now: its values, "" where unset, and each one's versions, newest first."""

    id: str
    values: Mapping[str, str]
    versions: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def took_over(self, name: str, value: str, since: str) -> bool:
        """Tell whether the property `name` holds `value` because of a merge after the time `since` (ISO, UTC).

        It does where its history tells of no value of its own before, and of nobody who typed it.
        """
        if self.values.get(name) != value:
            return False
        versions = self.versions.get(name) or []
        newest = versions[0] if versions else {}
        older = versions[1] if len(versions) > 1 else {}
        # [?] How HubSpot's history names a merge: by a word of its own, or by who wrote the value before the merge.
        source = str(newest.get("sourceType") or "")
        by_merge = "MERGE" in source or source == "INTEGRATION"
        # HubSpot's times have fractions of a second, ours none: 10:00:00.5Z is not before 10:00:00Z.
        later = str(newest.get("timestamp") or "") >= since.removesuffix("Z")
        return by_merge and not older.get("value") and later


async def iterate_records(
    client: HubSpotClient, object_type: str, properties: Sequence[str]
) -> AsyncIterator[list[Record]]:
    """Yield all records, a page of up to 100 at a time, in the order of their ids."""
    after: str | int | None = None
    seen: set[str | None] = set()
    while True:
        page, after = await read_page(client, object_type, properties, after)
        yield page
        if after is None:
            return
        refuse_repetition(after in seen)
        seen.add(after)


async def read_page(
    client: HubSpotClient, object_type: str, properties: Sequence[str], after: str | int | None
) -> tuple[list[Record], str | None]:
    """Return up to 100 records from the cursor `after` on (None: from the first), and the cursor of the next page.

    Where the names of the properties are too long for an address, the page's values are read as a batch. A page that is
    too large to be read is shorter; a record that is so by itself comes with its problem.
    """
    names = ",".join(properties)
    too_long = len(names) > _LONGEST_NAMES

    async def read(limit: int, names: str) -> tuple[list[Record], str | None]:
        query: dict[str, Any] = {"limit": limit, "archived": "false"}
        if names:
            query["properties"] = names
        if after is not None:
            query["after"] = after
        answer = await client.get(client.paths.objects(object_type), query)
        return parse_records(answer), read_cursor(answer)

    page, following = await read_less_and_less(BATCH, "" if too_long else names, read)
    if too_long and page:
        found = await read_batch(client, object_type, [record.id for record in page], properties, with_odd=True)
        page = [found[record.id] for record in page if record.id in found]
    return page, following


async def read_less_and_less(
    limit: int, names: str, read: Callable[[int, str], Awaitable[tuple[list[Record], T]]]
) -> tuple[list[Record], T]:
    """Return what `read` gives for a page of `limit` records, or of half as many as often as that is too large.

    A record that is too large by itself is read without its properties, and comes with its problem.
    """
    while True:
        try:
            return await read(limit, names)
        except AnswerTooLarge:
            if limit == 1 and not names:
                raise
            if limit == 1:
                break
        limit //= 2
    page, rest = await read(1, "")
    return [Record(record.id, {}, _TOO_LARGE) for record in page], rest


async def read_batch(
    client: HubSpotClient,
    object_type: str,
    ids: Sequence[str],
    properties: Sequence[str],
    *,
    room: Room | None = None,
    with_odd: bool = False,
) -> dict[str, Record]:
    """Return up to 100 records by id; ids that were deleted or merged away are not among them.

    Those that could not be read are there, with their problem, only where `with_odd` asks for them.
    """
    body = {"inputs": [{"id": one} for one in ids], "properties": list(properties)}
    try:
        reply = await client.post(client.paths.objects(object_type, "/batch/read"), body, room=room)
        records = parse_records(reply.data)
    except AnswerTooLarge:
        if len(ids) > 1:
            halves = (ids[: len(ids) // 2], ids[len(ids) // 2 :])
            parts = [await read_batch(client, object_type, half, properties, with_odd=with_odd) for half in halves]
            return parts[0] | parts[1]
        records = [Record(one, {}, _TOO_LARGE) for one in ids]
    return {record.id: record for record in records if with_odd or not record.problem}


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
    Raises InvalidValues where HubSpot refused the whole batch, WriteUncertain where it has to be looked at before
    another attempt.
    """
    body = {"inputs": [{"id": one, "properties": dict(values)} for one, values in changes.items()]}
    path = client.paths.objects(object_type, "/batch/update")
    reply = await client.write(path, body, attempt=attempt, until=until, room=room)
    records = {record.id: record for record in parse_records(reply.data) if not record.problem}
    return UpdateResult(records, read_reasons(reply.data, "ids"))


def read_reasons(answer: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return HubSpot's reasons for what it refused of a batch, by what the errors name under `key`."""
    return {
        str(one): clean_reason(error.get("message") or "HubSpot gave no reason")
        for error in list_items(answer, "errors")
        for one in as_list(read_context(error).get(key))
    }


def parse_records(answer: Mapping[str, Any]) -> list[Record]:
    """Return an answer's results as records; what has no id of a record is none, and odd values are a problem."""
    return [
        _parse_record(record_id, result.get("properties"))
        for result in list_items(answer, "results")
        if (record_id := parse_id(result.get("id")))
    ]


def _parse_record(record_id: str, properties: object) -> Record:
    values = {} if properties is None else properties
    if not isinstance(values, dict):
        return Record(record_id, {}, _ODD)
    for name, value in values.items():
        if value is not None and not isinstance(value, str):
            if isinstance(value, list | dict):
                return Record(record_id, {}, f"{_ODD} (the property {name})")
            # Values are strings; a number or a truth value has one spelling only.
            values = {**values, name: json.dumps(value)}
    return Record(record_id, values)


async def find_survivor(client: HubSpotClient, object_type: str, record_id: str) -> str | None:
    """Return the id of the record that one was merged into, None where there is no such record any more."""
    try:
        return str((await client.get(client.paths.objects(object_type, f"/{record_id}")))["id"])
    except NotFound:
        return None


async def read_survivors(
    client: HubSpotClient, object_type: str, gone: Sequence[str], names: Sequence[str]
) -> dict[str, Survivor]:
    """Return for records that are gone those that took them over; the others were deleted, or are beyond the first 100.

    HubSpot answers a read of one merged record with the record that it was merged into.
    """
    found = await asyncio.gather(*(_read_survivor(client, object_type, one, names) for one in gone[:MOST_SURVIVORS]))
    return {one: survivor for one, survivor in zip(gone, found, strict=False) if survivor is not None}


async def _read_survivor(client: HubSpotClient, object_type: str, gone: str, names: Sequence[str]) -> Survivor | None:
    joined = ",".join(names)
    query = {"properties": joined, "propertiesWithHistory": joined} if names else None
    try:
        answer = await client.get(client.paths.objects(object_type, f"/{gone}"), query)
    except NotFound:
        return None
    except HubSpotError:
        # What became of it is for the report only: no reason to end a push.
        return None
    if str(answer.get("id")) == gone:
        return None
    values = answer.get("properties") or {}
    return Survivor(
        str(answer["id"]), {name: values.get(name) or "" for name in names}, answer.get("propertiesWithHistory") or {}
    )
