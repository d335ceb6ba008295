"""Writing a plan: present values read just before each batch, the journal before and after it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, PushRefused, WriteUncertain
from hsai_kit.hubspot.merges import MOST, Survivor, read_survivors
from hsai_kit.hubspot.records import BATCH, UpdateResult, update_batch
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.file_lock import alone
from hsai_kit.runtime.rate_limit import Room
from hsai_kit.steps.push.current_values import present_values
from hsai_kit.steps.push.hubspot_refusals import about_one_record, explain_refusal, properties_at_fault
from hsai_kit.steps.push.outcomes import FORWARD_ONLY, build_journal_line, explain_left_alone, read_outcome
from hsai_kit.steps.push.plan import NOT_APPROVED, PushPlan, PushRow
from hsai_kit.store import Change

__all__ = ["PushWriter", "refuse_while_under_way"]

# HubSpot has no If-Match: a value that was read longer ago than this (seconds) is read anew before it is replaced.
_FRESH = 2.0
_ATTEMPTS = 6
# Batches under way at once, as many as the client has connections: with 150 ms a call, three use up the window.
_AT_ONCE = 8

# What this process writes just now: portal, object type and property, and the push or undo that writes there.
_under_way: dict[tuple[int, str, str], str] = {}


def refuse_while_under_way(portal_id: int, object_type: str, names: Sequence[str]) -> None:
    """Raise PushRefused while something else writes one of the properties: both would read before either writes."""
    for name in names:
        if other := _under_way.get((portal_id, object_type, name)):
            message = (
                f"{other} is still writing {name} of {object_type}. Wait for it, or cancel it first: handle.cancel()."
            )
            raise PushRefused(message)


class _StillWritten(PushRefused):
    """Another session writes this push: its journal is left alone."""


@dataclass(frozen=True)
class _Batch:
    rows: list[PushRow]
    lost: bool = False
    """They may have been written before, by a push that was broken off."""


@dataclass
class PushWriter:
    """Writes the changing values of one plan and returns the id of its journal."""

    hub: Connection
    plan: PushPlan
    _push_id: str = field(default="", init=False)
    _gone: dict[str, Survivor | None] = field(default_factory=dict, init=False)

    async def write(self, control: Control) -> str:
        """Write in batches of 100; what HubSpot refuses, or somebody changed meanwhile, is noted and left alone."""
        journal = self.hub.store.pushes
        portal_id, object_type = self.plan.portal.id, self.plan.object_type
        refuse_while_under_way(portal_id, object_type, self.plan.properties)
        places = [(portal_id, object_type, name) for name in self.plan.properties]
        self._push_id = self.plan.resumes or journal.begin(
            "undo" if self.plan.undoes else "push",
            undoes=self.plan.undoes,
            portal_id=portal_id,
            object_type=object_type,
            object_type_id=self.plan.object_type_id,
            properties=self.plan.properties,
            fields=[self.plan.sources.get(name, "") for name in self.plan.properties],
            run_id=self.plan.run_id,
            who=self.hub.workspace.reviewer,
        )
        _under_way.update(dict.fromkeys(places, self._push_id))
        try:
            busy = f"{self._push_id} is still being written by another session. Wait for it, or stop it there."
            with alone(self.hub.workspace.folder / f".{self._push_id}.lock", _StillWritten(busy)):
                stopped = await self._everything(self._batches(), control)
                journal.end(self._push_id, "stopped" if stopped else "done")
        except _StillWritten:
            raise
        except BaseException as problem:
            journal.break_off(self._push_id, "the push was broken off before HubSpot said what became of it")
            problem.add_note(f"Receipt {self._push_id} holds what was written until then.")
            raise
        finally:
            for place in places:
                del _under_way[place]
        return self._push_id

    def _batches(self) -> Iterator[_Batch]:
        """Write down what will be done, and yield the values of up to 100 records at a time."""
        if self.plan.resumes is None:
            self._note(self.plan.changes, "not sent")
            yield from (_Batch(rows) for rows in _hundreds(self.plan.changes))
            return
        # Each of them is looked at: what has been written in the meantime has its end in the journal, too.
        self.hub.store.pushes.begin_again(self._push_id)
        journal = self.hub.store.pushes.changes(self._push_id)
        lost = {(one.record_id, one.property) for one in journal if one.outcome in {"sending", "unknown"}}
        left = [row for row in self.plan.rows if row.verdict == NOT_APPROVED]
        self._keep([build_journal_line(row, "not sent", row.reason) for row in left])
        for known in (True, False):
            rows = [row for row in self.plan.rows if ((row.record_id, row.property) in lost) is known]
            rows = [row for row in rows if row.verdict != NOT_APPROVED]
            yield from (_Batch(some, lost=known) for some in _hundreds(rows))

    async def _everything(self, batches: Iterator[_Batch], control: Control) -> bool:
        """Write batches side by side; return whether some were left because a stop was asked for.

        The first goes alone: what is wrong with all of them shows there. After an error nothing new is sent, and what
        is in flight comes to its end, so that the journal knows of it.
        """
        problems: list[BaseException] = []

        async def several(most: float = math.inf) -> None:
            sent = 0
            while sent < most and not problems and await control.gate() and not problems:
                if (batch := next(batches, None)) is None:
                    return
                try:
                    await self._batch(batch.rows, lost=batch.lost)
                except BaseException as problem:  # noqa: BLE001 -- raised below, when the others are through
                    problems.append(problem)
                    return
                sent += 1
                control.progress.done += len(batch.rows)

        await several(1)
        await asyncio.gather(*(several() for _ in range(_AT_ONCE)))
        if problems:
            raise problems[0]
        return next(batches, None) is not None

    async def _batch(self, rows: Sequence[PushRow], *, lost: bool = False) -> None:
        """Look, then write what is still as planned; `lost` says that an earlier attempt may have written it."""
        for attempt in range(1, _ATTEMPTS + 1):
            # Room for both calls: a write that waited for the window would rely on what was read long ago.
            async with self.hub.hubspot.room(2) as room:
                rows = await self._still_as_planned(rows, room, lost=lost)
                if not rows:
                    return
                outcome = await self._sent(rows, attempt, room, lost=lost)
            if isinstance(outcome, UpdateResult):
                await self._written(rows, outcome)
                return
            if not isinstance(outcome, WriteUncertain):
                await self._apart(rows, outcome, lost=lost)
                return
            problem, lost = outcome.problem, lost or outcome.maybe_done
            if not lost:
                self._note(rows, "not sent", str(problem))
        raise problem

    async def _sent(self, rows: Sequence[PushRow], attempt: int, room: Room, *, lost: bool) -> UpdateResult | HsaiError:
        """Write once; returned, not raised, is what something can be done about: unsettled, or a bad record."""
        until = time.monotonic() + _FRESH
        self._note(rows, "sending")
        try:
            return await self._update(rows, attempt, until, room)
        except WriteUncertain as problem:
            return problem
        except HsaiError as problem:
            if about_one_record(problem):
                return problem
            if not lost:
                self._note(rows, "not sent", str(problem))
            raise explain_refusal(problem, self.plan.object_type) from None

    async def _still_as_planned(self, rows: Sequence[PushRow], room: Room, *, lost: bool) -> list[PushRow]:
        """Read what HubSpot holds, note what is to be left alone, and return what may be written."""
        names = list(dict.fromkeys(row.property for row in rows))
        now = await present_values(self.hub, self.plan.object_type, _ids(rows), names, room)
        held = {row: now[row.record_id][row.property] if row.record_id in now else None for row in rows}
        merged = await self._merged([row for row in rows if held[row] is None])
        changed = [row for row in rows if held[row] != row.before]
        self._keep([explain_left_alone(self.plan, row, held[row], merged, lost=lost) for row in changed])
        ready = [row for row in rows if held[row] == row.before]
        # The run's id says that a value of this record is ours: it goes with one, or not at all.
        ours = {row.record_id for row in ready if row.property != self.plan.stamp}
        alone = [row for row in ready if row.record_id not in ours and not lost]
        self._note(alone, "not sent", "nothing else of this record is written")
        return [row for row in ready if row not in alone]

    async def _apart(self, rows: Sequence[PushRow], problem: HsaiError, *, lost: bool) -> None:
        """HubSpot refused a batch as a whole: halve it until bad records stand alone, and in them bad values."""
        ids = _ids(rows)
        if len(ids) > 1:
            self._note(rows, "not sent")
            first = set(ids[: len(ids) // 2])
            await self._batch([row for row in rows if row.record_id in first], lost=lost)
            await self._batch([row for row in rows if row.record_id not in first], lost=lost)
            return
        named = properties_at_fault(problem)
        bad = [row for row in rows if row.property in named] or rows
        self._note(bad, "refused", str(problem))
        if good := [row for row in rows if row not in bad]:
            self._note(good, "not sent")
            await self._batch(good, lost=lost)

    async def _merged(self, rows: Sequence[PushRow]) -> dict[str, Survivor]:
        """Return what became of records that are gone, for the receipt; of the first hundred of a push only."""
        asked = [one for one in _ids(rows) if one not in self._gone][: max(0, MOST - len(self._gone))]
        self._gone.update(dict.fromkeys(asked))
        self._gone.update(await read_survivors(self.hub.hubspot, self.plan.object_type, asked, []))
        return {one: survivor for one, survivor in self._gone.items() if survivor is not None}

    async def _written(self, rows: Sequence[PushRow], updated: UpdateResult) -> None:
        merged = await self._merged([row for row in rows if row.record_id not in updated.ids])
        outcomes = {row: read_outcome(self.plan, row, updated, merged) for row in rows}
        kept = [row for row in rows if outcomes[row].outcome == "refused" and row.property == FORWARD_ONLY]
        if kept and self.plan.undoes:
            self._keep([one for row, one in outcomes.items() if row not in kept])
            again = await self._cleared_first(kept)
            outcomes = {row: read_outcome(self.plan, row, again, merged) for row in kept}
        self._keep(list(outcomes.values()))

    async def _cleared_first(self, rows: Sequence[PushRow]) -> UpdateResult:
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

    def _note(self, rows: Sequence[PushRow], outcome: str, reason: str = "") -> None:
        self._keep([build_journal_line(row, outcome, reason) for row in rows])

    def _keep(self, changes: Sequence[Change]) -> None:
        self.hub.store.pushes.note(self._push_id, changes)


def _ids(rows: Sequence[PushRow]) -> list[str]:
    return list(dict.fromkeys(row.record_id for row in rows))


def _hundreds(rows: Sequence[PushRow]) -> Iterator[list[PushRow]]:
    by_record: dict[str, list[PushRow]] = {}
    for row in rows:
        by_record.setdefault(row.record_id, []).append(row)
    records = list(by_record.values())
    for start in range(0, len(records), BATCH):
        yield [row for record in records[start : start + BATCH] for row in record]
