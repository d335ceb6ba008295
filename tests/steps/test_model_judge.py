"""A model as judge: asked as the account allows, in both orders, and worth what people's ratings say it is worth."""

from __future__ import annotations

import time
from typing import Any

import pandas as pd
import pytest

from hsai_kit import Gate, ask, evaluate, judge, pull, rate, start_judge
from hsai_kit.errors import EvaluationError
from hsai_kit.sandbox.assistant.text_judge import JUDGES, is_faithful


@pytest.fixture(scope="module")
def written(running, tmp_path_factory):
    """Summaries by two models of the same notes, made once: a careful one and one that slips often."""
    from hsai_kit import connect

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUBSPOT_BASE_URL", running.hubspot_url)
        patch.setenv("OPENAI_BASE_URL", running.openai_url)
        keys = {"hubspot_key": running.hubspot_token, "openai_key": running.openai_key}
        hub = connect(workspace=tmp_path_factory.mktemp("judging"), **keys)
    notes = pull(hub, "notes", ["hs_note_body"], where="hs_note_body is known", limit=400)
    yield hub, {model: ask(hub, notes, "record-summary", model=model) for model in ("sandbox-legacy", "sandbox-sol")}
    hub.close()


def since(running, moment):
    """Return the requests since a moment: the sandbox that others use too keeps only its newest ones."""
    return [one for one in running.requests("openai", 2000) if one["at"] >= moment]


def say_the_truth(session, rater="anna", share=1.0):
    """Rate as somebody who compares every text with its record."""
    for _ in range(round(share * len(session.items))):
        shown = session.next(rater)
        good = [is_faithful(text, shown.source) for text in shown.texts]
        if len(good) == 1:
            session.give(shown.item, good[0], rater=rater)
        else:
            session.give(shown.item, "tie" if good[0] == good[1] else "first" if good[0] else "second", rater=rater)


def test_the_corrected_rate_holds_the_truth_where_the_judges_own_does_not(written):
    hub, runs = written
    run = runs["sandbox-legacy"]
    judged = judge(hub, run, model="sandbox-luna")
    session = rate(hub, run, n=160)
    say_the_truth(session)
    checked = judged.against(session)
    row = checked.table.iloc[0]
    passes, fails = JUDGES["sandbox-luna"]
    assert row["sensitivity_low"] < passes < row["sensitivity_high"]
    assert row["specificity_low"] < fails < row["specificity_high"]
    rest = judged.frame[~judged.frame["record_id"].isin(session.verdicts["record_id"])]
    truth = session.verdicts["verdict"].eq("yes").mean()
    assert row["low"] < truth < row["high"]
    assert rest["verdict"].eq("yes").mean() > row["corrected"] + 0.03
    assert "corrected" not in repr(judged)
    assert "not known yet" in repr(judged)
    assert checked.disagreements["people"].ne(checked.disagreements["judge"]).all()


def test_a_judge_that_guesses_gives_no_verdict_and_no_rate(written):
    hub, runs = written
    judged = judge(hub, runs["sandbox-legacy"], model="sandbox-legacy")
    session = rate(hub, runs["sandbox-legacy"], n=120)
    say_the_truth(session)
    checked = judged.against(session)
    assert checked.verdict.startswith("No verdict: sandbox-legacy is not shown to judge better than chance")
    assert checked.table["corrected"].isna().all()


def test_of_two_a_win_counts_only_when_both_orders_agree(written):
    hub, runs = written
    judged = judge(hub, runs, model="sandbox-sol")
    frame = judged.frame
    agree = frame["when_first"] == frame["when_last"]
    assert 0.05 < judged.inconsistent < 0.9
    assert (frame.loc[~agree, "verdict"] == "tie").all()
    assert (frame.loc[agree, "verdict"] == frame.loc[agree, "when_first"]).all()
    session = rate(hub, runs, n=60)
    say_the_truth(session)
    checked = judged.against(session)
    table = checked.table
    assert "sandbox-sol: " in checked.verdict
    assert table.loc["sandbox-sol", "people"] > table.loc["sandbox-legacy", "people"]
    assert table.loc["sandbox-sol", "low"] <= table.loc["sandbox-sol", "corrected"] <= table.loc["sandbox-sol", "high"]


def test_the_account_is_asked_for_decisions_and_without_them_for_json_and_that_is_remembered(written, running, capsys):
    hub, _ = written
    few = pull(hub, "notes", ["hs_note_body"], where="hs_note_body is known", limit=3)
    run = ask(hub, few, "record-summary", model="sandbox-luna")
    before = time.time()
    judge(hub, run, "It holds nothing that the note does not.", model="sandbox-luna")
    asked = since(running, before)
    assert {one["path"] for one in asked} == {"/v1/decisions"}
    question = asked[0]["body"]["questions"][0]
    assert question["type"] == "predicate"
    assert question["instructions"].endswith("Statement: It holds nothing that the note does not.")
    assert "wrote itself" in capsys.readouterr().out
    judge(hub, run, "It is short.", model="sandbox-comet")
    assert "it is asked for JSON instead" in capsys.readouterr().out
    before = time.time()
    found = judge(hub, run, "It is kind.", model="sandbox-comet")
    assert {one["path"] for one in since(running, before)} == {"/v1/responses"}
    assert set(found.frame["verdict"]) <= {"yes", "no"}


