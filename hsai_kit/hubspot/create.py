"""Records that are made here (tasks, notes): created with their associations, found again by a mark, archived."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsai_kit.errors import HsaiError
from hsai_kit.hubspot.associations import ASSOCIATIONS_BATCH
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.records import Record, read_many

__all__ = [
    "AssociationType",
    "CreateResult",
    "Draft",
    "archive_batch",
    "association_type",
    "create_batch",
    "find_marked",
]

_MARK = re.compile(r"hsai-[0-9a-f]{16}")


@dataclass(frozen=True)
class AssociationType:
    """The type that links a new record to the one that it is about."""

    category: str
    id: int


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


async def association_type(client: HubSpotClient, from_type: str, to_type: str) -> AssociationType:
    """Return the type without a label from one object type to another; raises HsaiError where there is none."""
    answer = await client.get(f"{client.paths.associations_root}/{from_type}/{to_type}/labels")
    for one in answer.get("results") or []:
        if not one.get("label"):
            return AssociationType(str(one["category"]), int(one["typeId"]))
    message = f"HubSpot has no association from {from_type} to {to_type}, so no {from_type} can be made about them."
    raise HsaiError(message)


async def create_batch(
    client: HubSpotClient, object_type: str, drafts: Sequence[Draft], link: AssociationType, *, attempt: int = 1
) -> CreateResult:
    """Make up to 100 records once, each associated with the one that it is about.

    HubSpot has no idempotency keys: after Unsettled, look with `marked` before anything is made again. Raises
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
    reasons = {
        str(mark): str(error.get("message") or "HubSpot gave no reason")
        for error in reply.data.get("errors") or []
        for mark in _listed((error.get("context") or {}).get("objectWriteTraceId"))
    }
    made = {
        _mark_of(one): Record(str(one["id"]), one.get("properties") or {}) for one in reply.data.get("results") or []
    }
    return CreateResult(made, reasons)


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
        for one in await _associated(client, about_type, ids[start : start + ASSOCIATIONS_BATCH], object_type):
            beside[one] = None
    found: dict[str, list[Record]] = {}
    for record in (await read_many(client, object_type, list(beside), properties)).values():
        for mark in _marks_in(record.properties):
            found.setdefault(mark, []).append(record)
    return found


async def _associated(client: HubSpotClient, from_type: str, ids: Sequence[str], to_type: str) -> Iterable[str]:
    inputs: list[dict[str, str]] = [{"id": one} for one in ids]
    found: list[str] = []
    while inputs:
        reply = await client.post(client.paths.associations(from_type, to_type), {"inputs": inputs})
        inputs = []
        for result in reply.data.get("results") or []:
            found += [str(one["toObjectId"]) for one in result.get("to") or []]
            # Of one record 500 come at once.
            if after := ((result.get("paging") or {}).get("next") or {}).get("after"):
                inputs.append({"id": str(result["from"]["id"]), "after": str(after)})
    return found


def _mark_of(result: Mapping[str, Any]) -> str:
    if trace := result.get("objectWriteTraceId"):
        return str(trace)
    return next(iter(_marks_in(result.get("properties") or {})), "")


def _marks_in(properties: Mapping[str, str | None]) -> set[str]:
    return set(_MARK.findall(" ".join(filter(None, properties.values()))))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
