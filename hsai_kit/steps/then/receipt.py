"""The receipt of an action or its undo: what was done about each record."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.defuse import write_csv
from hsai_kit.errors import HsaiError
from hsai_kit.store import Act

__all__ = ["ActionReceipt"]


class ActionReceipt:
    """What an action or its undo did about each record; kept in the store, and what `undo` reads."""

    def __init__(self, hub: Connection, action_id: str) -> None:
        record = hub.store.actions.get(action_id)
        if record is None:
            message = f"There is no receipt {action_id!r} in {hub.workspace.folder}."
            raise HsaiError(message)
        self.id = action_id
        self.record = record
        self.acts: list[Act] = hub.store.actions.acts(action_id)
        self._portal = hub.portal

    def __repr__(self) -> str:
        said = ", ".join(f"{count:,} {outcome}" for outcome, count in self.counts.items()) or "nothing done"
        broken_off = "" if self.record.status == "done" else f", {self.record.status}"
        return f"ActionReceipt({self.id}, {self.record.about}{broken_off}: {said})"

    @property
    def counts(self) -> dict[str, int]:
        """How many records had which outcome.

        done, taken back, left alone, gone, refused; after something that was broken off also not sent, and sending or
        unknown for those whose answer never came: the same again, or `undo`, looks what became of them.
        """
        return dict(Counter(act.outcome for act in self.acts).most_common())

    @property
    def frame(self) -> pd.DataFrame:
        """The receipt as a DataFrame, index `record_id`.

        Columns: `what` (subject, list or title), `outcome`, `reason`, `made_id` (the task or note that was made, "" for
        none), `link` (of the record).
        """
        index = pd.Index([act.record_id for act in self.acts], dtype="string", name="record_id")
        columns = {name: [getattr(a, name) for a in self.acts] for name in ("what", "outcome", "reason", "made_id")}
        columns["link"] = [self._portal.record_link(self.record.object_type_id, a.record_id) for a in self.acts]
        return pd.DataFrame(columns, index=index, dtype="string")

    def to_csv(self, path: str | Path) -> Path:
        """Write `.frame` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        return write_csv(self.frame, path)
