"""POST /v1/decisions: predicates, choices and scores, with probabilities that one can rely on."""

from __future__ import annotations

import openai
import pytest

from hsai_kit.sandbox.assistant import answer_choice

from .conftest import STATES

STATE = "State: Calif.\nCountry: United States"
WHICH_STATE = {
    "type": "choice",
    "name": "state",
    "instructions": "Which state is it?",
    "choices": [{"value": state} for state in STATES],
}
IS_STATE = {"type": "predicate", "instructions": "The value is a US state."}
URGENCY = {
    "type": "score",
    "name": "urgency",
    "instructions": "How urgent is this?",
    "levels": [{"label": "low"}, {"label": "medium"}, {"label": "high", "description": "production is down"}],
}


def decide(call, text, *questions, **more):
    wanted = {"model": "sandbox-luna", "input": text, "questions": list(questions), **more}
    return call(lambda client: client.decisions.create(**wanted))


def test_a_choice_comes_with_the_probability_of_every_option(call):
    (answer,) = decide(call, STATE, WHICH_STATE).answers
    assert (answer.type, answer.name, answer.choice) == ("choice", "state", "CA")
    shares = {one.value: one.probability for one in answer.probabilities}
    assert list(shares) == STATES
    assert sum(shares.values()) == pytest.approx(1, abs=1e-9)
    assert max(shares, key=shares.get) == "CA"
    assert shares["CA"] == pytest.approx(answer_choice("sandbox-luna", "", STATE, STATES).confidence, abs=0.02)


@pytest.mark.parametrize("text", ["State: TX/OK", "State: Portland", "State: ", "State: Georgia", "State: Virgina"])
def test_the_choice_is_the_option_of_the_highest_probability(call, text):
    (answer,) = decide(call, text, WHICH_STATE).answers
    shares = {one.value: one.probability for one in answer.probabilities}
    assert shares[answer.choice] == max(shares.values())
    assert sum(shares.values()) == pytest.approx(1, abs=1e-9)
    count = len(STATES)
    assert answer.confidence == pytest.approx((count * max(shares.values()) - 1) / (count - 1), abs=1e-5)


def test_choices_keep_their_types(call):
    typed = {
        "type": "choice",
        "instructions": "Is this a US state?",
        "choices": [{"value": True}, {"value": False}, {"value": "true"}],
    }
    (answer,) = decide(call, STATE, typed).answers
    assert answer.choice is True
    assert [one.value for one in answer.probabilities] == [True, False, "true"]
    assert answer.name is None


def test_a_predicate_is_likely_where_it_is_true(call):
    likely = decide(call, STATE, IS_STATE).answers[0]
    unlikely = decide(call, "State: Bavaria\nCountry: Germany", IS_STATE).answers[0]
    assert (likely.type, likely.probability > 0.8, unlikely.probability < 0.2) == ("predicate", True, True)


def test_a_score_is_the_mean_over_levels_that_begin_at_zero(call):
    urgent = "Note: URGENT, our production is down since today and all users are blocked. Please escalate immediately!"
    (answer,) = decide(call, urgent, URGENCY).answers
    assert [(one.label, one.value) for one in answer.probabilities] == [("low", 0), ("medium", 1), ("high", 2)]
    assert sum(one.probability for one in answer.probabilities) == pytest.approx(1, abs=1e-9)
    assert answer.score == pytest.approx(sum(one.value * one.probability for one in answer.probabilities), abs=1e-5)
    (calm,) = decide(call, "Note: no rush at all, just curious, whenever you have time.", URGENCY).answers
    assert calm.score < 1 < answer.score
    assert 0 <= calm.confidence <= 1


def test_questions_are_answered_in_their_order_up_to_four_hundred(call):
    many = [{**IS_STATE, "name": f"q{number}"} for number in range(400)]
    decision = decide(call, STATE, *many)
    assert [answer.name for answer in decision.answers] == [question["name"] for question in many]
    assert decision.usage.output_tokens == 400
    with pytest.raises(openai.BadRequestError) as caught:
        decide(call, STATE, *many, IS_STATE)
    assert (caught.value.code, caught.value.param) == ("invalid_value", "questions")


def test_one_question_of_several_is_refused_where_it_would_be_a_guess_about_a_person(call):
    asked = [
        {
            "type": "choice",
            "name": name,
            "instructions": "Which?",
            "choices": [{"value": "catholic"}, {"value": "none"}],
        }
        for name in ("religion", "interest")
    ]
    told = decide(call, "We are a catholic school", *asked).answers
    assert [answer.type for answer in told] == ["choice", "choice"]
    guessed = decide(call, "I would like a quote", *asked).answers
    assert [(answer.type, answer.name) for answer in guessed] == [("refusal", "religion"), ("choice", "interest")]


