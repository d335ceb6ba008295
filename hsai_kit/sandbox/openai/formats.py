"""The format that an answer has to have: `text.format`, and strict JSON schemas checked as the API does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hsai_kit.sandbox.openai.checks import invalid_value, wrong_type
from hsai_kit.sandbox.openai.tokens import count_tokens
from hsai_kit.sandbox.openai.wire import OpenAIError

_FORMAT_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


@dataclass(frozen=True)
class TextFormat:
    """What the answer has to look like: text, JSON, or one that follows a schema.

    `choice` is the name and the options of the only property where a schema has just that.
    """

    kind: str = "text"
    schema: dict[str, Any] | None = None
    choice: tuple[str, tuple[str, ...]] | None = None
    tokens: int = 0


def read_text_options(body: dict[str, Any]) -> TextFormat:
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
def _read_format(dumped: str) -> TextFormat:
    """Read and check a format; the same one comes with every question of a run."""
    wanted = json.loads(dumped)
    kinds = ("text", "json_schema", "json_object")
    if not isinstance(wanted, dict) or wanted.get("type") not in kinds:
        kind = wanted.get("type") if isinstance(wanted, dict) else wanted
        raise invalid_value("text.format.type", kind, kinds)
    if wanted["type"] != "json_schema":
        return TextFormat(wanted["type"])
    for name in ("name", "schema"):
        if wanted.get(name) is None:
            message = f"The parameter 'text.format.{name}' is missing."
            raise OpenAIError(400, message, code="missing_required_parameter", param=f"text.format.{name}")
    if not isinstance(wanted["name"], str) or not _FORMAT_NAME.match(wanted["name"]):
        message = "Invalid 'text.format.name': up to 64 letters, digits, underscores and dashes."
        raise OpenAIError(400, message, code="invalid_value", param="text.format.name")
    schema = wanted["schema"]
    check_schema(wanted["name"], schema, is_strict=wanted.get("strict") is not False)
    return TextFormat("json_schema", schema, _only_choice(schema), count_tokens(json.dumps(schema)))


def _only_choice(schema: dict[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    properties = schema.get("properties", {})
    if len(properties) != 1:
        return None
    name, part = next(iter(properties.items()))
    options = part.get("enum") if isinstance(part, dict) else None
    if not options or not all(isinstance(option, str) for option in options) or len(options) < 2:
        return None
    return name, tuple(options)


_TEXT = TextFormat()


_TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
_UNSUPPORTED = (
    "allOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
)
MAX_DEPTH = 10
MAX_PROPERTIES = 5_000
MAX_ENUM_VALUES = 1_000


def check_schema(name: str, schema: Any, *, is_strict: bool = True) -> None:
    """Raise the 400 `invalid_json_schema` for a schema that output, strict or not, cannot follow."""
    checker = _SchemaChecker(name, is_strict=is_strict)
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise checker.error((), 'schema must be an object of "type": "object"')
    checker.check(schema, (), 1)
    for part in ("$defs", "definitions"):
        definitions = schema.get(part) or {}
        if not isinstance(definitions, dict):
            raise checker.error((part,), "definitions must be an object")
        for key, definition in definitions.items():
            checker.check(definition, (part, key), 1)


class _SchemaChecker:
    def __init__(self, name: str, *, is_strict: bool) -> None:
        self._name = name
        self._is_strict = is_strict
        self._properties = 0
        self._enum_values = 0

    def error(self, path: tuple[str, ...], problem: str) -> OpenAIError:
        message = f"Invalid schema for response_format '{self._name}': in context {path}, {problem}."
        return OpenAIError(400, message, code="invalid_json_schema", param="text.format.schema")

    def check(self, schema: Any, path: tuple[str, ...], depth: int) -> None:
        if not isinstance(schema, dict):
            raise self.error(path, "a schema must be an object")
        if depth > MAX_DEPTH:
            raise self.error(path, f"the schema is nested more than {MAX_DEPTH} levels deep")
        if "$ref" in schema:
            return
        for keyword in _UNSUPPORTED:
            if keyword in schema and self._is_strict:
                raise self.error(path, f"'{keyword}' is not permitted")
        if "anyOf" in schema:
            if not isinstance(schema["anyOf"], list) or not schema["anyOf"]:
                raise self.error(path, "'anyOf' must be a list of schemas")
            for index, part in enumerate(schema["anyOf"]):
                self.check(part, (*path, "anyOf", str(index)), depth)
            return
        self._check_enum(schema, path)
        kinds = self._kinds(schema, path)
        if "object" in kinds:
            self._check_object(schema, path, depth)
        if "array" in kinds:
            if "items" not in schema:
                raise self.error(path, "an array schema misses 'items'")
            self.check(schema["items"], (*path, "items"), depth + 1)

    def _kinds(self, schema: dict[str, Any], path: tuple[str, ...]) -> list[str]:
        kind = schema.get("type")
        if kind is None:
            if "enum" in schema or "const" in schema or not self._is_strict:
                return []
            raise self.error(path, "schema must have a 'type' key")
        kinds = kind if isinstance(kind, list) else [kind]
        unknown = [str(one) for one in kinds if not isinstance(one, str) or one not in _TYPES]
        if unknown or not kinds:
            raise self.error(path, f"{', '.join(unknown) or 'an empty list'} is not a valid type")
        return kinds

    def _check_enum(self, schema: dict[str, Any], path: tuple[str, ...]) -> None:
        if "enum" not in schema:
            return
        values = schema["enum"]
        if not isinstance(values, list) or not values:
            raise self.error(path, "'enum' must be a list with at least one value")
        if len({str(type(value)) + str(value) for value in values}) < len(values):
            raise self.error(path, "'enum' must not name a value twice")
        self._enum_values += len(values)
        if self._enum_values > MAX_ENUM_VALUES:
            raise self.error(path, f"the schema has more than {MAX_ENUM_VALUES} enum values")

    def _check_object(self, schema: dict[str, Any], path: tuple[str, ...], depth: int) -> None:
        properties = schema.get("properties", {})
        if not isinstance(properties, dict):
            raise self.error(path, "'properties' must be an object")
        if schema.get("additionalProperties") is not False and self._is_strict:
            raise self.error(path, "'additionalProperties' is required to be supplied and to be false")
        required = schema.get("required")
        missing = sorted(set(properties) - set(required if isinstance(required, list) else ()))
        if missing and self._is_strict:
            raise self.error(path, f"'required' must name every property; missing: {', '.join(missing)}")
        self._properties += len(properties)
        if self._properties > MAX_PROPERTIES:
            raise self.error(path, f"the schema has more than {MAX_PROPERTIES} properties")
        for name, part in properties.items():
            self.check(part, (*path, "properties", name), depth + 1)
