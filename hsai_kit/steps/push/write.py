"""Writing a plan: present values read just before each batch, the journal before and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hsai_kit.background import Control
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, InvalidValues, NoConnection
from hsai_kit.hubspot.records import BATCH, update_batch
from hsai_kit.steps.push.planning import Plan, PlanRow, present_values
from hsai_kit.store import Change

__all__ = ["Writer"]


@dataclass
class Writer:
    """Writes the changing rows of one plan and returns the id of its journal."""

    hub: Connection
    plan: Plan

    async def write(self, control: Control) -> str:
        """Write in batches of 100; what HubSpot refuses, or somebody changed meanwhile, is noted and left alone."""
        journal, rows = self.hub.store.pushes, self.plan.changing
        push_id = journal.begin(
            "undo" if self.plan.undoes else "push",
            undoes=self.plan.undoes,
            portal_id=self.plan.portal.id,
            object_type=self.plan.object_type,
            object_type_id=self.plan.object_type_id,
            name=self.plan.property,
            run_id=self.plan.run_id,
            who=self.hub.workspace.reviewer,
        )
        try:
            for start in range(0, len(rows), BATCH):
                if not await control.gate():
                    break
                batch = rows[start : start + BATCH]
                await self._batch(push_id, batch)
                control.progress.done += len(batch)
        except HsaiError as problem:
            journal.end(push_id, "stopped")
            problem.add_note(f"Receipt {push_id} holds what was written until then.")
            raise
        journal.end(push_id, "stopped" if control.stopping else "done")
        return push_id

    async def _batch(self, push_id: str, rows: Sequence[PlanRow]) -> None:
        journal = self.hub.store.pushes
        now = await self._present([row.record_id for row in rows])
        ready = [row for row in rows if now.get(row.record_id) == row.before]
        left = [_left_alone(row, now.get(row.record_id)) for row in rows if row not in ready]
        journal.note(push_id, left)
        if ready:
            journal.note(push_id, [Change(row.record_id, row.before, row.after, "sending") for row in ready])
            journal.note(push_id, await self._send(ready))

    async def _send(self, rows: Sequence[PlanRow]) -> list[Change]:
        """Send one update; where HubSpot refuses the whole of it, halve it until the bad rows stand alone."""
        changes = {row.record_id: {self.plan.property: row.after} for row in rows}
        try:
            updated = await update_batch(self.hub.hubspot, self.plan.object_type, changes)
        except InvalidValues as problem:
            if len(rows) == 1:
                return [Change(rows[0].record_id, rows[0].before, rows[0].after, "refused", str(problem))]
            middle = len(rows) // 2
            return [*await self._send(rows[:middle]), *await self._send(rows[middle:])]
        except NoConnection as problem:
            if not problem.maybe_done:
                raise
            return await self._look(rows)
        return [_written(row, updated.ids, updated.reasons) for row in rows]

    async def _look(self, rows: Sequence[PlanRow]) -> list[Change]:
        """Read what became of an update whose answer was lost, and send once more what was not written."""
        now = await self._present([row.record_id for row in rows])
        done = [row for row in rows if now.get(row.record_id) == row.after]
        open_rows = [row for row in rows if now.get(row.record_id) == row.before]
        rest = [row for row in rows if row not in done and row not in open_rows]
        outcome = [Change(row.record_id, row.before, row.after, "written") for row in done]
        outcome += [_left_alone(row, now.get(row.record_id)) for row in rest]
        if open_rows:
            changes = {row.record_id: {self.plan.property: row.after} for row in open_rows}
            updated = await update_batch(self.hub.hubspot, self.plan.object_type, changes)
            outcome += [_written(row, updated.ids, updated.reasons) for row in open_rows]
        return outcome

    async def _present(self, ids: Sequence[str]) -> dict[str, str]:
        return await present_values(self.hub, self.plan.object_type, ids, self.plan.property)


def _written(row: PlanRow, ids: frozenset[str], reasons: Mapping[str, str]) -> Change:
    if row.record_id in ids:
        return Change(row.record_id, row.before, row.after, "written")
    reason = reasons.get(row.record_id) or "HubSpot left it out of its answer: deleted or merged meanwhile"
    return Change(row.record_id, row.before, row.after, "missing", reason)


def _left_alone(row: PlanRow, now: str | None) -> Change:
    if now is None:
        return Change(row.record_id, row.before, row.after, "missing", "the record was deleted or merged meanwhile")
    return Change(row.record_id, now, row.after, "conflict", "the value was changed in HubSpot meanwhile")
