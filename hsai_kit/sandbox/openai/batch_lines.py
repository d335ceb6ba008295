"""Reading a batch's input file, with every reason for which a batch fails before it begins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.openai.wire import OpenAIError

if TYPE_CHECKING:
    from hsai_kit.sandbox.openai.keys import Key

ENDPOINT = "/v1/responses"
MAX_LINES = 50_000
_MAX_ERRORS = 100


@dataclass(frozen=True)
class BatchLine:
    """One request of a batch."""

    custom_id: str
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The request; read anew each time, as tens of thousands of them would fill the memory."""
        body: dict[str, Any] = json.loads(self.raw)["body"]
        return body


@dataclass(frozen=True)
class BatchLines:
    """The requests of a batch with their one model, or the errors for which it fails."""

    lines: tuple[BatchLine, ...] = ()
    model: str | None = None
    errors: tuple[dict[str, Any], ...] = ()


def read_lines(content: bytes, key: Key) -> BatchLines:
    """Read a file of JSON lines; blank lines do not count."""
    numbered = [(number, line) for number, line in enumerate(content.split(b"\n"), 1) if line.strip()]
    if not numbered:
        return BatchLines(errors=(_error("empty_file", "The input file is empty."),))
    if len(numbered) > MAX_LINES:
        message = f"The input file has {len(numbered)} requests, more than the {MAX_LINES} that a batch may have."
        return BatchLines(errors=(_error("too_many_tasks", message),))
    lines: list[BatchLine] = []
    errors: list[dict[str, Any]] = []
    seen: set[str] = set()
    models: set[str] = set()
    for number, raw in numbered:
        found = _read_line(raw, number, seen, models, key)
        if isinstance(found, BatchLine):
            lines.append(found)
        else:
            errors.append(found)
    return BatchLines(tuple(lines), next(iter(models), None), tuple(errors[:_MAX_ERRORS]))


def _read_line(raw: bytes, number: int, seen: set[str], models: set[str], key: Key) -> BatchLine | dict[str, Any]:
    try:
        line = json.loads(raw)
    except ValueError:
        line = None
    if not isinstance(line, dict):
        return _error("invalid_json_line", "This line is no JSON object.", number)
    for name in ("custom_id", "method", "url", "body"):
        if name not in line:
            return _error("missing_required_parameter", f"The parameter '{name}' is missing.", number, name)
    custom_id, body = line["custom_id"], line["body"]
    if not isinstance(custom_id, str) or not custom_id:
        return _error("invalid_custom_id", "'custom_id' must be a string.", number, "custom_id")
    if custom_id in seen:
        message = f"The custom_id '{custom_id}' is used by an earlier line. Give each line its own."
        return _error("duplicate_custom_id", message, number, "custom_id")
    seen.add(custom_id)
    if line["method"] != "POST":
        return _error("invalid_method", f"The method must be POST, not {line['method']}.", number, "method")
    if line["url"] != ENDPOINT:
        message = f"The url '{line['url']}' is not the batch's endpoint '{ENDPOINT}'."
        return _error("url_mismatch", message, number, "url")
    if not isinstance(body, dict):
        return _error("invalid_json_line", "'body' must be a JSON object.", number, "body")
    return _check_model(body, number, models, key) or BatchLine(custom_id, raw)


def _check_model(body: dict[str, Any], number: int, models: set[str], key: Key) -> dict[str, Any] | None:
    model = body.get("model")
    if models and model not in models:
        message = f"The model '{model}' differs from '{next(iter(models))}' of the first line. A batch has one model."
        return _error("model_mismatch", message, number, "body.model")
    if models:
        return None
    try:
        models.add(key.model(model).id)
    except OpenAIError as error:
        return _error(str(error.error["code"]), str(error), number, "body.model")
    return None


def _error(code: str, message: str, line: int | None = None, param: str | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "param": param, "line": line}
