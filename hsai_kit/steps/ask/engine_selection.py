"""Which engine asks which model, and what that model is known to take or refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from hsai_kit.assistants.assistant import Assistant
from hsai_kit.connection import Connection
from hsai_kit.errors import AssistantError, ModelError, SettingNotSupported
from hsai_kit.llm.batches import BatchEngine
from hsai_kit.llm.decisions_engine import DecisionsEngine
from hsai_kit.llm.engine import ENGINES, Engine, EngineName
from hsai_kit.llm.models import Model, check
from hsai_kit.llm.responses_engine import OPTIONAL, ResponsesEngine
from hsai_kit.runtime.progress import say

__all__ = ["CapabilityLearner", "check_model", "engine_for", "refuse_known_settings", "say_done_without"]

_DONE_WITHOUT = {
    "json_schema": "takes no JSON schema: JSON is asked for in the instructions, and every answer is checked as ever",
    "logprobs": "tells no probabilities: the confidence of its answers is unknown",
    "store": "does not know the setting store=False: whether it keeps what it is asked is up to that server",
}


def engine_for(hub: Connection, name: EngineName, assistant: Assistant, model: str) -> Engine:
    """Return the engine `name` for an assistant and a model, without what the model is known to refuse.

    A batch asks the same questions as `responses`, in files. Raises AssistantError where the engine cannot ask this.
    """
    own = hub.workspace.settings.openai.prices.get(model)
    if name == "decisions":
        return DecisionsEngine(assistant, model, own)
    refused = hub.store.model_facts.read_refused(hub.llm.base_url, model)
    without = {one: reason for one, reason in refused.items() if one in OPTIONAL}
    return (BatchEngine if name == "batch" else ResponsesEngine)(assistant, model, without, own)


def check_engine(name: str) -> EngineName:
    """Return `name` as an engine's; raises AssistantError that names the engines there are."""
    if name in ENGINES:
        return cast(EngineName, name)
    message = f"There is no engine {name!r}. There are: {', '.join(ENGINES)}."
    raise AssistantError(message)


def check_model(hub: Connection, chosen: str | None, assistant: Assistant) -> Model:
    """Return the model to ask; raises UnknownModel where it may not be used, or was shut down."""
    wanted = hub.model_for(chosen, assistant.model)
    try:
        models = hub.models()
    except ModelError:
        # Servers that only speak like OpenAI may have no list; then the first question will tell.
        return Model(wanted)
    # The list tells whether this is a sandbox, and so which model is meant.
    return check(models, hub.model_for(chosen, assistant.model))


def refuse_known_settings(hub: Connection, engine: Engine) -> None:
    """Raise UnsupportedSetting before the run where the model is known to refuse what the assistant sets."""
    refused = hub.store.model_facts.read_refused(hub.llm.base_url, engine.model)
    for setting, value in engine.settings.items():
        for known in (setting, _valued(setting, value)):
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
            taken = _valued(setting, value)
            if setting not in self.engine.without and taken not in self._kept:
                self._kept.add(taken)
                self._learn(taken, accepted=True)

    def record_refusal(self, problem: SettingNotSupported) -> None:
        """Keep that the model does not take what the assistant sets: the setting, or this value of it."""
        value = self.engine.settings.get(problem.setting, "") if problem.code == "unsupported_value" else ""
        self._learn(_valued(problem.setting, value), accepted=False, reason=str(problem))

    def _learn(self, setting: str, *, accepted: bool, reason: str = "") -> None:
        address = self.hub.llm.base_url
        self.hub.store.model_facts.learn(address, self.engine.model, setting, accepted=accepted, reason=reason)


def _valued(setting: str, value: str) -> str:
    return f"{setting}={value}" if value else setting
