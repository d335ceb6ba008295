"""Records into a DataFrame."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Sequence

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import CallWithdrawn, PullError, ScopesMissing
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.lists import RecordList, find_list, iterate_members
from hsai_kit.hubspot.objects import find_object_type
from hsai_kit.hubspot.owners import Owner, read_owners
from hsai_kit.hubspot.properties import read_properties
from hsai_kit.runtime.background import Control, accept_wait, in_background, is_in_background, start
from hsai_kit.runtime.console import advise
from hsai_kit.runtime.file_lock import hold_lock
from hsai_kit.runtime.progress import Progress, say
from hsai_kit.steps.pull.association_columns import AssociationColumns
from hsai_kit.steps.pull.column_spec import OwnerColumn, PullColumn, parse_columns
from hsai_kit.steps.pull.frame import build_frame, list_stored_properties, open_pull
from hsai_kit.steps.pull.metadata import count, lists, object_types, owners, properties
from hsai_kit.steps.pull.reader import PullReader
from hsai_kit.steps.pull.request import Ids, PullRequest, Since, Where, parse_names, read_ids_input
from hsai_kit.steps.pull.selection import build_queries, choose_ids, dump_queries, filter_ids, load_queries, sample_ids
from hsai_kit.tabular.provenance import records_left_out

__all__ = ["count", "lists", "object_types", "open_pull", "owners", "properties", "pull", "start_pull"]


@accept_wait
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
) -> pd.DataFrame:
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
    up to a search for each of them, five a second, or reading all ids where that is quicker.
    `records_left_out(frame)` tells which ids were asked for and are not there, or were merged into others.

    Every page is kept in the store as it comes. After Ctrl-C, a fault or a kill, the same pull with `resume=True` goes
    on where it stopped; where nothing broke off it begins anew. `start_pull` does the same in the background; after its
    `.cancel()` the result holds what was read so far.

    Raises UnknownObjectType, UnknownProperty, UnknownList, WhereError and PullError before any record is read; what
    HubSpot raises after.

    >>> from hsai_kit import connect
    >>> with connect(sandbox=True) as hub:
    ...     contacts = pull(hub, "contacts", ["state", "company.name"], where="state is known", limit=3)
    >>> contacts.shape
    (3, 2)
    """
    request = PullRequest(
        object_type=object_type,
        properties=parse_names(properties),
        where=where,
        list=None if list is None else str(list),
        given=None if ids is None else read_ids_input(ids),
        changed_since=changed_since,
        limit=limit,
        sample=sample,
        seed=seed,
    )

    handle = start(
        lambda control: _read_frame(hub, control, request, resume=resume),
        Progress(f"Pulling {object_type}", total=limit or sample),
    )
    frame = handle.wait(f"What was read is kept: the same pull with {advise('resume=True', '--resume')} goes on there.")
    if not is_in_background():
        _say_what_is_missing(request, frame)
    return frame


start_pull = in_background(pull)


