"""Records into a DataFrame."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, overload

import pandas as pd

from hsai_kit.background import Control, Handle, start
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.frames import mark
from hsai_kit.hubspot.associations import ASSOCIATIONS_BATCH, first_associated
from hsai_kit.hubspot.objects import ObjectType, resolve
from hsai_kit.hubspot.properties import Property, pick, read_properties
from hsai_kit.hubspot.records import Record, listed, searched
from hsai_kit.hubspot.values import as_column
from hsai_kit.hubspot.where import filter_groups
from hsai_kit.progress import Progress, say
from hsai_kit.steps.pull.looking import count, lists, object_types, properties

__all__ = ["count", "lists", "object_types", "properties", "pull"]


@overload
def pull(
    hub: Connection,
    object_type: str,
    properties: Sequence[str],
    *,
    where: str | None = ...,
    limit: int | None = ...,
    wait: Literal[True] = ...,
) -> pd.DataFrame: ...
@overload
def pull(
    hub: Connection,
    object_type: str,
    properties: Sequence[str],
    *,
    where: str | None = ...,
    limit: int | None = ...,
    wait: Literal[False],
) -> Handle[pd.DataFrame]: ...
def pull(
    hub: Connection,
    object_type: str,
    properties: Sequence[str],
    *,
    where: str | None = None,
    limit: int | None = None,
    wait: bool = True,
) -> pd.DataFrame | Handle[pd.DataFrame]:
    """Read records of `object_type` with the given properties into a DataFrame.

    The index is `record_id` (strings); each property is a typed column in the order given: string, Int64 or Float64,
    boolean, datetime64[us, UTC], category by internal value, lists for multi-checkboxes; unset is NA. `company.name`
    reads a property of the primary (or first) associated record. `where` takes conditions in plain words, such as
    `state is known and lifecyclestage is lead`; `limit` the most records to read. The raw strings are kept in the
    store. With `wait=False` a handle comes back at once; after its `.cancel()` the result holds what was read so far.

    Raises UnknownObjectType, UnknownProperty and WhereError before any record is read; what HubSpot raises after.

    >>> from hsai_kit import connect
    >>> with connect(sandbox=True) as hub:
    ...     contacts = pull(hub, "contacts", ["state", "company.name"], where="state is known", limit=3)
    >>> contacts.shape
    (3, 2)
    """
    if isinstance(properties, str):
        properties = [properties]
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
        message = f"limit is {limit!r}; it is the most records to read, so it starts at 1."
        raise HsaiError(message)
    wanted = list(dict.fromkeys(properties))

    async def work(control: Control) -> pd.DataFrame:
        return await _Pull(hub, control, wanted, where, limit).frame(object_type)

    handle = start(work, Progress(f"Pulling {object_type}", total=limit))
    if not wait:
        return handle
    frame = handle.wait()
    if frame.empty and where:
        say(f"No {object_type} match: {where}")
    return frame


@dataclass
class _Beside:
    """The records of another type that stand beside the pulled ones, and the columns that they give."""

    name: str
    columns: list[tuple[str, Property]] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    """By their own id: many contacts share a company."""
    of: dict[str, Record] = field(default_factory=dict)
    """By the id of the pulled record."""


@dataclass
class _Pull:
    """One pull on the background loop."""

    hub: Connection
    control: Control
    wanted: list[str]
    where: str | None
    limit: int | None

    async def frame(self, object_type: str) -> pd.DataFrame:
        client, store = self.hub.hubspot, self.hub.store
        kind = await resolve(client, object_type)
        known = await read_properties(client, kind.name)
        # Everything is checked before the first record is read.
        own = pick(known, [name for name in self.wanted if "." not in name], kind.name)
        beside = await self._beside()
        groups = None if self.where is None else filter_groups(self.where, known, kind.name)
        names = [definition.name for definition in own]
        pull_id = store.pulls.begin(self.hub.portal.id, kind.name, kind.type_id, names, self.where)
        records: list[Record] = []
        waiting: list[str] = []
        async for page in self._pages(kind, names, groups):
            store.pulls.add(pull_id, ((record.id, record.properties) for record in page))
            records += page
            waiting += [record.id for record in page]
            # Between the pages and not after them, so that a stop has little left to read and no row is half read.
            if len(waiting) >= ASSOCIATIONS_BATCH:
                await self._look_beside(kind, beside, waiting)
                waiting = []
        await self._look_beside(kind, beside, waiting)
        if not self.control.stopping:
            store.pulls.end(pull_id)
        columns = {d.name: as_column([record.properties.get(d.name) for record in records], d) for d in own}
        for other in beside:
            there = [other.of[record.id].properties if record.id in other.of else {} for record in records]
            columns |= {column: as_column([one.get(d.name) for one in there], d) for column, d in other.columns}
        index = pd.Index([record.id for record in records], dtype="string", name="record_id")
        return mark(pd.DataFrame(columns, index=index)[self.wanted], pull_id=pull_id, object_type=kind.name)

    async def _pages(
        self, kind: ObjectType, names: list[str], groups: list[list[dict[str, object]]] | None
    ) -> AsyncIterator[list[Record]]:
        progress, client = self.control.progress, self.hub.hubspot
        async for page, left in (
            _with_left(listed(client, kind.name, names))
            if groups is None
            else searched(client, kind.name, names, groups)
        ):
            if left is not None:
                total = progress.done + left
                progress.total = min(total, self.limit) if self.limit else total
            kept = page if self.limit is None else page[: self.limit - progress.done]
            progress.done += len(kept)
            if kept:
                yield kept
            if progress.done == self.limit or not await self.control.gate():
                return

    async def _beside(self) -> list[_Beside]:
        """Resolve `company.name` and its like: the other types and, for each column, the definition there."""
        found: dict[str, _Beside] = {}
        for column in self.wanted:
            prefix, dot, name = column.partition(".")
            if dot:
                kind = await resolve(self.hub.hubspot, prefix)
                known = await read_properties(self.hub.hubspot, kind.name)
                found.setdefault(kind.name, _Beside(kind.name)).columns.append(
                    (column, pick(known, [name], kind.name)[0])
                )
        return list(found.values())

    async def _look_beside(self, kind: ObjectType, beside: list[_Beside], ids: list[str]) -> None:
        for first in range(0, len(ids), ASSOCIATIONS_BATCH):
            for other in beside:
                names = list(dict.fromkeys(definition.name for _, definition in other.columns))
                batch = ids[first : first + ASSOCIATIONS_BATCH]
                other.of.update(
                    await first_associated(self.hub.hubspot, kind.name, batch, other.name, names, other.records)
                )


async def _with_left(pages: AsyncIterator[list[Record]]) -> AsyncIterator[tuple[list[Record], int | None]]:
    # The list endpoint does not say how many records there are.
    async for page in pages:
        yield page, None
