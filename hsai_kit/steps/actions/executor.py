"""Carrying out the plan of an action, or of its undo: one session of a workspace at a time, journaled."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from hsai_kit.connection import Connection
from hsai_kit.errors import ActionRefused
from hsai_kit.runtime.file_lock import hold_lock
from hsai_kit.steps.actions.plan import ActionPlan, ActionRow, ActionVerdict
from hsai_kit.steps.plans.executor import Batch, PlanExecutor, split_by_record
from hsai_kit.store import Act, ActionOutcome
from hsai_kit.store.actions import ActionTable

A = TypeVar("A")


class ActionExecutor(PlanExecutor[ActionRow, Act, ActionOutcome, A]):
    """Does what a plan says; a subclass says how rows are sent, and how the answer is read."""

    outcomes = ActionOutcome
    taken_reason = "it was done meanwhile"
    """Why a row is left alone that another session has claimed."""

    def __init__(self, hub: Connection, plan: ActionPlan) -> None:
        super().__init__(hub, hub.store.actions)
        self.acts: ActionTable = hub.store.actions
        self.plan = plan

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other sessions of this workspace away, and begin the journal."""
        busy = "Another session of this workspace is at work on records just now. Wait for it, then try again."
        # What is found half sent by whoever has the lock is nobody's any more: its holder died.
        with hold_lock(self.hub.workspace.folder / ".then.lock", ActionRefused(busy)):
            plan = self.plan
            self.id = self.acts.begin(
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
            yield

    async def prepare(self) -> None:
        """Write down what will be done."""
        self.note(self.plan.to_do, ActionOutcome.NOT_SENT)

    def batches(self) -> Iterator[Batch[ActionRow]]:
        """Return the rows to act on, as many at a time as are done at once."""
        return (Batch(rows) for rows in split_by_record(self.plan.to_do, self.size))

    def mark(self, rows: Sequence[ActionRow]) -> Sequence[ActionRow]:
        """Claim rows in the journal, and return those that no other session has claimed."""
        acts = [self.line(row, ActionOutcome.SENDING, content=_as_json(row)) for row in rows]
        claimed = {act.record_id for act in self.acts.claim(self.id, acts)}
        others = [row for row in rows if row.record_id not in claimed]
        self.note(others, ActionOutcome.LEFT_ALONE, self.taken_reason)
        return [row for row in rows if row.record_id in claimed]

    def line(
        self, row: ActionRow, outcome: ActionOutcome, reason: str = "", *, made_id: str = "", content: str = ""
    ) -> Act:
        """Return the line of the journal about a row."""
        made = made_id or row.made_id
        return Act(row.record_id, row.mark, outcome, row.what, made, content, reason)


class UndoExecutor(ActionExecutor[None]):
    """Takes back what an action did; its own journal has no marks, so that the same can be done again afterwards."""

    async def prepare(self) -> None:
        """Let what is gone be gone, and note what is left alone."""
        await super().prepare()
        gone = [row for row in self.plan.rows if row.verdict is ActionVerdict.GONE]
        for reason in {row.reason for row in gone}:
            marks = [row.mark for row in gone if row.reason == reason]
            self.acts.settle(marks, ActionOutcome.GONE, reason=reason)
        self.note(gone, ActionOutcome.GONE)
        changed = [row for row in self.plan.rows if row.verdict is ActionVerdict.CHANGED]
        self.note(changed, ActionOutcome.LEFT_ALONE)

    def mark(self, rows: Sequence[ActionRow]) -> Sequence[ActionRow]:
        """Write down that rows are being taken back; an undo claims nothing."""
        self.note(rows, ActionOutcome.SENDING)
        return rows

    def line(
        self, row: ActionRow, outcome: ActionOutcome, reason: str = "", *, made_id: str = "", content: str = ""
    ) -> Act:
        """Return the line of the journal about a row."""
        act = super().line(row, outcome, reason or row.reason, made_id=made_id, content=content)
        return replace(act, mark="")

    async def read_answer(self, rows: Sequence[ActionRow], answer: None, *, lost: bool) -> None:  # noqa: ARG002 -- what is gone stays gone
        """Note that rows are taken back, here and where they were done."""
        self.note(rows, ActionOutcome.TAKEN_BACK)
        self.acts.settle([row.mark for row in rows], ActionOutcome.TAKEN_BACK, reason=f"by {self.id}")


def _as_json(row: ActionRow) -> str:
    return json.dumps(dict(row.properties)) if row.properties else ""
