"""Sending what a run has outstanding, whether it has just begun or goes on where it stopped."""

from __future__ import annotations

import asyncio
import contextlib
import time

from hsai_kit.assistant.assistant import EngineName
from hsai_kit.connection import Connection
from hsai_kit.errors import RunError
from hsai_kit.llm.batches import BatchEngine
from hsai_kit.llm.engine import Engine
from hsai_kit.run import Run
from hsai_kit.runtime.background import Control, accept_wait, in_background, is_in_background, start
from hsai_kit.runtime.console import advise
from hsai_kit.runtime.gc_freeze import freeze_collector
from hsai_kit.runtime.progress import Progress, say
from hsai_kit.steps.ask.batch_collector import explain_open_jobs
from hsai_kit.steps.ask.batch_sender import BatchSender
from hsai_kit.steps.ask.budget import check_budget
from hsai_kit.steps.ask.history import open_run
from hsai_kit.steps.ask.live_sender import LiveSender
from hsai_kit.steps.ask.request import check_engine, engine_for, say_done_without
from hsai_kit.steps.ask.run_lock import lock_run, refuse_under_way
from hsai_kit.store import RunStatus


@accept_wait
def resume(
    hub: Connection,
    run: Run | str | None = None,
    *,
    engine: EngineName | None = None,
    budget_usd: float | None = None,
) -> Run:
    """Go on with a run that was stopped, paused or killed, or ask again what failed; without one, with the newest.

    A batch's jobs at OpenAI are picked up, from another process or on another day as well. Nothing that has an answer
    is asked again. `budget_usd` takes the place of the run's own cap (USD, in all).
    `engine` may be `responses` for a batch that should not be waited for, or the other way round.
    """
    check_budget(budget_usd)
    found = open_run(hub, run.id if isinstance(run, Run) else run)
    name = check_engine(engine or found.record.engine)
    if (name == "decisions") != (found.record.engine == "decisions"):
        message = (
            f"The questions of {found.id} are for the engine {found.record.engine!r} and are others for {name!r}. "
            f"Ask about the records again: {advise(f'ask(..., engine={name!r})', f'hsai ask … --engine {name}')}"
        )
        raise RunError(message)
    if not hub.store.answers.find_outstanding(found.id):
        say(f"Nothing is left to ask in {found.id}.")
        return found
    asked, usd = engine_for(hub, name, found.assistant, found.record.model), budget_usd or found.record.budget_usd
    check_budget(usd, asked)
    say_done_without(asked)
    with keep_collector_off(asked), join_run(hub, asked, found.id):
        hub.store.runs.begin_again(found.id, budget_usd, name)
        return send_outstanding(hub, asked, found.id, usd)


start_resume = in_background(resume)


def keep_collector_off(engine: Engine) -> contextlib.AbstractContextManager[None]:
    """Keep the garbage collector from holding a notebook while a run goes on in the background."""
    # A batch may wait for a day: too long to keep the collector from anything.
    if is_in_background() and not isinstance(engine, BatchEngine):
        return freeze_collector()
    return contextlib.nullcontext()


def join_run(hub: Connection, engine: Engine, run_id: str) -> contextlib.AbstractContextManager[None]:
    """Keep a run that is asked live to this session inside the block; jobs are whoever waits for them.

    Raises RunError where another session asks the same.
    """
    if not isinstance(engine, BatchEngine):
        return lock_run(hub, run_id)
    refuse_under_way(hub, run_id, in_jobs=True)
    return contextlib.nullcontext()


def send_outstanding(hub: Connection, engine: Engine, run_id: str, budget_usd: float | None) -> Run:
    """Send the questions of a run that have no answer, and return the run as it ended."""

    async def send(control: Control) -> Run:
        questions = await asyncio.to_thread(hub.store.answers.find_outstanding, run_id)
        control.progress.total, control.progress.run_id = len(questions), run_id
        control.progress.started = time.monotonic()
        control.progress.usd = hub.store.answers.sum_usd(run_id)
        if isinstance(engine, BatchEngine):
            await BatchSender(hub, engine, run_id, questions, budget_usd).run(control)
        else:
            await LiveSender(hub, engine, run_id, questions, budget_usd).run(control)
        return open_run(hub, run_id)

    kept = "The answers so far are kept: ask the same again to go on."
    handle = start(send, Progress(f"Asking {engine.assistant.name}"))
    run = handle.wait(explain_open_jobs(run_id) if isinstance(engine, BatchEngine) else kept)
    # In the background the run's own note tells it.
    if run.record.note and not is_in_background():
        again = advise(f"resume(hub, {run.id!r}, budget_usd=…)", f"hsai resume {run.id} --budget-usd …")
        may_raise = run.record.status is RunStatus.PAUSED and "usd_per_month" not in run.record.note
        more = f" Go on with more: {again}" if may_raise else ""
        say(f"{run.record.note}{more}")
    return run
