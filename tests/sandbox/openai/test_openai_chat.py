"""POST /v1/chat/completions: the same models and the same checks under the older names."""

from __future__ import annotations

import json

import openai
import pytest

from .conftest import STATES

RECORD = "State: Calif.\nCountry: United States\nCity: Fresno\nZIP: 93701"
MESSAGES = [{"role": "system", "content": "Answer with the USPS code."}, {"role": "user", "content": RECORD}]
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string", "enum": STATES}},
    "required": ["answer"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
ASKED = {"model": "sandbox-luna", "messages": MESSAGES, "response_format": FORMAT}


def test_an_answer_follows_its_schema_and_tells_what_it_used(call):
    completion = call(lambda client: client.chat.completions.create(**ASKED))
    (choice,) = completion.choices
    assert json.loads(choice.message.content) == {"answer": "CA"}
    assert (choice.finish_reason, choice.message.refusal, choice.logprobs) == ("stop", None, None)
    usage = completion.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.completion_tokens_details.reasoning_tokens == 0


def test_log_probabilities_add_up_to_the_answer(call):
    completion = call(lambda client: client.chat.completions.create(**ASKED, logprobs=True, top_logprobs=3))
    tokens = completion.choices[0].logprobs.content
    assert "".join(one.token for one in tokens) == completion.choices[0].message.content
    assert all(len(one.top_logprobs) <= 3 for one in tokens)


def test_a_limit_cuts_the_answer_off(call):
    completion = call(lambda client: client.chat.completions.create(**ASKED, max_completion_tokens=2))
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage.completion_tokens == 2


def test_a_chat_is_streamed_in_chunks(call):
    async def gather(stream):
        return [chunk async for chunk in await stream]

    def use(client):
        asked = {**ASKED, "stream": True, "stream_options": {"include_usage": True}}
        stream = client.chat.completions.create(**asked)
        return list(stream) if isinstance(client, openai.OpenAI) else gather(stream)

    chunks = call(use)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert json.loads(text) == {"answer": "CA"}
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert (chunks[-1].choices, chunks[-1].usage.completion_tokens > 0) == ([], True)


TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({"tools": [TOOL]}, "unsupported_parameter", "tools"),
        ({"n": 2}, "unsupported_value", "n"),
        ({"top_logprobs": 2}, "invalid_value", "top_logprobs"),
        ({"max_completion_tokens": 0}, "integer_below_min_value", "max_completion_tokens"),
        ({"model": "sandbox-nova", "max_tokens": 50}, "unsupported_parameter", "max_tokens"),
        ({"model": "sandbox-nova", "logprobs": True}, "unsupported_parameter", "logprobs"),
        ({"model": "sandbox-nova", "reasoning_effort": "max"}, "unsupported_value", "reasoning_effort"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "array"}}}},
         "invalid_json_schema", "response_format.json_schema.schema"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "invalid_value",
         "messages[0].content[0].type"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named_as_the_chat_names_it(call, more, code, param):
    with pytest.raises(openai.BadRequestError) as caught:
        call(lambda client: client.chat.completions.create(**ASKED | more))
    assert (caught.value.code, caught.value.param) == (code, param)
    assert "text.format" not in caught.value.message
