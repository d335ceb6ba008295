"""GET /v1/agents: the reusable agents that somebody made in this account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.openai.gate import cut_page
from hsai_kit.sandbox.openai.wire import OpenAIAnswer, OpenAIError, answer_json

if TYPE_CHECKING:
    from hsai_kit.sandbox.openai.gate import OpenAICall

BETA = "agents=v1"


def list_agents(call: OpenAICall) -> OpenAIAnswer:
    """Answer GET /v1/agents."""
    return answer_json(cut_page(_AGENTS, call.parameters()))


def retrieve_agent(call: OpenAICall) -> OpenAIAnswer:
    """Answer GET /v1/agents/{id}."""
    agent_id = call.path["agent_id"]
    for agent in _AGENTS:
        if agent["id"] == agent_id:
            return answer_json(agent)
    raise OpenAIError(404, f"No agent with id '{agent_id}' found.")


def _agent(
    number: int,
    name: str | None,
    model: str,
    instructions: str | None,
    *,
    effort: str | None = None,
    text_format: dict[str, Any] | None = None,
    tools: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    created = 1_790_000_000 + number * 86_400
    return {
        "id": f"agent_sandbox{number:08d}",
        "object": "agent",
        "created_at": created,
        "updated_at": created + 3 * 86_400 + number * 977,
        "name": name,
        "instructions": instructions,
        "model": model,
        "reasoning": {"effort": effort, "summary": None},
        "text": {"format": text_format or {"type": "text"}, "verbosity": "medium"},
        "tools": list(tools),
        "multi_agent": {"enabled": False, "max_concurrent_subagents": None},
        "service_tier": "auto",
        "metadata": {"made_for": "sandbox"},
        "compaction": {"async": False},
        "experimental": {"time_awareness": False},
    }


_STATE_SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string", "enum": ["CA", "NY", "TX", "WA", "UNKNOWN"]}},
    "required": ["answer"],
    "additionalProperties": False,
}
_LOOK_UP = {
    "type": "function",
    "name": "look_up_account",
    "description": "Finds an account in the warehouse by its number.",
    "parameters": {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
    "defer_loading": False,
}
_SEARCH = {
    "type": "web_search",
    "mode": "cached",
    "context_size": "medium",
    "allowed_domains": ["docs.example.com"],
    "location": None,
}

_AGENTS = [
    _agent(
        1,
        "State abbreviations",
        "sandbox-luna",
        "You get the state field of a contact. Answer with the two-letter USPS code, or UNKNOWN if there is none.",
        text_format={"type": "json_schema", "schema": _STATE_SCHEMA},
    ),
    _agent(
        2,
        "Call note summaries",
        "sandbox-sol",
        "Summarize the notes of a sales call in two sentences: what was asked for, and what happens next.",
    ),
    _agent(
        3,
        "Account research",
        "sandbox-astra",
        "Find out what the company sells and who decides there. Use the account number where the record has one.",
        effort="high",
        tools=(_SEARCH, _LOOK_UP),
    ),
    _agent(4, None, "sandbox-relic", "Sort the message into sales, support, billing or spam."),
]
