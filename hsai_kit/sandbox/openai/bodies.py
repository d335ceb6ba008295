"""What the bodies of requests look like: the fields of OpenAI's published types, and no others."""

from __future__ import annotations

from typing import Any

from hsai_kit.sandbox.openai.wire import OpenAIError
from hsai_kit.sandbox.shapes import Shape, Variants, fields, find_unknown

_SCHEMA = "name schema strict description"
_PARTS: Shape = [
    Variants(
        "type",
        {
            "input_text": fields("type text prompt_cache_breakpoint"),
            "text": fields("type text prompt_cache_breakpoint"),
            "output_text": fields("type text annotations logprobs"),
            "refusal": fields("type refusal"),
            "input_json": fields("type data prompt_cache_breakpoint"),
        },
    )
]
_MESSAGES: Shape = [fields("id role status type phase", content=_PARTS)]
_FORMAT = Variants(
    "type", {"text": fields("type"), "json_object": fields("type"), "json_schema": fields(f"type {_SCHEMA}")}
)
_REASONING = fields("context effort generate_summary mode summary")
_COMMON = """
metadata model moderation parallel_tool_calls prompt_cache_key prompt_cache_retention safety_identifier service_tier
store stream temperature tool_choice tools top_logprobs top_p user
"""
_CACHE_OPTIONS = fields("comparison_response_id mode prewarm ttl")

RESPONSE = fields(
    f"{_COMMON} access_programs background background_options context_management conversation image include "
    "instructions max_output_tokens max_tool_calls previous_response_id prompt truncation",
    input=_MESSAGES,
    text=fields("verbosity", format=_FORMAT),
    reasoning=_REASONING,
    prompt_cache_options=_CACHE_OPTIONS,
    stream_options=fields("include_obfuscation"),
)
INPUT_TOKENS = fields(
    "conversation instructions model parallel_tool_calls personality previous_response_id tool_choice tools truncation",
    input=_MESSAGES,
    text=fields("verbosity", format=_FORMAT),
    reasoning=_REASONING,
)
_QUESTION = "type name instructions"
DECISION = fields(
    "model prompt_cache_key safety_identifier",
    input=_MESSAGES,
    prompt_cache_options=_CACHE_OPTIONS,
    questions=[
        Variants(
            "type",
            {
                "predicate": fields(_QUESTION),
                "choice": fields(_QUESTION, choices=[fields("value description")]),
                "score": fields(_QUESTION, levels=[fields("label description")]),
            },
        )
    ],
)
CHAT = fields(
    f"{_COMMON} audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens "
    "modalities n prediction presence_penalty reasoning_effort seed stop verbosity web_search_options",
    messages=[fields("role name refusal tool_calls function_call audio tool_call_id", content=_PARTS)],
    response_format=Variants(
        "type",
        {
            "text": fields("type"),
            "json_object": fields("type"),
            "json_schema": fields("type", json_schema=fields(_SCHEMA)),
        },
    ),
    prompt_cache_options=_CACHE_OPTIONS,
    stream_options=fields("include_obfuscation include_usage"),
)


def check_fields(body: dict[str, Any], shape: Shape) -> None:
    """Raise the 400 for the first field, however deep, that the API does not have."""
    unknown = find_unknown(body, shape)
    if unknown is not None:
        raise OpenAIError(400, f"Unknown parameter: '{unknown}'.", code="unknown_parameter", param=unknown)
