"""Log probabilities: they multiply to the confidence of the answer, and agree with the tokens used."""

from __future__ import annotations

import json
import math

import pytest

from hsai_kit.sandbox.assistant import answer_choice

from .conftest import STATES, choice_format, question

LOGPROBS = {"include": ["message.output_text.logprobs"]}


def tokens_of(response):
    return response.output[0].content[0].logprobs


def product(response):
    return math.exp(sum(token.logprob for token in tokens_of(response)))


@pytest.mark.parametrize(
    "text",
    [
        "State: Calif.\nCountry: United States",
        "State: Portland",
        "State: TX/OK",
        "State: Kansas City",
        "State: Pennsylvna",
    ],
)
@pytest.mark.parametrize("model", ["sandbox-luna", "sandbox-legacy"])
def test_the_tokens_multiply_to_the_confidence_of_the_answer(call, text, model):
    wanted = question(text, text=choice_format(), **LOGPROBS) | {"model": model, "top_logprobs": 5}
    response = call(lambda client: client.responses.create(**wanted))
    reply = answer_choice(model, "", text, STATES)
    assert json.loads(response.output_text)["answer"] == reply.text
    assert product(response) == pytest.approx(reply.confidence, rel=1e-6)


def test_options_that_begin_alike_share_their_first_tokens(call):
    options = ["New", "New York", "New York City", "New York State of Mind", "Other"]
    wanted = question("Place: New York City", text=choice_format(options), **LOGPROBS) | {"top_logprobs": 20}
    response = call(lambda client: client.responses.create(**wanted))
    reply = answer_choice("sandbox-luna", "", "Place: New York City", options)
    assert product(response) == pytest.approx(reply.confidence, rel=1e-6)
    for token in tokens_of(response):
        assert sum(math.exp(other.logprob) for other in token.top_logprobs) <= 1 + 1e-6


def test_tokens_are_as_many_as_the_usage_says_and_join_to_the_text(call):
    for more in ({"text": choice_format()}, {"instructions": "Summarize."}):
        wanted = question("Note: Ada wants 40 seats by May 3. She will call on Monday.", **more, **LOGPROBS)
        response = call(lambda client, wanted=wanted: client.responses.create(**wanted))
        tokens = tokens_of(response)
        assert "".join(token.token for token in tokens) == response.output_text
        assert len(tokens) == response.usage.output_tokens
        assert all(bytes(token.bytes).decode() == token.token for token in tokens)
        assert all(token.logprob <= 0 for token in tokens)


def test_as_many_alternatives_come_as_were_asked_for(call):
    for count in (0, 1, 3):
        wanted = question("State: TX/OK", text=choice_format(), top_logprobs=count, **LOGPROBS)
        response = call(lambda client, wanted=wanted: client.responses.create(**wanted))
        assert max(len(token.top_logprobs) for token in tokens_of(response)) == count
    answer = next(token for token in tokens_of(response) if token.token == "UNKNOWN"[:7])
    assert {other.token for other in answer.top_logprobs} >= {"TX", "OK"}


def test_no_log_probabilities_come_unasked(call):
    response = call(lambda client: client.responses.create(**question("State: TX/OK", text=choice_format())))
    assert tokens_of(response) == []


def test_an_answer_that_was_cut_off_has_the_tokens_that_came(call):
    wanted = question(
        "Note: Ada wants 40 seats by May 3. She asked Ben to send the contract on Monday.",
        instructions="Summarize.",
        **LOGPROBS,
    )
    response = call(lambda client: client.responses.create(**wanted, max_output_tokens=16))
    assert len(tokens_of(response)) == 16 == response.usage.output_tokens


def test_each_field_of_an_object_carries_its_own_confidence(call):
    schema = {
        "type": "object",
        "properties": {
            "state": {"type": "string", "enum": ["TX", "OK", "UNKNOWN"]},
            "is_state": {"type": "boolean", "description": "The value is a US state"},
        },
        "required": ["state", "is_state"],
        "additionalProperties": False,
    }
    text = {"format": {"type": "json_schema", "name": "fields", "schema": schema, "strict": True}}
    response = call(lambda client: client.responses.create(**question("State: TX/OK", text=text, **LOGPROBS)))
    assert len(tokens_of(response)) == response.usage.output_tokens
    assert product(response) < 0.7
