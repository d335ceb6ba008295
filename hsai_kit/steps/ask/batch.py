"""Sending a run's questions as jobs at OpenAI: half the price, done within a day, whether anybody waits or not.

What is where stands in the store before it is acted on, so that a kill never sends a question twice: the file of a
job before the job is asked for, the job before it is waited for. A question is in one open job at most.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from dataclasses import dataclass, field, replace
from typing import IO

from hsai_kit.background import Control
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, ModelError, UnsupportedSetting
from hsai_kit.llm.batches import MOST_BYTES, MOST_QUESTIONS, Batched, Batches, Job, passes
from hsai_kit.llm.problems import stops_the_run
from hsai_kit.steps.ask.budget import Cap
from hsai_kit.steps.ask.collecting import Collecting, unknown_here
from hsai_kit.steps.ask.engines import Learning
from hsai_kit.store import Answer, BatchRecord

__all__ = ["Batching", "goes_on"]

# What one file may hold; tests set these lower.
QUESTIONS, BYTES = MOST_QUESTIONS, MOST_BYTES

_AT_ONCE = 500
_ENDS = {
    "expired": "A job ran out of its 24 hours at OpenAI",
    "cancelled": "A job was cancelled",
    "completed": "A job came back incomplete",
    "gone": "OpenAI no longer keeps what a job answered",
}


def goes_on(run_id: str) -> str:
    """Say what becomes of a run that is no longer waited for, and what can be done about it."""
    return (
        f"What was submitted goes on at OpenAI. Pick it up, today or tomorrow: resume(hub, {run_id!r}) or hsai resume "
        f"{run_id}. Or end it there: cancel(hub, {run_id!r}) or hsai cancel {run_id}"
    )


@dataclass
class Batching:
    """One run being sent as jobs; `questions` are those without an answer, text by hash."""

    hub: Connection
    engine: Batched
    run_id: str
    questions: dict[str, str]
    budget_usd: float | None = None
    _too_dear: str = field(default="", init=False)

    async def run(self, control: Control) -> None:
        """Send what no open job has yet, wait, and note how the run ended: done, waiting, stopped, paused or failed.

        Raises what every further question would meet as well, and why OpenAI did not begin a job.
        """
        collecting = Collecting(self.hub, self.engine, self.run_id)
        try:
            await self._submit(control)
            await collecting.wait(control, control.progress.done)
            if collecting.problems:
                raise collecting.problems[0]
        except HsaiError as problem:
            if isinstance(problem, UnsupportedSetting):
                Learning(self.hub, self.engine).refused(problem)
            self.hub.store.runs.end(self.run_id, "failed", str(problem))
            raise
        self._end(collecting, control)

    async def cancel(self, control: Control) -> None:
        """End the run's own jobs at OpenAI, keep what they answered until then, and note the run as stopped."""
        api, kept = Batches(self.hub.llm), self.hub.store.batches
        for record in kept.open_for(self.run_id):
            if record.run_id != self.run_id:
                continue
            try:
                job = await self._job(api, record)
                if job:
                    await api.cancel(job)
                    continue
            except ModelError as problem:
                if problem.status != 404:
                    raise
            # There is no such job, or none that this key may see.
            kept.close(record.input_file, "given up")
            await api.delete(record.input_file)
        collecting = Collecting(self.hub, self.engine, self.run_id)
        await collecting.wait(control, 0)
        self._end(collecting, control)

    async def _submit(self, control: Control) -> None:
        api, kept = Batches(self.hub.llm), self.hub.store.batches
        for record in kept.open_for(self.run_id):
            if record.id is None:
                await self._pick_up(api, record)
        left = self._left()
        if not left or not await control.gate() or self._over_budget(left):
            return
        first = next(iter(left))
        await self._ask_live(first, left.pop(first))
        control.progress.done += 1
        while left and await control.gate():
            control.progress.note = "sending the questions as a job"
            with tempfile.TemporaryFile() as file:  # without a name: a kill leaves no record data behind
                part = await self._written(file, left)
                file_id = await api.upload(file)
            if kept.uploaded(file_id, self.run_id, part):
                await self._begin(api, file_id)
            else:
                # Another session sent some of these in the meantime.
                await api.delete(file_id)
            left = {one: text for one, text in self._left().items() if one in left}

    def _left(self) -> dict[str, str]:
        under_way = self.hub.store.batches.under_way()
        return {one: text for one, text in self.questions.items() if one not in under_way}

    async def _ask_live(self, one: str, text: str) -> None:
        """Ask one question at once: what the model does not take shows now, and not in a day's time."""
        learning = Learning(self.hub, self.engine)
        learning.begin()
        try:
            answer = replace(await self.engine.ask(self.hub.llm, text), question=one)
        except ModelError as problem:
            if stops_the_run(problem) or passes(problem):
                raise
            answer = Answer(one, "failed", reason=str(problem), usd=0.0)
        else:
            learning.answered()
        self.hub.store.runs.add_answer(self.run_id, answer)

    async def _written(self, file: IO[bytes], left: dict[str, str]) -> list[str]:
        """Write as many questions as one file may hold, and return their hashes line by line."""
        part: list[str] = []
        size = 0
        for one, text in itertools.islice(left.items(), QUESTIONS):
            line = self.engine.line(one, text)
            size += len(line)
            if part and size > BYTES:
                break
            file.write(line)
            part.append(one)
            if len(part) % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return part

    async def _begin(self, api: Batches, file_id: str) -> None:
        try:
            job = await api.create(file_id, self.run_id)
        except HsaiError as problem:
            if not passes(problem):
                self.hub.store.batches.close(file_id, "refused")
                await api.delete(file_id)
            raise
        self._saw(file_id, job)

    async def _pick_up(self, api: Batches, record: BatchRecord) -> None:
        """Go on after a kill between a file and its job: look whether the job is there before asking for it."""
        try:
            found = await self._job(api, record)
        except ModelError as problem:
            if problem.status != 404:
                raise
            message = unknown_here(record)
        else:
            if found is None:
                await self._begin(api, record.input_file)
            return
        raise HsaiError(message)

    async def _job(self, api: Batches, record: BatchRecord) -> str | None:
        if record.id is not None:
            return record.id
        job = await api.find(record.input_file)
        if job is None:
            return None
        self._saw(record.input_file, job)
        return job.id

    def _saw(self, file_id: str, job: Job) -> None:
        self.hub.store.batches.saw(file_id, job.id, job.status)

    def _over_budget(self, left: dict[str, str]) -> bool:
        """Tell whether all that is under way and left may cost more than the budget; nothing is sent then."""
        if self.budget_usd is None:
            return False
        spent = self.hub.store.runs.spent(self.run_id)
        Cap(self.budget_usd, spent, self.engine)  # refuses a cap on an unknown price
        own = [record for record in self.hub.store.batches.open_for(self.run_id) if record.run_id == self.run_id]
        texts = [text for record in own for text in self.hub.store.batches.questions(record.input_file).values()]
        # The first of them goes live, at twice the price of one in a job.
        texts += [*left.values(), next(iter(left.values()))]
        most = sum(self.engine.usd(self.engine.most(text)) or 0.0 for text in texts)
        if spent + most <= self.budget_usd:
            return False
        self._too_dear = (
            f"The budget of {self.budget_usd:,.2f} USD may not be enough, so nothing more was sent: {len(left):,} "
            f"questions are left, and up to {spent + most:,.2f} USD would be spent in all."
        )
        return True

    def _end(self, collecting: Collecting, control: Control) -> None:
        runs, open_jobs = self.hub.store.runs, self.hub.store.batches.open_for(self.run_id)
        missing, of = runs.unanswered(self.run_id), runs.question_count(self.run_id)
        if open_jobs:
            runs.end(self.run_id, "waiting", f"{missing:,} questions are in jobs at OpenAI; resume picks them up.")
        elif self._too_dear:
            runs.end(self.run_id, "paused", self._too_dear)
        elif missing:
            ends = [said for state, said in _ENDS.items() if state in collecting.ends]
            why = ends[0] if ends and not control.stopping else "It was stopped"
            runs.end(
                self.run_id, "stopped", f"{why}: {missing:,} of {of:,} questions have no answer; resume asks them."
            )
        else:
            runs.end(self.run_id, "done")
