"""An earlier pull as it was: the values that records had then, whatever was written to them since."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import PullError
from hsai_kit.hubspot.objects import find_object_type
from hsai_kit.hubspot.properties import read_properties
from hsai_kit.runtime import background
from hsai_kit.steps.pull.associated_columns import AssociatedColumns
from hsai_kit.steps.pull.column_spec import Column, OwnColumn
from hsai_kit.steps.pull.to_frame import as_frame, labels_of
from hsai_kit.store import Pull
from hsai_kit.tabular.provenance import mark

__all__ = ["open_pull"]


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
    return background.run(_frame(hub, found))


async def _frame(hub: Connection, found: Pull) -> pd.DataFrame:
    kind = await find_object_type(hub.hubspot, found.object_type)
    known = await read_properties(hub.hubspot, kind.name)
    gone = [name for name in found.properties if name not in known]
    if gone:
        message = f"The property {gone[0]!r} of that pull is not in the portal any more, so it cannot be opened again."
        raise PullError(message)
    columns: Sequence[Column] = [OwnColumn(name, known[name]) for name in found.properties]
    ids = hub.store.pulls.ids(found.id)
    beside = AssociatedColumns(hub.hubspot, kind, columns)
    frame = await asyncio.to_thread(as_frame, hub.store, found.id, ids, columns, beside, {})
    read_only = [name for name in found.properties if not known[name].writable]
    return mark(frame, pull_id=found.id, object_type=kind.name, labels=labels_of(columns, {}), read_only=read_only)
