"""The gate: passed on what the figures make sure, with reasons and an exit code."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from hsai_kit import Gate, evaluate, open_evaluation, pull, start_evaluate
from hsai_kit.assistant.assistant import load_assistant
from hsai_kit.errors import EvaluationError
from hsai_kit.steps.evaluate.gate.sample import GateTarget, bound_share

SOL, LEGACY = (("state-abbreviations", f"sandbox-{one}") for one in ("sol", "legacy"))


@pytest.fixture
def contacts(hub, prepared) -> pd.DataFrame:
    def take() -> pd.DataFrame:
        return pull(hub, "contacts", ["state", "country"], where="state is known", limit=300)

    return prepared("test_gate", take, pd.DataFrame.copy)


@pytest.fixture
def found(hub, sandbox, contacts, prepared):
    def take():
        truth = pd.Series(sandbox.truth("contacts", "state")).reindex(contacts.index).replace("", "UNKNOWN")
        return evaluate(hub, contacts, {"sol": SOL, "legacy": LEGACY}, truth)

    return prepared("sol and legacy", take, lambda _: open_evaluation(hub))


def said(verdict, condition) -> str:
    return next(reason.said for reason in verdict.reasons if reason.condition == condition)


def test_the_lower_end_decides_and_not_the_figure(found):
    right, low = found.table.loc["sol", ["right", "right_low"]]
    just, more = (Gate(min_right=one, target="records to come") for one in (low - 1e-6, (right + low) / 2))
    assert just.judge(found, "sol").is_passed
    assert just.judge(found, "sol").exit_code == 0
    verdict = more.judge(found, "sol")
    assert not verdict.is_passed
    assert verdict.exit_code == 3
    assert "surely at least" in said(verdict, "min_right")
    assert "The figure itself would do" in said(verdict, "min_right")
    assert "The figure itself falls short" in said(Gate(min_right=0.999).judge(found, "legacy"), "min_right")


def test_of_these_records_what_is_labeled_is_known(found):
    right = found.table.loc["sol", "right"]
    assert Gate(min_right=right - 1e-9).judge(found, "sol").is_passed
    verdict = Gate(min_right=right + 1e-6).judge(found, "sol")
    assert not verdict.is_passed
    assert "these 300 records, of which all are known" in said(verdict, "min_right")
    assert "records to come" in str(Gate(min_right=0.5, target="records to come").judge(found, "sol"))
    with pytest.raises(EvaluationError, match="target is 'all'; it is one of 'these records', 'records to come'"):
        Gate(min_right=0.5, target="all")  # type: ignore[arg-type]


def test_of_these_records_the_unlabeled_rest_is_estimated_from_rows_drawn_at_random(hub, sandbox, contacts):
    truth = pd.Series(sandbox.truth("contacts", "state")).reindex(contacts.index).replace("", "UNKNOWN")
    drawn = truth.sample(120, random_state=3).to_frame("right").assign(draw="random")
    few = evaluate(hub, contacts, {"sol": SOL}, drawn)
    bound = bound_share(few, "sol", "right", GateTarget.THESE)
    assert 0.85 < bound.low < bound.share <= 1
    assert re.search(r"these 300 records, of which 1\d\d are known; it may be looked at after every label", bound.about)
    # Those that somebody chose are known as well, and tell nothing of the others.
    rest = truth.drop(drawn.index).iloc[:150].to_frame("right").assign(draw="heaviest")
    more = bound_share(
        evaluate(hub, contacts, {"sol": SOL}, pd.concat([drawn, rest])), "sol", "right", GateTarget.THESE
    )
    assert more.low > bound.low
    assert re.search(r"of which 2\d\d are known", more.about)
    chosen = drawn.assign(draw="own")
    assert "were chosen and not drawn" in str(Gate(min_right=0.1).judge(evaluate(hub, contacts, {"sol": SOL}, chosen)))


def test_every_condition_is_told_met_or_not(found):
    wrong = found.rows[(found.rows["assistant"] == "sol") & ~found.rows["right"]]["record_id"]
    good = found.rows[(found.rows["assistant"] == "sol") & found.rows["right"]]["record_id"]
    gate = Gate(min_right=0.5, min_valid=0.9, max_usd_per_1000=1, no_worse_than="legacy", margin=0.01)
    verdict = gate.judge(found)
    assert verdict.assistant == "sol"
    assert verdict.is_passed
    assert [one.condition for one in verdict.reasons] == ["min_right", "min_valid", "max_usd_per_1000", "no_worse_than"]
    assert str(verdict).splitlines()[0] == "sol passed the gate."
    must = Gate(must_pass=[*good[:3], *wrong[:1], "1"]).judge(found, "sol")
    assert not must
    assert f"2 of {3 + 1 + 1} rows that must be right are not, of which 1 were not measured" in said(must, "must_pass")
    assert Gate(must_pass=list(good[:3])).judge(found, "sol")


def test_what_is_worse_than_the_baseline_by_more_than_the_margin_does_not_pass(found):
    pair = found.compare(baseline="sol").iloc[0]
    assert not Gate(no_worse_than="sol", margin=0.0).judge(found, "legacy").is_passed
    assert Gate(no_worse_than="sol", margin=-pair["low"] + 1e-9).judge(found, "legacy").is_passed


def test_a_few_rows_without_a_difference_do_not_pass_as_no_worse(hub, contacts, found):
    few = evaluate(hub, contacts.head(12), {"sol": SOL, "legacy": LEGACY}, dict.fromkeys(contacts.index[:12], "GU"))
    assert few.compare()["difference"].iloc[0] == 0
    assert not Gate(no_worse_than="sol", margin=0.01).judge(few, "legacy").is_passed


def test_rows_that_were_not_asked_pass_no_gate(hub, sandbox, contacts):
    sandbox.latency("openai", 0.1)
    handle = start_evaluate(hub, contacts, {"sol": SOL}, dict.fromkeys(contacts.index, "TX"))
    while not handle.progress.done:
        pass
    handle.cancel()
    verdict = Gate(min_valid=0.0).judge(handle.result(30))
    assert not verdict.is_passed
    assert "not asked yet" in said(verdict, "complete")


def test_a_gate_without_labels_tells_nothing_about_right(hub, contacts):
    found = evaluate(hub, contacts.head(5), {"sol": SOL})
    verdict = Gate(min_right=0.1, min_valid=0.1).judge(found)
    assert [reason.met for reason in verdict.reasons] == [False, True]
    assert "evaluate it with labels" in said(verdict, "min_right")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_right": 97}, "such as 0.97 for 97%"),
        ({"min_valid": -0.1}, "min_valid is -0.1"),
        ({"max_usd_per_1000": -1}, "an amount in USD"),
        ({"min_good": "0.9"}, "such as 0.97 for 97%"),
        ({"must_pass": "101"}, r"must_pass=\['101'\]"),
        ({"min_right": 0.9, "margin": 0.01}, "name it in no_worse_than"),
        ({}, "asks for nothing"),
    ],
)
def test_a_gate_that_asks_for_nothing_sensible_is_refused(settings, message):
    with pytest.raises(EvaluationError, match=message):
        Gate(**settings)


def test_names_that_are_not_in_the_evaluation_are_refused(found):
    with pytest.raises(EvaluationError, match="Say which assistant the gate judges: sol, legacy"):
        Gate(min_right=0.5).judge(found)
    with pytest.raises(EvaluationError, match="no assistant 'luna'"):
        Gate(min_right=0.5, no_worse_than="luna").judge(found, "sol")
    with pytest.raises(EvaluationError, match="against itself"):
        Gate(no_worse_than="sol").judge(found, "sol")


def distinct(count: int) -> pd.DataFrame:
    index = pd.Index([str(1 + n) for n in range(count)], name="record_id")
    return pd.DataFrame({"state": [f"Place {n}" for n in range(count)], "country": "US"}, index=index)


def test_the_price_is_what_each_question_costs_also_from_memory(paying, priced):
    rows = pd.concat([distinct(40), distinct(40).set_axis([str(1000 + n) for n in range(40)]).rename_axis("record_id")])
    first = evaluate(paying, rows, "state-abbreviations")
    assert first.usd > 0
    price = first.table["usd_per_1000"].iloc[0]
    assert price == pytest.approx(first.usd / 80 * 1000), "two records share a question"
    again = evaluate(paying, rows, "state-abbreviations")
    assert again.usd == 0
    assert again.table["usd_per_1000"].iloc[0] == pytest.approx(price)
    assert Gate(max_usd_per_1000=price * 1.01).judge(again).is_passed
    assert not Gate(max_usd_per_1000=price * 0.99).judge(again).is_passed


def test_the_budget_is_for_the_whole_evaluation_and_the_same_call_goes_on(paying, priced, capsys):
    whole = evaluate(paying, distinct(30), "state-abbreviations").usd
    other = load_assistant(paying.workspace, "state-abbreviations").model_copy(
        update={"instructions": "Say which state it is."}
    )
    capsys.readouterr()
    rows = distinct(60).tail(30)
    found = evaluate(paying, rows, {"a": "state-abbreviations", "b": other}, budget_usd=1.3 * whole + 0.002)
    assert found.usd <= 1.3 * whole + 0.002
    assert "The budget of" in capsys.readouterr().out
    asked = priced.questions
    rest = evaluate(paying, rows, {"a": "state-abbreviations", "b": other})
    assert rest.complete
    assert priced.questions == 30 + 60 > asked
