"""The DataFrame of a pull, made of the strings that the store holds: of one just read, or of an earlier one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import PullError
from hsai_kit.hubspot.objects import find_object_type
from hsai_kit.hubspot.owners import Owner
from hsai_kit.hubspot.properties import PropertyType, read_properties
from hsai_kit.hubspot.values import as_column, convert_column, to_string_array
from hsai_kit.runtime import background
from hsai_kit.steps.pull.association_columns import AssociationColumns
from hsai_kit.steps.pull.column_spec import OWNER, OwnColumn, OwnerColumn, PullColumn
from hsai_kit.store import Pull, Store
from hsai_kit.tabular.provenance import mark

__all__ = ["build_frame", "build_labels", "open_pull"]

# Few enough that a chunk of JSON is small beside the frame.
_CHUNK = 5_000


def build_frame(
    store: Store,
    pull_id: str,
    ids: Sequence[str],
    columns: Sequence[PullColumn],
    beside: AssociationColumns,
    owners: Mapping[str, Owner],
) -> pd.DataFrame:
    """Return one row for each id in that order, with one typed column for each of `columns`."""
    own = [column for column in columns if isinstance(column, OwnColumn)]
    needed = [OWNER] if any(isinstance(column, OwnerColumn) for column in columns) else []
    names = list(dict.fromkeys([*(column.definition.name for column in own), *needed]))
    raw = _read_columns(store, pull_id, ids, names)
    cells: dict[str, object] = {}
    for column in columns:
        if isinstance(column, OwnColumn):
            cells[column.name] = convert_column(raw[column.definition.name], column.definition)
        elif isinstance(column, OwnerColumn):
            of = [owners.get(one) if one is not pd.NA else None for one in raw[OWNER]]
            values = [getattr(owner, column.field) if owner else None for owner in of]
            cells[column.name] = as_column(values, column.definition)
        else:
            cells[column.name] = as_column(beside.read_values(column, ids), column.definition)
    return pd.DataFrame(cells, index=pd.Index(ids, dtype="string", name="record_id"), copy=False)


def build_labels(columns: Sequence[PullColumn], owners: Mapping[str, Owner]) -> dict[str, dict[str, str]]:
    """Return the labels of each column's values, where they have some."""
    people = {one.id: str(one) for one in owners.values()}
    labels: dict[str, dict[str, str]] = {}
    for column in columns:
        if column.definition.holds_owners:
            labels[column.name] = people
        elif column.definition.type != PropertyType.BOOL:
            labels[column.name] = {option.value: option.label for option in column.definition.options}
    return labels


def open_pull(hub: Connection, pull_id: str) -> pd.DataFrame:
    """Return the records of an earlier pull as they were then, such as those of a run: `run.record.pull_id`.

    The index and the columns are those of `pull`, of the records' own properties alone; their types are those that the
    properties have today. A pull with a `limit` has read whole pages, which are all here. It is what to evaluate on
    once a push has put right answers into the records.

    Raises PullError where there is no such pull of this portal, or one of its properties is gone.
    """
    found = hub.store.pulls.get(pull_id)
    if found is None or found.portal_id != hub.portal.id:
        message = f"There is no pull {pull_id!r} of portal {hub.portal.id} in {hub.store.path}."
        raise PullError(message)
    return background.run(_build_again(hub, found))


async def _build_again(hub: Connection, found: Pull) -> pd.DataFrame:
    kind = await find_object_type(hub.hubspot, found.object_type)
    known = await read_properties(hub.hubspot, kind.name)
    gone = [name for name in found.properties if name not in known]
    if gone:
        message = f"The property {gone[0]!r} of that pull is not in the portal any more, so it cannot be opened again."
        raise PullError(message)
    columns: Sequence[PullColumn] = [OwnColumn(name, known[name]) for name in found.properties]
    ids = hub.store.pulls.ids(found.id)
    beside = AssociationColumns(hub.hubspot, kind, columns)
    frame = await asyncio.to_thread(build_frame, hub.store, found.id, ids, columns, beside, {})
    read_only = [name for name in found.properties if not known[name].writable]
    return mark(frame, pull_id=found.id, object_type=kind.name, labels=build_labels(columns, {}), read_only=read_only)


def _read_columns(
    store: Store, pull_id: str, ids: Sequence[str], names: Sequence[str]
) -> dict[str, pd.api.extensions.ExtensionArray]:
    """Return HubSpot's strings as one array a property, read in chunks: as dicts all at once they would fill memory."""
    chunks: dict[str, list[pd.Series]] = {name: [] for name in names}
    # Many records hold the same few values; each is kept once.
    once: dict[str, str] = {}
    for start in range(0, max(len(ids), 1), _CHUNK):
        some = ids[start : start + _CHUNK]
        records = store.pulls.records(pull_id, some)
        for name in names:
            values = [(records.get(one) or {}).get(name) for one in some]
            shared = [once.setdefault(value, value) if value and len(value) < 40 else value for value in values]
            chunks[name].append(pd.Series(to_string_array(shared)))
        if len(once) > 50_000:
            once.clear()
    return {name: pd.concat(found, ignore_index=True).array for name, found in chunks.items()}