def test_a_scale_is_asked_as_a_score_and_nothing_is_asked_twice(written, running):
    hub, _ = written
    few = pull(hub, "notes", ["hs_note_body"], where="hs_note_body is known", limit=30)
    run = ask(hub, few, "record-summary", model="sandbox-legacy")
    before = time.time()
    judged = judge(hub, run, levels={"poor": "made up", "fair": "gaps", "good": "true"}, model="sandbox-luna")
    asked = since(running, before)
    assert {one["body"]["questions"][0]["type"] for one in asked} == {"score"}
    assert [one["label"] for one in asked[0]["body"]["questions"][0]["levels"]] == ["poor", "fair", "good"]
    assert set(judged.frame["verdict"]) == {"poor", "fair", "good"} - ({"fair"} - set(judged.frame["verdict"]))
    again = start_judge(hub, run, levels={"poor": "made up", "fair": "gaps", "good": "true"}, model="sandbox-luna")
    assert again.result(60).frame["verdict"].tolist() == judged.frame["verdict"].tolist()
    assert len(since(running, before)) == len(asked)


def test_ratings_of_other_texts_calibrate_nothing(written):
    hub, runs = written
    judged = judge(hub, runs["sandbox-legacy"], model="sandbox-luna")
    session = rate(hub, {"x": runs["sandbox-legacy"], "y": runs["sandbox-sol"]}, n=5)
    with pytest.raises(EvaluationError, match=r"rated pairs of x, y.*asked for pass"):
        judged.against(session)
    fresh = rate(hub, runs["sandbox-legacy"], n=5)
    with pytest.raises(EvaluationError, match="not rated any text"):
        judged.against(fresh)
    others = rate(hub, pd.DataFrame({"text": ["x"], "source": ["y"]}, index=judged.frame["record_id"][:1]))
    others.give(0, "yes")
    with pytest.raises(EvaluationError, match="other texts than were judged"):
        judged.against(others)


def test_the_gate_goes_by_the_lower_end_of_what_people_say_or_of_a_judge_held_against_them(written):
    hub, runs = written
    run = runs["sandbox-legacy"]
    notes = pull(hub, "notes", ["hs_note_body"], where="hs_note_body is known", limit=400)
    found = evaluate(hub, notes, {name: ("record-summary", name) for name in runs})
    session = rate(hub, run, n=160)
    say_the_truth(session)
    checked = judge(hub, run, model="sandbox-sol").against(session)
    for texts, low in ((session, session.results["low"].iloc[0]), (checked, checked.table["low"].iloc[0])):
        gate, more = Gate(min_good=low - 1e-6, min_valid=0.9), Gate(min_good=low + 1e-6, min_valid=0.9)
        assert gate.judge(found, "sandbox-legacy", texts=texts).exit_code == 0
        verdict = more.judge(found, "sandbox-legacy", texts=texts)
        assert verdict.exit_code == 3
        assert f"Surely at least {low:.1%}" in str(verdict)
        other = gate.judge(found, "sandbox-sol", texts=texts)
        assert "none that sandbox-sol wrote in this evaluation" in str(other)
        assert not other
    named = judge(hub, {"by any name": run}, model="sandbox-sol").against(session)
    assert named.table["low"].tolist() == checked.table["low"].tolist()
    assert Gate(min_good=named.table["low"].iloc[0] - 1e-6).judge(found, "sandbox-legacy", texts=named)
    guessing = judge(hub, run, model="sandbox-legacy").against(session)
    assert "No verdict on texts: of " in str(Gate(min_good=0.01).judge(found, "sandbox-legacy", texts=guessing))
    assert not Gate(min_good=0.01).judge(found, "sandbox-legacy", texts=guessing)
    assert not Gate(min_good=0.01).judge(found, "sandbox-legacy", texts=rate(hub, run, n=5))
    assert not Gate(min_good=0.01).judge(found, "sandbox-legacy")
    others: list[tuple[Any, str]] = [(checked.judged, "passes no gate"), (rate(hub, runs, n=5), "which is better")]
    for unfit, said in others:
        with pytest.raises(EvaluationError, match=said):
            Gate(min_good=0.01).judge(found, "sandbox-legacy", texts=unfit)
    with pytest.raises(EvaluationError, match="give it min_good"):
        Gate(min_valid=0.5).judge(found, "sandbox-legacy", texts=checked)


def test_what_a_judge_has_not_read_yet_passes_no_gate(written, running):
    hub, runs = written
    run = runs["sandbox-legacy"]
    notes = pull(hub, "notes", ["hs_note_body"], where="hs_note_body is known", limit=400)
    found = evaluate(hub, notes, {"own": ("record-summary", "sandbox-legacy")})
    session = rate(hub, run, n=160)
    say_the_truth(session)
    running.latency("openai", 0.1)
    handle = start_judge(hub, run, "It says what the note says.", model="sandbox-luna")
    # Enough for some of them to be among those that people rated.
    while handle.progress.done < 20:
        time.sleep(0.01)
    handle.cancel()
    part = handle.result(60)
    running.latency("openai", 0)
    assert part.frame["verdict"].isna().any()
    verdict = Gate(min_good=0.01).judge(found, texts=part.against(session))
    assert "texts yet; the same call goes on" in str(verdict)
    assert not verdict
