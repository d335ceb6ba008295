"""Records that were merged away: which record took them over, and where its values came from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hsai_kit.errors import HubSpotError, NotFound
from hsai_kit.hubspot.client import HubSpotClient

__all__ = ["MOST", "Survivor", "read_survivors"]

# Each costs a request of its own, and what is gone is left alone whatever became of it.
MOST = 100


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


async def read_survivors(
    client: HubSpotClient, object_type: str, gone: Sequence[str], names: Sequence[str]
) -> dict[str, Survivor]:
    """Return for records that are gone those that took them over; the others were deleted, or are beyond the first 100.

    HubSpot answers a read of one merged record with the record that it was merged into.
    """
    found = await asyncio.gather(*(_survivor(client, object_type, one, names) for one in gone[:MOST]))
    return {one: survivor for one, survivor in zip(gone, found, strict=False) if survivor is not None}


async def _survivor(client: HubSpotClient, object_type: str, gone: str, names: Sequence[str]) -> Survivor | None:
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
