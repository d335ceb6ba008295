"""Carrying out a push: present values are read just before each batch, and only what still is as planned is written."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, WriteUncertain
from hsai_kit.hubspot.records import MOST_SURVIVORS, Survivor, UpdateResult, read_survivors, update_batch
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.console import many
from hsai_kit.runtime.progress import say
from hsai_kit.runtime.rate_limit import Room
from hsai_kit.steps.plans.executor import Attempt, Batch, PlanExecutor, split_by_record
from hsai_kit.steps.plans.plan import list_record_ids
from hsai_kit.steps.push.current_values import read_present_batch
from hsai_kit.steps.push.outcomes import (
    FORWARD_ONLY,
    about_one_record,
    as_change,
    explain_left_alone,
    explain_refusal,
    properties_at_fault,
    read_outcome,
)
from hsai_kit.steps.push.plan import PushPlan, PushRow, PushVerdict
from hsai_kit.steps.push.property_lock import hold_properties, refuse_while_written
from hsai_kit.steps.push.verification import Verification, find_doubts, read_held
from hsai_kit.store import Change, PushKind, PushOutcome


class PushExecutor(PlanExecutor[PushRow, Change, PushOutcome, UpdateResult]):
    """Writes the changing values of a plan; what HubSpot refuses, or somebody changed meanwhile, is left alone."""

    outcomes = PushOutcome
    # As many as the client has connections: with 150 ms a call, three use up the window.
    at_once = 8
    # The look, and the write that relies on it.
    calls = 2
    past = "written"
    broken_off = "the push was broken off before HubSpot said what became of it"
    fresh_seconds = 2.0
    """HubSpot has no If-Match: a value that was read longer ago than this is read anew before it is replaced."""

    def __init__(self, hub: Connection, plan: PushPlan) -> None:
        super().__init__(hub, hub.store.pushes)
        self.plan = plan
        self._gone: dict[str, Survivor | None] = {}
        self._verification = Verification(hub, plan)

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Keep the plan's properties to this push, and begin its journal."""
        plan, journal = self.plan, self.hub.store.pushes
        with hold_properties(self.hub, plan.object_type, plan.properties):
            self.id = plan.resumes or journal.begin(
                PushKind.UNDO if plan.undoes else PushKind.PUSH,
                undoes=plan.undoes,
                portal_id=plan.portal.id,
                object_type=plan.object_type,
                object_type_id=plan.object_type_id,
                properties=plan.properties,
                fields=[plan.sources.get(name, "") for name in plan.properties],
                run_id=plan.run_id,
                who=self.hub.workspace.reviewer,
            )
            yield

    def refuse_while_busy(self) -> None:
        """Raise PushRefused while something else writes to one of the plan's properties."""
        refuse_while_written(self.hub, self.plan.object_type, self.plan.properties)

    def line(self, row: PushRow, outcome: PushOutcome, reason: str = "") -> Change:
        """Return the line of the journal about a value."""
        return as_change(row, outcome, reason)

    def batches(self) -> Iterator[Batch[PushRow]]:
        """Write down what will be done, and yield the values of up to 100 records at a time."""
        if self.plan.resumes is None:
            self.note(self.plan.changes, PushOutcome.NOT_SENT)
            yield from (Batch(rows) for rows in split_by_record(self.plan.changes, self.size))
            return
        # Each of them is looked at: what has been written in the meantime has its end in the journal, too.
        journal = self.hub.store.pushes
        journal.begin_again(self.id)
        lost = {(one.record_id, one.property) for one in journal.lines(self.id) if one.outcome.is_in_doubt}
        left_alone = [row for row in self.plan.rows if row.verdict is PushVerdict.NOT_APPROVED]
        journal.note(self.id, [self.line(row, PushOutcome.NOT_SENT, row.reason) for row in left_alone])
        for is_lost in (True, False):
            rows = [row for row in self.plan.rows if ((row.record_id, row.property) in lost) is is_lost]
            rows = [row for row in rows if row.verdict is not PushVerdict.NOT_APPROVED]
            yield from (Batch(some, lost=is_lost) for some in split_by_record(rows, self.size))

    async def check(self, rows: Sequence[PushRow], room: Room | None, *, lost: bool) -> Sequence[PushRow]:
        """Read what HubSpot holds, note what is to be left alone, and return what may be written."""
        names = list(dict.fromkeys(row.property for row in rows))
        now = await read_present_batch(self.hub, self.plan.object_type, list_record_ids(rows), names, room)
        held = {row: now[row.record_id][row.property] if row.record_id in now else None for row in rows}
        merged = await self._read_merged([row for row in rows if held[row] is None])
        changed = [row for row in rows if held[row] != row.before]
        self.journal.note(
            self.id, [explain_left_alone(self.plan, row, held[row], merged, lost=lost) for row in changed]
        )
        ready = [row for row in rows if held[row] == row.before]
        # The run's id says that a value of this record is ours: it goes with one, or not at all.
        ours = {row.record_id for row in ready if row.property != self.plan.stamp}
        stamps = [row for row in ready if row.record_id not in ours and not lost]
        self.note(stamps, PushOutcome.NOT_SENT, "nothing else of this record is written")
        return [row for row in ready if row not in stamps]

    async def send(self, rows: Sequence[PushRow], attempt: Attempt) -> UpdateResult:
        """Write once."""
        return await self._update(rows, attempt.number, attempt.checked_at + self.fresh_seconds, attempt.room)

    async def read_answer(self, rows: Sequence[PushRow], answer: UpdateResult, *, lost: bool) -> None:  # noqa: ARG002 -- a value is written twice as once
        """Note what HubSpot holds now of each value; what its answer does not say is read again."""
        doubtful = set(find_doubts(self.plan, rows, answer))
        clean = [row for row in rows if row not in doubtful]
        self._verification.clean += clean
        self.journal.note(self.id, [read_outcome(self.plan, row, answer, {}) for row in clean])
        if doubtful:
            await self._read_again([row for row in rows if row in doubtful], answer)

    async def _read_again(self, rows: Sequence[PushRow], answer: UpdateResult) -> None:
        held = UpdateResult(await self._verification.read_again(rows), answer.reasons)
        merged = await self._read_merged([row for row in rows if row.record_id not in held.ids])
        outcomes = {row: self._read_outcome(row, answer, held, merged) for row in rows}
        kept = [row for row in rows if outcomes[row].outcome is PushOutcome.REFUSED and row.property == FORWARD_ONLY]
        if kept and self.plan.undoes:
            self.journal.note(self.id, [one for row, one in outcomes.items() if row not in kept])
            again = await self._clear_first(kept)
            outcomes = {row: read_outcome(self.plan, row, again, merged) for row in kept}
        self.journal.note(self.id, list(outcomes.values()))

    def _read_outcome(
        self, row: PushRow, answer: UpdateResult, held: UpdateResult, merged: Mapping[str, Survivor]
    ) -> Change:
        """Tell what became of a value that was read again; HubSpot may have answered with a form of its own of it."""
        record, said = held.records.get(row.record_id), answer.records.get(row.record_id)
        now = read_held(record, row.property)
        is_as_answered = said is not None and read_held(said, row.property) == now
        if not is_as_answered and (changed := self._verification.explain_change(row, now)):
            return changed
        return read_outcome(self.plan, row, held, merged)

    async def finish(self, control: Control) -> None:  # noqa: ARG002 -- a look, also where a stop was asked for
        """Hold a sample of what was answered against what HubSpot holds, and correct the journal."""
        corrections, read = await self._verification.correct()
        self.journal.note(self.id, corrections)
        lies = sum(not one.outcome.is_written for one in corrections)
        if lies:
            what = f"of {many(read, 'value')} read again, {lies:,} were not there"
            say(f"HubSpot's answers did not say what it holds: {what}. The receipt tells which.")

    def is_about_rows(self, problem: HsaiError) -> bool:
        """Tell whether HubSpot refused a batch for some of its records."""
        return about_one_record(problem)

    def explain(self, problem: HsaiError) -> HsaiError:
        """Return what to raise for an error that concerns every record."""
        return explain_refusal(problem, self.plan.object_type)

    def refuse(self, rows: Sequence[PushRow], problem: HsaiError) -> Sequence[PushRow]:
        """Note which values of a record HubSpot names, or all of them, and return the others."""
        named = properties_at_fault(problem)
        bad = [row for row in rows if row.property in named] or rows
        self.note(bad, PushOutcome.REFUSED, str(problem))
        self._verification.refused += bad
        return [row for row in rows if row not in bad]

    async def _read_merged(self, rows: Sequence[PushRow]) -> dict[str, Survivor]:
        """Return what became of records that are gone, for the receipt; of the first hundred of a push only."""
        wanted = [one for one in list_record_ids(rows) if one not in self._gone][
            : max(0, MOST_SURVIVORS - len(self._gone))
        ]
        self._gone.update(dict.fromkeys(wanted))
        self._gone.update(await read_survivors(self.hub.hubspot, self.plan.object_type, wanted, []))
        return {one: survivor for one, survivor in self._gone.items() if survivor is not None}

    async def _clear_first(self, rows: Sequence[PushRow]) -> UpdateResult:
        """Restore an earlier stage, which only a blank makes room for; plan_undo finds what ends between the two."""
        try:
            await self._update([replace(row, after="") for row in rows])
            return await self._update(rows)
        except WriteUncertain as problem:
            raise problem.problem from None

    async def _update(
        self, rows: Sequence[PushRow], attempt: int = 1, until: float = math.inf, room: Room | None = None
    ) -> UpdateResult:
        changes: dict[str, dict[str, str]] = {}
        for row in rows:
            changes.setdefault(row.record_id, {})[row.property] = row.after
        object_type = self.plan.object_type
        return await update_batch(self.hub.hubspot, object_type, changes, attempt=attempt, until=until, room=room)