async def _read_frame(hub: Connection, control: Control, request: PullRequest, *, resume: bool) -> pd.DataFrame:
    client, store = hub.hubspot, hub.store
    kind = await find_object_type(client, request.object_type)
    known = await read_properties(client, kind.name)
    # Everything is checked before the first record is read.
    columns = await parse_columns(client, kind, known, request.properties)
    queries = build_queries(request.where, request.changed_since, known, kind, hub.portal.time_zone)
    members = None if request.list is None else await find_list(client, request.list, kind)
    owners = await _read_owners(client, columns)
    names = list_stored_properties(columns)
    before = store.pulls.find_broken_off(hub.portal.id, request.key) if resume else None
    if before:
        control.progress.note = f"going on with the pull of {before.at}"
        pull_id = before.id
        # As it was meant when the pull began: yesterday is another day today.
        queries = load_queries(store.pulls.searches(pull_id))
    else:
        asked = (names, request.condition, request.key, dump_queries(queries))
        pull_id = store.pulls.begin(hub.portal.id, kind.name, kind.type_id, *asked)
    busy = f"{pull_id} is being read by another session. Wait for it, or leave resume out to read everything anew."
    with hold_lock(hub.workspace.folder / f".{pull_id}.lock", PullError(busy)):
        associations = AssociationColumns(client, kind, columns)
        order: Sequence[str] = ()
        reader = PullReader(client, store, control, pull_id, kind, names, queries, associations, request.limit)
        try:
            with contextlib.suppress(CallWithdrawn):
                order = await _read(reader, request, members)
            if control.is_stopping:
                order = await associations.finish_soon(store.pulls.ids(pull_id), control)
            else:
                await associations.finish()
        except BaseException:
            await associations.drop()
            raise
        if not control.is_stopping:
            store.pulls.end(pull_id)
        left_out = {**reader.left_out, **dict.fromkeys(request.given.strange if request.given else (), _STRANGE)}
        # Not on the loop, which others use meanwhile.
        return await asyncio.to_thread(
            build_frame, store, pull_id, kind.name, order[: request.limit], columns, associations, owners, left_out
        )


async def _read(reader: PullReader, request: PullRequest, members: RecordList | None) -> Sequence[str]:
    """Read the records into the store, and return the ids in the order that the frame has them in."""
    pulls = reader.store.pulls
    wanted: Sequence[str] | None = pulls.read_request_ids(reader.pull_id)
    if wanted is None and (request.given or request.sample):
        wanted = await _choose(reader, request, members)
        reader.control.progress.note = ""
        pulls.ask_for(reader.pull_id, wanted)
    if wanted is not None:
        if request.sample:
            # They were chosen among those that match.
            reader.queries = ()
        return await reader.read_ids(wanted)
    if members is not None:
        await reader.read_members(members)
    elif reader.queries:
        await reader.read_matches()
    else:
        await reader.read_all()
    return pulls.ids(reader.pull_id)


async def _choose(reader: PullReader, request: PullRequest, members: RecordList | None) -> Sequence[str]:
    ids = [*request.given.ids] if request.given else []
    if request.sample is None:
        return ids
    client, kind = reader.client, reader.kind.name
    seed = secrets.randbits(32) if request.seed is None else request.seed
    if request.given is None and members is None:
        return await sample_ids(client, kind, reader.queries, request.sample, seed, reader.control)
    if members is not None:
        ids += [one async for page in iterate_members(client, members.id) for one in page]
    return choose_ids(await filter_ids(client, kind, reader.queries, ids), request.sample, seed)


async def _read_owners(client: HubSpotClient, columns: Sequence[PullColumn]) -> dict[str, Owner]:
    if not any(isinstance(column, OwnerColumn) or column.definition.holds_owners for column in columns):
        return {}
    try:
        everybody = [*await read_owners(client, left=True), *await read_owners(client)]
    except ScopesMissing:
        # Their ids are good for everything but reading.
        return {}
    return {one.id: one for one in everybody}


_STRANGE = "no record id: those have digits only"
_SHOWN = 3


def _say_what_is_missing(request: PullRequest, frame: pd.DataFrame) -> None:
    """Tell what somebody would miss in the frame."""
    if frame.empty and request.has_filter:
        say(f"No {request.object_type} match: {request.condition or f'changed since {request.changed_since}'}")
    if request.given and request.given.twice:
        say(f"{_count_ids(len(request.given.twice))} there more than once; each record is read once.")
    if request.given and request.given.blank:
        say(f"Rows without an id: {request.given.blank:,}.")
    gone = records_left_out(frame)
    if len(gone):
        shown = "; ".join(f"{one} {reason}" for one, reason in gone.head(_SHOWN).itertuples(index=False))
        more = ". records_left_out(frame) has all of them." if len(gone) > _SHOWN else "."
        say(f"{_count_ids(len(gone))} not in the frame as asked for: {shown}{more}")


def _count_ids(number: int) -> str:
    return f"{number:,} ids are" if number > 1 else "1 id is"
