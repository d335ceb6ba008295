"""Waiting for jobs at OpenAI and keeping what they bring: every answer that was paid for, in any order."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeVar

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, ModelError, RunError
from hsai_kit.llm.batch_line import BatchLine
from hsai_kit.llm.batches import BatchApi, BatchEngine, BatchError, Job, JobStatus, is_passing
from hsai_kit.llm.client import ModelResponse
from hsai_kit.llm.error_mapping import Failure, explain_failure, read_failure, stops_the_run
from hsai_kit.llm.http import HttpResponse
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.console import advise
from hsai_kit.store import Answer, AnswerStatus, BatchRecord
from hsai_kit.tabular.cell_text import format_line

T = TypeVar("T")

_AT_ONCE = 500
_SHORT = "The model thought until there was no room left for its answer; resume asks again with more."
_NOT_COME_TO = {"batch_expired", "batch_cancelled"}
_IN_WORDS = {
    JobStatus.UPLOADED: "about to begin",
    JobStatus.VALIDATING: "being checked",
    JobStatus.IN_PROGRESS: "being answered",
    JobStatus.FINALIZING: "being finished",
    JobStatus.CANCELLING: "being cancelled",
}


_BROKEN = "The line of this answer in its job's file is broken, so that it cannot be read, though it was paid for."


@dataclass
class _JobFile:
    """What is known of a job's files while they are read: the questions `left`, and the count of broken lines."""

    run_id: str
    questions: dict[str, str]
    left: set[str] = field(init=False)
    broken: int = 0
    kept: int = 0

    def __post_init__(self) -> None:
        self.left = set(self.questions)


@dataclass
class BatchCollector:
    """The open jobs of a run being waited for: `ends` are the states in which they ended.

    `problems` is what every further question would meet as well, to be raised when all that was paid for is kept.
    """

    # Seconds between two looks at the jobs: often at first, for small ones, and soon once a minute, for a day.
    first_poll: ClassVar[float] = 2.0
    longest_poll: ClassVar[float] = 60.0

    hub: Connection
    engine: BatchEngine
    run_id: str
    ends: set[JobStatus] = field(default_factory=set)
    problems: list[HsaiError] = field(default_factory=list)
    _states: dict[str, Job] = field(default_factory=dict)

    async def wait(self, control: Control, done: int) -> None:
        """Look at the jobs until all are over and read, or a stop is asked for; `done` questions were done before."""
        kept, pause = self.hub.store.batches, self.first_poll
        waiting = kept.open_for(self.run_id)
        while waiting := [record for record in waiting if kept.is_open(record.input_file)]:
            lost = False
            for record in waiting:
                try:
                    done += await run_until_stop(control, self._look(record)) or 0
                except HsaiError as problem:
                    if not is_passing(problem):
                        raise
                    # The job goes on without us: a laptop that slept or lost its network looks again.
                    lost = True
            self._show(control, done, lost=lost)
            if not any(kept.is_open(record.input_file) for record in waiting):
                return
            if not await _sleep(control, pause):
                return
            pause = min(self.longest_poll, pause * 1.5)
            if any(record.id is None for record in waiting):
                waiting = kept.open_for(self.run_id)

    async def _look(self, record: BatchRecord) -> int:
        """Look at one job and read it where it is over; returns how many questions that ended."""
        if record.id is None:
            # Another session is about to ask for this job.
            return 0
        api = BatchApi(self.hub.llm)
        try:
            job = await api.look(record.id)
        except ModelError as problem:
            if problem.status != 404:
                raise
            job = None
        if job is None:
            raise RunError(explain_unknown_job(record))
        self._states[record.input_file] = job
        if not job.status.is_over:
            self.hub.store.batches.record_state(record.input_file, job.id, job.status)
            return 0
        return await self._keep(api, record, job)

    async def _keep(self, api: BatchApi, record: BatchRecord, job: Job) -> int:
        state, file = job.status, _JobFile(record.run_id, self.hub.store.batches.questions(record.input_file))
        if state is JobStatus.FAILED:
            self.problems.append(_explain_refusal(job, list(file.questions.values())))
        for one in job.files:
            try:
                await self._read(api, one, file)
            except ModelError as problem:
                if problem.status != 404:
                    raise
                # Read and deleted by another session that waits for the same job, or kept at OpenAI for too long.
                state = JobStatus.GONE if self.hub.store.batches.is_open(record.input_file) else state
        if file.broken and state is JobStatus.COMPLETED:
            self._keep_broken(file)
        self.hub.store.batches.close(record.input_file, state)
        self.hub.store.expenses.release_job(record.input_file)
        self._states.pop(record.input_file, None)
        self.ends.add(state)
        # What records say is nobody else's to keep: the files go as soon as the answers are here.
        for one in (record.input_file, *job.files):
            await api.delete(one)
        return file.kept

    async def _read(self, api: BatchApi, name: str, file: _JobFile) -> None:
        """Keep what a file holds, also where it breaks off: what came is paid for."""
        answers = list[Answer]()
        try:
            async for line in api.lines(name):
                file.broken += line.is_broken
                # One that was there already is not taken again: which of two was meant, nobody can tell.
                if line.question in file.left and (answer := self._answer(line, file.questions[line.question])):
                    file.left.discard(line.question)
                    answers.append(answer)
                if len(answers) >= _AT_ONCE:
                    file.kept += self._add(file, answers)
                    await asyncio.sleep(0)
        finally:
            file.kept += self._add(file, answers)

    def _add(self, file: _JobFile, answers: list[Answer]) -> int:
        count = len(answers)
        self.hub.store.answers.add(file.run_id, answers)
        answers.clear()
        return count

    def _keep_broken(self, file: _JobFile) -> None:
        """End the questions of a job that is complete but for broken lines: they were answered, and paid for."""
        lost = [self._unreadable(one, file.questions[one], _BROKEN) for one in sorted(file.left)[: file.broken]]
        file.kept += self._add(file, lost)

    def _answer(self, line: BatchLine, text: str) -> Answer | None:
        """Read a line of a file; None where the question was not come to, or what it met stops the run."""
        if line.is_broken:
            return self._unreadable(line.question, text, _BROKEN)
        if 200 <= line.status < 300:
            # How long it took inside the job is not told.
            answer = self.engine.read(line.question, text, ModelResponse(line.body, line.request_id, None))
            return (
                replace(answer, status=AnswerStatus.FAILED, reason=_SHORT) if self.engine.make_room(answer) else answer
            )
        if line.code in _NOT_COME_TO:
            return None
        if line.status:
            headers = {"x-request-id": line.request_id}
            problem = explain_failure(read_failure(HttpResponse(line.status, headers, line.body)))
        else:
            problem = ModelError(f"It failed in its job at OpenAI: {line.message or 'no reason was given'}")
        if stops_the_run(problem):
            self.problems.append(problem)
            return None
        return Answer(line.question, AnswerStatus.FAILED, reason=str(problem), usd=0.0)

    def _unreadable(self, question: str, text: str, reason: str) -> Answer:
        return Answer(question, AnswerStatus.FAILED, reason=reason, usd=self.engine.most_usd(text))

    def _show(self, control: Control, done: int, *, lost: bool) -> None:
        if not self._states and not lost:
            control.progress.done, control.progress.note = done, ""
            return
        ended = done + sum(job.ended for job in self._states.values())
        control.progress.done = min(ended, control.progress.total or ended)
        states = Counter(_IN_WORDS.get(job.status, job.status) for job in self._states.values())
        jobs = " and ".join(f"{count} {state}" if len(states) > 1 else state for state, count in states.items())
        count = sum(states.values())
        of = "the job" if count == 1 else f"{count} jobs"
        refused = " (a job was not begun)" if self.problems else ""
        reached = "OpenAI cannot be reached, trying again" if lost else f"{of} at OpenAI: {jobs}"
        control.progress.note = reached + refused


