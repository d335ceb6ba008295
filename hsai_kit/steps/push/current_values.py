"""Reading what HubSpot holds now, before a plan and just before each write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.hubspot.records import BATCH, read_batch
from hsai_kit.runtime import background
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.progress import Progress
from hsai_kit.runtime.rate_limit import Room
from hsai_kit.steps.push.plan import PushPlan

Present: TypeAlias = dict[str, dict[str, str]]
"""What HubSpot holds now: values by property by record id, "" where unset; records that are gone are absent."""

# Batches that are read at once.
_AT_ONCE = 4


def build_while_reading(
    build: Callable[[Control], Coroutine[Any, Any, PushPlan]], names: Sequence[str], records: int
) -> PushPlan:
    """Return the plan that `build` makes, with a progress line for the records that it reads."""
    progress = Progress(f"Looking what HubSpot holds of {', '.join(names)}", total=records)
    return background.start(build, progress).wait("Nothing was written. Run the same again.")


async def read_present(
    hub: Connection, object_type: str, ids: Sequence[str], names: Sequence[str], control: Control
) -> Present:
    """Return what HubSpot holds of many records, read a few batches at a time, until a stop is asked for."""
    found: Present = {}
    turn = asyncio.Semaphore(_AT_ONCE)

    async def read(batch: Sequence[str]) -> None:
        async with turn:
            if not control.is_stopping:
                found.update(await read_present_batch(hub, object_type, batch, names))
                control.progress.done += len(batch)

    tasks = [asyncio.ensure_future(read(ids[start : start + BATCH])) for start in range(0, len(ids), BATCH)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    return found


async def read_present_batch(
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
