"""The evaluation panel, and the rating panel's discretion, without a browser."""

from __future__ import annotations

import pandas as pd

from hsai_kit import label, pull, rate
from hsai_kit.widgets import EvaluatePanel, LabelPanel, RatingPanel


def test_two_models_are_measured_against_a_column_and_the_report_is_saved(hub, sandbox):
    contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=150)
    truth = pd.Series(sandbox.truth("contacts", "state")).reindex(contacts.index)
    panel = EvaluatePanel(hub, contacts.assign(truth=truth.array))
    panel.settle()
    assert panel.begin.disabled
    panel.assistants.value = ["state-abbreviations"]
    panel.models.value = ["sandbox-sol", "sandbox-legacy"]
    panel.labels.value = "truth"
    panel.begin.click()
    panel.settle()
    assert panel.problem == ""
    assert panel.value.names == ["state-abbreviations (sandbox-sol)", "state-abbreviations (sandbox-legacy)"]
    shown = panel._found.words
    right = panel.value.table["right"].iloc[0]
    assert f"{100 * right:.1f}".rstrip("0").rstrip(".") in shown
    assert "gets right and another wrong" in shown
    panel.export.click()
    assert (hub.workspace.folder / f"{panel.value.id}.html").exists()


def test_what_cannot_be_measured_is_said_in_the_panel(hub):
    contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=5)
    panel = EvaluatePanel(hub, contacts.assign(truth="Bavaria"))
    panel.settle()
    panel.assistants.value = ["state-abbreviations"]
    panel.labels.value = "truth"
    panel.begin.click()
    panel.settle()
    assert "Bavaria" in panel.problem
    assert panel.value is None


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
