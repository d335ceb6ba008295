"""Every 400 that a Responses request can have, with its code and the parameter it names."""

from __future__ import annotations

import openai
import pytest

from .conftest import choice_format, question

OBJECT = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def with_schema(schema, **more):
    return {"text": {"format": {"type": "json_schema", "name": "answer", "schema": schema, "strict": True, **more}}}


def properties(**parts):
    return {**OBJECT, "properties": parts, "required": list(parts)}


ERRORS = {
    "temperature for a reasoning model": (
        {"model": "sandbox-astra", "temperature": 0.5},
        "unsupported_parameter",
        "temperature",
    ),
    "top_p for a reasoning model": ({"model": "sandbox-astra", "top_p": 0.5}, "unsupported_parameter", "top_p"),
    "logprobs for a reasoning model": (
        {"model": "sandbox-astra", "include": ["message.output_text.logprobs"]},
        "unsupported_parameter",
        "include",
    ),
    "top_logprobs for a reasoning model": (
        {"model": "sandbox-astra", "top_logprobs": 3},
        "unsupported_parameter",
        "top_logprobs",
    ),
    "an effort that the model lacks": (
        {"model": "sandbox-astra", "reasoning": {"effort": "xhigh"}},
        "unsupported_value",
        "reasoning.effort",
    ),
    "an effort that the other model lacks": (
        {"model": "sandbox-comet", "reasoning": {"effort": "none"}},
        "unsupported_value",
        "reasoning.effort",
    ),
    "an effort that nobody has": (
        {"model": "sandbox-astra", "reasoning": {"effort": "extreme"}},
        "invalid_value",
        "reasoning.effort",
    ),
    "effort for a model that does not reason": (
        {"reasoning": {"effort": "low"}},
        "unsupported_parameter",
        "reasoning.effort",
    ),
    "too hot": ({"temperature": 2.1}, "decimal_above_max_value", "temperature"),
    "too cold": ({"temperature": -0.1}, "decimal_below_min_value", "temperature"),
    "temperature in words": ({"temperature": "hot"}, "invalid_type", "temperature"),
    "top_p too large": ({"top_p": 1.5}, "decimal_above_max_value", "top_p"),
    "too few tokens": ({"max_output_tokens": 15}, "integer_below_min_value", "max_output_tokens"),
    "tokens in words": ({"max_output_tokens": "many"}, "invalid_type", "max_output_tokens"),
    "too many logprobs": ({"top_logprobs": 21}, "integer_above_max_value", "top_logprobs"),
    "fewer than no logprobs": ({"top_logprobs": -1}, "integer_below_min_value", "top_logprobs"),
    "an unknown include": ({"include": ["thoughts"]}, "invalid_value", "include"),
    "an unknown tier": ({"service_tier": "slow"}, "invalid_value", "service_tier"),
    "an unknown truncation": ({"truncation": "sometimes"}, "invalid_value", "truncation"),
    "an unknown verbosity": ({"text": {"verbosity": "chatty"}}, "invalid_value", "text.verbosity"),
    "an unknown format": ({"text": {"format": {"type": "xml"}}}, "invalid_value", "text.format.type"),
    "an unknown parameter": ({"extra_body": {"max_tokens": 5}}, "unknown_parameter", "max_tokens"),
    "metadata that is no text": ({"metadata": {"run": 7}}, "invalid_type", "metadata.run"),
    "too much metadata": (
        {"metadata": {f"k{i}": "v" for i in range(17)}},
        "object_above_max_properties",
        "metadata",
    ),
    "metadata too long": ({"metadata": {"k": "v" * 513}}, "string_above_max_length", "metadata.k"),
    "a cache key too long": ({"prompt_cache_key": "k" * 65}, "string_above_max_length", "prompt_cache_key"),
    "instructions that are no text": ({"instructions": 5}, "invalid_type", "instructions"),
    "no model": ({"extra_body": {"model": None}}, "missing_required_parameter", "model"),
    "no input": ({"extra_body": {"input": None}}, "missing_required_parameter", "input"),
    "input that is no message": ({"input": 5}, "invalid_type", "input"),
    "a role that nobody has": ({"input": [{"role": "boss", "content": "x"}]}, "invalid_value", "input[0].role"),
    "an image": (
        {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "https://a.example/b.png"}]}]},
        "unsupported_value",
        "input[0].content[0].type",
    ),
    "a background response": ({"background": True}, "unsupported_parameter", "background"),
    "tools": (
        {"tools": [{"type": "web_search"}]},
        "unsupported_parameter",
        "tools",
    ),
    "a format without a name": (
        {"text": {"format": {"type": "json_schema", "schema": OBJECT}}},
        "missing_required_parameter",
        "text.format.name",
    ),
    "a format with a bad name": (with_schema(OBJECT, name="two words"), "invalid_value", "text.format.name"),
    "a schema that is no object": (with_schema({"type": "string"}), "invalid_json_schema", "text.format.schema"),
    "a schema that is open": (
        with_schema({"type": "object", "properties": {}, "required": []}),
        "invalid_json_schema",
        "text.format.schema",
    ),
    "an optional property": (
        with_schema({**OBJECT, "properties": {"a": {"type": "string"}}}),
        "invalid_json_schema",
        "text.format.schema",
    ),
    "an empty enum": (
        with_schema(properties(a={"type": "string", "enum": []})),
        "invalid_json_schema",
        "text.format.schema",
    ),
    "an enum that repeats itself": (
        with_schema(properties(a={"type": "string", "enum": ["x", "x"]})),
        "invalid_json_schema",
        "text.format.schema",
    ),
    "an unknown type": (with_schema(properties(a={"type": "date"})), "invalid_json_schema", "text.format.schema"),
    "no type": (with_schema(properties(a={})), "invalid_json_schema", "text.format.schema"),
    "a list without items": (
        with_schema(properties(a={"type": "array"})),
        "invalid_json_schema",
        "text.format.schema",
    ),
    "a keyword that strict output lacks": (
        with_schema(properties(a={"oneOf": [{"type": "string"}]})),
        "invalid_json_schema",
        "text.format.schema",
    ),
    "too many options": (
        with_schema(properties(a={"type": "string", "enum": [str(i) for i in range(1001)]})),
        "invalid_json_schema",
        "text.format.schema",
    ),
}


