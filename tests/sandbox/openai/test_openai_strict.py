"""As strict as the real one: unknown fields however deep, content types, restricted keys, and a model that thinks."""

from __future__ import annotations

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import openai
import pytest

from .conftest import choice_format, question

LEVELS = [{"label": "low"}, {"label": "high", "value": 1}]
SCORE = {"type": "score", "name": "urgency", "instructions": "How urgent?", "levels": LEVELS}
CHOICE = {"type": "choice", "instructions": "Which?", "choices": [{"value": "a", "label": "A"}, {"value": "b"}]}


def post(sandbox, path, body, media_type="application/json"):
    headers = {"Authorization": f"Bearer {sandbox.openai_key}", "Content-Type": media_type}
    with urlopen(Request(sandbox.openai_url + path, json.dumps(body).encode(), headers), timeout=10) as answer:
        return json.load(answer)


@pytest.mark.parametrize(
    ("path", "body", "unknown"),
    [
        ("/responses", {"reasoning": {"efforts": "low"}}, "reasoning.efforts"),
        ("/responses", {"text": {"format": {"type": "text", "name": "a"}}}, "text.format.name"),
        ("/responses", {"input": [{"role": "user", "content": "x", "name": "Ada"}]}, "input[0].name"),
        ("/responses", {"input": [{"role": "user", "content": [{"type": "input_text", "text": "x", "lang": "en"}]}]},
         "input[0].content[0].lang"),
        ("/decisions", {"questions": [SCORE]}, "questions[0].levels[1].value"),
        ("/decisions", {"questions": [CHOICE]}, "questions[0].choices[0].label"),
        ("/chat/completions", {"response_format": {"type": "json_object", "strict": True}}, "response_format.strict"),
        ("/responses/input_tokens", {"store": False}, "store"),
    ],
)  # fmt: skip
def test_a_field_that_the_api_does_not_have_is_refused_by_its_place(sandbox, path, body, unknown):
    asked = {"model": "sandbox-luna", "messages": [{"role": "user", "content": "x"}]}
    asked = asked if path.startswith("/chat") else {"model": "sandbox-luna", "input": "x"}
    with pytest.raises(HTTPError) as caught:
        post(sandbox, path, {**asked, **body})
    error = json.load(caught.value)["error"]
    assert (caught.value.code, error["code"], error["param"]) == (400, "unknown_parameter", unknown)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_has_to_be_sent_as_json(sandbox, media_type):
    with pytest.raises(HTTPError) as caught:
        post(sandbox, "/responses", question("State: Calif."), media_type)
    error = json.load(caught.value)["error"]
    assert (caught.value.code, error["code"]) == (400, "invalid_content_type")
    assert "application/json" in error["message"]


def test_a_restricted_key_does_only_what_it_may(call, sandbox):
    sandbox.key("sk-restricted", scopes=["api.responses.write"])

    def ask(client):
        return client.responses.create(**question("State: Calif."))

    assert call.with_options(ask, api_key="sk-restricted").status == "completed"
    with pytest.raises(openai.AuthenticationError, match=r"Missing scopes: api\.model\.read") as caught:
        call.with_options(lambda client: client.models.list(), api_key="sk-restricted")
    assert caught.value.code is None


NOVA = {"model": "sandbox-nova"}


def test_the_model_that_thinks_answers_as_luna_does_and_pays_for_its_thought(call, state_question):
    plain = call(lambda client: client.responses.create(**state_question))
    thoughtful = call(lambda client: client.responses.create(**state_question | NOVA))
    assert thoughtful.output_text == plain.output_text
    assert [one.type for one in thoughtful.output] == ["reasoning", "message"]
    assert thoughtful.reasoning.effort == "medium"
    thought = thoughtful.usage.output_tokens_details.reasoning_tokens
    assert thoughtful.usage.output_tokens == plain.usage.output_tokens + thought


@pytest.mark.parametrize(
    ("more", "param"),
    [({"temperature": 0.2}, "temperature"), ({"include": ["message.output_text.logprobs"]}, "include")],
)
def test_the_model_that_thinks_refuses_what_reasoning_models_refuse(call, state_question, more, param):
    with pytest.raises(openai.BadRequestError) as caught:
        call(lambda client: client.responses.create(**state_question | NOVA | more))
    assert (caught.value.code, caught.value.param) == ("unsupported_parameter", param)


def test_a_limit_that_holds_for_visible_output_cuts_some_thoughts_off(call):
    """Limits of 300 to 600 tokens are what shipped assistants set: with thought inside them, some rows are cut off."""
    texts = [f"State: Calif.\nNumber: {number}" for number in range(12)]
    asked = [question(text, text=choice_format(), max_output_tokens=300) | NOVA for text in texts]
    ended = [call(lambda client, one=one: client.responses.create(**one)).status for one in asked]
    assert set(ended) == {"completed", "incomplete"}
    asked = [one | {"reasoning": {"effort": "none"}} for one in asked]
    assert {call(lambda client, one=one: client.responses.create(**one)).status for one in asked} == {"completed"}


def test_the_model_that_thinks_answers_decisions_without_a_thought(call):
    fields = {"input": "State: Calif.", "questions": [{"type": "predicate", "instructions": "It is a US state."}]}
    decision = call(lambda client: client.decisions.create(**NOVA, **fields))
    assert decision.model == "sandbox-nova"
    assert decision.answers[0].probability > 0.5
    with pytest.raises(openai.BadRequestError, match="sandbox-nova"):
        call(lambda client: client.decisions.create(model="sandbox-astra", **fields))


def list_events(call, **asked):
    def use(client):
        stream = client.responses.create(**asked, stream=True)
        return list(stream) if isinstance(client, openai.OpenAI) else _await_events(stream)

    return call(use)


async def _await_events(stream):
    return [event async for event in await stream]


def test_a_response_is_streamed_token_by_token(call, state_question):
    whole = call(lambda client: client.responses.create(**state_question))
    events = list_events(call, **state_question | NOVA)
    assert [events[0].type, events[1].type] == ["response.created", "response.in_progress"]
    assert "".join(one.delta for one in events if one.type == "response.output_text.delta") == whole.output_text
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == whole.output_text
    assert [one.sequence_number for one in events] == list(range(len(events)))


def test_a_stream_ends_as_its_response_does(call, state_question):
    cut = list_events(call, **state_question, max_output_tokens=16)
    assert cut[-1].response.usage.output_tokens <= 16
    refused = list_events(call, **question("State: Calif. sandbox-refuse"))
    assert refused[-1].type in {"response.completed", "response.incomplete"}
    with pytest.raises(openai.BadRequestError) as caught:
        call(lambda client: client.responses.create(**state_question, stream_options={"include_obfuscation": False}))
    assert caught.value.param == "stream_options"
