"""Sending a run's questions as jobs at OpenAI: half the price, done within a day, whether anybody waits or not.

What is where stands in the store before it is acted on, so that a kill never sends a question twice: the file of a
job before the job is asked for, the job before it is waited for. A question is in one open job at most.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import tempfile
from dataclasses import dataclass, field
from typing import IO, ClassVar

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, ModelError, RunError, SettingNotSupported
from hsai_kit.llm.batches import MOST_FILE_BYTES, MOST_QUESTIONS, BatchApi, BatchEngine, JobStatus, is_passing
from hsai_kit.llm.costs import format_usd
from hsai_kit.llm.error_mapping import stops_the_run
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.console import many
from hsai_kit.runtime.rate_limit import Withdrawal
from hsai_kit.steps.ask.batch_collector import BatchCollector, explain_unknown_job, run_until_stop
from hsai_kit.steps.ask.budget import Cap, MonthBudget, Purse, check_budget
from hsai_kit.steps.ask.request import CapabilityLearner
from hsai_kit.steps.ask.run_lock import lock_jobs, lock_run
from hsai_kit.store import Answer, AnswerStatus, BatchRecord, RunStatus

_AT_ONCE = 500
_ENDS = {
    JobStatus.EXPIRED: "A job ran out of its 24 hours at OpenAI",
    JobStatus.CANCELLED: "A job was cancelled",
    JobStatus.COMPLETED: "A job came back incomplete",
    JobStatus.GONE: "OpenAI no longer keeps what a job answered",
}


@dataclass
class BatchSender:
    """One run being sent as jobs; `questions` are those without an answer, text by hash."""

    # What one file may hold, and how many questions are worth a further job under a budget.
    most_questions: ClassVar[int] = MOST_QUESTIONS
    most_bytes: ClassVar[int] = MOST_FILE_BYTES
    fewest: ClassVar[int] = 20

    hub: Connection
    engine: BatchEngine
    run_id: str
    questions: dict[str, str]
    budget_usd: float | None = None
    _reached: str = field(default="", init=False)
    _asked_live: bool = field(default=False, init=False)
    _waited: bool = field(default=False, init=False)
    _tried: set[str] = field(default_factory=set, init=False)

    async def run(self, control: Control) -> None:
        """Send what no open job has yet, wait, and note how the run ended: done, waiting, stopped, paused or failed.

        Under a budget as much is sent at once as may be spent at most; when that is back, and cost less, more is sent.
        Raises what every further question would meet as well, and why OpenAI did not begin a job.
        """
        collecting = BatchCollector(self.hub, self.engine, self.run_id)
        try:
            while True:
                held_back = await self._submit(control)
                await collecting.wait(control, control.progress.done)
                self._waited = True
                if collecting.problems:
                    raise collecting.problems[0]
                if not held_back or control.is_stopping or self._list_own_jobs():
                    break
        except HsaiError as problem:
            if isinstance(problem, SettingNotSupported):
                CapabilityLearner(self.hub, self.engine).record_refusal(problem)
            self.hub.store.runs.end(self.run_id, RunStatus.FAILED, str(problem))
            raise
        self._end(collecting, control)

    async def cancel(self, control: Control) -> None:
        """End the run's own jobs at OpenAI, keep what they answered until then, and note the run as stopped."""
        async with lock_jobs(self.hub, control):
            for record in self._list_own_jobs():
                await self._give_up(record)
        collecting = BatchCollector(self.hub, self.engine, self.run_id)
        await collecting.wait(control, 0)
        self._end(collecting, control)

    async def _give_up(self, record: BatchRecord) -> None:
        api = BatchApi(self.hub.llm)
        try:
            if job := await self._find_job(api, record):
                await api.cancel(job)
                return
        except ModelError as problem:
            if problem.status != 404:
                raise
        # There is no such job, or none that this key may see.
        self.hub.store.batches.close(record.input_file, JobStatus.GIVEN_UP)
        await api.delete(record.input_file)

    async def _submit(self, control: Control) -> bool:
        """Send what may be sent now; True where the budget holds back the rest only until the jobs are back."""
        async with lock_jobs(self.hub, control) as alone:
            if not alone:
                return False
            api, kept = BatchApi(self.hub.llm), self.hub.store.batches
            for record in kept.open_for(self.run_id):
                if record.id is None:
                    await run_until_stop(control, self._pick_up(api, record))
            # No session asks live what is about to be in a job: until it is, these are this session's own.
            with lock_run(self.hub, self.run_id, in_jobs=True):
                # Another session may have sent or answered some in the meantime.
                self.questions = await asyncio.to_thread(self.hub.store.answers.find_outstanding, self.run_id)
                while (left := self._find_unsent()) and await control.gate():
                    if not (part := self._choose_affordable(left)):
                        break
                    if self._asked_live:
                        await self._send(api, control, part)
                    else:
                        self._asked_live = True
                        first = next(iter(part))
                        self._tried.add(first)
                        await self._ask_live(control, first, part[first])
                        control.progress.done += 1
            return bool(self._reached and self._list_own_jobs())

    async def _send(self, api: BatchApi, control: Control, questions: dict[str, str]) -> None:
        """Send as many of `questions` as one file may hold as a job."""
        control.progress.note = "sending the questions as a job"
        with tempfile.TemporaryFile() as file:  # without a name: a kill leaves no record data behind
            part = await self._write_lines(file, questions)
            file_id = await run_until_stop(control, api.upload(file))
        if file_id is None:
            return
        month, costs = MonthBudget.find(self.hub), sum(self._most_usd(questions[one]) for one in part)
        if month and month.ledger.hold(file_id, costs, month.usd) is None:
            # Another session holds it by now; what is left of it is looked at again.
            await api.delete(file_id)
        elif self.hub.store.batches.add_upload(file_id, self.run_id, part):
            self._tried.update(part)
            # A job that is asked for just then is found when the run goes on.
            await run_until_stop(control, self._begin(api, file_id))
        else:
            self.hub.store.expenses.release_job(file_id)
            await api.delete(file_id)

    def _find_unsent(self) -> dict[str, str]:
        # What this session asked and got no answer to is asked again by resume only, or it would be for ever.
        others = self._tried | self.hub.store.batches.under_way()
        return {one: text for one, text in self.questions.items() if one not in others}

    async def _ask_live(self, control: Control, one: str, text: str) -> None:
        """Ask one question at once: what the model does not take shows now, and not in a day's time."""
        learning = CapabilityLearner(self.hub, self.engine)
        learning.begin()
        # It goes live, at twice the price of one in a job.
        month = MonthBudget.find(self.hub)
        cap = Cap(None, 0.0, self.engine, month, self.run_id) if month else None
        purse = Purse(lambda: 2 * self._most_usd(text), cap)
        if not await purse.reserve():
            return
        llm = self.hub.llm.for_work(control.gate, lambda: control.is_stopping)
        answer: Answer | None = None
        try:
            answer = await self.engine.ask(llm, one, text, purse.attempts)
            learning.record_answer()
            self.engine.make_room(answer)
        except Withdrawal:
            pass
        except HsaiError as problem:
            if not isinstance(problem, ModelError) or stops_the_run(problem) or is_passing(problem):
                raise
            answer = Answer(one, AnswerStatus.FAILED, reason=str(problem), usd=0.0)
        finally:
            if (kept := purse.add_lost(one, answer)) is not None:
                self.hub.store.answers.add(self.run_id, [kept])
            await purse.close()

    async def _write_lines(self, file: IO[bytes], left: dict[str, str]) -> list[str]:
        """Write as many questions as one file may hold, and return their hashes line by line."""
        part: list[str] = []
        size = 0
        for one, text in itertools.islice(left.items(), self.most_questions):
            line = self.engine.line(one, text)
            size += len(line)
            if part and size > self.most_bytes:
                break
            file.write(line)
            part.append(one)
            if len(part) % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return part

    async def _begin(self, api: BatchApi, file_id: str) -> None:
        try:
            job = await api.create(file_id, self.run_id)
        except HsaiError as problem:
            if not is_passing(problem):
                self.hub.store.batches.close(file_id, JobStatus.REFUSED)
                self.hub.store.expenses.release_job(file_id)
                await api.delete(file_id)
            raise
        self.hub.store.batches.record_state(file_id, job.id, job.status)

    async def _pick_up(self, api: BatchApi, record: BatchRecord) -> None:
        """Go on after a kill between a file and its job: look whether the job is there before asking for it."""
        try:
            found = await self._find_job(api, record)
        except ModelError as problem:
            if problem.status != 404:
                raise
            raise RunError(explain_unknown_job(record)) from None
        if found is None:
            await self._begin(api, record.input_file)

    async def _find_job(self, api: BatchApi, record: BatchRecord) -> str | None:
        if record.id is not None:
            return record.id
        job = await api.find(record.input_file)
        if job is not None:
            self.hub.store.batches.record_state(record.input_file, job.id, job.status)
        return job.id if job else None

    def _choose_affordable(self, left: dict[str, str]) -> dict[str, str]:
        """Return those of `left`, in their order, that fit into the budget whatever they cost; none: it is reached."""
        room, month = self._find_room()
        if room == math.inf:
            return left
        if not self._asked_live:
            # The first one goes live, at twice the price of one in a job.
            first, text = next(iter(left.items()))
            fits = 2 * self._most_usd(text) <= room
            self._reached = "" if fits else self._explain_reached(left, month)
            return {first: text} if fits else {}
        costs = itertools.accumulate(map(self._most_usd, left.values()))
        count = sum(1 for _ in itertools.takewhile(lambda cost: cost <= room, costs))
        self._reached = "" if count == len(left) else self._explain_reached(left, month)
        # A job may take a day: after the first ones, a few questions more are not worth another.
        worth = not self._waited or count >= min(self.fewest, len(left))
        return dict(itertools.islice(left.items(), count)) if worth else {}

    def _most_usd(self, text: str) -> float:
        return self.engine.most_usd(text) or 0.0

    def _find_room(self) -> tuple[float, MonthBudget | None]:
        """Return what may still be sent, USD, and the month's budget where it is that which leaves less."""
        room, month = math.inf, MonthBudget.find(self.hub)
        if self.budget_usd is not None:
            check_budget(self.budget_usd, self.engine)
            jobs = (self.hub.store.batches.questions(job.input_file).values() for job in self._list_own_jobs())
            held = sum(map(self._most_usd, itertools.chain.from_iterable(jobs)))
            room = self.budget_usd - self.hub.store.answers.sum_usd(self.run_id) - held
        return (month.room, month) if month and month.room < room else (room, None)

    def _explain_reached(self, left: dict[str, str], month: MonthBudget | None) -> str:
        if month:
            return month.explain_reached(len(left))
        more = sum(map(self._most_usd, left.values()))
        return (
            f"The budget of {format_usd(self.budget_usd or 0)} USD is reached with {many(len(left), 'question')} left, "
            f"which may cost up to {format_usd(more)} USD more."
        )

    def _list_own_jobs(self) -> list[BatchRecord]:
        return [job for job in self.hub.store.batches.open_for(self.run_id) if job.run_id == self.run_id]

    def _end(self, collecting: BatchCollector, control: Control) -> None:
        runs, open_jobs = self.hub.store.runs, self.hub.store.batches.open_for(self.run_id)
        missing, of = self.hub.store.answers.count_unanswered(self.run_id), runs.count_questions(self.run_id)
        status, note = RunStatus.DONE, ""
        if open_jobs:
            status, note = RunStatus.WAITING, f"{missing:,} questions are in jobs at OpenAI; resume picks them up."
        elif self._reached and missing:
            status, note = RunStatus.PAUSED, self._reached
        elif missing:
            ends = [said for state, said in _ENDS.items() if state in collecting.ends]
            why = ends[0] if ends and not control.is_stopping else "It was stopped"
            status, note = (
                RunStatus.STOPPED,
                f"{why}: {missing:,} of {of:,} questions have no answer; resume asks them.",
            )
        runs.end(self.run_id, status, note)
