"""An assistant of the workspace made from what was kept elsewhere: an agent's parts, or a saved legacy assistant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import ValidationError

from hsai_kit.assistant.assistant import Assistant, AssistantOrigin, Effort
from hsai_kit.assistant.output_schema import Output, Text
from hsai_kit.errors import AssistantError
from hsai_kit.llm.agents import Agent
from hsai_kit.workspace import explain_validation

_PLAIN = {"boolean": "yes_no", "number": "number", "integer": "number", "string": "text"}


def adopt(agent: Agent, name: str, description: str, temperature: float | None = None) -> tuple[Assistant, list[str]]:
    """Make an assistant called `name` of an agent, with a sentence for each thing that did not come along as it was.

    Raises AssistantError where its parts make none.
    """
    if not agent.instructions.strip():
        message = f"{agent.id} has no instructions, so there is nothing to copy."
        raise AssistantError(message)
    output = read_output(agent.schema) if agent.schema else Output(shape=Text())
    remarks = []
    if left := sorted(set(agent.tools)):
        remarks.append(f"Its tools stay behind ({', '.join(left)}): here a model only reads the record and answers.")
    if output is None:
        output = Output(shape=Text())
        remarks.append("Its JSON schema has parts that no output here has, so it answers as text. Change [output].")
    try:
        assistant = Assistant(
            name=_build_slug(name) or _build_slug(agent.id),
            description=description,
            instructions=_add_field_descriptions(agent),
            model=agent.model or None,
            temperature=temperature,
            reasoning_effort=cast("Effort | None", agent.effort),
            output=output,
            source=AssistantOrigin(id=agent.id, updated_at=agent.updated_at.isoformat() if agent.updated_at else ""),
        )
    except ValidationError as problem:
        message = f"{agent.id} cannot be copied: {explain_validation(problem)}."
        raise AssistantError(message) from None
    return assistant, remarks


def adopt_legacy(content: Mapping[str, Any], name: str | None, fallback: str) -> tuple[Assistant, list[str]]:
    """Make an assistant from the JSON that the Assistants API gave for one; `fallback` is its name if it has none."""
    wanted = content.get("response_format")
    given = wanted.get("json_schema") if isinstance(wanted, dict) else None
    created = content.get("created_at")
    agent = Agent(
        id=str(content.get("id") or fallback),
        name=str(content.get("name") or ""),
        model=str(content.get("model") or ""),
        instructions=str(content.get("instructions") or ""),
        effort=content.get("reasoning_effort"),
        schema=given.get("schema") if isinstance(given, dict) else None,
        tools=tuple(_name_tool(tool) for tool in content.get("tools") or () if isinstance(tool, dict)),
        updated_at=datetime.fromtimestamp(created, UTC) if isinstance(created, int) else None,
    )
    # 1 was what the API filled in where nobody had chosen a temperature, and many models of today refuse to be told.
    temperature = None if content.get("temperature") == 1 else content.get("temperature")
    adopted, remarks = adopt(agent, name or agent.name or fallback, str(content.get("description") or ""), temperature)
    if content.get("top_p") not in {None, 1}:
        remarks.append(f"Its top_p of {content['top_p']} stays behind: there is no such setting here.")
    if isinstance(wanted, dict) and wanted.get("type") == "json_object":
        remarks.append("It answered with JSON of any form, here it answers as text. Name its fields under [output].")
    return adopted, remarks


def read_output(schema: Mapping[str, Any]) -> Output | None:
    """Return the output that a JSON schema describes, or None where no output here is like it."""
    properties = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(properties, dict) or not properties:
        return None
    kinds = {name: _read_kind(one) for name, one in properties.items()}
    if None in kinds.values():
        return None
    # Kept as fields unless it is what a single answer here is asked for with.
    single = kinds["answer"] if list(kinds) == ["answer"] else {"kind": "fields", "fields": kinds}
    try:
        return Output.model_validate({"shape": single})
    except ValidationError:
        return None


def _read_kind(schema: object) -> dict[str, Any] | None:
    if not isinstance(schema, dict):
        return None
    either = [one for one in schema.get("anyOf") or () if isinstance(one, dict) and one.get("type") != "null"]
    if len(either) == 1:
        schema = either[0]
    options = [one for one in schema.get("enum") or () if one is not None]
    if options:
        return {"kind": "choice", "options": options} if all(isinstance(one, str) for one in options) else None
    kinds = schema.get("type")
    told = [one for one in (kinds if isinstance(kinds, list) else [kinds]) if one != "null"]
    kind = _PLAIN.get(told[0]) if len(told) == 1 and isinstance(told[0], str) else None
    return {"kind": kind} if kind else None


def _add_field_descriptions(agent: Agent) -> str:
    """Add to the instructions what a schema says of its fields, which the model read and would miss."""
    properties = (agent.schema or {}).get("properties")
    fields = properties.items() if isinstance(properties, dict) else ()
    told = [f"{name}: {one['description']}" for name, one in fields if isinstance(one, dict) and one.get("description")]
    return "\n\n".join(filter(None, [agent.instructions.strip(), "\n".join(told)]))


def _name_tool(tool: Mapping[str, Any]) -> str:
    name = (tool.get("function") or {}).get("name")
    return f"{tool.get('type')} {name}" if name else str(tool.get("type"))


def _build_slug(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")
