"""Checking a strict JSON schema as the API does before it takes one."""

from __future__ import annotations

from typing import Any

from hsai_kit.sandbox.openai.wire import OpenAIError

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
    checker = _Checker(name, is_strict=is_strict)
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise checker.error((), 'schema must be an object of "type": "object"')
    checker.check(schema, (), 1)
    for part in ("$defs", "definitions"):
        definitions = schema.get(part) or {}
        if not isinstance(definitions, dict):
            raise checker.error((part,), "definitions must be an object")
        for key, definition in definitions.items():
            checker.check(definition, (part, key), 1)


class _Checker:
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
