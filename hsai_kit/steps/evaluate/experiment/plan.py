"""The runs of an evaluation: every assistant asked about the same rows, each repeat anew, by the engine of `ask`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.llm.batches import BatchEngine
from hsai_kit.llm.engine import Engine
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.console import many
from hsai_kit.runtime.progress import say
from hsai_kit.stats import cluster_rows, fewest_for, smallest_difference, wilson
from hsai_kit.steps.ask.batch_sender import BatchSender
from hsai_kit.steps.ask.budget import MonthBudget
from hsai_kit.steps.ask.consent import require_consent
from hsai_kit.steps.ask.estimate import describe_usd
from hsai_kit.steps.ask.live_sender import LiveSender
from hsai_kit.steps.ask.plan import AskPlan
from hsai_kit.steps.ask.request import say_done_without
from hsai_kit.steps.ask.run_lock import lock_run, refuse_under_way
from hsai_kit.steps.evaluate.candidates import Candidate
from hsai_kit.store import EvaluationRow, EvaluationRun, RunStatus


@dataclass(frozen=True)
class ExperimentRun:
    """One run to be: who is asked, which repeat it is (from 1), and what asking means."""

    candidate: Candidate
    repeat: int
    plan: AskPlan


@dataclass(frozen=True)
class ExperimentForecast:
    """What an evaluation would ask, cost (USD, None where unknown) and be able to show, said in `lines`."""

    lines: tuple[str, ...]
    requests: int
    usd_low: float | None
    usd_high: float | None
    needs_yes: bool


@dataclass
class ExperimentPlan:
    """All runs of an evaluation before they are sent: which field of which rows, and where the labels come from.

    `records` is how many it is about, those without a label included.
    """

    hub: Connection
    runs: list[ExperimentRun]
    rows: Sequence[EvaluationRow]
    field: str
    labels: str
    cluster: str
    records: int
    budget_usd: float | None

    @property
    def names(self) -> list[str]:
        """Who is measured."""
        return list(dict.fromkeys(one.candidate.name for one in self.runs))

    @property
    def repeats(self) -> int:
        """How often each question is asked."""
        return len(self.runs) // len(self.names)

    @cached_property
    def questions(self) -> int:
        """How many of the rows are independent: no assistant is asked the same, nor are they in one cluster."""
        keys: list[Sequence[object]] = [[row.question for row in one.plan.rows] for one in self.runs if one.repeat == 1]
        keys += [[row.cluster for row in self.rows]] if self.cluster else []
        return int(cluster_rows(*keys).max(initial=-1)) + 1

    def forecast(self) -> ExperimentForecast:
        """Count what will be asked, what it costs and what it can show."""
        estimates = [one.plan.estimate() for one in self.runs]
        low, high = (
            None if None in usd else sum(filter(None, usd))
            for usd in ([one.usd_low for one in estimates], [one.usd_high for one in estimates])
        )
        requests, known = sum(one.requests for one in estimates), sum(one.known for one in estimates)
        much = high is not None and high > self.hub.workspace.settings.openai.ask_above_usd
        lines = tuple(self._describe(requests, known, describe_usd(low, high)))
        return ExperimentForecast(lines, requests, low, high, much)

    def _describe(self, requests: int, known: int, cost: str) -> Iterator[str]:
        names = self.names
        times = f", {self.repeats} times each" if self.repeats > 1 else ""
        to = f"{', '.join(names)}, {cost}"
        if self.hub.is_scripted:
            to = "the sandbox's scripted assistant (no language model, costs nothing)"
        who = f"{len(names)} assistants" if len(names) > 1 else "1 assistant"
        yield (
            f"{many(len(self.rows), 'record')} → {self.questions:,} independent questions for {who}{times}, "
            f"{known:,} answers known → {many(requests, 'request')} to {to}"
        )
        yield _describe_power(self.questions, len(names))
        if any(one.candidate.request.name == "batch" for one in self.runs):
            yield "Sent in jobs at half the price, done within a day."
        if month := MonthBudget.find(self.hub):
            yield f"{month.describe()}."
        for one in self.runs[:: self.repeats]:
            if warning := one.candidate.request.model.end_notice:
                yield f"{one.candidate.name}: {warning}"

    def agree(self, *, confirm: bool | None) -> None:
        """Say what will be asked, what it costs and what it can show, and ask for a yes where it is much."""
        found = self.forecast()
        for line in found.lines:
            say(line)
        for engine in {one.candidate.name: one.candidate.request.engine for one in self.runs}.values():
            say_done_without(engine)
        agreed = confirm if found.requests else True
        kept = "Nothing was asked and nothing was paid"
        require_consent(self.hub, found.usd_low, found.usd_high, confirm=agreed, kept=kept)

    def begin(self) -> str:
        """Write all down and return the evaluation's id; raises HsaiError where another session asks the same now."""
        runs = [EvaluationRun(one.candidate.name, one.repeat, one.plan.begin(self.budget_usd)) for one in self.runs]
        try:
            for one, run in zip(self.runs, runs, strict=True):
                refuse_under_way(self.hub, run.run_id, in_jobs=one.candidate.request.name == "batch")
        except HsaiError:
            for run in runs:
                self.hub.store.runs.forget(run.run_id)
            raise
        return self.hub.store.evaluations.begin(
            self.rows,
            runs,
            who=self.hub.workspace.reviewer,
            portal_id=self.hub.portal.id,
            field=self.field,
            labels=self.labels,
            repeats=self.repeats,
            cluster=self.cluster,
            records=self.records,
        )

    async def send(self, runs: Sequence[EvaluationRun], control: Control) -> None:
        """Send the runs one after the other, up to the budget over all of them."""
        store, answers = self.hub.store.runs, self.hub.store.answers
        waiting = await asyncio.to_thread(lambda: [answers.find_outstanding(run.run_id) for run in runs])
        control.progress.total = sum(map(len, waiting))
        left = self.budget_usd
        try:
            for one, run, questions in zip(self.runs, runs, waiting, strict=True):
                if not await control.gate():
                    store.end(run.run_id, RunStatus.STOPPED)
                    continue
                control.progress.label, control.progress.run_id = f"Evaluating {run.name}", run.run_id
                await self._send(one.candidate.request.engine, run.run_id, questions, left, control)
                if left is not None:
                    left = max(1e-9, left - answers.sum_usd(run.run_id))
        except HsaiError as problem:
            # What stops one stops those after it, which nobody asks any more.
            for run in runs:
                record = store.get(run.run_id)
                if record is not None and record.status is RunStatus.RUNNING:
                    store.end(run.run_id, RunStatus.STOPPED, str(problem))
            raise

    async def _send(
        self, engine: Engine, run_id: str, questions: dict[str, str], budget_usd: float | None, control: Control
    ) -> None:
        if isinstance(engine, BatchEngine):
            await BatchSender(self.hub, engine, run_id, questions, budget_usd).run(control)
            return
        with lock_run(self.hub, run_id):
            # Read now: one before it may have asked the same with another engine.
            questions = await asyncio.to_thread(self.hub.store.answers.find_outstanding, run_id)
            await LiveSender(self.hub, engine, run_id, questions, budget_usd).run(control)


def _describe_power(questions: int, assistants: int) -> str:
    """Say before money is spent what this many independent questions can show at all.

    For one assistant that is how wide the interval will be, for several the smallest difference between two that
    would be found four times in five, if they disagree in right and wrong on one question in ten.
    """
    if assistants < 2:
        low, high = wilson(0.95, questions)
        return (
            f"With {questions:,} independent questions, 95% right will mean {low:.1%} to {high:.1%}; to be sure of "
            f"97% takes at least {fewest_for(0.97):,}, all of them right."
        )
    pairs = assistants * (assistants - 1) // 2
    found = smallest_difference(questions, comparisons=pairs)
    if found is None:
        return (
            f"{questions:,} independent questions are too few to show any difference between two assistants that "
            "disagree on one in ten. Label more, or read the figures as a hint."
        )
    return (
        f"With {questions:,} independent questions, a difference of {100 * found:.1f} points or more in the share "
        f"right would show (4 times in 5, where two assistants disagree on one question in ten)."
    )
