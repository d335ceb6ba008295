"""Writing a plan: present values read just before each batch, the journal before and after it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from hsai_kit.background import Control
from hsai_kit.connection import Connection
from hsai_kit.defuse import one_line
from hsai_kit.errors import HsaiError, HubSpotError, InvalidValues, PushRefused, Unsettled
from hsai_kit.hubspot.records import BATCH, Updated, update_batch
from hsai_kit.steps.push.planned import Plan, PlanRow
from hsai_kit.steps.push.planning import present_values
from hsai_kit.store import Change

__all__ = ["Writer", "refuse_while_under_way"]

# HubSpot has no If-Match: a value that was read longer ago than this (seconds) is read anew before it is replaced.
_FRESH = 2.0
_ATTEMPTS = 6
# The one property of HubSpot's own that takes a request, answers with success and keeps the old value.
_FORWARD_ONLY = "lifecyclestage"

# What this process writes just now: portal, object type and property, and the push or undo that writes there.
_under_way: dict[tuple[int, str, str], str] = {}


def refuse_while_under_way(portal_id: int, object_type: str, name: str) -> None:
    """Raise PushRefused while something else writes the same property: both would read before either writes."""
    if other := _under_way.get((portal_id, object_type, name)):
        message = f"{other} is still writing {name} of {object_type}. Wait for it, or cancel it first: handle.cancel()."
        raise PushRefused(message)


@dataclass
class Writer:
    """Writes the changing rows of one plan and returns the id of its journal."""

    hub: Connection
    plan: Plan
    _push_id: str = field(default="", init=False)

    async def write(self, control: Control) -> str:
        """Write in batches of 100; what HubSpot refuses, or somebody changed meanwhile, is noted and left alone."""
        journal, rows = self.hub.store.pushes, self.plan.changing
        place = (self.plan.portal.id, self.plan.object_type, self.plan.property)
        refuse_while_under_way(*place)
        self._push_id = journal.begin(
            "undo" if self.plan.undoes else "push",
            undoes=self.plan.undoes,
            portal_id=self.plan.portal.id,
            object_type=self.plan.object_type,
            object_type_id=self.plan.object_type_id,
            name=self.plan.property,
            run_id=self.plan.run_id,
            who=self.hub.workspace.reviewer,
        )
        _under_way[place] = self._push_id
        try:
            self._note(rows, "not sent")
            for start in range(0, len(rows), BATCH):
                if not await control.gate():
                    journal.end(self._push_id, "stopped")
                    return self._push_id
                batch = rows[start : start + BATCH]
                await self._batch(batch)
                control.progress.done += len(batch)
            journal.end(self._push_id, "done")
        except BaseException as problem:
            journal.break_off(self._push_id, "the push was broken off before HubSpot said what became of it")
            problem.add_note(f"Receipt {self._push_id} holds what was written until then.")
            raise
        finally:
            del _under_way[place]
        return self._push_id

    async def _batch(self, rows: Sequence[PlanRow], attempt: int = 1, *, lost: bool = False) -> None:
        """Look, then write what is still as planned; `lost` says that an earlier attempt may have written it."""
        now = await present_values(self.hub, self.plan.object_type, [row.record_id for row in rows], self.plan.property)
        until = time.monotonic() + _FRESH
        ready = [row for row in rows if now.get(row.record_id) == row.before]
        changed = [row for row in rows if now.get(row.record_id) != row.before]
        self._keep([self._left_alone(row, now.get(row.record_id), lost=lost) for row in changed])
        if not ready:
            return
        self._note(ready, "sending")
        try:
            updated = await self._update({row.record_id: row.after for row in ready}, attempt, until)
        except Unsettled as problem:
            lost = lost or problem.maybe_done
            if not lost:
                self._note(ready, "not sent", str(problem))
            if attempt == _ATTEMPTS:
                raise problem.problem from None
            await self._batch(ready, attempt + 1, lost=lost)
        except HsaiError as problem:
            if not _about_one_record(problem):
                if not lost:
                    self._note(ready, "not sent", str(problem))
                raise _in_words(problem, self.plan) from None
            await self._apart(ready, str(problem), lost=lost)
        else:
            await self._written(ready, updated)

    async def _apart(self, rows: Sequence[PlanRow], reason: str, *, lost: bool) -> None:
        """HubSpot refused a batch as a whole: halve it until the bad rows stand alone."""
        if len(rows) == 1:
            self._note(rows, "refused", reason)
            return
        self._note(rows, "not sent")
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            await self._batch(half, lost=lost)

    async def _written(self, rows: Sequence[PlanRow], updated: Updated) -> None:
        outcomes = {row.record_id: self._outcome(row, updated) for row in rows}
        kept = [row for row in rows if outcomes[row.record_id].outcome == "refused"]
        if kept and self.plan.undoes and self.plan.property == _FORWARD_ONLY:
            self._keep([one for one in outcomes.values() if one.outcome != "refused"])
            again = await self._cleared_first(kept)
            outcomes = {row.record_id: self._outcome(row, again) for row in kept}
        self._keep(list(outcomes.values()))

    async def _cleared_first(self, rows: Sequence[PlanRow]) -> Updated:
        """Restore an earlier stage, which only a blank makes room for; plan_undo finds what ends between the two."""
        try:
            await self._update({row.record_id: "" for row in rows})
            return await self._update({row.record_id: row.after for row in rows})
        except Unsettled as problem:
            raise problem.problem from None

    async def _update(self, values: dict[str, str], attempt: int = 1, until: float = math.inf) -> Updated:
        changes = {one: {self.plan.property: value} for one, value in values.items()}
        return await update_batch(self.hub.hubspot, self.plan.object_type, changes, attempt=attempt, until=until)

    def _outcome(self, row: PlanRow, updated: Updated) -> Change:
        record = updated.records.get(row.record_id)
        if record is None:
            reason = updated.reasons.get(row.record_id) or "HubSpot left it out of its answer: deleted or merged"
            return Change(row.record_id, row.before, row.after, "missing", reason)
        # HubSpot may keep a value in a form of its own (a date, a phone number), which undo has to know again.
        held = record.properties.get(self.plan.property, row.after) or ""
        if held == row.before and not self.plan.same(held, row.after):
            forward = f"; {_FORWARD_ONLY} only moves forward" if self.plan.property == _FORWARD_ONLY else ""
            reason = f"HubSpot took the request and kept the old value{forward}"
            return Change(row.record_id, row.before, row.after, "refused", reason)
        return Change(row.record_id, row.before, held, "written")

    def _left_alone(self, row: PlanRow, now: str | None, *, lost: bool) -> Change:
        if now is None:
            return Change(row.record_id, row.before, row.after, "missing", "the record was deleted or merged meanwhile")
        if self.plan.same(now, row.after):
            if lost:
                return Change(row.record_id, row.before, now, "written")
            reason = "somebody wrote the same value meanwhile"
            return Change(row.record_id, row.before, row.after, "same already", reason)
        reason = f"the value was changed in HubSpot meanwhile, to {one_line(now)}"
        return Change(row.record_id, row.before, row.after, "conflict", reason)

    def _note(self, rows: Sequence[PlanRow], outcome: str, reason: str = "") -> None:
        self._keep([Change(row.record_id, row.before, row.after, outcome, reason) for row in rows])

    def _keep(self, changes: Sequence[Change]) -> None:
        self.hub.store.pushes.note(self._push_id, changes)


def _of_the_property(problem: HsaiError) -> bool:
    """Tell whether every other record would be refused too."""
    detail = getattr(problem, "detail", None)
    errors = [one for one in detail if isinstance(one, dict)] if isinstance(detail, list) else []
    return any(one.get("code") in {"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"} for one in errors)


def _about_one_record(problem: HsaiError) -> bool:
    # 409: another record holds a value that has to be unique.
    refused = isinstance(problem, InvalidValues) or (isinstance(problem, HubSpotError) and problem.status == 409)
    return refused and not _of_the_property(problem)


def _in_words(problem: HsaiError, plan: Plan) -> HsaiError:
    if not _of_the_property(problem):
        return problem
    message = (
        f"{plan.property} of {plan.object_type} was changed in HubSpot since the plan was made and can no longer be "
        f"written. {problem} Look at the property there, then plan anew."
    )
    return PushRefused(message)
