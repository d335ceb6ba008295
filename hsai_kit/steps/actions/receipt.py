"""The receipt of an action or its undo: what was done about each record."""

from __future__ import annotations

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.steps.plans.base import RecordRows
from hsai_kit.store import Act

__all__ = ["ActionReceipt"]


class ActionReceipt(RecordRows):
    """What an action or its undo did about each record; kept in the store, and what `undo` reads.

    `.counts` has done, taken back, left alone, gone, refused; after something that was broken off also not sent, and
    sending or unknown for those whose answer never came: the same again, or `undo`, looks what became of them.
    `.frame` has the columns `what` (subject, list or title), `outcome`, `reason`, `made_id` (the task or note that was
    made, "" for none), `link` (of the record).
    """

    _columns = ("what", "outcome", "reason", "made_id")
    _counted = "outcome"

    def __init__(self, hub: Connection, action_id: str) -> None:
        record = hub.store.actions.get(action_id)
        if record is None:
            message = f"There is no receipt {action_id!r} in {hub.workspace.folder}."
            raise HsaiError(message)
        self.id = action_id
        self.record = record
        self.acts: list[Act] = hub.store.actions.acts(action_id)
        super().__init__(hub.portal, record.object_type_id, self.acts)

    def __repr__(self) -> str:
        broken_off = "" if self.record.status == "done" else f", {self.record.status}"
        return f"ActionReceipt({self.id}, {self.record.about}{broken_off}: {self._said(self.acts, 'nothing done')})"
