"""Records that are made here (tasks, notes): created with their associations, found again by a mark, archived."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsai_kit.hubspot.associations import ASSOCIATIONS_BATCH, AssociationType, read_associated_ids
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.records import Record, read_many, read_reasons

_MARK = re.compile(r"hsai-[0-9a-f]{16}")


@dataclass(frozen=True)
class Draft:
    """A record to be made: its properties, the record that it is about, and its mark, which is its trace id too."""

    mark: str
    about: str
    properties: Mapping[str, str]


@dataclass(frozen=True)
class CreateResult:
    """What a batch create did: the new records by mark, and HubSpot's reasons for those that it refused."""

    records: Mapping[str, Record]
    reasons: Mapping[str, str]


async def create_batch(
    client: HubSpotClient, object_type: str, drafts: Sequence[Draft], link: AssociationType, *, attempt: int = 1
) -> CreateResult:
    """Make up to 100 records once, each associated with the one that it is about.

    HubSpot has no idempotency keys: after WriteUncertain, look with `find_marked` before anything is made again. Raises
    InvalidValues where HubSpot refused the whole batch.
    """
    types = [{"associationCategory": link.category, "associationTypeId": link.id}]
    inputs = [
        {
            # Only where every input has one does HubSpot tell single failures.
            "objectWriteTraceId": draft.mark,
            "properties": dict(draft.properties),
            "associations": [{"to": {"id": draft.about}, "types": types}],
        }
        for draft in drafts
    ]
    path = client.paths.objects(object_type, "/batch/create")
    reply = await client.write(path, {"inputs": inputs}, attempt=attempt)
    created = {
        _find_mark(one): Record(str(one["id"]), one.get("properties") or {}) for one in reply.data.get("results") or []
    }
    return CreateResult(created, read_reasons(reply.data, "objectWriteTraceId"))


async def archive_batch(client: HubSpotClient, object_type: str, ids: Sequence[str], *, attempt: int = 1) -> None:
    """Move up to 100 records to the recycling bin once; those that are there already are passed over."""
    path = client.paths.objects(object_type, "/batch/archive")
    await client.write(path, {"inputs": [{"id": one} for one in ids]}, attempt=attempt)


async def find_marked(
    client: HubSpotClient, about_type: str, ids: Sequence[str], object_type: str, properties: Sequence[str]
) -> dict[str, list[Record]]:
    """Return the records of `object_type` about any of `ids` that carry a mark in one of `properties`, by mark.

    It goes through the associations: a search would not see what was made in the last moments.
    """
    beside: dict[str, None] = {}
    for start in range(0, len(ids), ASSOCIATIONS_BATCH):
        some = ids[start : start + ASSOCIATIONS_BATCH]
        for others in (await read_associated_ids(client, about_type, some, object_type)).values():
            beside.update(dict.fromkeys(others))
    found: dict[str, list[Record]] = {}
    for record in (await read_many(client, object_type, list(beside), properties)).values():
        for mark in _list_marks(record.properties):
            found.setdefault(mark, []).append(record)
    return found


def _find_mark(result: Mapping[str, Any]) -> str:
    if trace := result.get("objectWriteTraceId"):
        return str(trace)
    return next(iter(_list_marks(result.get("properties") or {})), "")


def _list_marks(properties: Mapping[str, str | None]) -> set[str]:
    return set(_MARK.findall(" ".join(filter(None, properties.values()))))
