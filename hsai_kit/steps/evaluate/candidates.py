"""What is measured: assistants by name, version or object, each with a model, under names that tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from hsai_kit.assistant.assistant import Assistant, EngineName, list_assistants, load_assistant
from hsai_kit.assistant.versions import list_versions
from hsai_kit.connection import Connection
from hsai_kit.errors import AssistantError, EvaluationError
from hsai_kit.steps.ask.request import AskRequest, prepare_request

CandidateChoice: TypeAlias = "str | Assistant | tuple[str | Assistant, str | None]"
CandidateChoices: TypeAlias = "CandidateChoice | Iterable[CandidateChoice] | Mapping[str, CandidateChoice]"


@dataclass(frozen=True)
class Candidate:
    """One assistant with one model, checked, under the name that it has in the tables."""

    name: str
    request: AskRequest

    @property
    def assistant(self) -> Assistant:
        """The assistant that is asked."""
        return self.request.engine.assistant


def read_candidates(
    hub: Connection,
    given: CandidateChoices,
    *,
    prompt: str | None,
    engine: EngineName | None,
) -> list[Candidate]:
    """Return what is to be measured; raises EvaluationError where two are the same, and what `ask` raises.

    A name is the assistant's, with the model or the version where that is what tells two apart; a mapping gives names
    of its own.
    """
    listed = list(given.values()) if isinstance(given, Mapping) else _as_list(hub, given)
    if not listed:
        message = "There is no assistant to evaluate. Name at least one: evaluate(hub, frame, ['state-abbreviations'])."
        raise EvaluationError(message)
    requests = [_prepare(hub, one, prompt, engine) for one in listed]
    names = list(given) if isinstance(given, Mapping) else _names(requests)
    candidates = [Candidate(str(name), request) for name, request in zip(names, requests, strict=True)]
    _refuse_same(hub, candidates)
    return candidates


def _refuse_same(hub: Connection, candidates: list[Candidate]) -> None:
    alike: dict[tuple[str, str, str], list[Candidate]] = {}
    for one in candidates:
        identity = one.assistant.version, one.request.model.id, one.request.name
        alike.setdefault(identity, []).append(one)
    for same in alike.values():
        if len(same) > 1:
            both = " and ".join(one.name for one in same)
            message = f"{both} are the same assistant with the same model, so nothing tells them apart. Leave one out."
            if hub.is_scripted and len({one.request.wished for one in same}) > 1:
                message += " The sandbox has none of these models, and its script answers for all of them."
            raise EvaluationError(message)


def _as_list(hub: Connection, given: object) -> list[Any]:
    # A tuple of two may be two assistants as well as one with its model.
    if isinstance(given, tuple) and len(given) == 2 and not isinstance(given[1], Assistant | tuple):
        model = str(given[1] or "")
        return list(given) if model.partition("@")[0] in list_assistants(hub.workspace) else [given]
    return list(given) if isinstance(given, Iterable) and not isinstance(given, str | Assistant) else [given]


def _prepare(hub: Connection, one: CandidateChoice, prompt: str | None, engine: EngineName | None) -> AskRequest:
    which, model = one if isinstance(one, tuple) and len(one) == 2 else (one, None)
    if not isinstance(which, str | Assistant):
        message = f"{which!r} is no assistant. Give a name, name@version, an Assistant, or one of these with a model."
        raise EvaluationError(message)
    assistant = which if isinstance(which, Assistant) else find_assistant(hub, which)
    return prepare_request(hub, assistant, prompt=prompt, model=model, engine=engine)


def find_assistant(hub: Connection, name: str) -> Assistant:
    """Return an assistant by name, or by name and version as in `state-abbreviations@1a2b3c4d5e6f`.

    Versions are looked for among those that were saved and those that runs were made with. Raises AssistantError.
    """
    plain, _, version = name.partition("@")
    if not version:
        return load_assistant(hub.workspace, name)
    kept = list_versions(hub.workspace, plain)
    for one in kept.itertuples():
        if str(one.version).startswith(version):
            return Assistant.from_file(Path(str(one.file))).model_copy(update={"name": plain})
    for run in hub.store.runs.all():
        if run.assistant == plain and run.assistant_version.startswith(version):
            return Assistant.model_validate_json(run.assistant_json)
    known = ", ".join(map(str, kept["version"])) or "none"
    message = f"There is no version {version} of {plain!r} in this workspace. There are: {known}."
    raise AssistantError(message)


def _names(requests: list[AskRequest]) -> list[str]:
    """Name each by the assistant, and by model, engine and version as far as it takes to tell them apart."""
    parts = [(one.engine.assistant.name, one.model.id, one.name, one.engine.assistant.version) for one in requests]
    found = []
    for own in parts:
        rivals = [other for other in parts if other[0] == own[0] and other is not own]
        different: list[str] = []
        for place in (1, 2, 3):
            if rivals and any(other[place] != own[place] for other in rivals):
                different.append(own[place])
                rivals = [other for other in rivals if other[place] == own[place]]
        found.append(f"{own[0]} ({', '.join(different)})" if different else own[0])
    return found
