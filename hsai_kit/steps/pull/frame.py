"""The DataFrame of a pull, made of the strings that the store holds: of one just read, or of an earlier one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import PullError
from hsai_kit.hubspot.dtypes import as_column, convert_column, to_string_array
from hsai_kit.hubspot.objects import find_object_type
from hsai_kit.hubspot.owners import Owner
from hsai_kit.hubspot.properties import PropertyType, read_properties
from hsai_kit.runtime import background
from hsai_kit.steps.pull.association_columns import AssociationColumns
from hsai_kit.steps.pull.column_spec import OWNER, OwnColumn, OwnerColumn, PullColumn
from hsai_kit.store import Pull, Store
from hsai_kit.tabular.provenance import mark

# Few enough that a chunk of JSON is small beside the frame.
_CHUNK = 5_000


def list_stored_properties(columns: Sequence[PullColumn]) -> list[str]:
    """Return the properties of the pulled records themselves that the columns are made of."""
    names = [column.definition.name for column in columns if isinstance(column, OwnColumn)]
    needed = [OWNER] if any(isinstance(column, OwnerColumn) for column in columns) else []
    return list(dict.fromkeys([*names, *needed]))


def build_frame(
    store: Store,
    pull_id: str,
    object_type: str,
    ids: Sequence[str],
    columns: Sequence[PullColumn],
    associations: AssociationColumns,
    owners: Mapping[str, Owner],
    left_out: Mapping[str, str],
) -> pd.DataFrame:
    """Return one row for each id in that order, one typed column for each of `columns`, marked with its pull."""
    raw = _read_columns(store, pull_id, ids, list_stored_properties(columns))
    cells: dict[str, object] = {}
    labels: dict[str, Mapping[str, str]] = {}
    for column in columns:
        definition = column.definition
        if isinstance(column, OwnColumn):
            cells[column.name] = convert_column(raw[definition.name], definition)
        elif isinstance(column, OwnerColumn):
            # An owner who is not known (NA among them) has no attribute.
            values = [getattr(owners.get(one), column.field, None) for one in raw[OWNER]]
            cells[column.name] = as_column(values, definition)
        else:
            cells[column.name] = as_column(associations.read_values(column, ids), definition)
        if definition.holds_owners:
            labels[column.name] = {one.id: str(one) for one in owners.values()}
        elif definition.type != PropertyType.BOOL:
            labels[column.name] = {option.value: option.label for option in definition.options}
    return mark(
        pd.DataFrame(cells, index=pd.Index(ids, dtype="string", name="record_id"), copy=False),
        pull_id=pull_id,
        object_type=object_type,
        labels=labels,
        read_only=[one.name for one in columns if isinstance(one, OwnColumn) and not one.definition.writable],
        left_out=left_out,
    )


def open_pull(hub: Connection, pull_id: str) -> pd.DataFrame:
    """Return the records of an earlier pull as they were then, such as those of a run: `run.record.pull_id`.

    The index and the columns are those of `pull`, of the records' own properties alone; their types are those that the
    properties have today. A pull with a `limit` has read whole pages, which are all here. It is what to evaluate on
    once a push has put right answers into the records.

    Raises PullError where there is no such pull of this portal, or one of its properties is gone.
    """
    found = hub.store.pulls.get(pull_id)
    if found is None or found.portal_id != hub.portal.id:
        raise PullError(f"There is no pull {pull_id!r} of portal {hub.portal.id} in {hub.store.path}.")
    return background.run(_build_again(hub, found))


async def _build_again(hub: Connection, found: Pull) -> pd.DataFrame:
    kind = await find_object_type(hub.hubspot, found.object_type)
    known = await read_properties(hub.hubspot, kind.name)
    if gone := [name for name in found.properties if name not in known]:
        message = f"The property {gone[0]!r} of that pull is not in the portal any more, so it cannot be opened again."
        raise PullError(message)
    columns: Sequence[PullColumn] = [OwnColumn(name, known[name]) for name in found.properties]
    associations = AssociationColumns(hub.hubspot, kind, columns)
    ids = hub.store.pulls.ids(found.id)
    return await asyncio.to_thread(build_frame, hub.store, found.id, kind.name, ids, columns, associations, {}, {})


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
