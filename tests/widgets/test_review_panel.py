"""The review panel: charts that follow every decision, and one review for each field of a run."""

from __future__ import annotations

import time

from hsai_kit import ask, pull, review
from hsai_kit.widgets import PushPanel, ReviewPanel


def until(condition):
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends, "it did not come to that"
        time.sleep(0.02)


def test_charts_follow_decisions_that_are_made_here_and_elsewhere(hub):
    contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=40)
    run = ask(hub, contacts, "state-abbreviations")
    panel = ReviewPanel(run)
    panel.settle()
    until(lambda: "Decisions so far" in panel._charts.words)
    assert "Calif. → CA" in panel._charts.words
    panel.value.approve(panel.value.frame["changes"])
    until(lambda: "approved" in panel._charts.words)
    panel.value.reject(panel.value.frame["decision"] == "pending")
    until(lambda: panel.advice == "Everything is decided. Go on to the push.")


def test_each_field_of_a_run_has_a_review_and_what_goes_nowhere_is_not_pushed(hub):
    contacts = pull(hub, "contacts", ["how_can_we_help", "lead_class"], where="how_can_we_help is known", limit=12)
    run = ask(hub, contacts, "lead-triage")
    panel = ReviewPanel(run)
    panel.settle()
    assert panel.which.options == ("lead_class", "urgency", "why")
    assert [one.field for one in panel.value] == ["lead_class", "urgency", "why"]
    panel.which.value = "urgency"
    assert panel.shown.field == "urgency"
    review(run, "lead_class").approve()
    pushing = PushPanel(hub, panel)
    pushing.make.click()
    pushing.settle()
    assert pushing.problem == ""
    assert "urgency, why: no property is named, so they stay here" in pushing.plan.numbers.words
    pushing.what.to.value = "urgency: message"
    pushing.make.click()
    pushing.settle()
    assert "lead_class, message" in pushing.plan.numbers.words
