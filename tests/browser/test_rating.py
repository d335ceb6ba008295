"""Rating and labelling in a notebook, by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

RATE = """
import pandas as pd
from hsai_kit import connect, rate
from hsai_kit.widgets import RatingPanel
hub = connect()
notes = ["Ada wants 40 seats by May 3, budget $48,000.", "<img src=x onerror=alert(1)> Ben left.", "Cleo called."]
index = [str(place) for place in range(len(notes))]
old = pd.DataFrame({"text": [f"Old: {note}" for note in notes], "source": notes}, index=index)
new = pd.DataFrame({"text": [f"New: {note}" for note in notes], "source": notes}, index=index)
session = rate(hub, {"old prompt": old, "new prompt": new}, n=None)
RatingPanel(session)
"""
TELL = 'print(sorted(session.frame["value"]), session.frame["note"].tolist(), (session.frame["seconds"] > 0).all())'
LABEL = """
import time
from hsai_kit import label, pull
from hsai_kit.widgets import LabelPanel
contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=60)
work = label(hub, contacts, "state-abbreviations", f"by hand {time.time()}")
LabelPanel(work)
"""
EVALUATE = """
from hsai_kit.widgets import EvaluatePanel, GatePanel
evaluating = EvaluatePanel(hub, contacts, "state-abbreviations", work)
gate = GatePanel(evaluating)
display(evaluating, gate)
"""
TOLD = 'print(work.labels.frame["right"].dropna().unique().tolist(), len(work.labels))'


@pytest.fixture
def panel(room):
    room.open(RATE, TELL, LABEL, TOLD, EVALUATE)
    room.run(0)
    shown = room.output(0).locator(".hsai-panel")
    expect(shown.locator(".hsai-one-count")).to_have_text("0 of 3")
    return shown


def test_it_looks_right(room, panel):
    room.shot(panel, "panel-rate")


def test_pairs_are_rated_by_keys_alone_and_nothing_tells_whose_text_it_is(room, panel):
    cells = len(room.cells)
    assert "prompt" not in panel.inner_text()
    panel.locator(".hsai-one").focus()
    for key, done in (("2", "1 of 3"), ("0", "2 of 3"), ("Backspace", "1 of 3")):
        room.page.keyboard.press(key)
        expect(panel.locator(".hsai-one-count")).to_have_text(done)
    room.page.keyboard.press("c")
    room.page.keyboard.type("both fine, b x d d")
    room.page.keyboard.press("Enter")
    room.page.keyboard.press("0")
    expect(panel.locator(".hsai-one-count")).to_have_text("2 of 3")
    room.page.keyboard.press("1")
    expect(panel.locator(".hsai-one-question")).to_have_text("All 3 are done. Thank you.")
    expect(panel).to_contain_text("No preference is shown")
    assert len(room.cells) == cells, "no key reached the notebook"
    assert "Old: Ada" not in room.saved(), "what a card shows is not kept in the notebook"
    room.run(1)
    told = room.output(1).inner_text()
    assert "'tie'" in told
    assert "'both fine, b x d d'" in told
    assert told.strip().endswith("True")


def test_right_answers_are_typed_or_chosen_by_keys_alone(room, panel):
    room.run(2)
    shown = room.output(2).locator(".hsai-panel")
    field = shown.locator(".hsai-one-answer")
    expect(field).to_be_visible()
    field.focus()
    room.page.keyboard.type("Bayern")
    room.page.keyboard.press("Enter")
    expect(shown.locator(".hsai-one-problem")).to_contain_text("Bayern")
    field.focus()
    room.page.keyboard.press("Control+A")
    room.page.keyboard.type("CA")
    room.page.keyboard.press("Enter")
    expect(shown.locator(".hsai-one-said")).to_contain_text("Kept for")
    room.page.keyboard.press("Escape")
    room.page.keyboard.press("0")
    expect(field).to_have_value("0")
    expect(shown.locator(".hsai-one-count")).to_contain_text("1 of")
    room.page.keyboard.press("Shift+Enter")
    expect(shown.locator(".hsai-one-count")).to_contain_text("2 of")
    room.run(3)
    assert room.output(3).inner_text().startswith("['CA'] ")
    room.shot(shown, "panel-label")

    room.run(4)
    evaluating, gate = (room.output(4).locator(".hsai-panel").nth(place) for place in range(2))
    evaluating.get_by_label("Models").select_option(["sandbox-sol", "sandbox-luna"])
    expect(evaluating).to_contain_text("2 of 60 records are labeled")
    begin = evaluating.get_by_role("button", name="Evaluate")
    expect(evaluating).to_contain_text("for 2 assistants")
    expect(begin).to_be_enabled()
    begin.press("Enter")
    expect(evaluating).to_contain_text("Side by side")
    expect(evaluating.locator(".hsai-table").first).not_to_contain_text("{")
    gate.get_by_role("button", name="Judge").press("Enter")
    expect(gate).to_contain_text("did not pass")
    room.shot(evaluating, "panel-evaluate")
    room.shot(gate, "panel-gate")
    assert "Calif." not in room.saved()
