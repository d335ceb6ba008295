"""The account's reusable agents (Agents API, beta): read, never run; what they are made of is copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import openai
from openai.types.beta import Agent as AgentAsSent

from hsai_kit.llm.client import LLMClient
from hsai_kit.llm.error_mapping import NO_SUCH_API


@dataclass(frozen=True)
class Agent:
    """An agent as it was at `updated_at`; `schema` is the JSON schema of its answers, None for plain text."""

    id: str
    name: str
    model: str
    instructions: str
    effort: str | None
    schema: Mapping[str, Any] | None
    tools: tuple[str, ...]
    updated_at: datetime | None


async def read_agents(client: LLMClient) -> list[Agent] | None:
    """Return the agents of the key's project, newest first, or None where there is no such API for this key.

    Raises what `errors` says for the model's API.
    """
    try:
        # The client asks for the next page by itself, 100 agents a page being the most.
        return [_agent(one) async for one in client.sdk.beta.agents.list(limit=100)]
    except openai.APIStatusError as problem:
        if problem.status_code in {403, *NO_SUCH_API}:
            return None
        failure = client.explain_error(problem)
    except openai.OpenAIError as problem:
        failure = client.explain_error(problem)
    raise failure


def _agent(sent: AgentAsSent) -> Agent:
    return Agent(
        id=sent.id,
        name=sent.name or "",
        model=sent.model,
        instructions=(sent.instructions or "").strip(),
        effort=sent.reasoning.effort,
        schema=sent.text.format.schema_ if sent.text.format.type == "json_schema" else None,
        tools=tuple(_tool(tool) for tool in sent.tools),
        updated_at=datetime.fromtimestamp(sent.updated_at, UTC),
    )


def _tool(tool: object) -> str:
    name = getattr(tool, "name", None) or getattr(tool, "server_label", None)
    kind = str(getattr(tool, "type", "tool"))
    return f"{kind} {name}" if name else kind
