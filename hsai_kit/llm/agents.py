"""The account's reusable agents (Agents API, beta): read, never run; what they are made of is copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hsai_kit.llm.client import LLMClient
from hsai_kit.llm.error_mapping import NO_SUCH_API
from hsai_kit.llm.response_fields import read_text

# More than anybody looks through; a list may have no end.
_MOST = 2_000

if TYPE_CHECKING:
    from openai.types.beta import Agent as AgentAsSent


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
    import openai

    async def read() -> list[Agent] | None:
        agents: list[Agent] = []
        try:
            # The client asks for the next page by itself, 100 agents a page being the most.
            async for one in client.sdk.beta.agents.list(limit=100):
                agents.append(_read_agent(one))
                if len(agents) == _MOST:
                    break
        except openai.APIStatusError as problem:
            if problem.status_code in {403, *NO_SUCH_API}:
                return None
            raise
        return agents

    return await client.call(read)


def _read_agent(sent: AgentAsSent) -> Agent:
    return Agent(
        id=read_text(sent.id),
        name=read_text(sent.name),
        model=read_text(sent.model),
        instructions=read_text(sent.instructions).strip(),
        effort=sent.reasoning.effort,
        schema=sent.text.format.schema_ if sent.text.format.type == "json_schema" else None,
        tools=tuple(_describe_tool(tool) for tool in sent.tools),
        updated_at=datetime.fromtimestamp(sent.updated_at, UTC),
    )


def _describe_tool(tool: object) -> str:
    name = getattr(tool, "name", None) or getattr(tool, "server_label", None)
    return read_text(" ".join(str(one) for one in (getattr(tool, "type", "tool"), name) if one))