@pytest.mark.parametrize(("changes", "code", "param"), ERRORS.values(), ids=ERRORS.keys())
def test_a_request_that_is_wrong_is_refused_with_its_code_and_parameter(call, changes, code, param):
    with pytest.raises(openai.BadRequestError) as caught:
        call(lambda client: client.responses.create(**question("State: Calif.") | changes))
    error = caught.value
    assert (error.code, error.param, error.type) == (code, param, "invalid_request_error")
    assert error.request_id


def test_a_schema_nested_too_deep_is_refused(call):
    schema = {"type": "string"}
    for _ in range(11):
        schema = properties(a=schema)
    with pytest.raises(openai.BadRequestError, match="deep") as caught:
        call(lambda client: client.responses.create(**question("State: Calif.", **with_schema(schema))))
    assert caught.value.code == "invalid_json_schema"


def test_an_input_longer_than_the_context_is_refused(call):
    long = "one two three " * 45_000
    for use in (
        lambda client: client.responses.create(**question(long)),
        lambda client: client.responses.input_tokens.count(model="sandbox-luna", input=long),
    ):
        with pytest.raises(openai.BadRequestError, match="128000") as caught:
            call(use)
        assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "input")


def test_a_saved_prompt_is_not_found(call):
    wanted = question("State: Calif.") | {"prompt": {"id": "pmpt_123"}}
    with pytest.raises(openai.NotFoundError, match="shut down"):
        call(lambda client: client.responses.create(**wanted))


@pytest.mark.parametrize("body", [b"{", b"[1]"], ids=["broken", "no object"])
def test_a_body_that_is_no_json_object_is_refused(call, body):
    headers = {"content-type": "application/json"}
    with pytest.raises(openai.BadRequestError, match="JSON"):
        call(lambda client: client.post("/responses", cast_to=object, content=body, options={"headers": headers}))


def test_a_schema_without_strict_is_taken_as_it_is(call):
    schema = {"type": "object", "properties": {"answer": {"type": "string", "enum": ["CA", "NV"]}}}
    wanted = question("State: Calif.", **with_schema(schema, strict=False))
    assert call(lambda client: client.responses.create(**wanted)).output_text == '{"answer":"CA"}'


def test_every_kind_of_effort_that_a_model_has_is_taken(call):
    for effort in ("minimal", "low", "medium", "high", "xhigh", "max"):
        wanted = question("State: Calif.", text=choice_format()) | {"model": "sandbox-comet"}
        response = call(
            lambda client, wanted=wanted, effort=effort: client.responses.create(**wanted, reasoning={"effort": effort})
        )
        assert response.usage.output_tokens_details.reasoning_tokens > 0
