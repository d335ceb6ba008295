"""No request, however odd, makes the double stumble: it answers, or refuses as OpenAI would."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types import Decision
from openai.types.responses import Response

from hsai_kit.sandbox.database import Database
from hsai_kit.sandbox.openai.decisions import Decisions
from hsai_kit.sandbox.openai.gate import OpenAICall
from hsai_kit.sandbox.openai.keys import Key
from hsai_kit.sandbox.openai.responses import Responses
from hsai_kit.sandbox.openai.tokens import PromptCache
from hsai_kit.sandbox.openai.wire import Identifiers, OpenAIError

KEY = Key("sk-test")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SCHEMA = st.recursive(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": ["integer", "null"]},
            {"type": "boolean"},
            {"type": "string", "enum": ["CA", "NV", "UNKNOWN"]},
            {"enum": [1, 2]},
            {"$ref": "#/$defs/part"},
            {"anyOf": [{"$ref": "#/$defs/part"}, {"type": "null"}]},
            {"type": "array", "items": {"type": "string"}},
            {"const": "x"},
            {},
        ]
    )
    | JSON,
    lambda inner: st.dictionaries(st.sampled_from(["state", "summary", "seats", "email"]), inner, max_size=3).map(
        lambda parts: {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
    ),
    max_leaves=5,
)
NAMES = ["model", "input", "instructions", "text", "reasoning", "include", "metadata", "temperature", "top_logprobs"]


@given(record=st.text(max_size=200), schema=SCHEMA, strict=st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_record_and_any_schema_are_answered_or_refused(record, schema, strict):
    definitions = {"part": {"type": "object", "properties": {"part": {"$ref": "#/$defs/part"}}}}
    if isinstance(schema, dict):
        schema = {**schema, "$defs": definitions}
    wanted = {"type": "json_schema", "name": "answer", "schema": schema, "strict": strict}
    body = {
        "model": "sandbox-luna",
        "input": record or " ",
        "text": {"format": wanted},
        "include": ["message.output_text.logprobs"],
        "top_logprobs": 2,
    }
    respond(body)


@given(
    st.fixed_dictionaries(
        {"model": st.just("sandbox-luna") | JSON, "input": st.text(max_size=50) | JSON},
        optional=dict.fromkeys(NAMES[2:], JSON),
    )
)
@settings(max_examples=100, deadline=None)
def test_any_body_is_answered_or_refused(body):
    respond(body)


QUESTION = st.fixed_dictionaries(
    {"type": st.sampled_from(["predicate", "choice", "score"]) | JSON, "instructions": st.text(max_size=30) | JSON},
    optional={
        "choices": st.lists(st.fixed_dictionaries({"value": st.text(max_size=9) | st.booleans()}), max_size=5) | JSON,
        "levels": st.lists(st.fixed_dictionaries({"label": st.text(max_size=9)}), max_size=5) | JSON,
        "name": st.text(max_size=5),
    },
)


@given(text=st.text(max_size=80) | JSON, questions=st.lists(QUESTION, max_size=3) | JSON)
@settings(max_examples=100, deadline=None)
def test_any_decision_is_answered_or_refused(text, questions):
    body = {"model": "sandbox-luna", "input": text, "questions": questions}
    call = OpenAICall(KEY, json.dumps(body).encode(), {}, "", {})
    try:
        answer = Decisions(PromptCache()).create(call)
    except OpenAIError:
        return
    decision = Decision.model_validate_json(answer.body)
    for one in decision.answers:
        if one.type in ("choice", "score"):
            assert abs(sum(share.probability for share in one.probabilities) - 1) < 1e-6
            assert 0 <= one.confidence <= 1


def respond(body):
    database = Database()
    try:
        responses = Responses(database, Identifiers(1), PromptCache())
        response = responses.respond(KEY, body)
    except OpenAIError:
        return
    finally:
        database.close()
    assert Response.model_validate(response).usage.output_tokens >= 0
    for item in response["output"]:
        for part in item.get("content", []):
            assert "".join(token["token"] for token in part.get("logprobs", [])) in ("", part.get("text"))
