"""An assistant: instructions, model, settings, output and examples; a TOML file with a version."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from hsai_kit.assistant.output_schema import Output, Text
from hsai_kit.errors import AssistantError, WorkspaceError
from hsai_kit.runtime.suggestion import suggest
from hsai_kit.workspace import Place, Workspace, explain_validation, read_toml

_NAME = r"[a-z0-9][a-z0-9_-]*"
EngineName = Literal["responses", "decisions", "batch"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class Example(BaseModel):
    """A question and its right answer, shown to the model before the real question."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    answer: str


class Lookup(BaseModel):
    """A table that answers known values for nothing, before the model is asked.

    `table` is `us-states`, `us-states+territories`, `iso-3166-2:XX` (XX a country's code) or a CSV file of the
    workspace with the columns `value` and `answer`. `column` is the pulled column that is looked up; `only` lets the
    table answer only where other columns hold one of the given values ("" for blank), since WA is not always a state.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str
    column: str
    only: Mapping[str, tuple[str, ...]] = {}


class AssistantOrigin(BaseModel):
    """What an assistant was copied from: its id at OpenAI, and when it was last changed there (ISO, UTC)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    updated_at: str = ""


class Assistant(BaseModel):
    """What is asked, of which model, with which settings, and what may come back.

    `model`, `temperature` (0 to 2) and `reasoning_effort` are sent only where they are set; without a model the
    workspace's default is used. `prompt` is what is asked about each record when `ask` names none.

    >>> triage = Assistant(name="tone", instructions="Say how the customer feels.", output={"kind": "text"})
    >>> len(triage.version)
    12
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    name: Annotated[str, Field(pattern=rf"^{_NAME}$")]
    description: str = ""
    instructions: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    prompt: str | None = None
    model: str | None = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    reasoning_effort: Effort | None = None
    max_output_tokens: Annotated[int, Field(ge=16)] = 4096
    engine: EngineName = "responses"
    output: Output = Output(shape=Text())
    lookup: Lookup | None = None
    examples: tuple[Example, ...] = ()
    source: AssistantOrigin | None = None

    @field_validator("output", mode="before")
    @classmethod
    def _read_output(cls, value: object) -> object:
        # In the file the section says its kind directly; `shape` is how the union is told apart here.
        return {"shape": value} if isinstance(value, dict) and "shape" not in value else value

    @field_validator("prompt")
    @classmethod
    def _trim_prompt(cls, value: str | None) -> str | None:
        return value.strip() if value else value

    def with_settings(self, **settings: Any) -> Assistant:
        """Return the assistant with other settings; raises AssistantError that names the one that cannot be.

        >>> Assistant(name="tone", instructions="Say how they feel.").with_settings(temperature=0.2).temperature
        0.2
        """
        try:
            return Assistant.model_validate({**self.model_dump(), **settings})
        except ValidationError as problem:
            message = f"The assistant {self.name!r} cannot be asked so: {explain_validation(problem, _place_in_file)}."
            raise AssistantError(message) from None

    @property
    def version(self) -> str:
        """The first 12 hex digits of a SHA-256 over all that decides an answer; name, description and source do not."""
        content = self.model_dump(mode="json", exclude={"name", "description", "source"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]

    @classmethod
    def from_file(cls, path: str | Path) -> Assistant:
        """Read an assistant from its TOML file; raises AssistantError that names the file and the setting."""
        path = Path(path)
        try:
            content = {"name": path.stem, **read_toml(path)}
            if not re.fullmatch(_NAME, path.stem) and content["name"] == path.stem:
                message = f"{path} cannot be used: its name may hold a-z, 0-9, - and _ only. Rename the file."
            else:
                return cls.model_validate(content)
        except ValidationError as problem:
            message = f"{path} cannot be used: {explain_validation(problem, _place_in_file)}. Mend it and try again."
        except WorkspaceError as problem:
            message = str(problem)
        raise AssistantError(message)

    def save(self, workspace: Workspace) -> Path:
        """Write the assistant into the workspace's `assistants/` and return the file's path."""
        content: dict[str, Any] = self.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)
        content["output"] = self.output.shape.model_dump(mode="json", exclude_none=True)
        path = workspace.assistants / f"{self.name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(tomlkit.dumps(content), "utf-8")
        return path


def _place_in_file(place: Place) -> Place:
    """Leave out of a place under `output` what only tells the union's kinds apart: `shape`, the kinds themselves."""
    if place[:2] != ("output", "shape"):
        return place
    if place[2:4] == ("fields", "fields"):
        return ("output", "fields", *place[4:5], *place[6:])
    return ("output", *place[3:])


def list_assistants(workspace: Workspace) -> list[str]:
    """Return the names of the workspace's assistants, sorted."""
    return sorted(path.stem for path in workspace.assistants.glob("*.toml"))


def explain_openai_id(name: str) -> str:
    """Say what became of an id of OpenAI's that somebody gives for an assistant's name; "" for any other name."""
    if name.startswith("asst_"):
        return (
            f"{name} is of the Assistants API, which OpenAI shut down on 2026-08-26; nothing can be read there now. "
            "If you saved it as JSON: import_assistant(hub.workspace, 'file.json'). Otherwise write its instructions "
            "into a file in the workspace's assistants/."
        )
    if name.startswith("pmpt_"):
        return (
            f"{name} is a prompt object, which OpenAI ends on 2026-11-30 with the advice to keep prompts in files. "
            "Write its text into a file in the workspace's assistants/, where it has a version."
        )
    return ""


def load_assistant(workspace: Workspace, name: str) -> Assistant:
    """Return the workspace's assistant `name`; raises AssistantError that names the nearest one."""
    known = list_assistants(workspace)
    if name in known:
        return Assistant.from_file(workspace.assistants / f"{name}.toml")
    if problem := explain_openai_id(name):
        raise AssistantError(problem)
    hint = suggest(name, known)
    if name.startswith("agent_"):
        hint = f" An agent of the account is copied first: copy_agent(hub, {name!r})."
    message = (
        f"There is no assistant {name!r} in {workspace.assistants}.{hint} There are: {', '.join(known) or 'none'}."
    )
    raise AssistantError(message)
