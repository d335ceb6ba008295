"""The receipt of an action or its undo: what was done about each record."""

from __future__ import annotations

from hsai_kit.connection import Connection
from hsai_kit.steps.plans.base import ReceiptBase
from hsai_kit.store import Act, ActionRecord


class ActionReceipt(ReceiptBase[ActionRecord, Act]):
    """What an action or its undo did about each record; kept in the store, and what `undo` reads.

    `.counts` has done, taken back, left alone, gone, refused; after something that was broken off also not sent, and
    sending or unknown for those whose answer never came: the same again, or `undo`, looks what became of them.
    `.frame` has the columns `what` (subject, list or title), `outcome`, `reason`, `made_id` (the task or note that was
    made, "" for none), `link` (of the record).
    """

    _columns = ("what", "outcome", "reason", "made_id")

    def __init__(self, hub: Connection, action_id: str) -> None:
        super().__init__(hub, hub.store.actions, action_id)

    def __repr__(self) -> str:
        return f"ActionReceipt({self._describe(self.record.about, 'nothing done')})"

    @property
    def acts(self) -> tuple[Act, ...]:
        """What became of each record."""
        return self.rows
