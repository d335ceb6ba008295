"""Records into a DataFrame."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, overload

import pandas as pd

from hsai_kit.background import Control, Handle, start
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.frames import mark
from hsai_kit.hubspot.associations import first_associated
from hsai_kit.hubspot.objects import ObjectType, resolve
from hsai_kit.hubspot.properties import Property, pick, read_properties
from hsai_kit.hubspot.records import Record, listed, searched
from hsai_kit.hubspot.values import as_column
from hsai_kit.hubspot.where import filter_groups
from hsai_kit.progress import Progress

__all__ = ["pull"]


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
    store. With `wait=False` a handle comes back at once.

    Raises UnknownObjectType, UnknownProperty and WhereError before any record is read; what HubSpot raises after.

    >>> from hsai_kit import connect
    >>> with connect(sandbox=True) as hub:
    ...     contacts = pull(hub, "contacts", ["state", "company.name"], where="state is known", limit=3)
    >>> contacts.shape
    (3, 2)
    """
    if isinstance(properties, str):
        properties = [properties]
    if limit is not None and limit < 1:
        message = f"limit is {limit}; it is the most records to read, so it starts at 1."
        raise HsaiError(message)
    wanted = list(dict.fromkeys(properties))

    async def work(control: Control) -> pd.DataFrame:
        return await _Pull(hub, control, wanted, where, limit).frame(object_type)

    handle = start(work, Progress(f"Pulling {object_type}", total=limit))
    return handle.wait() if wait else handle


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
        groups = filter_groups(self.where, known, kind.name) if self.where else None
        names = [definition.name for definition in own]
        pull_id = store.pulls.begin(self.hub.portal.id, kind.name, kind.type_id, names, self.where)
        records: list[Record] = []
        async for page in self._pages(kind, names, groups):
            store.pulls.add(pull_id, ((record.id, record.properties) for record in page))
            records += page
        columns = {d.name: as_column([r.properties.get(d.name) for r in records], d) for d in own}
        index = pd.Index([record.id for record in records], dtype="string", name="record_id")
        for other, definitions in beside.values():
            columns |= await self._associated(kind, other, definitions, list(index))
        store.pulls.end(pull_id)
        frame = pd.DataFrame(columns, index=index)[self.wanted]
        return mark(frame, pull_id=pull_id, object_type=kind.name)

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

    async def _beside(self) -> Mapping[str, tuple[str, list[tuple[str, Property]]]]:
        """Resolve `company.name` and its like: the other type and, for each column, the definition there."""
        found: dict[str, tuple[str, list[tuple[str, Property]]]] = {}
        for column in self.wanted:
            prefix, dot, name = column.partition(".")
            if dot:
                kind = await resolve(self.hub.hubspot, prefix)
                known = await read_properties(self.hub.hubspot, kind.name)
                found.setdefault(prefix, (kind.name, []))[1].append((column, pick(known, [name], kind.name)[0]))
        return found

    async def _associated(
        self, kind: ObjectType, other: str, definitions: list[tuple[str, Property]], ids: list[str]
    ) -> dict[str, pd.api.extensions.ExtensionArray]:
        self.control.progress.note = f"reading their {other}"
        names = [definition.name for _, definition in definitions]
        records = await first_associated(self.hub.hubspot, kind.name, ids, other, names)
        return {
            column: as_column([records[one].properties.get(d.name) if one in records else None for one in ids], d)
            for column, d in definitions
        }


async def _with_left(pages: AsyncIterator[list[Record]]) -> AsyncIterator[tuple[list[Record], int | None]]:
    # The list endpoint does not say how many records there are.
    async for page in pages:
        yield page, None
