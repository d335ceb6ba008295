"""POST /v1/chat/completions: the older way to ask, answered by the same models through the same checks."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.openai.bodies import CHAT, check_fields
from hsai_kit.sandbox.openai.checks import out_of_range, wrong_type
from hsai_kit.sandbox.openai.request import LOGPROBS
from hsai_kit.sandbox.openai.streams import read_stream, stream_chunks
from hsai_kit.sandbox.openai.tokens import tokenize
from hsai_kit.sandbox.openai.wire import OpenAIAnswer, OpenAIError, answer_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsai_kit.sandbox.openai.gate import OpenAICall
    from hsai_kit.sandbox.openai.responses import Responses
    from hsai_kit.sandbox.openai.wire import Identifiers

_SAME = (
    *("model", "temperature", "top_p", "top_logprobs", "metadata"),
    *("service_tier", "safety_identifier", "prompt_cache_key"),
)
# How a refusal names what a Responses request calls otherwise.
_PLACES = {
    "text.format.schema": "response_format.json_schema.schema",
    "text.format.name": "response_format.json_schema.name",
    "text.format": "response_format",
    "text.verbosity": "verbosity",
    "reasoning.effort": "reasoning_effort",
    "include": "logprobs",
    "input": "messages",
}
# What the real API does and this double does not.
_NOT_HERE = (
    *("tools", "tool_choice", "functions", "function_call", "parallel_tool_calls", "audio", "modalities", "prediction"),
    *("web_search_options", "logit_bias", "stop", "moderation"),
)
_FINISHED = {None: "stop", "max_output_tokens": "length", "content_filter": "content_filter"}


class ChatCompletions:
    """Answers chat completions; they are not stored."""

    def __init__(self, identifiers: Identifiers, responses: Responses) -> None:
        self._identifiers = identifiers
        self._responses = responses

    def create(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer POST /v1/chat/completions."""
        body = call.json()
        check_fields(body, CHAT)
        options = body.get("stream_options")
        tells_usage = isinstance(options, dict) and options.get("include_usage") is True
        is_streamed = read_stream(body)
        limit = _read_limit(body, takes_old_name=not call.key.model(body.get("model")).efforts)
        try:
            response = self._responses.respond(call.key, _translate(body), limit)
        except OpenAIError as error:
            raise _rename(error) from error
        if response["error"] is not None:
            raise OpenAIError(500, response["error"]["message"], kind="server_error")
        completion = self._shape(response, has_logprobs=body.get("logprobs") is True)
        result = answer_json(completion)
        if is_streamed:
            result = stream_chunks(_list_chunks(completion, tells_usage=tells_usage))
        result.tokens = response["usage"]["total_tokens"]
        return result

    def _shape(self, response: dict[str, Any], *, has_logprobs: bool) -> dict[str, Any]:
        part: dict[str, Any] = next((one["content"][0] for one in response["output"] if one["type"] == "message"), {})
        reason = (response["incomplete_details"] or {}).get("reason")
        usage = response["usage"]
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None if "refusal" in part else part.get("text", ""),
            "refusal": part.get("refusal"),
            "annotations": [],
        }
        logprobs = {"content": part.get("logprobs", []), "refusal": None} if has_logprobs else None
        return {
            "id": self._identifiers.new("chatcmpl-"),
            "object": "chat.completion",
            "created": int(time()),
            "model": response["model"],
            "choices": [{"index": 0, "message": message, "logprobs": logprobs, "finish_reason": _FINISHED[reason]}],
            "usage": {
                "prompt_tokens": usage["input_tokens"],
                "completion_tokens": usage["output_tokens"],
                "total_tokens": usage["total_tokens"],
                "prompt_tokens_details": usage["input_tokens_details"],
                "completion_tokens_details": usage["output_tokens_details"],
            },
            "service_tier": response["service_tier"],
        }


def _translate(body: dict[str, Any]) -> dict[str, Any]:
    """Write a chat request as one of the Responses API."""
    _check_absent(body)
    asked: dict[str, Any] = {name: body[name] for name in _SAME if name in body}
    asked |= {"store": False, "input": body.get("messages")}
    if not isinstance(asked["input"], list):
        raise wrong_type("messages", "an array of messages", asked["input"])
    if body.get("reasoning_effort") is not None:
        asked["reasoning"] = {"effort": body["reasoning_effort"]}
    wanted = body.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        wanted = {"type": "json_schema", **(wanted.get("json_schema") or {})}
    asked["text"] = {"format": wanted, "verbosity": body.get("verbosity")}
    if body.get("logprobs"):
        asked["include"] = [LOGPROBS]
    elif body.get("top_logprobs") is not None:
        message = "'top_logprobs' is taken only where 'logprobs' is true."
        raise OpenAIError(400, message, code="invalid_value", param="top_logprobs")
    return asked


def _check_absent(body: dict[str, Any]) -> None:
    for name in _NOT_HERE:
        if body.get(name):
            message = f"The sandbox does not offer '{name}'. Leave it out."
            raise OpenAIError(400, message, code="unsupported_parameter", param=name)
    if body.get("n") not in (None, 1):
        message = "The sandbox answers once. Leave 'n' out, and ask again for another answer."
        raise OpenAIError(400, message, code="unsupported_value", param="n")


def _read_limit(body: dict[str, Any], *, takes_old_name: bool) -> int | None:
    """Read the limit of output, which may be as low as 1 here; a model that thinks takes its new name only."""
    for name in ("max_completion_tokens", "max_tokens"):
        value = body.get(name)
        if value is None:
            continue
        if name == "max_tokens" and not takes_old_name:
            message = (
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
            )
            raise OpenAIError(400, message, code="unsupported_parameter", param=name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(name, "an integer", value)
        if value < 1:
            raise out_of_range(name, "integer", value, 1)
        return value
    return None


def _rename(error: OpenAIError) -> OpenAIError:
    """Tell a refusal by the names that the chat request has for its fields."""
    param = error.error["param"]
    found = next((old for old in _PLACES if param and param.startswith(old)), None)
    if found is not None and param is not None:
        named = _PLACES[found] + param.removeprefix(found)
        error.error["message"] = str(error.error["message"]).replace(f"'{param}'", f"'{named}'")
        error.error["param"] = named
    return error


def _list_chunks(completion: dict[str, Any], *, tells_usage: bool) -> Iterator[dict[str, Any]]:
    shared = {name: completion[name] for name in ("id", "created", "model", "service_tier")}
    shared["object"] = "chat.completion.chunk"
    (choice,) = completion["choices"]
    field = "refusal" if choice["message"]["content"] is None else "content"
    logprobs = (choice["logprobs"] or {}).get("content", [])

    def chunk(delta: dict[str, Any], told: Any = None, reason: str | None = None) -> dict[str, Any]:
        one = {"index": 0, "delta": delta, "logprobs": told, "finish_reason": reason}
        return {**shared, "choices": [one], **({"usage": None} if tells_usage else {})}

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for number, token in enumerate(tokenize(choice["message"][field] or "")):
        told = {"content": logprobs[number : number + 1], "refusal": None} if choice["logprobs"] else None
        yield chunk({field: token}, told)
    yield chunk({}, reason=choice["finish_reason"])
    if tells_usage:
        yield {**shared, "choices": [], "usage": completion["usage"]}
