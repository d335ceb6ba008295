"""Associations: which companies, deals or notes stand beside a record, and how a new record is linked to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsai_kit.errors import HubSpotError
from hsai_kit.hubspot.answers import list_items, parse_id, read_cursor, refuse_odd_answers, refuse_repetition
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.runtime.server_text import clean_reason

# HubSpot reads the associations of up to 1,000 records at once, 500 of each record a page.
ASSOCIATIONS_BATCH = 1000
# How HubSpot says in a 207 that a record has nothing beside it, or is gone itself.
_NOTHING = ("NO_ASSOCIATIONS_FOUND", "OBJECT_NOT_FOUND")


@dataclass(frozen=True)
class AssociationType:
    """The type that links a new record to the one that it is about."""

    category: str
    id: int


@refuse_odd_answers
async def find_association_type(client: HubSpotClient, from_type: str, to_type: str) -> AssociationType:
    """Return the type without a label from one object type to another; raises HubSpotError where there is none."""
    answer = await client.get(f"{client.paths.associations_root}/{from_type}/{to_type}/labels")
    for one in list_items(answer, "results"):
        if not one.get("label"):
            return AssociationType(str(one["category"]), int(one["typeId"]))
    message = f"HubSpot has no association from {from_type} to {to_type}, so no {from_type} can be made about them."
    raise HubSpotError(message)


@refuse_odd_answers
async def read_associated_ids(
    client: HubSpotClient, from_type: str, ids: Sequence[str], to_type: str
) -> dict[str, list[str]]:
    """Return for up to 1,000 records the ids of all records of `to_type` beside each, the primary one first.

    Records without any are absent. Raises HubSpotError where HubSpot could not tell for a record.
    """
    found: dict[str, dict[str, bool]] = {one: {} for one in ids}
    seen: set[tuple[str, str]] = set()
    inputs: list[dict[str, str]] = [{"id": one} for one in ids]
    while inputs:
        answer = (await client.post(client.paths.associations(from_type, to_type), {"inputs": inputs})).data
        _refuse_failures(list_items(answer, "errors"))
        inputs = []
        for result in list_items(answer, "results"):
            one = parse_id(result["from"]["id"])
            if one not in found:
                continue
            beside = found[one]
            before = len(beside)
            for target in list_items(result, "to"):
                if other := parse_id(target["toObjectId"]):
                    beside[other] = beside.get(other, False) or _is_primary(target)
            if after := read_cursor(result):
                refuse_repetition((one, after) in seen or len(beside) == before)
                seen.add((one, after))
                inputs.append({"id": one, "after": after})
    return {one: sorted(beside, key=lambda other: not beside[other]) for one, beside in found.items() if beside}


def _is_primary(target: Mapping[str, Any]) -> bool:
    return any(kind.get("label") == "Primary" for kind in list_items(target, "associationTypes"))


def _refuse_failures(errors: Sequence[Mapping[str, Any]]) -> None:
    for error in errors:
        if not str(error.get("subCategory") or error.get("category") or "").endswith(_NOTHING):
            reason = clean_reason(error.get("message") or "no reason given")
            message = f"HubSpot could not tell what stands beside a record: {reason}. Run the same again."
            raise HubSpotError(message, category=str(error.get("category") or ""), detail=error)