async def run_until_stop(control: Control, work: Coroutine[Any, Any, T]) -> T | None:
    """Await `work`; None where a stop was asked for: a network that hangs must not hold up whoever leaves."""
    task = asyncio.ensure_future(work)
    while not task.done() and not control.is_stopping:
        await asyncio.wait([task], timeout=0.1)
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return None


async def _sleep(control: Control, seconds: float) -> bool:
    """Sleep, but for a stop: then False."""
    until = time.monotonic() + seconds
    while await control.gate():
        left = until - time.monotonic()
        if left <= 0:
            return True
        await asyncio.sleep(min(0.05, left))
    return False


def _explain_refusal(job: Job, texts: list[str]) -> HsaiError:
    """Return the error for a job that was not begun: the reasons in words, each with the question of its line."""
    reasons: list[str] = []
    for reason in job.reasons[:3]:
        known = explain_failure(Failure(400, reason.code, "", reason.message.rstrip("."), "", None))
        if stops_the_run(known):
            return known
        reasons.append(_explain_reason(reason, texts))
    more = f" and {len(job.reasons) - 3} more" if len(job.reasons) > 3 else ""
    said = "; ".join(reasons) or "it gave no reason"
    code = job.reasons[0].code if job.reasons else ""
    hint = (
        "So many tokens may not wait in jobs at once: go on when earlier jobs are over, or ask about fewer records."
        if code == "token_limit_exceeded"
        else "Nothing was answered and nothing paid for in it; when that is mended, resume the run."
    )
    return ModelError(f"OpenAI did not begin the job {job.id}: {said}{more}. {hint}", status=400, code=code)


def _explain_reason(reason: BatchError, texts: list[str]) -> str:
    said = reason.message.rstrip(".")
    if reason.line is None or not 1 <= reason.line <= len(texts):
        return said
    return f"{said} (the question {format_line(texts[reason.line - 1], 120)!r})"


def explain_unknown_job(record: BatchRecord) -> str:
    """Say that a job is not there for this key, and what can be done."""
    job = record.id or f"over the file {record.input_file}"
    return (
        f"The job {job} is not known to this OpenAI key, so its {record.questions:,} answers cannot be fetched. "
        f"Connect with the key that sent it, or give it up with cancel(hub, {record.run_id!r}) "
        f"(hsai cancel {record.run_id}) and ask again."
    )


def explain_open_jobs(run_id: str) -> str:
    """Say what becomes of a run that is no longer waited for, and what can be done about it."""
    resume = advise(f"resume(hub, {run_id!r})", f"hsai resume {run_id}")
    cancel = advise(f"cancel(hub, {run_id!r})", f"hsai cancel {run_id}")
    return f"What was submitted goes on at OpenAI. Pick it up, today or tomorrow: {resume}. Or end it there: {cancel}"
