"""A model that thinks anew whenever it is asked the same: how often it changes its mind is known beforehand."""

from __future__ import annotations

import json

CHOICE = {
    "type": "json_schema",
    "name": "answer",
    "strict": True,
    "schema": {
        "type": "object",
        "properties": {"answer": {"type": "string", "enum": ["CA", "NV", "WA", "OR", "TX", "NY", "UNKNOWN"]}},
        "required": ["answer"],
        "additionalProperties": False,
    },
}


def ask(client, number, model="sandbox-fickle"):
    response = client.responses.create(
        model=model,
        input=f"State: Californa {number}",
        text={"format": CHOICE},
        include=["message.output_text.logprobs"],
        store=False,
    )
    return json.loads(response.output_text)["answer"]


def test_a_fickle_model_sometimes_answers_the_same_question_otherwise(openai_client):
    twice = [(ask(openai_client, number), ask(openai_client, number)) for number in range(60)]
    assert 2 <= sum(one != other for one, other in twice) <= 30


def test_the_others_never_do(openai_client):
    assert all(len({ask(openai_client, number, "sandbox-legacy") for _ in range(3)}) == 1 for number in range(15))


def test_after_a_reset_it_begins_again(sandbox, openai_client):
    first = [ask(openai_client, number) for number in range(20)]
    second = [ask(openai_client, number) for number in range(20)]
    sandbox.reset()
    assert [ask(openai_client, number) for number in range(20)] == first
    assert first != second
