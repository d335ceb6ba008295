"""A DataFrame into a run: every distinct question asked once, every row ended with a status."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import pandas as pd

from hsai_kit.assistants.assistant import Assistant, Effort
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.llm.batches import BatchEngine
from hsai_kit.llm.engine import Engine, EngineName
from hsai_kit.run import Run
from hsai_kit.runtime.background import Control, accept_wait, in_background, is_in_background, start
from hsai_kit.runtime.gc_freeze import only_new_objects
from hsai_kit.runtime.progress import Progress, say
from hsai_kit.steps.ask.batch_sender import BatchSender, goes_on
from hsai_kit.steps.ask.budget import check_budget
from hsai_kit.steps.ask.consent import PILOT, agree, pilot, wants_pilot
from hsai_kit.steps.ask.engine_selection import check_engine, engine_for, say_done_without
from hsai_kit.steps.ask.history import cancel, open_run, runs
from hsai_kit.steps.ask.live_sender import LiveSender
from hsai_kit.steps.ask.plan import AskPlan
from hsai_kit.steps.ask.request import RunForecast, different, forecast_run, prepare_request, read_refused_settings
from hsai_kit.steps.ask.run_lock import lock_run, refuse_under_way

__all__ = [
    "RunForecast",
    "ask",
    "cancel",
    "different",
    "forecast_run",
    "open_run",
    "read_refused_settings",
    "resume",
    "runs",
    "start_ask",
    "start_resume",
]


@accept_wait
def ask(
    hub: Connection,
    frame: pd.DataFrame,
    assistant: str | Assistant,
    prompt: str | None = None,
    *,
    model: str | None = None,
    temperature: float | None = None,
    reasoning_effort: Effort | None = None,
    engine: EngineName | None = None,
    budget_usd: float | None = None,
    object_type: str | None = None,
    confirm: bool | None = None,
) -> Run:
    """Ask the assistant about every row of `frame` and return the run; nothing is written to HubSpot.

    Rows with the same rendered prompt are one question and one request; a question that was answered before under the
    same assistant version, model and settings is not asked again. Each answer is kept in the store as it arrives, so
    after an interruption the same call asks only what is missing. `assistant` is a name in the workspace or an
    Assistant; `prompt`, `model`, `temperature` (0-2) and `reasoning_effort` take the place of its own for this run.
    `engine` is `responses`, `decisions` (choices and yes/no with calibrated probabilities) or `batch` (half price,
    within a day); without it the assistant's own.
    `budget_usd` is a hard cap: when it is reached the run pauses, and `resume(hub, run, budget_usd=…)` goes on.
    A run that may cost more than `ask_above_usd` in hsai.toml asks first; `confirm=True` says yes beforehand, and
    `confirm=False` lets any run ask first that sends anything.
    `object_type` says what the records are where the frame has lost it, as merges and joins do; without it the pulls
    in the store are looked through. `start_ask` does the same in the background.

    Raises FrameError, PromptError, AssistantError and UnknownModel before anything is sent; RefusedKey, NoQuota and
    UnsupportedSetting stop the run, keeping what was answered. Any other trouble ends only its own rows as `failed`.

    >>> from hsai_kit import connect, pull
    >>> with connect(sandbox=True) as hub:
    ...     contacts = pull(hub, "contacts", ["state", "country"], limit=20)
    ...     run = ask(hub, contacts, "state-abbreviations")
    ...     len(run.answers)
    20 records → ...
    20
    """
    check_budget(budget_usd)
    ready = prepare_request(
        hub,
        assistant,
        prompt=prompt,
        model=model,
        temperature=temperature,
        reasoning_effort=reasoning_effort,
        engine=engine,
    )
    asked, name = ready.engine, ready.name
    check_budget(budget_usd, asked)

    def begin(held: contextlib.ExitStack) -> str:
        asking = ready.plan(frame, object_type)
        estimate = asking.estimate()
        say(ready.describe(estimate))
        say_done_without(asked)
        low, high = estimate.usd_low, estimate.usd_high
        # Whoever has said yes beforehand has nothing to decide after a pilot.
        piloted = not is_in_background() and confirm is None and name != "batch" and wants_pilot(hub, estimate)
        if not piloted:
            agreed = confirm if estimate.requests else True
            agree(hub, low, high, confirm=agreed, kept="Nothing was asked and nothing was paid")
        run_id = _begun(hub, asking, budget_usd, held)
        if piloted:
            found = pilot(hub, asked, run_id, budget_usd)
            kept = f"Only {PILOT} questions were asked, and resume(hub, {run_id!r}) goes on"
            agree(hub, found.usd_low, found.usd_high, confirm=confirm, kept=kept)
            hub.store.runs.begin_again(run_id, None, name)
        return run_id

    return _carry_on(hub, asked, begin, budget_usd)


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
            f"Ask about the records again: ask(..., engine={name!r})"
        )
        raise HsaiError(message)
    if not hub.store.answers.find_outstanding(found.id):
        say(f"Nothing is left to ask in {found.id}.")
        return found
    asking = engine_for(hub, name, found.assistant, found.record.model)
    check_budget(budget_usd or found.record.budget_usd, asking)
    say_done_without(asking)

    def begin(held: contextlib.ExitStack) -> str:
        _join(hub, asking, found.id, held)
        hub.store.runs.begin_again(found.id, budget_usd, name)
        return found.id

    return _carry_on(hub, asking, begin, budget_usd or found.record.budget_usd)


start_ask, start_resume = in_background(ask), in_background(resume)


def _begun(hub: Connection, asking: AskPlan, budget_usd: float | None, held: contextlib.ExitStack) -> str:
    run_id = asking.begin(budget_usd)
    try:
        _join(hub, asking.engine, run_id, held)
    except HsaiError:
        hub.store.runs.forget(run_id)
        raise
    return run_id


def _join(hub: Connection, engine: Engine, run_id: str, held: contextlib.ExitStack) -> None:
    """Keep a run that is asked live to this session until `held` closes; jobs are whoever waits for them."""
    if isinstance(engine, BatchEngine):
        refuse_under_way(hub, run_id, in_jobs=True)
    else:
        held.enter_context(lock_run(hub, run_id))


def _carry_on(
    hub: Connection, engine: Engine, begin: Callable[[contextlib.ExitStack], str], budget_usd: float | None
) -> Run:
    """Begin a run and send what it has outstanding."""
    batch = isinstance(engine, BatchEngine)
    with contextlib.ExitStack() as held:
        if is_in_background() and not batch:
            # A batch may wait for a day: too long to keep the collector from anything.
            held.enter_context(only_new_objects())
        run_id = begin(held)
        progress = Progress(f"Asking {engine.assistant.name}")
        handle = start(lambda control: _sent(hub, engine, run_id, budget_usd, control), progress)
        run = handle.wait(goes_on(run_id) if batch else "The answers so far are kept: ask the same again to go on.")
    if is_in_background():
        return run
    if run.record.status == "paused":
        say(f"{run.record.note} Go on with more: resume(hub, {run.id!r}, budget_usd=…)")
    elif run.record.note:
        say(run.record.note)
    return run


async def _sent(hub: Connection, engine: Engine, run_id: str, budget_usd: float | None, control: Control) -> Run:
    questions = await asyncio.to_thread(hub.store.answers.find_outstanding, run_id)
    control.progress.total, control.progress.run_id = len(questions), run_id
    control.progress.started = time.monotonic()
    control.progress.usd = hub.store.answers.sum_usd(run_id)
    if isinstance(engine, BatchEngine):
        await BatchSender(hub, engine, run_id, questions, budget_usd).run(control)
    else:
        await LiveSender(hub, engine, run_id, questions, budget_usd).run(control)
    return open_run(hub, run_id)
