"""The receipt: what a push or undo did, with every value before and after."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.defuse import write_csv
from hsai_kit.errors import HsaiError
from hsai_kit.store import Change

__all__ = ["Receipt", "open_receipt"]

_COLUMNS = ("property", "before", "after", "outcome", "reason")


class Receipt:
    """What a push or undo did, with every value before and after; kept in the store, and what `undo` reads."""

    def __init__(self, hub: Connection, push_id: str) -> None:
        record = hub.store.pushes.get(push_id)
        if record is None:
            message = f"There is no receipt {push_id!r} in {hub.workspace.folder}."
            raise HsaiError(message)
        self.id = push_id
        self.record = record
        self.changes: list[Change] = hub.store.pushes.changes(push_id)
        self._portal = hub.portal

    def __repr__(self) -> str:
        said = ", ".join(f"{count:,} {outcome}" for outcome, count in self.counts.items()) or "nothing written"
        broken_off = "" if self.record.status == "done" else f", {self.record.status}"
        names = ", ".join(self.record.properties)
        return f"Receipt({self.id}, {names} of {self.record.object_type}{broken_off}: {said})"

    @property
    def counts(self) -> dict[str, int]:
        """How many values had which outcome.

        written, same already, conflict, refused, missing (deleted or merged); after a push that was broken off also
        not sent, and sending or unknown for those whose answer never came: `undo` looks what became of them.
        """
        return dict(Counter(change.outcome for change in self.changes).most_common())

    @property
    def frame(self) -> pd.DataFrame:
        """The receipt as a DataFrame, one row for each value, index `record_id`.

        Columns: `property`, `before`, `after`, `outcome`, `reason`, `link`.
        """
        index = pd.Index([change.record_id for change in self.changes], dtype="string", name="record_id")
        columns = {name: [getattr(c, name) for c in self.changes] for name in _COLUMNS}
        columns["link"] = [self._portal.record_link(self.record.object_type_id, c.record_id) for c in self.changes]
        return pd.DataFrame(columns, index=index, dtype="string")

    def to_csv(self, path: str | Path) -> Path:
        """Write `.frame` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        return write_csv(self.frame, path)


def open_receipt(hub: Connection, push_id: str | None = None) -> Receipt:
    """Return an earlier receipt of this workspace by its id, or that of the newest push."""
    wanted = push_id or hub.store.pushes.latest()
    if wanted is None:
        message = f"Nothing was pushed from {hub.workspace.folder} yet."
        raise HsaiError(message)
    return Receipt(hub, wanted)
