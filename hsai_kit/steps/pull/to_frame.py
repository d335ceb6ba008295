"""The DataFrame of a pull, made of the strings that the store holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from hsai_kit.hubspot.owners import Owner
from hsai_kit.hubspot.values import as_column, convert_column, to_string_array
from hsai_kit.steps.pull.associated_columns import AssociatedColumns
from hsai_kit.steps.pull.column_spec import Column, OwnColumn, OwnerColumn
from hsai_kit.store import Store

__all__ = ["OWNER", "as_frame", "labels_of"]

OWNER = "hubspot_owner_id"
# Few enough that a chunk of JSON is small beside the frame.
_CHUNK = 5_000


def as_frame(
    store: Store,
    pull_id: str,
    ids: Sequence[str],
    columns: Sequence[Column],
    beside: AssociatedColumns,
    owners: Mapping[str, Owner],
) -> pd.DataFrame:
    """Return one row for each id in that order, with one typed column for each of `columns`."""
    own = [column for column in columns if isinstance(column, OwnColumn)]
    names = list(dict.fromkeys([column.definition.name for column in own] + _needed(columns)))
    raw = _raw(store, pull_id, ids, names)
    made: dict[str, object] = {}
    for column in columns:
        if isinstance(column, OwnColumn):
            made[column.name] = convert_column(raw[column.definition.name], column.definition)
        elif isinstance(column, OwnerColumn):
            of = [owners.get(one) if one is not pd.NA else None for one in raw[OWNER]]
            values = [getattr(owner, column.field) if owner else None for owner in of]
            made[column.name] = as_column(values, column.definition)
        else:
            made[column.name] = as_column(beside.column(column, ids), column.definition)
    return pd.DataFrame(made, index=pd.Index(ids, dtype="string", name="record_id"), copy=False)


def labels_of(columns: Sequence[Column], owners: Mapping[str, Owner]) -> dict[str, dict[str, str]]:
    """Return the labels of each column's values, where they have some."""
    people = {one.id: str(one) for one in owners.values()}
    return {column.name: people if column.definition.referenced == "OWNER" else _labels(column) for column in columns}


def _labels(column: Column) -> dict[str, str]:
    if column.definition.type == "bool":
        return {}
    return {option.value: option.label for option in column.definition.options}


def _needed(columns: Sequence[Column]) -> list[str]:
    return [OWNER] if any(isinstance(column, OwnerColumn) for column in columns) else []


def _raw(
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
