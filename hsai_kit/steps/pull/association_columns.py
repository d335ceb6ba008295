"""What stands beside the pulled records: read while they are read, put together when all are there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from hsai_kit.errors import CallWithdrawn
from hsai_kit.hubspot.activities import Activity, build_activity, build_story, list_activity_properties
from hsai_kit.hubspot.associations import ASSOCIATIONS_BATCH, read_associated_ids
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.hubspot.records import BATCH, read_many
from hsai_kit.runtime.control import Control
from hsai_kit.steps.pull.column_spec import ActivitiesColumn, Aggregation, AssociationColumn, PullColumn

# Each thousand records' activities are read at once, so not too many thousands at a time.
_STORIES_AT_ONCE = 2
# How long an answer is waited for after a stop, so that what was pulled is whole.
_LAST_SECONDS = 0.45


@dataclass
class _OtherRecords:
    """The records of one other type: which stand beside which, and the values that the columns need."""

    kind: ObjectType
    needs_only_first: bool = True
    names: list[str] = field(default_factory=list)
    of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By the id of the pulled record; only the first one where no column needs more."""
    values: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    """By their own id, in the order of `names`: many contacts share a company."""
    asked: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    """Of those asked for; what is gone, or cannot be read, has no values."""
    looked_at: set[str] = field(default_factory=set)
    """The pulled records whose neighbors are known."""
    waiting: list[str] = field(default_factory=list)


