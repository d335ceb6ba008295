"""Carrying out a plan, journaled: batches are checked, written down and sent, and what became of each row is noted."""

from __future__ import annotations

import asyncio
import contextlib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, HubSpotError, WriteUncertain
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.clock import read_clock
from hsai_kit.runtime.rate_limit import Room
from hsai_kit.steps.plans.plan import RecordRow
from hsai_kit.steps.plans.rollback import remember_receipt
from hsai_kit.store import ActionOutcome, JournalStatus, PushOutcome
from hsai_kit.store.journal import Journal

_LATE = WriteUncertain(
    HubSpotError("it could not be checked in time: HubSpot's answers came too late to rely on. Run the same again."),
    maybe_done=False,
    is_late=True,
)

R = TypeVar("R", bound=RecordRow)
L = TypeVar("L")
A = TypeVar("A")
S = TypeVar("S", PushOutcome, ActionOutcome)


@dataclass(frozen=True)
class Batch(Generic[R]):
    """Rows that are sent together."""

    rows: Sequence[R]
    lost: bool = False
    """They may have been sent before, and the answer never came."""


@dataclass(frozen=True)
class Attempt:
    """One attempt to send a batch: its number from 1 on, when its check was asked for, and the room for its calls."""

    number: int
    checked_at: float
    room: Room | None


