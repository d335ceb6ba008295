"""Associations: which company, deal or contact stands beside a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.records import BATCH, Record, read_batch

__all__ = ["ASSOCIATIONS_BATCH", "first_associated"]

# HubSpot reads the associations of up to 1,000 records at once.
ASSOCIATIONS_BATCH = 1000


async def first_associated(
    client: HubSpotClient,
    from_type: str,
    ids: Sequence[str],
    to_type: str,
    properties: Sequence[str],
    known: dict[str, Record],
) -> Mapping[str, Record]:
    """Return for up to 1,000 ids the primary associated record of `to_type`, or its first one.

    Ids without one are absent. `known` keeps the other records by id, so that many batches read each of them once.
    """
    body = {"inputs": [{"id": one} for one in ids]}
    reply = await client.post(client.paths.associations(from_type, to_type), body)
    beside: dict[str, str] = {}
    for result in reply.data.get("results") or []:
        targets = sorted(result.get("to") or [], key=_primary_first)
        if targets:
            beside[str(result["from"]["id"])] = str(targets[0]["toObjectId"])
    wanted = sorted(set(beside.values()) - known.keys())
    for start in range(0, len(wanted), BATCH):
        known |= await read_batch(client, to_type, wanted[start : start + BATCH], properties)
    return {one: known[other] for one, other in beside.items() if other in known}


def _primary_first(target: Mapping[str, object]) -> bool:
    kinds = target.get("associationTypes")
    labels = [kind.get("label") for kind in kinds] if isinstance(kinds, list) else []
    return "Primary" not in labels
