"""What would be asked, of which model by which engine, and about what that costs, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pandas as pd

from hsai_kit.assistant.assistant import Assistant, EngineName, load_assistant
from hsai_kit.assistant.prompt import Prompt
from hsai_kit.connection import Connection
from hsai_kit.errors import AssistantError, ModelError, SettingNotSupported
from hsai_kit.llm.batches import BatchEngine
from hsai_kit.llm.client import is_openai_address
from hsai_kit.llm.decisions_engine import DecisionsEngine
from hsai_kit.llm.engine import ENGINES, Engine
from hsai_kit.llm.models import Model, require_model
from hsai_kit.llm.responses_engine import OPTIONAL, ResponsesEngine
from hsai_kit.runtime.progress import say
from hsai_kit.steps.ask.budget import MonthBudget, check_price
from hsai_kit.steps.ask.estimate import Estimate
from hsai_kit.steps.ask.plan import plan_ask

# Tokens for thinking by effort, until answers tell; some ten times what short questions took.
_ROOM = {"none": 0, "minimal": 256, "low": 1024, "medium": 4096, "high": 16_384, "xhigh": 32_768, "max": 65_536}
_ENOUGH_ANSWERS = 20
_WITHOUT_THOUGHT = ("gpt-3.5", "gpt-4", "ft:gpt-3.5", "ft:gpt-4")
_DONE_WITHOUT = {
    "json_schema": "takes no JSON schema: JSON is asked for in the instructions, and every answer is checked as ever",
    "logprobs": "tells no probabilities: the confidence of its answers is unknown",
    "store": "does not know the setting store=False: whether it keeps what it is asked is up to that server",
}


@dataclass(frozen=True)
class AskRequest:
    """An assistant as it will be asked: its engine and model, checked, and the model that was wished for."""

    hub: Connection
    engine: Engine
    name: EngineName
    model: Model
    wished: str | None

    def describe(self, estimate: Estimate) -> str:
        """Say in one line what a run would do, with what the analyst should know of its model and engine."""
        more = []
        if self.wished not in {None, self.model.id}:
            more.append(f"The sandbox has no {self.wished}; its script answers instead.")
        if self.model.end_notice:
            more.append(self.model.end_notice)
        if self.engine.room and not self.hub.is_scripted:
            more.append(f"The price has room for {self.engine.room:,} tokens of thinking for each answer.")
        if month := MonthBudget.find(self.hub):
            more.append(f"{month.describe()}.")
        if self.name == "batch":
            more.append("Sent in jobs at half the price, done within a day.")
        line = estimate.describe(self.model.id, scripted=self.hub.is_scripted)
        return " ".join([f"{line}.", *more]) if more else line


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
    model: str | None = None,
    engine: EngineName | None = None,
    **settings: str | float | None,
) -> AskRequest:
    """Check everything that can be checked before records are looked at; raises what `ask` raises for it.

    `settings` take the place of the assistant's own where they are not None.
    """
    chosen = load_assistant(hub.workspace, assistant) if isinstance(assistant, str) else assistant
    chosen = chosen.with_settings(**{name: value for name, value in settings.items() if value is not None})
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
    estimate = plan_ask(hub, frame, ready.engine, ready.name, object_type).estimate()
    much = (estimate.usd_high or 0.0) > hub.workspace.settings.openai.ask_above_usd
    return RunForecast(estimate, ready.describe(estimate), much)


def read_refused_settings(hub: Connection, model: str | None, assistant: Assistant) -> dict[str, str]:
    """Return the settings that the model to be asked is known to refuse, each with the reason."""
    return hub.store.model_facts.read_refused(hub.llm.base_url, check_model(hub, model, assistant).id)


def pick_different(frame: pd.DataFrame, prompt: str, n: int = 10) -> pd.DataFrame:
    """Return up to `n` rows of `frame` that are different questions, so that a try shows as much as it can.

    Raises PromptError where the prompt cannot be rendered.
    """
    # Ten thousand rows show what there is, and take no time to render.
    texts = Prompt(prompt).render(frame.head(10_000)).dropna().drop_duplicates()
    return frame.loc[texts.index[:n]]


def engine_for(hub: Connection, name: EngineName, assistant: Assistant, model: str) -> Engine:
    """Return the engine `name` for an assistant and a model, without what the model is known to refuse.

    A batch asks the same questions as `responses`, in files. Raises AssistantError where the engine cannot ask this.
    """
    own = hub.workspace.settings.openai.prices.get(model)
    engine: Engine
    if name == "decisions":
        engine = DecisionsEngine(assistant, model, own=own)
    else:
        refused = hub.store.model_facts.read_refused(hub.llm.base_url, model)
        without = {one: reason for one, reason in refused.items() if one in OPTIONAL}
        engine = (BatchEngine if name == "batch" else ResponsesEngine)(
            assistant, model, without, own, find_room(hub, model, assistant.reasoning_effort)
        )
        if problem := assistant.output.explain_too_large() if "json_schema" not in without else "":
            refuse_large(hub, assistant, problem)
    if MonthBudget.find(hub):
        check_price(engine, "take usd_per_month out of hsai.toml")
    return engine


def find_room(hub: Connection, model: str, effort: str | None) -> int:
    """Return how many tokens thinking may take beside an answer: as learned, else at OpenAI as the effort lets expect.

    A server of one's own tells it with its first answers.
    """
    count, most = hub.store.answers.read_thinking(model, effort)
    if most or count >= _ENOUGH_ANSWERS:
        return 2 * most
    may_think = is_openai_address(hub.llm.base_url) and not model.startswith(_WITHOUT_THOUGHT)
    return _ROOM[effort or "medium"] if may_think else 0


def refuse_large(hub: Connection, assistant: Assistant, problem: str) -> None:
    """Raise AssistantError where OpenAI would refuse an output's schema; servers of one's own have no such limit."""
    if is_openai_address(hub.llm.base_url) or hub.is_scripted:
        message = f"OpenAI cannot take the output of {assistant.name!r}: {problem}"
        raise AssistantError(message)


def check_engine(name: str) -> EngineName:
    """Return `name` as an engine's; raises AssistantError that names the engines there are."""
    if name in ENGINES:
        return cast(EngineName, name)
    message = f"There is no engine {name!r}. There are: {', '.join(ENGINES)}."
    raise AssistantError(message)