class AssociationColumns:
    """Reads for the records that it is told of; a record's columns are whole once `finish` has returned."""

    def __init__(self, client: HubSpotClient, kind: ObjectType, columns: Sequence[PullColumn]) -> None:
        self._client, self._kind = client, kind
        self._others: dict[str, _OtherRecords] = {}
        self._activities = [column for column in columns if isinstance(column, ActivitiesColumn)]
        self._stories: dict[str, dict[str, str | None]] = {column.name: {} for column in self._activities}
        self._stories_read: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids: list[str] = []
        self._patience: float | None = None
        self._gate = asyncio.Semaphore(_STORIES_AT_ONCE)
        for column in columns:
            if isinstance(column, AssociationColumn):
                other = self._others.setdefault(column.kind.name, _OtherRecords(column.kind))
                other.needs_only_first &= column.how == Aggregation.FIRST
                latest = [column.kind.creation_property] if column.how == Aggregation.LATEST else []
                wanted = [column.source.name, *latest] if column.source else []
                other.names += [name for name in wanted if name not in other.names]

    def add(self, ids: Iterable[str]) -> None:
        """Begin to read what stands beside these records."""
        if not self._others and not self._activities:
            return
        self._ids += ids
        while len(self._ids) >= ASSOCIATIONS_BATCH:
            self._begin(self._ids[:ASSOCIATIONS_BATCH])
            del self._ids[:ASSOCIATIONS_BATCH]

    async def finish(self) -> None:
        """Read what is left and wait for all of it; raises what HubSpot said."""
        if self._ids:
            self._begin(self._ids)
        await self._settle()
        for other in self._others.values():
            self._start(self._read(other, other.waiting))
        await self._settle()

    async def finish_soon(self, ids: Sequence[str], control: Control) -> list[str]:
        """Read on after a stop while answers come at once, and return those of the records whose columns are whole."""
        await self.drop()
        control.keeps_reads = True
        self._patience = _LAST_SECONDS
        self._ids = []
        for other in self._others.values():
            other.waiting = list(other.asked - other.answered)
        with contextlib.suppress(TimeoutError, CallWithdrawn):
            self.add(one for one in ids if not self._is_looked_at(one))
            await self.finish()
        await self.drop()
        whole = [one for one in ids if self._is_looked_at(one)]
        for other in self._others.values():
            unread = other.asked - other.answered
            whole = [one for one in whole if unread.isdisjoint(other.of.get(one, ()))]
        return whole

    def _is_looked_at(self, one: str) -> bool:
        stories = not self._activities or one in self._stories_read
        return stories and all(one in other.looked_at for other in self._others.values())

    async def drop(self) -> None:
        """Break off what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def raise_failure(self) -> None:
        """Raise what HubSpot said meanwhile, so that a pull does not go on for nothing."""
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            task.result()

    def read_values(self, column: AssociationColumn | ActivitiesColumn, ids: Sequence[str]) -> list[str | None]:
        """Return the raw values of a column for these records, None where there is nothing."""
        if isinstance(column, ActivitiesColumn):
            stories = self._stories[column.name]
            return [stories.get(one) for one in ids]
        other = self._others[column.kind.name]
        return [_build_value(column, other, other.of.get(one, ())) for one in ids]

    def _begin(self, ids: Sequence[str]) -> None:
        for other in self._others.values():
            self._start(self._read_ids(other, ids))
        if self._activities:
            self._start(self._read_stories(ids))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.create_task(work))

    async def _settle(self) -> None:
        while self._tasks:
            # A task may begin others meanwhile.
            done, _ = await asyncio.wait(self._tasks, timeout=self._patience, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                raise TimeoutError
            self._tasks -= done
            for task in done:
                task.result()

    async def _read_ids(self, other: _OtherRecords, ids: Sequence[str]) -> None:
        found = await read_associated_ids(self._client, self._kind.name, ids, other.kind.name)
        other.looked_at.update(ids)
        for one, beside in found.items():
            other.of[one] = tuple(beside[:1] if other.needs_only_first else beside)
            new = [each for each in other.of[one] if other.names and each not in other.asked]
            other.asked.update(new)
            other.waiting += new
        # Full batches at once; the rest waits for company.
        while len(other.waiting) >= BATCH:
            batch, other.waiting = other.waiting[:BATCH], other.waiting[BATCH:]
            self._start(self._read(other, batch))

    async def _read(self, other: _OtherRecords, ids: Sequence[str]) -> None:
        for one, record in (await read_many(self._client, other.kind.name, ids, other.names)).items():
            other.values[one] = tuple(record.properties.get(name) for name in other.names)
        other.answered.update(ids)

    async def _read_stories(self, ids: Sequence[str]) -> None:
        async with self._gate:
            entries: dict[str, dict[str, list[Activity]]] = {}
            for kind in dict.fromkeys(kind for column in self._activities for kind in column.kinds):
                entries[kind] = await self._read_activities(kind, ids)
        for column in self._activities:
            for one in ids:
                own = [entry for kind in column.kinds for entry in entries[kind].get(one, ())]
                if own:
                    self._stories[column.name][one] = build_story(own, column.most)
        self._stories_read.update(ids)

    async def _read_activities(self, kind: str, ids: Sequence[str]) -> dict[str, list[Activity]]:
        beside = await read_associated_ids(self._client, self._kind.name, ids, kind)
        wanted = list(dict.fromkeys(other for others in beside.values() for other in others))
        names = list_activity_properties(kind)
        known = await read_many(self._client, kind, wanted, names)
        texts = {one: build_activity(kind, one, record.properties) for one, record in known.items()}
        return {one: [texts[other] for other in others if other in texts] for one, others in beside.items()}


def _build_value(column: AssociationColumn, other: _OtherRecords, beside: tuple[str, ...]) -> str | None:
    """Make one value of the records beside a record."""
    if column.source is None:
        return str(len(beside))
    place = other.names.index(column.source.name)
    known = [(one, other.values[one]) for one in beside if one in other.values]
    if column.how == Aggregation.FIRST:
        return known[0][1][place] if known else None
    if column.how == Aggregation.LATEST:
        created = other.names.index(other.kind.creation_property)
        return max(known, key=lambda one: (one[1][created] or "", int(one[0])))[1][place] if known else None
    there = [value for _, values in known if (value := values[place])]
    return str(len(there)) if column.how == Aggregation.COUNT else _sum(there)


def _sum(values: Sequence[str]) -> str | None:
    try:
        return f"{sum(map(Decimal, values)):f}" if values else None
    except InvalidOperation:
        return None
