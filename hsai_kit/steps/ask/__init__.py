"""A DataFrame into a run: every distinct question asked once, every row ended with a status."""

from __future__ import annotations

import contextlib

import pandas as pd

from hsai_kit.assistant.assistant import Assistant, Effort, EngineName
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.run import Run
from hsai_kit.runtime.background import accept_wait, in_background, is_in_background
from hsai_kit.runtime.console import advise
from hsai_kit.runtime.progress import say
from hsai_kit.steps.ask.budget import check_budget
from hsai_kit.steps.ask.consent import PILOT, needs_pilot, require_consent, run_pilot
from hsai_kit.steps.ask.history import cancel, open_run, runs
from hsai_kit.steps.ask.plan import plan_ask
from hsai_kit.steps.ask.request import (
    RunForecast,
    forecast_run,
    pick_different,
    prepare_request,
    read_refused_settings,
    say_done_without,
)
from hsai_kit.steps.ask.resume import join_run, keep_collector_off, resume, send_outstanding, start_resume

__all__ = [
    "RunForecast",
    "ask",
    "cancel",
    "forecast_run",
    "open_run",
    "pick_different",
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

    Raises FrameError, PromptError, AssistantError and UnknownModel before anything is sent; KeyRefused, NoQuota and
    SettingNotSupported stop the run, keeping what was answered. Any other trouble ends only its own rows as `failed`.

    >>> from hsai_kit import connect, pull
    >>> with connect(sandbox=True) as hub:
    ...     contacts = pull(hub, "contacts", ["state", "country"], limit=20)
    ...     run = ask(hub, contacts, "state-abbreviations")
    ...     len(run.answers)
    20 records → ...
    20
    """
    check_budget(budget_usd)
    own = {"prompt": prompt, "temperature": temperature, "reasoning_effort": reasoning_effort}
    request = prepare_request(hub, assistant, model=model, engine=engine, **own)
    check_budget(budget_usd, request.engine)
    with contextlib.ExitStack() as held:
        held.enter_context(keep_collector_off(request.engine))
        plan = plan_ask(hub, frame, request.engine, request.name, object_type)
        estimate = plan.estimate()
        say(request.describe(estimate))
        say_done_without(request.engine)
        # Whoever has said yes beforehand has nothing to decide after a pilot, and in the background nobody can.
        has_pilot = (
            confirm is None and request.name != "batch" and not is_in_background() and needs_pilot(hub, estimate)
        )
        if not has_pilot:
            agreed, kept = confirm if estimate.requests else True, "Nothing was asked and nothing was paid"
            require_consent(hub, estimate.usd_low, estimate.usd_high, confirm=agreed, kept=kept)
        run_id = plan.begin(budget_usd)
        try:
            held.enter_context(join_run(hub, request.engine, run_id))
        except HsaiError:
            hub.store.runs.forget(run_id)
            raise
        if has_pilot:
            low, high = run_pilot(hub, request.engine, run_id, budget_usd)
            go_on = advise(f"resume(hub, {run_id!r})", f"hsai resume {run_id}")
            kept = f"Only {PILOT} questions were asked, and {go_on} goes on"
            require_consent(hub, low, high, confirm=confirm, kept=kept)
            hub.store.runs.begin_again(run_id, None, request.name)
        return send_outstanding(hub, request.engine, run_id, budget_usd)


start_ask = in_background(ask)
