"""Which assistants there are, and bringing others in: the account's reusable agents, and saved legacy assistants."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from hsai_kit.assistant.assistant import Assistant, explain_openai_id, list_assistants
from hsai_kit.connection import Connection
from hsai_kit.errors import AssistantError, HsaiError
from hsai_kit.llm.agents import Agent, read_agents
from hsai_kit.runtime import background
from hsai_kit.runtime.progress import say
from hsai_kit.runtime.suggestion import suggest
from hsai_kit.steps.assistants.importers import adopt, adopt_legacy
from hsai_kit.workspace import Workspace

_NO_AGENTS = "There is no Agents API for this key"


def assistants(hub: Connection) -> pd.DataFrame:
    """Return the workspace's assistants and the account's reusable agents as a DataFrame.

    Columns: `name`, `where` (workspace or account), `model` (NA: the workspace's default), `version` (NA for an
    agent), `updated_at`, `id` (of an agent, or of what was copied). Where the account has no agents that can be
    listed, only the workspace's own are, and a line says why. An agent is asked after `copy_agent`.

    >>> from hsai_kit import connect
    >>> with connect(sandbox=True) as hub:
    ...     assistants(hub).groupby("where").size().to_dict()
    {'account': 4, 'workspace': 4}
    """
    rows = [_describe_own(hub.workspace.assistants / f"{name}.toml") for name in list_assistants(hub.workspace)]
    try:
        agents = background.run(read_agents(hub.llm))
        why = _NO_AGENTS
    except HsaiError as problem:
        agents, why = None, str(problem).rstrip(".")
    if agents is None:
        say(f"{why}; only the workspace's own assistants are listed.")
    rows += [
        {"name": one.name, "where": "account", "model": one.model, "updated_at": one.updated_at, "id": one.id}
        for one in agents or ()
    ]
    frame = pd.DataFrame(rows, columns=["name", "where", "model", "version", "updated_at", "id"])
    times = pd.to_datetime(frame["updated_at"], utc=True).astype("datetime64[us, UTC]")
    return frame.astype("string").assign(updated_at=times)


def copy_agent(hub: Connection, id_or_name: str, name: str | None = None) -> Assistant:
    """Copy one of the account's agents into the workspace and return it as the assistant that it is from now on.

    It is a snapshot, with the agent's id and time of change in `source`: what is changed at OpenAI later does not
    reach a run here. What cannot come along, such as tools, is said. `name` is what it is called here. Raises
    AssistantError where there is no such agent, or an assistant of that name already.
    """
    if problem := explain_openai_id(id_or_name):
        raise AssistantError(problem)
    agents = background.run(read_agents(hub.llm))
    if agents is None:
        message = (
            f"{_NO_AGENTS}, so none can be copied. Write the instructions into a file in {hub.workspace.assistants}."
        )
        raise AssistantError(message)
    agent = _find_agent(agents, id_or_name)
    description = f"Copied from the agent {agent.name or agent.id}."
    return _save(hub.workspace, *adopt(agent, name or agent.name, description))


def import_assistant(workspace: Workspace, path: str | Path, name: str | None = None) -> Assistant:
    """Bring a legacy assistant, saved as the JSON that the Assistants API gave for it, into the workspace.

    Its instructions, model, temperature and JSON schema come along; what cannot, is said. `name` is what it is called
    here. Raises AssistantError that names the file and what is wrong with it.
    """
    file = Path(path).expanduser()
    try:
        content: Any = json.loads(file.read_text("utf-8-sig"))
    except OSError as problem:
        message = f"{file} cannot be read: {problem.strerror}."
        raise AssistantError(message) from None
    except ValueError:
        message = f"{file} holds no JSON. Save the assistant again as the API or the dashboard gave it."
        raise AssistantError(message) from None
    listed = content.get("data", content) if isinstance(content, dict) else content
    found, *others = listed if isinstance(listed, list) and listed else [listed]
    if others:
        message = f"{file} holds {len(listed)} assistants. Save the one that you want in a file of its own."
        raise AssistantError(message)
    if not (isinstance(found, dict) and "instructions" in found):
        message = f"{file} holds no assistant: there are no instructions in it."
        raise AssistantError(message)
    return _save(workspace, *adopt_legacy(found, name, file.stem))


def _describe_own(path: Path) -> dict[str, object]:
    row: dict[str, object] = {"name": path.stem, "where": "workspace"}
    try:
        one = Assistant.from_file(path)
        row["updated_at"] = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except AssistantError as problem:
        # One file that somebody is still writing must not hide the others.
        say(str(problem))
        return row
    return row | {"model": one.model, "version": one.version, "id": one.source.id if one.source else None}


def _find_agent(agents: Sequence[Agent], wanted: str) -> Agent:
    same = [one for one in agents if wanted == one.id] or [
        one for one in agents if one.name.strip().casefold() == wanted.strip().casefold()
    ]
    if len(same) == 1:
        return same[0]
    if same:
        ids = ", ".join(one.id for one in same)
        message = f"{len(same)} agents are called {wanted!r}: {ids}. Copy one of them by its id."
        raise AssistantError(message)
    known = [one.name or one.id for one in agents]
    message = (
        f"There is no agent {wanted!r} in this account.{suggest(wanted, known)} "
        f"There are: {', '.join(known) or 'none'}."
    )
    raise AssistantError(message)


def _save(workspace: Workspace, assistant: Assistant, remarks: list[str]) -> Assistant:
    if assistant.name in list_assistants(workspace):
        message = (
            f"There is an assistant {assistant.name!r} in {workspace.assistants} already. Give this one another name=."
        )
        raise AssistantError(message)
    say(" ".join([f"Copied into {assistant.save(workspace)}.", *remarks]))
    return assistant
