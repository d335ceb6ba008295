"""What would be asked, of which model and with which settings, and about what that costs, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from hsai_kit.assistants.assistant import Assistant, Effort, load
from hsai_kit.assistants.prompt import Prompt
from hsai_kit.connection import Connection
from hsai_kit.llm.engine import Engine, EngineName
from hsai_kit.llm.models import Model
from hsai_kit.steps.ask.engine_selection import check_engine, check_model, engine_for, refuse_known_settings
from hsai_kit.steps.ask.plan import AskPlan, Estimate, plan_ask

__all__ = ["AskRequest", "RunForecast", "different", "forecast_run", "prepare_request", "read_refused_settings"]


@dataclass(frozen=True)
class AskRequest:
    """An assistant as it will be asked: its engine and model, checked, and the model that was wished for."""

    hub: Connection
    engine: Engine
    name: EngineName
    model: Model
    wished: str | None

    def plan(self, frame: pd.DataFrame, object_type: str | None) -> AskPlan:
        """Work out what asking about `frame` means."""
        return plan_ask(self.hub, frame, self.engine, self.name, object_type)

    def describe(self, estimate: Estimate) -> str:
        """Say in one line what a run would do, with what the analyst should know of its model and engine."""
        jobs = "Sent in jobs at half the price, done within a day." if self.name == "batch" else ""
        swapped = (
            f"The sandbox has no {self.wished}; its script answers instead."
            if self.wished not in {None, self.model.id}
            else ""
        )
        line = estimate.line(self.model.id, scripted=self.hub.is_scripted)
        more = " ".join(filter(None, [swapped, self.model.warning, jobs]))
        return f"{line}. {more}" if more else line


@dataclass(frozen=True)
class RunForecast:
    """What a run would do and cost: the counts, the line that says it, and whether it costs enough to be asked for."""

    estimate: Estimate
    line: str
    needs_yes: bool


def prepare_request(
    hub: Connection,
    assistant: str | Assistant,
    *,
    prompt: str | None = None,
    model: str | None = None,
    temperature: float | None = None,
    reasoning_effort: Effort | None = None,
    engine: EngineName | None = None,
) -> AskRequest:
    """Check everything that can be checked before records are looked at; raises what `ask` raises for it."""
    chosen = load(hub.workspace, assistant) if isinstance(assistant, str) else assistant
    given = {"prompt": prompt, "temperature": temperature, "reasoning_effort": reasoning_effort}
    chosen = chosen.with_settings(**{name: value for name, value in given.items() if value is not None})
    name, known = check_engine(engine or chosen.engine), check_model(hub, model, chosen)
    asked = engine_for(hub, name, chosen, known.id)
    refuse_known_settings(hub, asked)
    return AskRequest(hub, asked, name, known, model or chosen.model)


def forecast_run(
    hub: Connection,
    frame: pd.DataFrame,
    assistant: str | Assistant,
    *,
    prompt: str | None = None,
    model: str | None = None,
    engine: EngineName | None = None,
    object_type: str | None = None,
) -> RunForecast:
    """Return what `ask` with the same arguments would do and cost, without asking or keeping anything.

    Raises what `ask` raises before anything is sent.
    """
    ready = prepare_request(hub, assistant, prompt=prompt, model=model, engine=engine)
    estimate = ready.plan(frame, object_type).estimate()
    threshold = hub.workspace.settings.openai.ask_above_usd
    return RunForecast(
        estimate, ready.describe(estimate), estimate.usd_high is not None and estimate.usd_high > threshold
    )


def read_refused_settings(hub: Connection, model: str | None, assistant: Assistant) -> dict[str, str]:
    """Return the settings that the model to be asked is known to refuse, each with the reason."""
    return hub.store.model_facts.read_refused(hub.llm.base_url, check_model(hub, model, assistant).id)


def different(frame: pd.DataFrame, prompt: str, n: int = 10) -> pd.DataFrame:
    """Return up to `n` rows of `frame` that are different questions, so that a try shows as much as it can.

    Raises PromptError where the prompt cannot be rendered.
    """
    # Ten thousand rows show what there is, and take no time to render.
    texts = Prompt(prompt).render(frame.head(10_000)).dropna().drop_duplicates()
    return frame.loc[texts.index[:n]]
