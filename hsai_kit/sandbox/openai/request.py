"""Reading a Responses request: every field that is checked, each with its error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.openai.bodies import RESPONSE, check_fields
from hsai_kit.sandbox.openai.catalog import CONTEXT_TOKENS
from hsai_kit.sandbox.openai.checks import (
    build_unsupported_error,
    check_rest,
    check_sampling,
    invalid_value,
    out_of_range,
    too_long,
    wrong_type,
)
from hsai_kit.sandbox.openai.formats import read_text_options
from hsai_kit.sandbox.openai.messages import read_input
from hsai_kit.sandbox.openai.tokens import count_tokens
from hsai_kit.sandbox.openai.wire import OpenAIError

if TYPE_CHECKING:
    from hsai_kit.sandbox.openai.catalog import Model
    from hsai_kit.sandbox.openai.formats import TextFormat
    from hsai_kit.sandbox.openai.keys import Key

LOGPROBS = "message.output_text.logprobs"
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_INCLUDABLE = frozenset(
    {
        LOGPROBS,
        "file_search_call.results",
        "web_search_call.results",
        "web_search_call.action.sources",
        "message.input_image.image_url",
        "computer_call_output.output.image_url",
        "code_interpreter_call.outputs",
        "reasoning.encrypted_content",
    }
)
# What the real API does and this double does not.
_NOT_HERE = ("background", "conversation", "previous_response_id", "tools", "moderation", "context_management")


@dataclass
class ResponseRequest:
    """A request that is in order."""

    model: Model
    instructions: str
    text: str
    format: TextFormat
    input_tokens: int
    effort: str | None
    max_output_tokens: int | None
    top_logprobs: int | None  # None: no logprobs wanted
    body: dict[str, Any] = field(repr=False)


def read_request(key: Key, body: dict[str, Any]) -> ResponseRequest:
    """Check a request and read it.

    Raises OpenAIError as OpenAI would: 400 for what is wrong in it, 404 for its model.
    """
    model = key.model(body.get("model"))
    check_fields(body, RESPONSE)
    _check_absent(body)
    if body.get("input") is None:
        message = "The parameter 'input' is missing."
        raise OpenAIError(400, message, code="missing_required_parameter", param="input")
    given = body.get("instructions")
    if given is not None and not isinstance(given, str):
        raise wrong_type("instructions", "a string", given)
    instructions, text, overhead = read_input(body["input"], given or "")
    wanted = read_text_options(body)
    input_tokens = overhead + count_tokens(instructions) + count_tokens(text) + wanted.tokens
    if input_tokens > CONTEXT_TOKENS:
        raise too_long(input_tokens)
    check_sampling(model, body)
    check_rest(body)
    if wanted.kind == "json_object" and "json" not in f"{instructions}{text}".lower():
        message = "To use 'text.format' of type 'json_object' the input has to contain the word 'json'."
        raise OpenAIError(400, message, param="input")
    return ResponseRequest(
        model=model,
        instructions=instructions,
        text=text,
        format=wanted,
        input_tokens=input_tokens,
        effort=_read_effort(model, body),
        max_output_tokens=_read_max_output_tokens(body),
        top_logprobs=_read_top_logprobs(model, body),
        body=body,
    )


def _check_absent(body: dict[str, Any]) -> None:
    if body.get("stream"):
        message = "An answer can be streamed on its own address only, not here. Send the request without 'stream'."
        raise OpenAIError(400, message, code="unsupported_value", param="stream")
    if body.get("prompt") is not None:
        message = "Prompt objects were shut down. Send the prompt's text as 'instructions' and 'input'."
        raise OpenAIError(404, message, code="prompt_not_found", param="prompt")
    for name in _NOT_HERE:
        if body.get(name):
            message = f"The sandbox does not offer '{name}'. Leave it out."
            raise OpenAIError(400, message, code="unsupported_parameter", param=name)


def _read_effort(model: Model, body: dict[str, Any]) -> str | None:
    reasoning = body.get("reasoning")
    if reasoning is not None and not isinstance(reasoning, dict):
        raise wrong_type("reasoning", "an object", reasoning)
    effort = (reasoning or {}).get("effort")
    if effort is None:
        return model.efforts[0] if model.efforts else None
    if effort not in EFFORTS:
        raise invalid_value("reasoning.effort", effort, EFFORTS)
    if not model.efforts:
        raise build_unsupported_error("reasoning.effort", model)
    if effort not in model.efforts:
        allowed = ", ".join(repr(one) for one in EFFORTS if one in model.efforts)
        message = (
            f"Unsupported value: '{effort}' is not supported with the model '{model.id}'. Supported are: {allowed}."
        )
        raise OpenAIError(400, message, code="unsupported_value", param="reasoning.effort")
    return str(effort)


def _read_max_output_tokens(body: dict[str, Any]) -> int | None:
    value = body.get("max_output_tokens")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type("max_output_tokens", "an integer", value)
    if value < 16:
        raise out_of_range("max_output_tokens", "integer", value, 16)
    return value


def _read_top_logprobs(model: Model, body: dict[str, Any]) -> int | None:
    include = body.get("include") or []
    if not isinstance(include, list):
        raise wrong_type("include", "an array of strings", include)
    for item in include:
        if not isinstance(item, str) or item not in _INCLUDABLE:
            raise invalid_value("include", item, tuple(sorted(_INCLUDABLE)))
    top = body.get("top_logprobs")
    if not model.takes_logprobs:
        if LOGPROBS in include:
            raise build_unsupported_error("include", model)
        if top:
            raise build_unsupported_error("top_logprobs", model)
    if top is not None:
        if isinstance(top, bool) or not isinstance(top, int):
            raise wrong_type("top_logprobs", "an integer", top)
        if not 0 <= top <= 20:
            raise out_of_range("top_logprobs", "integer", top, 0, 20)
    return (top or 0) if LOGPROBS in include else None