def check_model(hub: Connection, chosen: str | None, assistant: Assistant) -> Model:
    """Return the model to ask; raises UnknownModel where it may not be used, or was shut down."""
    try:
        models = hub.models()
    except ModelError:
        # Servers that only speak like OpenAI may have no list; then the first question will tell.
        return Model(hub.model_for(chosen, assistant.model))
    # The list tells whether this is a sandbox, and so which model is meant.
    return require_model(models, hub.model_for(chosen, assistant.model))


def refuse_known_settings(hub: Connection, engine: Engine) -> None:
    """Raise SettingNotSupported before the run where the model is known to refuse what the assistant sets."""
    refused = hub.store.model_facts.read_refused(hub.llm.base_url, engine.model)
    for setting, value in engine.settings.items():
        for known in (setting, _setting_with_value(setting, value)):
            if known in refused and setting not in engine.without:
                raise SettingNotSupported(refused[known], setting=setting)


def say_done_without(engine: Engine, *settings: str) -> None:
    """Say what a run does without: these settings, or all that were found out earlier."""
    for setting in settings or sorted(engine.without):
        say(f"{engine.model} {_DONE_WITHOUT[setting]}.")


@dataclass
class CapabilityLearner:
    """Keeps what a run finds out about its model, and says once what is done without."""

    hub: Connection
    engine: Engine
    _kept: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """Take what is done without from the start as known, and said."""
        self._kept = set(self.engine.without)

    def record_answer(self) -> None:
        """Keep which settings were taken and which the engine now does without; call it after an answer."""
        for setting, reason in self.engine.without.items():
            if setting not in self._kept:
                self._kept.add(setting)
                self._learn(setting, accepted=False, reason=reason)
                say_done_without(self.engine, setting)
        for setting, value in self.engine.settings.items():
            taken = _setting_with_value(setting, value)
            if setting not in self.engine.without and taken not in self._kept:
                self._kept.add(taken)
                self._learn(taken, accepted=True)

    def record_refusal(self, problem: SettingNotSupported) -> None:
        """Keep that the model does not take what the assistant sets: the setting, or this value of it."""
        value = self.engine.settings.get(problem.setting, "") if problem.code == "unsupported_value" else ""
        self._learn(_setting_with_value(problem.setting, value), accepted=False, reason=str(problem))

    def _learn(self, setting: str, *, accepted: bool, reason: str = "") -> None:
        address = self.hub.llm.base_url
        self.hub.store.model_facts.learn(address, self.engine.model, setting, accepted=accepted, reason=reason)


def _setting_with_value(setting: str, value: str) -> str:
    return f"{setting}={value}" if value else setting
