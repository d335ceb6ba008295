"""The receipt: what a push or undo did, with every value before and after."""

from __future__ import annotations

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.steps.plans.base import ReceiptBase
from hsai_kit.store import Change, PushRecord


class PushReceipt(ReceiptBase[PushRecord, Change]):
    """What a push or undo did, with every value before and after; kept in the store, and what `undo` reads.

    `.counts` has written, same already, conflict, refused, missing (deleted or merged); after a push that was broken
    off also not sent, and sending or unknown for values whose answer never came: `undo` looks what became of them.
    `.frame` has one row for each value: `property`, `before`, `after`, `outcome`, `reason`, `link`.
    """

    _columns = ("property", "before", "after", "outcome", "reason")

    def __init__(self, hub: Connection, push_id: str) -> None:
        super().__init__(hub, hub.store.pushes, push_id)

    def __repr__(self) -> str:
        title = f"{', '.join(self.record.properties)} of {self.record.object_type}"
        return f"Receipt({self._describe(title, 'nothing written')})"

    @property
    def changes(self) -> tuple[Change, ...]:
        """What became of each value."""
        return self.rows


def receipts(hub: Connection) -> pd.DataFrame:
    """Return the pushes and undos of this workspace as a DataFrame, newest first, index `receipt` (its id).

    Columns: `kind` (push or undo), `undoes`, `at` and `ended_at` (datetime, UTC), `status` (running, done, stopped),
    `object_type`, `properties`, `records`, `written`, `left_alone`, `open` (values; open ones were not sent, or their
    answer never came: `push(hub, receipt)` goes on), `run`, `who`, `portal`.
    """
    listed = hub.store.pushes.all()
    texts = ("kind", "undoes", "status", "object_type", "who")
    columns: dict[str, object] = {
        name: pd.array([getattr(one.record, name) for one in listed], dtype="string") for name in texts
    }
    columns["properties"] = pd.array([", ".join(one.record.properties) for one in listed], dtype="string")
    columns["run"] = pd.array([one.record.run_id for one in listed], dtype="string")
    columns["portal"] = pd.array([one.record.portal_id for one in listed], dtype="Int64")
    for name in ("at", "ended_at"):
        columns[name] = pd.to_datetime([getattr(one.record, name) for one in listed], utc=True).as_unit("us")
    for name in ("records", "written", "left_alone", "open"):
        columns[name] = pd.array([getattr(one, name) for one in listed], dtype="Int64")
    index = pd.Index([one.record.id for one in listed], dtype="string", name="receipt")
    counts = ["records", "written", "left_alone", "open"]
    order = ["kind", "undoes", "at", "ended_at", "status", "object_type", "properties", *counts, "run", "who", "portal"]
    return pd.DataFrame(columns, index=index)[order]
