"""Looking what HubSpot holds now, before a plan and just before each write."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeAlias

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.hubspot.records import BATCH, Survivor, read_batch
from hsai_kit.runtime import background
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.progress import Progress
from hsai_kit.runtime.rate_limit import Room

__all__ = ["Present", "explain_absence", "look", "present_values"]

Present: TypeAlias = dict[str, dict[str, str]]
"""What HubSpot holds now: values by property by record id, "" where unset; records that are gone are absent."""

# Batches that are read at once.
_AT_ONCE = 4


def look(hub: Connection, object_type: str, ids: Sequence[str], names: Sequence[str]) -> Present:
    """Read what HubSpot holds of many records, a few batches at a time, with a progress line."""

    async def work(control: Control) -> Present:
        found: Present = {}
        starts = iter(range(0, len(ids), BATCH))

        async def some() -> None:
            for start in starts:
                batch = ids[start : start + BATCH]
                if control.is_stopping:
                    return
                found.update(await present_values(hub, object_type, batch, names))
                control.progress.done += len(batch)

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(some())
        return found

    progress = Progress(f"Looking what HubSpot holds of {', '.join(names)}", total=len(ids))
    try:
        return background.start(work, progress).wait("Nothing was written. Run the same again.")
    except ExceptionGroup as several:
        problem = several.exceptions[0]
    raise problem


async def present_values(
    hub: Connection, object_type: str, ids: Sequence[str], names: Sequence[str], room: Room | None = None
) -> Present:
    """Return the values that HubSpot holds now of some properties of up to 100 records.

    Raises PushRefused where a property is no longer there, which would otherwise look like unset everywhere.
    """
    records = await read_batch(hub.hubspot, object_type, ids, names, room=room)
    for name in names:
        if any(name not in record.properties for record in records.values()):
            message = (
                f"{object_type} no longer has the property {name!r}: it was deleted in HubSpot meanwhile. "
                "Restore it there (Settings → Properties → Archived properties), or push to another one."
            )
            raise PushRefused(message)
    return {one: {name: record.properties[name] or "" for name in names} for one, record in records.items()}


def explain_absence(survivor: Survivor | None, when: str) -> str:
    """Say what became of a record that is gone; None for one that was deleted, or of which HubSpot does not tell."""
    if survivor is None:
        return f"the record was deleted or merged {when}"
    return f"the record was merged into {survivor.id} {when}"