def test_a_record_that_asks_for_harm_gets_refusals(call):
    answers = decide(call, "Note: write me a phishing e-mail please.", WHICH_STATE, IS_STATE).answers
    assert [(answer.type, answer.name) for answer in answers] == [("refusal", "state"), ("refusal", None)]


def test_messages_json_and_a_system_message_are_understood(call):
    messages = [
        {"role": "system", "content": "You sort contacts."},
        {
            "role": "user",
            "content": [{"type": "input_json", "data": {"state": "Wash.", "country": "United States", "zip": 98101}}],
        },
    ]
    assert decide(call, messages, WHICH_STATE).answers[0].choice == "WA"


def test_questions_can_be_given_as_parts(call):
    parts = {**WHICH_STATE, "instructions": [{"type": "input_text", "text": "Which state?"}]}
    assert decide(call, STATE, parts).answers[0].choice == "CA"


def test_descriptions_of_the_options_decide_where_their_names_do_not(call):
    desks = {
        "type": "choice",
        "instructions": "Which desk should answer?",
        "choices": [
            {"value": "desk 1", "description": "warehouse pallets and lost shipments"},
            {"value": "desk 2", "description": "greenhouse heating and irrigation"},
        ],
    }
    assert decide(call, "Note: two pallets of our shipments are lost.", desks).answers[0].choice == "desk 1"
    assert decide(call, "Note: the heating of our greenhouse broke.", desks).answers[0].choice == "desk 2"


def test_usage_counts_the_input_and_each_question(call):
    one = decide(call, STATE, IS_STATE).usage
    two = decide(call, STATE, IS_STATE, IS_STATE).usage
    assert one.input_tokens < two.input_tokens < 2 * one.input_tokens
    assert two.total_tokens == two.input_tokens + two.output_tokens
    assert two.output_tokens_details.reasoning_tokens == 0


@pytest.mark.parametrize("model", ["sandbox-sol", "sandbox-astra"])
def test_only_one_model_answers_decisions(call, model):
    with pytest.raises(openai.BadRequestError, match="sandbox-luna") as caught:
        decide(call, STATE, IS_STATE, model=model)
    assert (caught.value.code, caught.value.param) == ("model_not_supported", "model")


def test_a_model_that_does_not_exist_is_not_found(call):
    with pytest.raises(openai.NotFoundError) as caught:
        decide(call, STATE, IS_STATE, model="gpt-6-luna")
    assert caught.value.code == "model_not_found"


WRONG = {
    "no questions": ([], "invalid_value", "questions"),
    "one choice": ([{**WHICH_STATE, "choices": [{"value": "CA"}]}], "invalid_value", "questions[0].choices"),
    "too many choices": (
        [{**WHICH_STATE, "choices": [{"value": str(i)} for i in range(256)]}],
        "invalid_value",
        "questions[0].choices",
    ),
    "a choice twice": (
        [IS_STATE, {**WHICH_STATE, "choices": [{"value": "CA"}, {"value": "CA"}]}],
        "invalid_value",
        "questions[1].choices",
    ),
    "a choice that is a number": (
        [{**WHICH_STATE, "choices": [{"value": 1}, {"value": 2}]}],
        "invalid_type",
        "questions[0].choices[0].value",
    ),
    "too many levels": (
        [{**URGENCY, "levels": [{"label": str(i)} for i in range(11)]}],
        "invalid_value",
        "questions[0].levels",
    ),
    "an unknown kind": ([{**IS_STATE, "type": "essay"}], "invalid_value", "questions[0].type"),
    "no instructions": ([{"type": "predicate"}], "missing_required_parameter", "questions[0].instructions"),
}


@pytest.mark.parametrize(("questions", "code", "param"), WRONG.values(), ids=WRONG.keys())
def test_wrong_questions_are_refused_with_their_place(call, questions, code, param):
    with pytest.raises(openai.BadRequestError) as caught:
        decide(call, STATE, *questions)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_255_choices_are_allowed(call):
    choices = [{"value": f"option {number}"} for number in range(255)]
    (answer,) = decide(call, "Note: option 17", {**WHICH_STATE, "choices": choices}).answers
    assert answer.choice == "option 17"


def test_an_unknown_parameter_and_a_missing_input_are_refused(call):
    with pytest.raises(openai.BadRequestError) as caught:
        decide(call, STATE, IS_STATE, extra_body={"temperature": 0})
    assert (caught.value.code, caught.value.param) == ("unknown_parameter", "temperature")
    with pytest.raises(openai.BadRequestError) as caught:
        decide(call, None, IS_STATE)
    assert (caught.value.code, caught.value.param) == ("missing_required_parameter", "input")


def test_an_input_longer_than_the_context_is_refused(call):
    with pytest.raises(openai.BadRequestError) as caught:
        decide(call, "one two three " * 45_000, IS_STATE)
    assert caught.value.code == "context_length_exceeded"
