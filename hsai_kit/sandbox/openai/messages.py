"""Reading the input of a request: a string, or messages with their parts."""

from __future__ import annotations

import json
from typing import Any

from hsai_kit.sandbox.openai.wire import OpenAIError

_ROLES = ("user", "assistant", "system", "developer")
_TEXT_PARTS = ("input_text", "output_text", "text")
MESSAGE_TOKENS = 4  # what a message costs besides its text


def read_input(content: Any, instructions: str) -> tuple[str, str, int]:
    """Return the instructions, the record's text and the tokens of the messages themselves.

    System and developer messages join the instructions. Of several exchanges the last user message is the
    record; the ones before it are examples, which join the instructions as "record -> answer".
    """
    if isinstance(content, str):
        return instructions, content, MESSAGE_TOKENS
    if not isinstance(content, list):
        message = "Invalid type for 'input': expected a string or an array of messages."
        raise OpenAIError(400, message, code="invalid_type", param="input")
    if len(content) == 1:  # the common case
        message = content[0]
        if isinstance(message, dict) and message.get("role") == "user":
            return instructions, read_text(message, "input[0]"), MESSAGE_TOKENS
    return _read_exchange(content, instructions)


def read_text(message: dict[str, Any], param: str) -> str:
    """Join the text of a message's parts; JSON parts become lines of "name: value"."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        text = f"Invalid type for '{param}.content': expected a string or an array of parts."
        raise OpenAIError(400, text, code="invalid_type", param=f"{param}.content")
    if len(content) == 1:
        return _part(content[0], f"{param}.content[0]")
    return "\n".join(_part(part, f"{param}.content[{index}]") for index, part in enumerate(content))


def _read_exchange(content: list[Any], instructions: str) -> tuple[str, str, int]:
    parts = [instructions] if instructions else []
    users: list[str] = []
    for index, message in enumerate(content):
        param = f"input[{index}]"
        role = message.get("role") if isinstance(message, dict) else None
        if role not in _ROLES:
            text = f"Invalid value: '{role}'. Supported values are: {', '.join(repr(one) for one in _ROLES)}."
            raise OpenAIError(400, text, code="invalid_value", param=f"{param}.role")
        text = read_text(message, param)
        if role == "user":
            users.append(text)
        elif role == "assistant":
            if users:
                parts.append(f"{_record_value(users[-1])} -> {_answer_value(text)}")
            users.clear()
        else:
            parts.append(text)
    return "\n".join(parts), "\n".join(users), MESSAGE_TOKENS * max(1, len(content))


def _record_value(text: str) -> str:
    """Take the value of a record of one line."""
    _, colon, value = text.partition(":")
    return (value if colon and "\n" not in text else text).strip()


def _answer_value(text: str) -> str:
    try:
        answer = json.loads(text)
    except ValueError:
        return text
    return str(next(iter(answer.values()))) if isinstance(answer, dict) and len(answer) == 1 else text


def _part(part: Any, param: str) -> str:
    if not isinstance(part, dict):
        message = f"Invalid type for '{param}': expected an object."
        raise OpenAIError(400, message, code="invalid_type", param=param)
    kind = part.get("type")
    if kind in _TEXT_PARTS and isinstance(part.get("text"), str):
        return str(part["text"])
    if kind == "refusal":
        return str(part.get("refusal", ""))
    if kind == "input_json" and isinstance(part.get("data"), dict | list):
        return _json_lines(part["data"])
    if kind in ("input_image", "input_file"):
        message = f"The sandbox reads no images or files. Send text instead of '{kind}'."
        raise OpenAIError(400, message, code="unsupported_value", param=f"{param}.type")
    message = f"Invalid value: '{kind}'. Supported values are: 'input_text'."
    raise OpenAIError(400, message, code="invalid_value", param=f"{param}.type")


def _json_lines(data: Any) -> str:
    items = data if isinstance(data, list) else [data]
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value)}"
        for item in items
        if isinstance(item, dict)
        for name, value in item.items()
    )
