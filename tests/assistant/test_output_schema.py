"""Outputs: whatever the model says, only what the assistant allows gets through, and the rest is flagged."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hsai_kit.assistant.output_schema import AnswerValue, Output, Text

STATES = {"kind": "choice", "options": ["CA", "New York", "UNKNOWN"], "none_option": "UNKNOWN"}
TRIAGE = {
    "kind": "fields",
    "fields": {
        "urgency": {"kind": "choice", "options": ["high", "low"]},
        "seats": {"kind": "number"},
        "spam": {"kind": "yes_no"},
        "summary": {"kind": "text"},
    },
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def output(shape) -> Output:
    return Output(shape=shape)


def read(shape, value, source: str = "") -> AnswerValue:
    return output(shape).read(json.dumps({"answer": value}), source)


@pytest.mark.parametrize(
    ("said", "value"), [("CA", "CA"), (" ca ", "CA"), ("new york", "New York"), ("NEW YORK", "New York")]
)
def test_a_choice_comes_back_as_the_option_is_written(said, value):
    assert read(STATES, said) == AnswerValue(value)


@pytest.mark.parametrize("said", ["California", "C A", "CA; DROP", 1, True, ["CA"], {"CA": 1}])
def test_what_is_no_option_is_not_allowed_and_not_passed_on(said):
    result = read(STATES, said)
    assert result.value is None
    assert result.flags in {("not allowed",), ("blank",)}


@pytest.mark.parametrize("said", ["UNKNOWN", "unknown ", "", None])
def test_the_option_that_means_no_value_and_silence_are_blank(said):
    assert read(STATES, said) == AnswerValue(None, ("blank",))


@given(st.text())
def test_a_closed_output_gives_an_option_or_nothing_whatever_the_model_wrote(text):
    for raw in (text, json.dumps({"answer": text})):
        assert output(STATES).read(raw, "").value in {None, "CA", "New York"}


@given(json_values)
def test_no_answer_of_any_shape_breaks_the_reading(value):
    for shape in (STATES, TRIAGE, {"kind": "number"}, {"kind": "yes_no"}, {"kind": "text"}):
        for raw in (json.dumps(value), json.dumps({"answer": value}), json.dumps({"seats": value, "summary": value})):
            result = output(shape).read(raw, "")
            json.dumps(result.value, allow_nan=False)
            assert result.value is not None or result.flags


@pytest.mark.parametrize("text", ["", "CA", "{", '{"answer": "CA"', "[" * 100_000, '{"answer": ' + "9" * 5000 + "}"])
def test_broken_json_is_not_allowed(text):
    assert output(STATES).read(text, "") == AnswerValue(None, ("not allowed",))


@pytest.mark.parametrize("said", [0, -3, 2.5, 10**15])
def test_a_number_comes_through(said):
    assert read({"kind": "number"}, said) == AnswerValue(said)


@pytest.mark.parametrize("said", ["5", True, [5], float("nan"), float("inf"), 10**400, -(10**400)])
def test_what_no_column_of_numbers_can_hold_is_not_allowed(said):
    assert read({"kind": "number"}, said) == AnswerValue(None, ("not allowed",))


@pytest.mark.parametrize("kind", ["number", "yes_no", "text"])
def test_null_is_blank(kind):
    text = "" if kind == "text" else json.dumps({"answer": None})
    assert output({"kind": kind}).read(text, "") == AnswerValue(None, ("blank",))


def test_yes_no_takes_only_true_and_false():
    assert read({"kind": "yes_no"}, False) == AnswerValue(False)
    assert read({"kind": "yes_no"}, "yes") == AnswerValue(None, ("not allowed",))
    assert read({"kind": "yes_no"}, 1) == AnswerValue(None, ("not allowed",))


def test_plain_text_is_the_answer_itself_and_not_json():
    assert output({"kind": "text"}).is_plain_text
    assert output({"kind": "text"}).read('  {"answer": 1} ', "") == AnswerValue('{"answer": 1}')


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("See http://evil.example/pay", "a customer"),
        ("<script>alert(1)</script>", "a customer"),
        ("click <a href=x>", "they wrote <b>bold</b>"),
        ("Log in at https://evil.example", "Our site is www.acme.example, call us"),
        ("JAVASCRIPT:alert(1)", "plain"),
    ],
)
def test_markup_and_links_that_the_record_lacks_are_unsafe(answer, source):
    result = output({"kind": "text"}).read(answer, source)
    assert result == AnswerValue(answer, ("unsafe",))


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("They ask about https://acme.example/pricing.", "Look at https://acme.example/pricing and call"),
        ("Wrote <b>now</b>", "answer <B>now</B>"),
        ("Less than 5 < 6 seats", "whatever"),
        ("A plain sentence.", ""),
    ],
)
def test_what_the_record_itself_says_may_be_repeated(answer, source):
    assert output({"kind": "text"}).read(answer, source).flags == ()


def test_half_an_emoji_in_an_answer_becomes_something_that_can_be_kept():
    result = output(TRIAGE).read('{"summary": "Great \\ud83d"}', "")
    assert isinstance(result.value, dict)
    assert result.value["summary"] == "Great ?"


def test_fields_are_read_one_by_one_and_their_flags_say_which():
    result = output(TRIAGE).read('{"urgency": "HIGH", "seats": "many", "spam": false, "other": 1}', "")
    assert result.value == {"urgency": "high", "seats": None, "spam": False, "summary": None}
    assert result.flags == ("seats: not allowed", "summary: blank")


def test_the_schema_is_strict_and_names_every_option():
    schema = output(TRIAGE).json_schema()
    assert schema["required"] == ["urgency", "seats", "spam", "summary"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["urgency"] == {"type": "string", "enum": ["high", "low"]}


def test_only_a_single_choice_is_closed():
    assert output(STATES).is_closed
    assert not output(TRIAGE).is_closed
    assert not output({"kind": "text"}).is_closed


@pytest.mark.parametrize(
    ("shape", "what"),
    [
        ({"kind": "choice", "options": ["CA"]}, "at least 2"),
        ({"kind": "choice", "options": ["CA", "ca "]}, "the same but for case"),
        ({"kind": "choice", "options": ["CA", " "]}, "an option is blank"),
        ({"kind": "choice", "options": ["CA", "TX"], "none_option": "??"}, "not among the options"),
        ({"kind": "fields", "fields": {}}, "at least 1"),
        ({"kind": "fields", "fields": {"status": {"kind": "text"}}}, "'status', which is a column of every run"),
        ({"kind": "fields", "fields": {"a: b": {"kind": "text"}}}, "cannot be called 'a: b'"),
        ({"kind": "essay"}, "does not match any of the expected tags"),
    ],
)
def test_an_output_that_cannot_work_is_refused_when_it_is_made(shape, what):
    with pytest.raises(ValidationError, match=what):
        output(shape)


def test_descriptions_of_options_reach_the_model_and_name_only_options():
    shape = {"kind": "choice", "options": ["sales", "other"], "descriptions": {"sales": "wants to buy"}}
    schema = Output(shape=shape).json_schema()["properties"]["answer"]
    assert schema == {"type": "string", "enum": ["sales", "other"], "description": "sales: wants to buy"}
    with pytest.raises(ValidationError, match="'spam' is described and is not among the options"):
        Output(shape={**shape, "descriptions": {"spam": "noise"}})


def test_a_text_that_is_longer_than_it_may_be_is_flagged_and_not_lost():
    kind = Text(max_characters=10)
    assert kind.read("short", "") == AnswerValue("short")
    assert kind.read("longer than ten", "") == AnswerValue("longer than ten", ("too long",))