class PlanExecutor(ABC, Generic[R, L, S, A]):
    """Sends the rows of a plan in batches; `R` is a row, `L` a line of the journal with an outcome `S`, `A` an answer.

    A subclass says how the journal begins (`hold`), what a line is (`line`), which rows there are (`batches`), how
    they are sent (`send`) and how the answer is read (`read_answer`); and where it needs to, how rows are checked just
    before (`check`), claimed (`mark`), and what a refusal is about (`is_about_rows`, `refuse`, `explain`).
    """

    outcomes: type[S]
    size = 100
    """How many records a batch has."""
    at_once = 1
    """How many batches are under way at once."""
    attempts = 6
    """How often a batch is sent before it is given up."""
    fresh_seconds = math.inf
    """How old a check may be when what relies on it is sent, counted from before the check is asked for."""
    checks = 3
    """How often a batch is checked again because its check was too old, before its rows are left alone."""
    calls = 0
    """How many calls of one attempt get room together, so that none waits after the others; 0 keeps none."""
    past = "done"
    """What a plan does, in the past tense, for a person."""
    broken_off = "it was broken off before the answer came"
    """The reason in the journal where it stays unknown what became of a row."""

    def __init__(self, hub: Connection, journal: Journal[Any, L]) -> None:
        self.hub = hub
        self.journal = journal
        self.id = ""

    async def execute(self, control: Control) -> str:
        """Carry out the plan and return the id of its journal; raises PushRefused while something else is at work."""
        # After a stop what was sent is still looked at: the receipt says what HubSpot holds.
        control.keeps_reads = True
        with self.hold():
            remember_receipt(self.hub, self.id)
            try:
                await self.prepare()
                is_stopped = await self._execute_all(self.batches(), control)
                await self.finish(control)
                self.journal.end(self.id, JournalStatus.STOPPED if is_stopped else JournalStatus.DONE)
            except BaseException as problem:
                self.journal.break_off(self.id, self.broken_off)
                problem.add_note(f"Receipt {self.id} holds what was {self.past} until then.")
                raise
        return self.id

    @abstractmethod
    def hold(self) -> AbstractContextManager[None]:
        """Keep others away for as long as the context lasts, and set `id`; raises PushRefused where it is taken."""

    @abstractmethod
    def line(self, row: R, outcome: S, reason: str = "") -> L:
        """Return the line of the journal about a row."""

    @abstractmethod
    def batches(self) -> Iterator[Batch[R]]:
        """Write down what will be done, and yield it batch by batch."""

    @abstractmethod
    async def send(self, rows: Sequence[R], attempt: Attempt) -> A:
        """Send rows once; raises WriteUncertain where they have to be checked before they are sent again."""

    @abstractmethod
    async def read_answer(self, rows: Sequence[R], answer: A, *, lost: bool) -> None:
        """Note what became of each row; `lost` says that an earlier attempt may have been carried out too."""

    def refuse_while_busy(self) -> None:
        """Raise PushRefused before anybody is asked where `hold` would; by default only `hold` tells."""
        return

    async def prepare(self) -> None:
        """Look at what earlier sessions left unfinished; by default there is nothing to do."""
        return

    async def finish(self, control: Control) -> None:  # noqa: ARG002 -- for subclasses
        """Look once more at what was done, when all of it is through; by default there is nothing to do."""
        return

    async def check(self, rows: Sequence[R], room: Room | None, *, lost: bool) -> Sequence[R]:  # noqa: ARG002 -- for subclasses
        """Look once more before each attempt: note what is left alone, return what may be sent; by default all."""
        return rows

    def mark(self, rows: Sequence[R]) -> Sequence[R]:
        """Write down that rows are being sent, and return those that nothing else has sent."""
        self.note(rows, self.outcomes.SENDING)
        return rows

    def doubt(self, rows: Sequence[R]) -> None:  # noqa: ARG002 -- for subclasses
        """Take note that rows may be carried out although no answer came; by default the next check tells."""
        return

    def is_about_rows(self, problem: HsaiError) -> bool:  # noqa: ARG002 -- for subclasses
        """Tell whether a batch was refused for some of its rows, so that the others can be sent without them."""
        return False

    def read_failure(self, problem: HsaiError) -> S:  # noqa: ARG002 -- for subclasses
        """Tell what becomes of a batch by an error that concerns everything; by default it is not sent."""
        return self.outcomes.NOT_SENT

    def explain(self, problem: HsaiError) -> HsaiError:
        """Return what to raise for an error that concerns everything."""
        return problem

    def refuse(self, rows: Sequence[R], problem: HsaiError) -> Sequence[R]:
        """Note which rows of a single record were refused, and return those that can be sent without them."""
        self.note(rows, self.outcomes.REFUSED, str(problem))
        return ()

    def note(self, rows: Sequence[R], outcome: S, reason: str = "") -> None:
        """Write the same about several rows."""
        self.journal.note(self.id, [self.line(row, outcome, reason) for row in rows])

    async def _execute_all(self, batches: Iterator[Batch[R]], control: Control) -> bool:
        """Execute batches, several at once; return whether some were left because a stop was asked for.

        The first goes alone: what is wrong with all of them shows there. After an error nothing new is sent, and what
        is in flight comes to its end, so that the journal knows of it.
        """
        problems: list[BaseException] = []

        async def take_turns(most: float = math.inf) -> None:
            count = 0
            while count < most and not problems and await control.gate() and not problems:
                if (batch := next(batches, None)) is None:
                    return
                try:
                    await self._execute_batch(batch.rows, lost=batch.lost)
                except BaseException as problem:  # noqa: BLE001 -- raised below, when the others are through
                    problems.append(problem)
                    return
                count += 1
                control.progress.done += len(batch.rows)

        await take_turns(1)
        await asyncio.gather(*(take_turns() for _ in range(self.at_once)))
        if problems:
            raise problems[0]
        return next(batches, None) is not None

    async def _execute_batch(self, rows: Sequence[R], *, lost: bool, was_sent: bool = False) -> None:
        """Check, mark and send until there is an answer; `was_sent` says that they were refused before."""
        problem: HsaiError | None = None
        late = 0
        was_sent = was_sent or lost
        for number in range(1, self.attempts + 1):
            # Room for the check and what relies on it: waiting between the two would make the check stale.
            async with self._room() as room:
                # From before it is asked for: what an answer says was so at some time since.
                attempt = Attempt(number, read_clock(), room)
                # A refusal may be untrue: what is there after something was sent, is ours.
                rows = await self.check(rows, room, lost=was_sent)
                if not rows:
                    return
                outcome: A | HsaiError
                if read_clock() - attempt.checked_at > self.fresh_seconds:
                    outcome = _LATE
                elif rows := self.mark(rows):
                    outcome = await self._try_send(rows, attempt, lost=lost)
                else:
                    return
            if not isinstance(outcome, HsaiError):
                await self.read_answer(rows, outcome, lost=lost)
                return
            if not isinstance(outcome, WriteUncertain):
                await self._halve(rows, outcome, lost=lost)
                return
            problem, lost = outcome.problem, lost or outcome.maybe_done
            was_sent = was_sent or not outcome.is_late
            if outcome.maybe_done:
                self.doubt(rows)
            if not lost:
                self.note(rows, self.outcomes.NOT_SENT, str(problem))
            late += outcome.is_late
            if late == self.checks:
                # The others go on: it may be these records that HubSpot is slow with.
                self.note(rows, self.outcomes.UNKNOWN if lost else self.outcomes.NOT_SENT, str(_LATE.problem))
                return
        if problem is not None:
            raise problem

    async def _try_send(self, rows: Sequence[R], attempt: Attempt, *, lost: bool) -> A | HsaiError:
        """Send once; an error that something can be done about is returned, every other one is raised."""
        try:
            return await self.send(rows, attempt)
        except WriteUncertain as problem:
            return problem
        except HsaiError as problem:
            if self.is_about_rows(problem):
                return problem
            if not lost:
                self.note(rows, self.read_failure(problem), str(problem))
            raise self.explain(problem) from None

    async def _halve(self, rows: Sequence[R], problem: HsaiError, *, lost: bool) -> None:
        """Halve a batch that was refused as a whole until bad records stand alone, and refuse what is bad in them."""
        ids = list(dict.fromkeys(row.record_id for row in rows))
        first = set(ids[: len(ids) // 2])
        parts = [[row for row in rows if (row.record_id in first) is inside] for inside in (True, False)]
        if not first:
            parts = [list(self.refuse(rows, problem))]
        left = [row for part in parts for row in part]
        # Until their turn comes; what may have been carried out before stays in doubt.
        if left and not lost:
            self.note(left, self.outcomes.NOT_SENT)
        for part in parts:
            if part:
                await self._execute_batch(part, lost=lost, was_sent=True)

    def _room(self) -> AbstractAsyncContextManager[Room | None]:
        return self.hub.hubspot.room(self.calls) if self.calls else contextlib.nullcontext()


def split_by_record(rows: Sequence[R], size: int) -> Iterator[list[R]]:
    """Yield rows of up to `size` records at a time; those of one record stay together."""
    by_record: dict[str, list[R]] = {}
    for row in rows:
        by_record.setdefault(row.record_id, []).append(row)
    records = list(by_record.values())
    for start in range(0, len(records), size):
        yield [row for record in records[start : start + size] for row in record]
