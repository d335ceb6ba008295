"""The receipts of pushes and actions: what was done about each record, as the journal keeps it."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused, ReceiptNotFound
from hsai_kit.runtime.console import advise
from hsai_kit.steps.plans.plan import RecordRow, RecordRows
from hsai_kit.store import Act, ActionRecord, Change, JournalStatus, PushRecord
from hsai_kit.store.journal import Journal

_COUNTS = ("records", "written", "left_alone", "open")


class JournalRecord(Protocol):
    """What a journal keeps of a push or an action as a whole."""

    @property
    def object_type_id(self) -> str:
        """The kind of records that it was about."""

    @property
    def status(self) -> JournalStatus:
        """How it ended."""


R = TypeVar("R", bound=RecordRow)
J = TypeVar("J", bound=JournalRecord)


class ReceiptBase(RecordRows[R], Generic[J, R]):
    """What was done about each record; raises ReceiptNotFound."""

    _counted = "outcome"

    def __init__(self, hub: Connection, journal: Journal[J, R], receipt_id: str) -> None:
        record = journal.get(receipt_id)
        if record is None:
            seen = advise("receipts(hub) and log(hub) list", "hsai log lists")
            message = f"There is no receipt {receipt_id!r} in {hub.workspace.folder}. {seen} those there are."
            raise ReceiptNotFound(message)
        self.id = receipt_id
        self.record = record
        super().__init__(hub.portal, record.object_type_id, journal.lines(receipt_id))

    def _describe(self, title: str, nothing: str) -> str:
        status = "" if self.record.status is JournalStatus.DONE else f", {self.record.status}"
        return f"{self.id}, {title}{status}: {self._describe_counts(self.rows, nothing)}"


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


class ActionReceipt(ReceiptBase[ActionRecord, Act]):
    """What an action or its undo did about each record; kept in the store, and what `undo` reads.

    `.counts` has done, taken back, left alone, gone, refused; after something that was broken off also not sent, and
    sending or unknown for those whose answer never came: the same again, or `undo`, looks what became of them. A
    message of which nobody knows whether it was sent stays unknown, and is not sent again.
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


def refuse_other_portal(hub: Connection, receipt_id: str, portal_id: int) -> None:
    """Raise PushRefused where a receipt is of another portal than the connection's."""
    if portal_id != hub.portal.id:
        message = f"Receipt {receipt_id} is of portal {portal_id}, and this connection is to portal {hub.portal.id}."
        raise PushRefused(message)


def receipts(hub: Connection) -> pd.DataFrame:
    """Return the pushes and undos of this workspace as a DataFrame, newest first, index `receipt` (its id).

    Columns: `kind` (push or undo), `undoes`, `at` and `ended_at` (datetime, UTC), `status` (running, done, stopped),
    `object_type`, `properties`, `records`, `written`, `left_alone`, `open` (values; open ones were not sent, or their
    answer never came: `push(hub, receipt)` goes on), `run`, `who`, `portal`.
    """
    texts, times = ("kind", "undoes", "status", "object_type", "properties", "run", "who"), ("at", "ended_at")
    rows = [
        {**vars(one.record), "properties": ", ".join(one.record.properties), **vars(one)}
        for one in hub.store.pushes.all()
    ]
    frame = pd.DataFrame(rows).rename(columns={"id": "receipt", "run_id": "run", "portal_id": "portal"})
    order = ["kind", "undoes", *times, "status", "object_type", "properties", *_COUNTS, "run", "who", "portal"]
    frame = frame.reindex(columns=["receipt", *order])
    frame = frame.astype(dict.fromkeys(("receipt", *texts), "string") | dict.fromkeys((*_COUNTS, "portal"), "Int64"))
    for name in times:
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.as_unit("us")
    return frame.set_index("receipt")
