"""Reading the format that an answer has to have."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hsai_kit.sandbox.openai.checks import invalid_value, wrong_type
from hsai_kit.sandbox.openai.schemas import check_schema
from hsai_kit.sandbox.openai.tokens import count_tokens
from hsai_kit.sandbox.openai.wire import OpenAIError

_FORMAT_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


@dataclass(frozen=True)
class Format:
    """What the answer has to look like: text, JSON, or one that follows a schema.

    `choice` is the name and the options of the only property where a schema has just that.
    """

    kind: str = "text"
    schema: dict[str, Any] | None = None
    choice: tuple[str, tuple[str, ...]] | None = None
    tokens: int = 0


def read_text_options(body: dict[str, Any]) -> Format:
    """Check the request's `text` and return its format."""
    text = body.get("text")
    if text is None:
        return _TEXT
    if not isinstance(text, dict):
        raise wrong_type("text", "an object", text)
    if text.get("verbosity") not in (None, "low", "medium", "high"):
        raise invalid_value("text.verbosity", text["verbosity"], ("low", "medium", "high"))
    wanted = text.get("format")
    if wanted is None:
        return _TEXT
    return _read_format(json.dumps(wanted))


@lru_cache(maxsize=512)
def _read_format(dumped: str) -> Format:
    """Read and check a format; the same one comes with every question of a run."""
    wanted = json.loads(dumped)
    kinds = ("text", "json_schema", "json_object")
    if not isinstance(wanted, dict) or wanted.get("type") not in kinds:
        kind = wanted.get("type") if isinstance(wanted, dict) else wanted
        raise invalid_value("text.format.type", kind, kinds)
    if wanted["type"] != "json_schema":
        return Format(wanted["type"])
    for name in ("name", "schema"):
        if wanted.get(name) is None:
            message = f"The parameter 'text.format.{name}' is missing."
            raise OpenAIError(400, message, code="missing_required_parameter", param=f"text.format.{name}")
    if not isinstance(wanted["name"], str) or not _FORMAT_NAME.match(wanted["name"]):
        message = "Invalid 'text.format.name': up to 64 letters, digits, underscores and dashes."
        raise OpenAIError(400, message, code="invalid_value", param="text.format.name")
    schema = wanted["schema"]
    check_schema(wanted["name"], schema, is_strict=wanted.get("strict") is not False)
    return Format("json_schema", schema, _only_choice(schema), count_tokens(json.dumps(schema)))


def _only_choice(schema: dict[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    properties = schema.get("properties", {})
    if len(properties) != 1:
        return None
    name, part = next(iter(properties.items()))
    options = part.get("enum") if isinstance(part, dict) else None
    if not options or not all(isinstance(option, str) for option in options) or len(options) < 2:
        return None
    return name, tuple(options)


_TEXT = Format()
