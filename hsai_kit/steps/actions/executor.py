"""Carrying out a plan: one session at a time, written down before and after every batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.file_lock import alone
from hsai_kit.steps.actions.plan import CHANGED, GONE, ActionPlan, ActionRow
from hsai_kit.store import Act

__all__ = ["ATTEMPTS", "ActionExecutor", "UndoExecutor"]

ATTEMPTS = 6


class ActionExecutor(ABC):
    """Does what a plan says and returns the id of its journal."""

    size = 100
    """How many rows are done at a time."""

    def __init__(self, hub: Connection, plan: ActionPlan) -> None:
        self.hub = hub
        self.plan = plan
        self.journal = hub.store.actions
        self.id = ""

    async def carry_out(self, control: Control) -> str:
        """Do it batch by batch; raises PushRefused while another session of this workspace does something."""
        busy = "Another session of this workspace is at work on records just now. Wait for it, then try again."
        # What is found half sent by whoever has the lock is nobody's any more: its holder died.
        with alone(self.hub.workspace.folder / ".then.lock", PushRefused(busy)):
            return await self._all(control)

    async def _all(self, control: Control) -> str:
        plan = self.plan
        self.id = self.journal.begin(
            "undo" if plan.undoes else plan.kind,
            undoes=plan.undoes,
            portal_id=plan.portal.id,
            object_type=plan.object_type,
            object_type_id=plan.object_type_id,
            run_id=plan.run_id,
            who=self.hub.workspace.reviewer,
            target=plan.target.id,
            about=plan.about,
        )
        try:
            self.note(plan.to_do, "not sent")
            await self.before()
            for batch in self.batches():
                if not await control.gate():
                    self.journal.end(self.id, "stopped")
                    return self.id
                await self.batch(batch)
                control.progress.done += len(batch)
            self.journal.end(self.id, "done")
        except BaseException as problem:
            self.journal.break_off(self.id, "it was broken off before the answer came")
            problem.add_note(f"Receipt {self.id} holds what was done until then.")
            raise
        return self.id

    def act(self, row: ActionRow, outcome: str, reason: str = "", *, made_id: str = "", content: str = "") -> Act:
        """Return the line of the journal about a row."""
        return Act(row.record_id, row.mark, outcome, row.what, made_id or row.made_id, content, reason)

    def note(self, rows: Sequence[ActionRow], outcome: str, reason: str = "") -> None:
        """Write the same about several rows."""
        self.journal.note(self.id, [self.act(row, outcome, reason) for row in rows])

    async def before(self) -> None:
        """Look at what earlier sessions left unfinished; by default there is nothing to do."""
        return

    def batches(self) -> Iterator[Sequence[ActionRow]]:
        """Return the rows to act on, as many at a time as are done at once."""
        rows = self.plan.to_do
        return (rows[start : start + self.size] for start in range(0, len(rows), self.size))

    @abstractmethod
    async def batch(self, rows: Sequence[ActionRow]) -> None:
        """Do what the plan says about some rows, and write it down."""


class UndoExecutor(ActionExecutor):
    """Takes back what an action did; its own journal has no marks, so that the same can be done again afterwards."""

    def act(self, row: ActionRow, outcome: str, reason: str = "", *, made_id: str = "", content: str = "") -> Act:
        """Return the line of the journal about a row."""
        return Act(row.record_id, "", outcome, row.what, made_id or row.made_id, content, reason or row.reason)

    async def before(self) -> None:
        """Let what is gone be gone, and note what is left alone."""
        gone = [row for row in self.plan.rows if row.verdict == GONE]
        for reason in {row.reason for row in gone}:
            self.journal.settle([row.mark for row in gone if row.reason == reason], "gone", reason=reason)
        self.note(gone, "gone")
        self.note([row for row in self.plan.rows if row.verdict == CHANGED], "left alone")

    def record_undo(self, rows: Sequence[ActionRow]) -> None:
        """Note that rows are taken back, here and where they were done."""
        self.note(rows, "taken back")
        self.journal.settle([row.mark for row in rows], "taken back", reason=f"by {self.id}")
