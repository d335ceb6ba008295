"""The evaluation panel, and the rating panel's discretion, without a browser."""

from __future__ import annotations

import time

import pandas as pd

from hsai_kit import ask, label, pull, rate
from hsai_kit.widgets import EvaluatePanel, GatePanel, LabelPanel, RatingPanel


def answered(panel, *values):
    """Give right answers by the panel's keys."""
    for value in values:
        panel.cards._handle_custom_msg({"give": value, "item": panel.cards.deck.card().item}, [])


def test_two_models_are_measured_judged_by_a_gate_and_the_report_is_saved(hub, sandbox):
    contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=150)
    truth = pd.Series(sandbox.truth("contacts", "state")).reindex(contacts.index)
    panel = EvaluatePanel(hub, contacts.assign(truth=truth.array))
    gate = GatePanel(panel)
    panel.settle()
    assert panel.begin.disabled
    assert gate.judge.disabled
    assert not {one.id for one in hub.models() if one.has_ended} & {one for _, one in panel.models.options}
    panel.assistants.value = ["state-abbreviations"]
    panel.models.value = ["sandbox-sol", "sandbox-legacy"]
    panel.labels.value = "truth"
    panel.settle()
    assert "requests to the sandbox's scripted assistant" in panel.costs.view.words, "the price stands before the start"
    assert "would show" in panel.costs.view.words, "and what so many questions can show"
    panel.begin.click()
    panel.settle()
    assert panel.problem == ""
    assert panel.value.names == ["state-abbreviations (sandbox-sol)", "state-abbreviations (sandbox-legacy)"]
    right = panel.value.table["right"].iloc[0]
    assert f"{100 * right:.1f}".rstrip("0").rstrip(".") in panel._found.words
    flips = panel._flips.children[0].source.frame
    assert len(flips)
    assert all(set(answers.str[0]) == {"✓", "✕"} for _, answers in flips[panel.value.names].iterrows())

    gate.which.value, gate.right.value = panel.value.names[1], "97"
    gate.judge.click()
    assert "did not pass" in gate._shown.words
    gate.right.value = "most"
    gate.judge.click()
    assert "'most' is no number" in gate.problem
    gate.export.click()
    gate.settle()
    assert "did not pass" in (hub.workspace.folder / f"{panel.value.id}.html").read_text("utf-8")


def test_an_evaluation_is_stopped_and_gone_on_with_and_nothing_is_asked_twice(hub, sandbox):
    contacts = pull(hub, "contacts", ["state", "city"], where="state is known", limit=80)
    panel = EvaluatePanel(hub, contacts, "state-abbreviations", prompt="{{ state }}, {{ city }}")
    panel.settle()
    panel.costs.budget.value = "five"
    panel.begin.click()
    assert "'five' is no amount" in panel.problem
    panel.costs.budget.value = ""
    sandbox.latency("openai", 0.3)
    panel.begin.click()
    ends = time.monotonic() + 30
    while not panel.going.running and time.monotonic() < ends:
        time.sleep(0.01)
    panel.going.stop.click()
    panel.settle()
    assert "were not asked" in panel._found.words
    assert panel.begin.description == "Go on with the rest"
    before = sum("/responses" in one["path"] for one in sandbox.requests("openai", 5000))
    sandbox.latency("openai", 0.0)
    panel.begin.click()
    panel.settle()
    assert panel.value.complete
    asked = sum("/responses" in one["path"] for one in sandbox.requests("openai", 5000))
    assert before < asked == panel.value.table["questions"].iloc[0]


def test_answers_given_by_hand_are_what_is_measured_against(hub):
    contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=30)
    labelling = LabelPanel(hub, contacts, "state-abbreviations")
    panel = EvaluatePanel(hub, contacts, "state-abbreviations", labelling)
    labelling.begin.click()
    labelling.settle()
    panel.settle()
    assert panel.labels.value == ""
    answered(labelling, "CA", "TX")
    panel.settle()
    assert panel.labels.value == ("state-abbreviations", "answer")
    assert "2 of 30 records are labeled" in panel._remarks.words
    answered(labelling, "TX")
    panel.settle()
    assert "3 records → 3 independent questions" in panel.costs.view.words


def test_what_cannot_be_measured_is_said_in_the_panel(hub):
    contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=5)
    panel = EvaluatePanel(hub, contacts.assign(truth="Bavaria"))
    panel.settle()
    panel.assistants.value = ["state-abbreviations"]
    panel.labels.value = "truth"
    panel.settle()
    assert "Bavaria" in panel.problem
    assert panel.begin.disabled


def test_texts_of_a_run_are_chosen_rated_and_found_again(hub):
    notes = pull(hub, "notes", ["hs_note_body"], where="hs_note_body is known", limit=3)
    states = pull(hub, "contacts", ["state", "country"], where="state is known", limit=3)
    ask(hub, states, "state-abbreviations")
    run = ask(hub, notes, "record-summary")
    panel = RatingPanel(hub)
    assert [one for _, one in panel.first.options] == [run.id], "only runs that wrote texts"
    panel.begin.click()
    panel.settle()
    answered(panel, "yes")
    begun = panel.value.id
    again = RatingPanel(hub)
    again.earlier.value = begun
    again.begin.click()
    again.settle()
    assert again.cards.deck.count() == (1, 3)
    again.earlier.value = ""
    again.second.value = run.id
    again.begin.click()
    assert "Both are the same run" in again.problem


def test_what_came_out_is_not_shown_before_all_is_rated(hub):
    index = ["1", "2"]
    texts = {name: pd.DataFrame({"text": [f"{name}1", f"{name}2"], "source": "x"}, index=index) for name in ("a", "b")}
    panel = RatingPanel(rate(hub, texts))
    deck = panel.cards.deck
    for _ in range(2):
        assert panel._result.words == ""
        deck.give(deck.card().item, "first", 1.0, "")
        panel._changed()
    assert "No preference is shown" in panel._result.words
    panel.rater.value = "ben"
    assert panel._result.words == ""
    assert panel.cards.deck.count() == (0, 2)


def test_the_right_answer_is_asked_for_by_its_field_where_there_are_several(hub):
    contacts = pull(hub, "contacts", ["state", "country", "how_can_we_help"], where="how_can_we_help is known", limit=3)
    one = LabelPanel(label(hub, contacts, "state-abbreviations", "states"))
    assert one.cards.deck.card().question == "What is the right answer?"
    several = LabelPanel(label(hub, contacts, "lead-triage", "leads", field="urgency"))
    assert several.cards.deck.card().question == "What is the right answer for urgency?"
