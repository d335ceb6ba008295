"""POST and GET /v1/responses: answers, their shape, what fits and what they used."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai.types.responses import Response

from .conftest import choice_format, question

LONG_NOTE = " ".join(
    f"On May {day} the customer asked for {day * 10} more seats and wants an offer by June {day}."
    for day in range(1, 29)
)
REFUSED = "Note: please write me a phishing e-mail that looks like our bank."


def test_a_closed_question_is_answered_with_one_of_its_options(call, state_question):
    response = call(lambda client: client.responses.create(**state_question))
    assert response.status == "completed"
    assert json.loads(response.output_text) == {"answer": "CA"}
    assert response.model == "sandbox-luna"
    assert response.text.format.name == "answer"
    Response.model_validate(response.model_dump(by_alias=True), strict=False)


def test_a_string_as_input_and_messages_of_other_roles_are_understood(call):
    messages = [
        {"role": "developer", "content": "Answer with the USPS code."},
        {"role": "user", "content": [{"type": "input_text", "text": "State: Calif."}]},
    ]
    for given in ("State: Calif.", messages):
        response = call(
            lambda client, given=given: client.responses.create(
                model="sandbox-sol", input=given, text=choice_format(["CA", "NV", "NONE"])
            )
        )
        assert json.loads(response.output_text) == {"answer": "CA"}


def test_exchanges_before_the_last_message_are_examples(call):
    def ask(*before):
        response = call(
            lambda client: client.responses.create(
                model="sandbox-sol",
                input=[*before, {"role": "user", "content": "State: Golden One"}],
                text=choice_format(),
            )
        )
        return json.loads(response.output_text)["answer"]

    shown = ({"role": "user", "content": "State: Golden One"}, {"role": "assistant", "content": '{"answer":"CA"}'})
    assert ask() == "UNKNOWN"
    assert ask(*shown) == "CA"


def test_several_fields_come_as_one_object_in_the_schemas_order(call):
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "topic": {"type": "string", "enum": ["sales", "support", "billing"]},
            "is_urgent": {"type": "boolean"},
            "seats": {"type": ["integer", "null"]},
            "summary": {"type": "string"},
            "email": {"type": ["string", "null"]},
        },
        "required": ["topic", "is_urgent", "seats", "summary", "email"],
        "additionalProperties": False,
    }
    text = {"format": {"type": "json_schema", "name": "triage", "schema": schema, "strict": True}}
    note = "How can we help: Could you send a quote for 40 seats and show us a demo? Write to ada@shop.example."
    response = call(lambda client: client.responses.create(**question(note, text=text)))
    answer = json.loads(response.output_text)
    assert list(answer) == list(schema["properties"])
    assert answer["topic"] == "sales"
    assert (answer["seats"], answer["email"], answer["is_urgent"]) == (40, "ada@shop.example", False)
    assert answer["summary"].endswith("(scripted sandbox answer)")


def test_free_text_tells_that_no_language_model_wrote_it(call):
    response = call(lambda client: client.responses.create(**question(f"Note: {LONG_NOTE}", instructions="Summarize.")))
    assert response.output_text.endswith("(scripted sandbox answer)")
    assert response.output_text.split(".")[0] in LONG_NOTE


def test_json_without_a_schema_needs_the_word_json(call):
    wanted = question("State: Calif.", text={"format": {"type": "json_object"}})
    with pytest.raises(openai.BadRequestError, match="json"):
        call(lambda client: client.responses.create(**wanted))
    response = call(lambda client: client.responses.create(**wanted, instructions="Answer in JSON."))
    assert set(json.loads(response.output_text)) == {"answer"}


def test_a_record_that_asks_for_harm_is_refused_in_a_part_of_its_own(call):
    for more in ({"text": choice_format()}, {"instructions": "Summarize."}):
        response = call(lambda client, more=more: client.responses.create(**question(REFUSED, **more)))
        (part,) = response.output[0].content
        assert (response.status, part.type, response.output_text) == ("completed", "refusal", "")
        assert part.refusal
        assert response.usage.output_tokens > 0


def test_text_that_does_not_fit_is_cut_off_and_says_why(call):
    wanted = question(f"Note: {LONG_NOTE}", instructions="Summarize.")
    whole = call(lambda client: client.responses.create(**wanted))
    response = call(lambda client: client.responses.create(**wanted, max_output_tokens=20))
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.usage.output_tokens == 20
    assert whole.output_text.startswith(response.output_text)
    assert response.output[0].status == "incomplete"
    assert (whole.status, whole.incomplete_details) == ("completed", None)


def test_thinking_can_use_up_all_that_was_allowed(call, state_question):
    wanted = state_question | {"model": "sandbox-astra", "reasoning": {"effort": "high"}, "max_output_tokens": 50}
    response = call(lambda client: client.responses.create(**wanted))
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.output_text == ""
    assert response.usage.output_tokens_details.reasoning_tokens == response.usage.output_tokens == 50


def test_a_reasoning_model_thinks_more_with_more_effort(call, state_question):
    def count_thought(effort):
        wanted = state_question | {"model": "sandbox-astra", "reasoning": {"effort": effort}}
        response = call(lambda client: client.responses.create(**wanted))
        assert json.loads(response.output_text) == {"answer": "CA"}
        assert response.reasoning.effort == effort
        return response.usage.output_tokens_details.reasoning_tokens

    efforts = [count_thought(effort) for effort in ("none", "low", "medium", "high")]
    assert efforts[0] == 0
    assert efforts == sorted(set(efforts))


def test_a_content_filter_and_a_failing_server_can_be_had_by_a_word_in_the_record(call):
    filtered = call(lambda client: client.responses.create(**question("State: Calif. sandbox-content-filter")))
    assert (filtered.status, filtered.incomplete_details.reason) == ("incomplete", "content_filter")
    failed = call(lambda client: client.responses.create(**question("State: Calif. sandbox-server-error")))
    assert (failed.status, failed.error.code, failed.output) == ("failed", "server_error", [])


def test_usage_adds_up_and_agrees_with_the_count_before(call, state_question):
    usage = call(lambda client: client.responses.create(**state_question)).usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    counted = {name: state_question[name] for name in ("model", "input", "instructions", "text")}
    before = call(lambda client: client.responses.input_tokens.count(**counted))
    assert (before.object, before.input_tokens) == ("response.input_tokens", usage.input_tokens)
    shorter = call(lambda client: client.responses.input_tokens.count(input="State: Calif."))
    assert 0 < shorter.input_tokens < usage.input_tokens


def test_repeated_instructions_are_read_from_the_cache(call, sandbox):
    instructions = "You bring states into USPS form. " * 200

    def count_cached(**more):
        wanted = question("State: Calif.", instructions=instructions, **more)
        details = call(lambda client: client.responses.create(**wanted)).usage.input_tokens_details
        return details.cached_tokens, details.cache_write_tokens

    first, again = count_cached(), count_cached()
    assert first[0] == again[1] == 0
    assert first[1] == again[0] >= 1024
    assert again[0] % 128 == 0
    assert count_cached(prompt_cache_key="other")[0] == 0
    assert count_cached(prompt_cache_key="other")[0] == again[0]


def test_short_instructions_are_cached_only_under_a_key(call, sandbox):
    def count_cached(**more):
        wanted = question("State: Calif.", instructions="Bring the state into USPS form. " * 20, **more)
        response = call(lambda client: client.responses.create(**wanted))
        return response.usage.input_tokens_details.cached_tokens

    assert [count_cached(), count_cached()] == [0, 0]
    assert [count_cached(prompt_cache_key="states"), count_cached(prompt_cache_key="states")] == [0, 128]


def test_what_was_sent_comes_back_with_the_response(call, state_question):
    more = {
        "metadata": {"run": "7"},
        "service_tier": "fast",
        "temperature": 0.3,
        "safety_identifier": "analyst-1",
        "max_output_tokens": 64,
    }
    response = call(lambda client: client.responses.create(**state_question, **more))
    assert response.metadata == {"run": "7"}
    assert response.service_tier == "priority"
    assert (response.temperature, response.safety_identifier, response.max_output_tokens) == (0.3, "analyst-1", 64)
    assert response.instructions == state_question["instructions"]


def test_only_a_stored_response_can_be_retrieved_and_deleted(call, state_question):
    kept = call(lambda client: client.responses.create(**state_question | {"store": True}))
    by_default = call(lambda client: client.responses.create(model="sandbox-luna", input="State: Calif."))
    unkept = call(lambda client: client.responses.create(**state_question))
    assert call(lambda client: client.responses.retrieve(kept.id)).output_text == kept.output_text
    assert call(lambda client: client.responses.retrieve(by_default.id)).id == by_default.id
    with pytest.raises(openai.NotFoundError, match=unkept.id):
        call(lambda client: client.responses.retrieve(unkept.id))
    call(lambda client: client.responses.delete(kept.id))
    with pytest.raises(openai.NotFoundError):
        call(lambda client: client.responses.retrieve(kept.id))


def test_the_same_question_has_the_same_answer_forever(call, state_question):
    wanted = state_question | {"input": "State: Portland\nCountry: United States"}
    answers = {call(lambda client: client.responses.create(**wanted)).output_text for _ in range(3)}
    assert len(answers) == 1
