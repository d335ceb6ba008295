"""Records into a DataFrame."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Literal, TypedDict, Unpack, overload

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import PullError, ScopesMissing
from hsai_kit.hubspot.filter_groups import SearchQuery
from hsai_kit.hubspot.lists import RecordList, find_list, iterate_members
from hsai_kit.hubspot.objects import ObjectType, find_object_type
from hsai_kit.hubspot.owners import Owner, read_owners
from hsai_kit.hubspot.properties import read_properties
from hsai_kit.runtime.background import Control, Handle, start
from hsai_kit.runtime.file_lock import alone
from hsai_kit.runtime.progress import Progress, say
from hsai_kit.steps.pull.associated_columns import AssociatedColumns
from hsai_kit.steps.pull.column_spec import Column, OwnColumn, OwnerColumn, parse_columns
from hsai_kit.steps.pull.history import open_pull
from hsai_kit.steps.pull.ids_input import Ids, read_ids_input
from hsai_kit.steps.pull.metadata import count, lists, object_types, owners, properties
from hsai_kit.steps.pull.reader import PullReader
from hsai_kit.steps.pull.request import PullRequest, Since, Where, as_names
from hsai_kit.steps.pull.sample import choose_ids, sample_ids
from hsai_kit.steps.pull.search_queries import build_queries, dump_queries, filter_ids, load_queries
from hsai_kit.steps.pull.to_frame import OWNER, as_frame, labels_of
from hsai_kit.tabular.provenance import mark, records_left_out

__all__ = ["count", "lists", "object_types", "open_pull", "owners", "properties", "pull"]


class _Which(TypedDict, total=False):
    """The arguments of `pull` that make no difference to what comes back at once."""

    where: Where | None
    list: str | int | None
    ids: Ids | None
    changed_since: Since | None
    limit: int | None
    sample: int | None
    seed: int | None
    resume: bool


@overload
def pull(
    hub: Connection,
    object_type: str,
    properties: Sequence[str],
    *,
    wait: Literal[True] = ...,
    **which: Unpack[_Which],
) -> pd.DataFrame: ...
@overload
def pull(
    hub: Connection, object_type: str, properties: Sequence[str], *, wait: Literal[False], **which: Unpack[_Which]
) -> Handle[pd.DataFrame]: ...
def pull(
    hub: Connection,
    object_type: str,
    properties: Sequence[str],
    *,
    where: Where | None = None,
    list: str | int | None = None,  # noqa: A002 -- HubSpot's own word
    ids: Ids | None = None,
    changed_since: Since | None = None,
    limit: int | None = None,
    sample: int | None = None,
    seed: int | None = None,
    resume: bool = False,
    wait: bool = True,
) -> pd.DataFrame | Handle[pd.DataFrame]:
    """Read records of `object_type` (a name, label or type id) with the given properties into a DataFrame.

    The index is `record_id` (strings); each property is a typed column in the order given: string, Int64 or Float64,
    boolean, datetime64[us, UTC], category by internal value, lists for multi-checkboxes; unset is NA.
    `with_labels(frame)` shows labels and owners' names for internal values.

    Columns of other records: `company.name` (of the primary or first company), `deals (count)`, `deals.amount (sum)`,
    `deals.amount (count)` (of those that have one) and `deals.amount (latest)` (of the one made last); `owner.name` and
    `owner.email`; and the newest activities as one dated text, newest first: `notes (5)`, `emails (3)`, or
    `activities (10)` for notes, e-mails, calls and meetings.

    Which records: all, or those that meet `where`, plain words such as `state is known and lifecyclestage is lead` or
    the API's own filter groups; members of `list` (name or id, of any kind); the record `ids` of a Series, an Index, a
    list, or a CSV or Excel file, in that order; changed at or after `changed_since` (a date, a time, a timedelta, or
    words such as `yesterday` and `7 days ago`). These narrow each other down. `limit` reads the first ones by id,
    `sample` a random choice, the same one again for the same `seed`; each record is as likely as any other, which takes
    up to a search for each of them, four a second, or reading all ids where that is quicker.
    `records_left_out(frame)` tells which ids were asked for and are not there, or were merged into others.

    Every page is kept in the store as it comes. After Ctrl-C, a fault or a kill, the same pull with `resume=True` goes
    on where it stopped; where nothing broke off it begins anew. With `wait=False` a handle comes back at once; after
    its `.cancel()` the result holds what was read so far.

    Raises UnknownObjectType, UnknownProperty, UnknownList, WhereError and PullError before any record is read; what
    HubSpot raises after.

    >>> from hsai_kit import connect
    >>> with connect(sandbox=True) as hub:
    ...     contacts = pull(hub, "contacts", ["state", "company.name"], where="state is known", limit=3)
    >>> contacts.shape
    (3, 2)
    """
    asked = PullRequest(
        object_type=object_type,
        properties=as_names(properties),
        where=where,
        list=None if list is None else str(list),
        given=None if ids is None else read_ids_input(ids),
        changed_since=changed_since,
        limit=limit,
        sample=sample,
        seed=seed,
    )

    async def work(control: Control) -> pd.DataFrame:
        return await _Pull(hub, control, asked, resume=resume).frame()

    handle = start(work, Progress(f"Pulling {object_type}", total=limit or sample))
    if not wait:
        return handle
    frame = handle.wait("What was read is kept: the same pull with resume=True goes on there.")
    _say(asked, frame)
    return frame


class _Pull:
    """One pull on the background loop."""

    def __init__(self, hub: Connection, control: Control, asked: PullRequest, *, resume: bool) -> None:
        self._hub, self._control, self._asked = hub, control, asked
        self._client, self._store = hub.hubspot, hub.store
        self._resume = resume

    async def frame(self) -> pd.DataFrame:
        asked, zone = self._asked, self._hub.portal.time_zone
        kind = await find_object_type(self._client, asked.object_type)
        known = await read_properties(self._client, kind.name)
        # Everything is checked before the first record is read.
        columns = await parse_columns(self._client, kind, known, asked.properties)
        queries = build_queries(asked.where, asked.changed_since, known, kind, zone)
        members = None if asked.list is None else await find_list(self._client, asked.list, kind)
        owners = await self._owners(columns)
        names = [column.definition.name for column in columns if isinstance(column, OwnColumn)]
        if any(isinstance(column, OwnerColumn) for column in columns):
            names.append(OWNER)
        names = list(dict.fromkeys(names))
        pull_id = self._begin(kind, names, queries)
        busy = f"{pull_id} is being read by another session. Wait for it, or leave resume out to read everything anew."
        with alone(self._hub.workspace.folder / f".{pull_id}.lock", PullError(busy)):
            # As it was meant when the pull began: yesterday is another day today.
            searches = load_queries(self._store.pulls.searches(pull_id))
            return await self._frame(pull_id, kind, names, searches, columns, members, owners)

    async def _frame(
        self,
        pull_id: str,
        kind: ObjectType,
        names: Sequence[str],
        queries: Sequence[SearchQuery],
        columns: Sequence[Column],
        members: RecordList | None,
        owners: dict[str, Owner],
    ) -> pd.DataFrame:
        asked = self._asked
        beside = AssociatedColumns(self._client, kind, columns)
        try:
            reading = PullReader(
                self._client, self._store, self._control, pull_id, kind, names, queries, beside, limit=asked.limit
            )
            order = (await self._read(reading, members))[: asked.limit]
            await beside.finish()
        except BaseException:
            await beside.drop()
            raise
        if not self._control.is_stopping:
            self._store.pulls.end(pull_id)
        # Not on the loop, which others use meanwhile.
        frame = await asyncio.to_thread(as_frame, self._store, pull_id, order, columns, beside, owners)
        return mark(
            frame,
            pull_id=pull_id,
            object_type=kind.name,
            labels=labels_of(columns, owners),
            read_only=[one.name for one in columns if isinstance(one, OwnColumn) and not one.definition.writable],
            left_out={**reading.left_out, **dict.fromkeys(asked.given.strange if asked.given else (), _STRANGE)},
        )

    def _begin(self, kind: ObjectType, names: Sequence[str], queries: Sequence[SearchQuery]) -> str:
        """Begin a pull in the store, or find the one that broke off."""
        portal, request = self._hub.portal.id, self._asked.request
        if self._resume and (before := self._store.pulls.find_broken_off(portal, request)):
            self._control.progress.note = f"going on with the pull of {before.at}"
            return before.id
        condition, searches = self._asked.condition, dump_queries(queries)
        return self._store.pulls.begin(portal, kind.name, kind.type_id, names, condition, request, searches)

    async def _read(self, reading: PullReader, members: RecordList | None) -> Sequence[str]:
        """Read the records into the store, and return the ids in the order that the frame has them in."""
        asked = self._asked
        wanted: Sequence[str] | None = self._store.pulls.read_request_ids(reading.pull_id)
        if wanted is None and (asked.given or asked.sample):
            wanted = await self._choose(reading, members)
            self._control.progress.note = ""
            self._store.pulls.ask_for(reading.pull_id, wanted)
        if wanted is not None:
            if asked.sample:
                # They were chosen among those that match.
                reading.queries = ()
            return await reading.certain(wanted)
        if members is not None:
            await reading.members(members)
        elif reading.queries:
            await reading.matches()
        else:
            await reading.everything()
        return self._store.pulls.ids(reading.pull_id)

    async def _choose(self, reading: PullReader, members: RecordList | None) -> Sequence[str]:
        asked, kind = self._asked, reading.kind
        if asked.sample is None:
            return asked.given.ids if asked.given else ()
        seed = secrets.randbits(32) if asked.seed is None else asked.seed
        if asked.given is None and members is None:
            return await sample_ids(self._client, kind.name, reading.queries, asked.sample, seed, self._control)
        ids = [*asked.given.ids] if asked.given else []
        if members is not None:
            async for page in iterate_members(self._client, members.id):
                ids += page
        return choose_ids(await filter_ids(self._client, kind.name, reading.queries, ids), asked.sample, seed)

    async def _owners(self, columns: Sequence[Column]) -> dict[str, Owner]:
        owned = any(isinstance(column, OwnerColumn) or column.definition.referenced == "OWNER" for column in columns)
        if not owned:
            return {}
        try:
            everybody = [*await read_owners(self._client, left=True), *await read_owners(self._client)]
        except ScopesMissing:
            # Their ids are good for everything but reading.
            return {}
        return {one.id: one for one in everybody}


_STRANGE = "no record id: those have digits only"
_SHOWN = 3


def _say(asked: PullRequest, frame: pd.DataFrame) -> None:
    """Tell what somebody would miss in the frame."""
    if frame.empty and asked.has_filter:
        say(f"No {asked.object_type} match: {asked.condition or f'changed since {asked.changed_since}'}")
    if asked.given and asked.given.twice:
        say(f"{_ids(len(asked.given.twice))} there more than once; each record is read once.")
    if asked.given and asked.given.blank:
        say(f"Rows without an id: {asked.given.blank:,}.")
    gone = records_left_out(frame)
    if len(gone):
        shown = "; ".join(f"{one} {reason}" for one, reason in gone.head(_SHOWN).itertuples(index=False))
        more = ". left_out(frame) has all of them." if len(gone) > _SHOWN else "."
        say(f"{_ids(len(gone))} not in the frame as asked for: {shown}{more}")


def _ids(number: int) -> str:
    return f"{number:,} ids are" if number > 1 else "1 id is"
