"""`evaluate` against the sandbox, whose scripted models err at rates that are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from hsai_kit import ask, evaluate, open_evaluation, pull, start_evaluate
from hsai_kit.assistant.assistant import Lookup, load_assistant
from hsai_kit.errors import EvaluationError, NoQuota
from hsai_kit.steps.ask.batch_collector import BatchCollector

PROMPT = "State: {{ state }}\nCountry: {{ country }}\nCity: {{ city }}\nZIP: {{ zip }}"
LUNA, SOL, LEGACY, FICKLE = (("state-abbreviations", f"sandbox-{one}") for one in ("luna", "sol", "legacy", "fickle"))
NAMES = [f"state-abbreviations (sandbox-{one})" for one in ("luna", "sol", "legacy")]


def requests_sent(sandbox) -> int:
    return sum(sandbox.counts()["openai"].get("POST /v1/responses", {}).values())


@pytest.fixture
def contacts(hub, prepared) -> pd.DataFrame:
    def take() -> pd.DataFrame:
        names = ["state", "country", "city", "zip", "company.name"]
        return pull(hub, "contacts", names, where="state is known", limit=150)

    return prepared("150 states", take, pd.DataFrame.copy)


@pytest.fixture
def truth(sandbox, contacts) -> pd.Series:
    return pd.Series(sandbox.truth("contacts", "state")).reindex(contacts.index).replace("", "UNKNOWN")


def test_the_figures_are_those_of_the_known_truth(hub, contacts, truth, capsys):
    found = evaluate(hub, contacts, [LUNA, SOL, LEGACY], truth, prompt=PROMPT)
    assert found.names == NAMES
    right = {}
    for name, (assistant, model) in zip(NAMES, (LUNA, SOL, LEGACY), strict=True):
        answers = ask(hub, contacts, assistant, PROMPT, model=model).answers["answer"].fillna("UNKNOWN")
        right[name] = answers == truth
        assert found.table.loc[name, "right"] == pytest.approx(right[name].mean())
        assert found.table.loc[name, "right_low"] < found.table.loc[name, "right"] < found.table.loc[name, "right_high"]
    assert found.table["n"].tolist() == [150] * 3
    assert (found.table["valid"] == 1).all()
    assert found.complete
    assert not found.notes
    # A record of which the good one is wrong and the poor one right is a flip as well.
    differ = right[NAMES[0]].to_numpy() | right[NAMES[1]].to_numpy() | right[NAMES[2]].to_numpy()
    differ &= ~(right[NAMES[0]].to_numpy() & right[NAMES[1]].to_numpy() & right[NAMES[2]].to_numpy())
    assert sorted(found.flips.index) == sorted(contacts.index[differ])
    for record_id, row in found.flips.iterrows():
        assert row["right"] == [name for name in NAMES if right[name][record_id]]
        assert row["asked"].startswith("State: ")


def test_what_can_be_shown_and_what_it_costs_is_said_before_anything_is_asked(hub, sandbox, contacts, truth, capsys):
    evaluate(hub, contacts, [LUNA, SOL], truth)
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert first.startswith("150 records → ")
    assert "independent questions for 2 assistants, 0 answers known → " in first
    assert second.startswith("With ")
    assert "a difference of " in second
    assert f" {requests_sent(sandbox):,} requests " in first
    evaluate(hub, contacts.head(20), [LUNA, SOL], truth)
    assert "too few to show any difference" in capsys.readouterr().out
    evaluate(hub, contacts, LUNA[0], truth)
    assert "95% right will mean" in capsys.readouterr().out


def test_evaluating_again_asks_and_pays_nothing_and_says_the_same(hub, sandbox, contacts, truth):
    first = evaluate(hub, contacts, [LUNA, SOL], truth)
    before = requests_sent(sandbox)
    again = evaluate(hub, contacts, [LUNA, SOL], truth)
    assert requests_sent(sandbox) == before
    pd.testing.assert_frame_equal(again.table, first.table)
    pd.testing.assert_frame_equal(open_evaluation(hub, first.id).rows, first.rows)
    assert open_evaluation(hub).id == again.id


def test_pairs_are_compared_on_questions_and_their_rates_on_records(hub, contacts, truth):
    found = evaluate(hub, contacts, [LUNA, LEGACY], truth)
    pair = found.compare().iloc[0]
    distinct = contacts.groupby(["state", "country"], dropna=False).ngroup()
    rows = found.rows.pivot_table(index="record_id", columns="assistant", values="right", aggfunc="first").astype(bool)
    rows = rows.loc[contacts.index]
    shares = rows.astype(float).groupby(distinct.to_numpy()).mean()
    better = int((shares[NAMES[0]] > shares[NAMES[2]]).sum())
    worse = int((shares[NAMES[0]] < shares[NAMES[2]]).sum())
    assert (pair["only_first"], pair["only_second"]) == (better, worse)
    assert pair["units"] == distinct.nunique() == pair[["both", "only_first", "only_second", "neither"]].sum()
    assert pair["p"] == pytest.approx(mcnemar([[0, better], [worse, 0]], exact=True).pvalue, abs=1e-9)
    assert pair["difference"] == pytest.approx((rows[NAMES[0]].astype(int) - rows[NAMES[2]].astype(int)).mean())
    assert pair["low"] < pair["difference"] < pair["high"]


def test_only_those_beside_the_baseline_are_compared_with_it(hub, contacts, truth):
    found = evaluate(hub, contacts, [LUNA, SOL, LEGACY], truth)
    assert len(found.compare()) == 3
    pairs = found.compare(baseline=NAMES[2])
    assert pairs[["first", "second"]].to_numpy().tolist() == [[NAMES[0], NAMES[2]], [NAMES[1], NAMES[2]]]
    assert (pairs["p_holm"] >= pairs["p"]).all()
    with pytest.raises(EvaluationError, match="There are: state-abbreviations"):
        found.compare(baseline="gpt")


def test_a_difference_that_is_there_is_named_and_one_that_is_not_shown_says_what_would_be(hub, sandbox):
    contacts = pull(hub, "contacts", ["state", "country", "city", "zip"], where="state is known", limit=900)
    truth = pd.Series(sandbox.truth("contacts", "state")).reindex(contacts.index).replace("", "UNKNOWN")
    found = evaluate(hub, contacts, [SOL, LEGACY, LUNA], truth, prompt=PROMPT)
    verdicts = found.compare().set_index(["first", "second"])["verdict"]
    assert verdicts[NAMES[1], NAMES[2]].startswith(f"{NAMES[1]} is right more often than {NAMES[2]}, by ")
    few = evaluate(hub, contacts.head(100), [SOL, LUNA], truth, prompt=PROMPT).compare()["verdict"][0]
    assert few.startswith("No difference is shown: ")
    assert "independent questions would show one of" in few or "are too few to show one" in few


def test_scores_of_any_kind_are_compared_by_the_bootstrap(hub, contacts):
    found = evaluate(hub, contacts.head(60), [LUNA, SOL])
    assert not found.has_labels
    with pytest.raises(EvaluationError, match="Nothing tells right from wrong"):
        found.compare()
    keys = pd.MultiIndex.from_product([found.names, contacts.index[:60]])
    scores = pd.Series(np.r_[np.full(60, 0.9), np.tile([0.5, 0.6, 0.7], 20)], index=keys)
    pair = found.compare(scores=scores).iloc[0]
    assert pair["difference"] == pytest.approx(0.3)
    assert 0.25 < pair["low"] < 0.3 < pair["high"] < 0.35


def test_repeats_ask_again_and_only_once_whatever_happens(hub, sandbox, contacts, truth):
    rows = contacts.head(60)
    evaluate(hub, rows, [FICKLE], truth)
    once = requests_sent(sandbox)
    found = evaluate(hub, rows, [FICKLE], truth, repeats=3)
    assert requests_sent(sandbox) == 3 * once, "the first repeat is what was asked before, the others are new"
    again = evaluate(hub, rows, [FICKLE], truth, repeats=3)
    assert requests_sent(sandbox) == 3 * once
    pd.testing.assert_frame_equal(found.table, again.table)
    answers = found.rows.groupby("record_id")["answer"].agg(lambda given: list(given.fillna("UNKNOWN")))
    pairs = [sum(one != other for one, other in zip(a, [*a[1:], a[0]], strict=True)) / 3 for a in answers]
    assert found.table["flip_rate"].iloc[0] == pytest.approx(np.mean(pairs))
    assert found.table["n"].iloc[0] == 60
    assert len(found.rows) == 180


def test_a_model_that_never_changes_its_mind_has_a_flip_rate_of_0(hub, contacts, truth):
    table = evaluate(hub, contacts.head(40), [LUNA, FICKLE], truth, repeats=2).table
    assert table["flip_rate"].iloc[0] == 0
    assert pd.isna(evaluate(hub, contacts.head(40), [LUNA], truth).table["flip_rate"].iloc[0])


def test_only_what_failed_is_asked_again(hub, sandbox, contacts, truth):
    rows = contacts.head(40).astype({"state": "string"})
    # A word that has the sandbox's model fail on a record, as real ones do now and then.
    rows.iloc[[3, 8, 9], 0] = ["sandbox-server-error", "sandbox-server-error", "sandbox-server-error too"]
    broken = evaluate(hub, rows, [SOL], truth, prompt="State: {{ state }}")
    assert broken.table["failed"].iloc[0] == 3
    assert broken.notes[0].startswith("3 rows of state-abbreviations failed and count as wrong")
    assert not broken.rows.loc[broken.rows["status"] == "failed", ["right", "valid"]].any().any()
    before = requests_sent(sandbox)
    evaluate(hub, rows, [SOL], truth, prompt="State: {{ state }}")
    assert requests_sent(sandbox) - before == 2, "the questions that failed, and no other"


def test_a_stop_keeps_what_is_there_and_the_same_call_goes_on(hub, sandbox, contacts, truth):
    sandbox.latency("openai", 0.1)
    handle = start_evaluate(hub, contacts, [LUNA, SOL], truth, prompt=PROMPT)
    while handle.progress.done < 20:
        pass
    handle.cancel()
    stopped = handle.result(30)
    assert not stopped.complete
    assert stopped.notes[-1].startswith("150 rows were not asked of ")
    asked = requests_sent(sandbox)
    sandbox.latency("openai", 0)
    whole = evaluate(hub, contacts, [LUNA, SOL], truth, prompt=PROMPT)
    assert whole.complete
    assert requests_sent(sandbox) == 2 * whole.runs[whole.names[0]][0].questions > asked


def test_what_stops_one_assistant_is_noted_with_those_after_it(hub, sandbox, contacts):
    sandbox.fault("openai:insufficient_quota:path=/responses")
    with pytest.raises(NoQuota):
        evaluate(hub, contacts.head(5), [LUNA, SOL])
    noted = [(one.status, "no quota left" in one.note) for one in hub.store.runs.summaries()]
    assert sorted(noted) == [("failed", True), ("stopped", True)]


def test_engines_that_ask_the_same_question_pay_for_it_once(hub, sandbox, contacts, monkeypatch):
    monkeypatch.setattr(BatchCollector, "first_poll", 0.02)
    sandbox.limits("openai", batch_seconds=0.1)
    live = load_assistant(hub.workspace, "state-abbreviations")
    jobs = live.model_copy(update={"engine": "batch"})
    found = evaluate(hub, contacts.head(5), {"in jobs": jobs, "live": live})
    assert found.table["valid"].tolist() == [1, 1]
    assert requests_sent(sandbox) == 1, "the one that a batch asks live"


def test_rows_of_one_company_make_the_interval_wider(hub, contacts, truth):
    plain = evaluate(hub, contacts, [LUNA], truth, prompt=PROMPT).table.iloc[0]
    clustered = evaluate(hub, contacts, [LUNA], truth, prompt=PROMPT, cluster="company.name").table.iloc[0]
    assert clustered["right"] == pytest.approx(plain["right"])
    assert clustered["questions"] < plain["questions"]
    with pytest.raises(EvaluationError, match="Pull it too"):
        evaluate(hub, contacts, [LUNA], truth, cluster="company.domain")


def test_confidence_is_measured_against_right_and_wrong(hub, contacts, truth):
    found = evaluate(hub, contacts, [LUNA], truth)
    calibration = found.calibration()
    rows = found.rows
    assert calibration.curve["records"].sum() == len(rows)
    for step in calibration.curve.itertuples():
        inside = rows[(rows["confidence"] >= step[1]) & ((rows["confidence"] < step.to) | (step.to == 1))]
        assert step.right == pytest.approx(inside["right"].astype(float).mean())
    threshold = calibration.threshold_for(0.95)
    passed = rows[rows["confidence"] >= threshold.confidence]
    assert threshold.right == pytest.approx(passed["right"].astype(float).mean())
    assert threshold.share == pytest.approx(len(passed) / len(rows))
    assert threshold.low >= 0.95
    assert calibration.threshold_for(0.99999) is None
    # Judged by the share alone a lower threshold would do.
    assert calibration.threshold_for(0.95, on="right").share >= threshold.share


def test_a_model_without_probabilities_cannot_be_calibrated(hub, contacts, truth):
    found = evaluate(hub, contacts.head(20), [("state-abbreviations", "sandbox-astra")], truth)
    with pytest.raises(EvaluationError, match="tells no confidence"):
        found.calibration()


def test_what_people_approved_answers_nothing_in_an_evaluation(hub, contacts, truth):
    from hsai_kit import remember, review

    checked = review(ask(hub, contacts.head(30), "state-abbreviations"))
    checked.approve()
    remember(checked.run)
    found = evaluate(hub, contacts.head(30), LUNA[0], truth)
    assert set(found.rows["status"]) == {"from_memory"}


def test_a_lookup_is_a_part_of_the_assistant_and_measured_with_it(hub, contacts, truth):
    plain = load_assistant(hub.workspace, "state-abbreviations")
    looked = plain.model_copy(update={"lookup": Lookup(table="us-states", column="state")})
    found = evaluate(hub, contacts, {"plain": plain, "with table": looked}, truth)
    assert (found.rows["status"] == "by_rule").any()
    assert found.names == ["plain", "with table"]
    ruled = found.rows[found.rows["status"] == "by_rule"]
    assert (ruled["usd"] == 0).all()
    assert ruled["valid"].all()


def test_assistants_are_told_apart_by_what_differs(hub, contacts, truth):
    old = load_assistant(hub.workspace, "state-abbreviations")
    ask(hub, contacts.head(2), old)
    new = old.model_copy(update={"instructions": f"{old.instructions}\nBe careful."})
    new.save(hub.workspace)
    found = evaluate(hub, contacts.head(5), [f"{old.name}@{old.version}", old.name, (new, "sandbox-sol")], truth)
    assert found.names == [
        f"{old.name} (sandbox-luna, {old.version})",
        f"{old.name} (sandbox-luna, {new.version})",
        f"{old.name} (sandbox-sol)",
    ]
    assert [run[0].record.assistant_version for run in found.runs.values()] == [old.version, new.version, new.version]
    alone = evaluate(hub, contacts.head(5), (new, "sandbox-sol"), truth)
    assert alone.table["model"].tolist() == ["sandbox-sol"]
    with pytest.raises(EvaluationError, match="the same assistant with the same model"):
        evaluate(hub, contacts, [old.name, new], truth)
    with pytest.raises(Exception, match="no version 0000"):
        evaluate(hub, contacts, [f"{old.name}@0000"], truth)
    with pytest.raises(EvaluationError, match="no assistant to evaluate"):
        evaluate(hub, contacts, [], truth)
    for nonsense in (5, [None], [(old.name, "sandbox-sol", "more")]):
        with pytest.raises(EvaluationError, match="is no assistant"):
            evaluate(hub, contacts, nonsense, truth)  # type: ignore[arg-type]


def test_one_of_several_fields_is_measured(hub, sandbox):
    enquiries = pull(hub, "contacts", ["how_can_we_help"], where="how_can_we_help is known", limit=60)
    truth = pd.Series(sandbox.truth("contacts", "lead_class")).reindex(enquiries.index)
    with pytest.raises(EvaluationError, match="Say which is measured: field='lead_class'"):
        evaluate(hub, enquiries, "lead-triage", truth)
    found = evaluate(hub, enquiries, "lead-triage", truth, field="lead_class")
    answers = ask(hub, enquiries, "lead-triage").answers["lead_class"]
    assert found.table["right"].iloc[0] == pytest.approx((answers == truth).mean())
