"""Sending a run's questions: as many at once as the account takes, every answer kept as it arrives."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, NoConnection, SettingNotSupported
from hsai_kit.llm.costs import format_usd
from hsai_kit.llm.engine import Engine
from hsai_kit.llm.error_mapping import stops_the_run
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.console import many
from hsai_kit.runtime.rate_limit import Withdrawal
from hsai_kit.steps.ask.budget import Cap, CostTracker, MonthBudget, Purse
from hsai_kit.steps.ask.request import CapabilityLearner
from hsai_kit.store import Answer, AnswerStatus, RunStatus
from hsai_kit.store.answers import AnswerTable

# Each was tried for a minute: after so many without one answer between them, the network is gone for the others too.
_LOST_IN_A_ROW = 20


class AnswerWriter:
    """Commits the answers that came in the same turn of the loop together: a commit takes as long as a request.

    What is not committed yet counts as in flight, since whoever brings an answer waits for its commit.
    """

    def __init__(self, store: AnswerTable, run_id: str) -> None:
        self._store = store
        self._run_id = run_id
        self._answers: list[Answer] = []
        self._committed: asyncio.Future[None] | None = None

    async def keep(self, answer: Answer) -> None:
        """Return when `answer` is in the store; raises WorkspaceError where it cannot be written."""
        if self._committed is None:
            loop = asyncio.get_running_loop()
            self._committed = loop.create_future()
            # At once: what waits here is what a kill loses beyond what is in flight.
            loop.call_soon(self._commit, self._committed)
        self._answers.append(answer)
        await asyncio.shield(self._committed)

    def _commit(self, committed: asyncio.Future[None]) -> None:
        answers, self._answers, self._committed = self._answers, [], None
        try:
            self._store.add(self._run_id, answers)
        except Exception as problem:  # noqa: BLE001 -- raised where the answers are waited for
            committed.set_exception(problem)
        else:
            committed.set_result(None)


@dataclass
class LiveSender:
    """One run being sent: `questions` are those without an answer, text by hash."""

    hub: Connection
    engine: Engine
    run_id: str
    questions: dict[str, str]
    budget_usd: float | None = None
    _failures: list[HsaiError] = field(default_factory=list)
    _out_of_budget: bool = False
    _lost: int = 0

    async def run(self, control: Control) -> None:
        """Ask all questions and note how the run ended: done, stopped, paused (budget) or failed.

        Raises what every further question would meet as well: a refused key, no quota, a setting not taken.
        """
        runs = self.hub.store.runs
        spent = self.hub.store.answers.sum_usd(self.run_id)
        try:
            month = MonthBudget.find(self.hub)
            has_cap = self.budget_usd is not None or month is not None
            self._cap = Cap(self.budget_usd, spent, self.engine, month, self.run_id) if has_cap else None
        except HsaiError as problem:
            runs.end(self.run_id, RunStatus.FAILED, str(problem))
            raise
        self._spending = CostTracker(spent, len(self.questions), runs.count_spared(self.run_id, len(self.questions)))
        self._keeper = AnswerWriter(self.hub.store.answers, self.run_id)
        self._llm = self.hub.llm.for_work(functools.partial(self._go_on, control), lambda: control.is_stopping)
        waiting = iter(self.questions)
        # The first one goes alone: what its model does not take is learned from one request and not from sixty.
        self._learning = CapabilityLearner(self.hub, self.engine)
        self._learning.begin()
        async with asyncio.TaskGroup() as group:
            control.on_cut(group.create_task(self._work(waiting, control, most=1)).cancel)
        async with asyncio.TaskGroup() as group:
            # Twice as many as are in flight: those that wait to be tried again keep no place from the others.
            for _ in range(min(2 * self.hub.llm.concurrency, len(self.questions))):
                control.on_cut(group.create_task(self._work(waiting, control)).cancel)
        self._end(control)

    async def _work(self, waiting: Iterator[str], control: Control, most: int | None = None) -> None:
        asked = 0
        while asked != most and not self._failures and not self._out_of_budget and await control.gate():
            one = next(waiting, None)
            if one is None:
                return
            asked += 1
            text = self.questions[one]
            purse = Purse(functools.partial(self.engine.most_usd, text), self._cap)
            if not await purse.reserve():
                self._out_of_budget = True
                return
            control.progress.in_flight += 1
            try:
                answer = await self._answer(one, text, purse)
            except asyncio.CancelledError:
                await self._record_cut(one, purse)
                raise
            finally:
                control.progress.in_flight -= 1
            is_answered = answer is not None
            answer = await purse.settle(one, answer)
            if answer is not None and self.engine.make_room(answer) and await control.gate():
                answer = await self._ask_again(one, text, answer)
            try:
                if answer is not None:
                    await self._keeper.keep(answer)
                await purse.close()
            except HsaiError as problem:
                # An answer that cannot be kept is paid for nothing: no more of them are asked for.
                self._failures.append(problem)
                return
            if answer is None:
                return
            if answer.status is not AnswerStatus.FAILED:
                self._lost = 0
                self._learning.record_answer()
            self._spending.add(answer.usd)
            if not is_answered:
                # It may not be sent again: the budget is reached, or the work was stopped.
                self._out_of_budget |= await control.gate()
                return
            control.progress.done += 1
            # One piece of work may be several runs, as an evaluation is.
            before = control.progress.usd
            control.progress.usd = None if before is None or answer.usd is None else before + answer.usd
            control.progress.newest.append((text, answer.output or answer.reason))
            control.progress.note = self._spending.describe()

    async def _record_cut(self, one: str, purse: Purse) -> None:
        """Keep what a question may have cost that was broken off in flight."""
        purse.attempts.lost += purse.attempts.in_flight
        if (lost := purse.add_lost(one, None)) is not None:
            self.hub.store.answers.add(self.run_id, [lost])
        await purse.close()

    async def _ask_again(self, one: str, text: str, first: Answer) -> Answer:
        """Ask once more with more room where thinking took an answer's place, if the budget has as much."""
        purse = Purse(functools.partial(self.engine.most_usd, text), self._cap)
        if not await purse.reserve():
            return first
        try:
            second = await purse.settle(one, await self._answer(one, text, purse))
        except asyncio.CancelledError:
            purse.attempts.lost += purse.attempts.in_flight
            self.hub.store.answers.add(self.run_id, [purse.add_lost(one, first) or first])
            raise
        finally:
            await purse.close()
        if second is None:
            return first
        self.engine.make_room(second)
        usd = None if first.usd is None or second.usd is None else first.usd + second.usd
        return replace(first if second.status is AnswerStatus.FAILED else second, usd=usd)

    async def _go_on(self, control: Control) -> bool:
        return await control.gate() and not self._failures

    async def _answer(self, one: str, text: str, purse: Purse) -> Answer | None:
        try:
            return await self.engine.ask(self._llm, one, text, purse.attempts)
        except Withdrawal:
            return None
        except HsaiError as problem:
            self._lost = self._lost + 1 if isinstance(problem, NoConnection) else 0
            if stops_the_run(problem) or self._lost >= _LOST_IN_A_ROW:
                self._failures.append(problem)
                return None
            return Answer(one, AnswerStatus.FAILED, reason=str(problem), usd=0.0)
        except Exception as problem:  # noqa: BLE001 -- one row that nobody thought of must not end the others
            reason = f"Something unexpected happened: {type(problem).__name__}"
            return Answer(one, AnswerStatus.FAILED, reason=reason, usd=self.engine.most_usd(text))

    def _end(self, control: Control) -> None:
        runs = self.hub.store.runs
        if limits := self.hub.llm.limits:
            self.hub.store.model_facts.keep_limits(self.hub.llm.base_url, self.engine.model, limits)
        if self._failures:
            problem = self._failures[0]
            if isinstance(problem, SettingNotSupported):
                self._learning.record_refusal(problem)
            runs.end(self.run_id, RunStatus.FAILED, str(problem))
            raise problem
        if self._out_of_budget:
            left = self.hub.store.answers.find_outstanding(self.run_id)
            if self._cap and self._cap.month and self._cap.is_month_reached:
                runs.end(self.run_id, RunStatus.PAUSED, self._cap.month.explain_reached(len(left)))
                return
            most = max((self.engine.most_usd(text) or 0.0 for text in left.values()), default=0.0)
            budget, questions = format_usd(self.budget_usd or 0), many(len(left), "question")
            note = (
                f"The budget of {budget} USD is reached with {questions} left, "
                f"each of which may cost up to {format_usd(most)} USD."
            )
            runs.end(self.run_id, RunStatus.PAUSED, note)
            return
        runs.end(self.run_id, RunStatus.STOPPED if control.is_stopping else RunStatus.DONE)
