"""Trouble in the middle of a push: nothing is written twice or unseen, and every row is told apart."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from hsai_kit import open_receipt, push, start_push, undo
from hsai_kit.errors import DailyLimit, HubSpotError, KeyRefused, NoConnection, ScopesMissing
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.steps.push.executor import PushExecutor


@pytest.fixture
def hasty(hub, sandbox):
    """The same connection, but it does not wait long for an answer of HubSpot."""
    hub.hubspot.close()
    hub.hubspot = HubSpotClient(SecretStr(sandbox.hubspot_token), base_url=sandbox.hubspot_url, answer_seconds=0.3)
    yield hub
    hub.hubspot.close()


@pytest.mark.parametrize(
    "kind", ["423", "477", "ten_secondly", "secondly", "500", "502", "503_html", "521", "524", "reset"]
)
def test_what_changes_while_hubspot_makes_us_wait_is_not_overwritten(
    hub, sandbox, proposed, colleague, kind, wire, wait_until
):
    checked = proposed(limit=3)
    checked.approve()
    sandbox.fault(f"hubspot:{kind}:path={wire.ours}:count=1")
    handle = start_push(hub, checked, confirm=True)
    wait_until(lambda: len(wire.updates) == 1)
    colleague.writes("102", "city", "Reno")
    receipt = handle.result(30)
    assert receipt.frame["outcome"].to_dict() == {"101": "written", "102": "conflict", "103": "written"}
    assert colleague.sees(["101", "102", "103"], "city") == {"101": "TX", "102": "Reno", "103": "TX"}
    assert wire.updates[1:] == [["101", "103"]]


def test_through_a_storm_of_refusals_and_lost_answers_each_value_is_written_and_each_row_told(
    hasty, sandbox, proposed, colleague
):
    hasty.hubspot.patience = 0.01
    checked = proposed(limit=1500)
    ids = list(checked.frame.index)
    checked.approve()
    for kind in ("503_html", "cut", "reset", "commit_then_stall:seconds=5", "ten_secondly"):
        sandbox.fault(f"hubspot:{kind}:path=/2026-09/contacts/batch/:rate=0.06")
    colleague.writes(ids[700], "city", "Reno")
    receipt = push(hasty, checked, confirm=True)
    sandbox.clear_faults()
    assert receipt.counts == {"written": 1499}
    values = colleague.sees(ids, "city")
    assert [one for one in ids if values[one] != "TX"] == [ids[700]]
    assert undo(hasty, receipt, confirm=True).counts == {"written": 1499}


def test_nothing_is_written_on_values_that_were_read_too_long_ago(hub, proposed, monkeypatch, wire):
    checked = proposed(limit=3)
    checked.approve()
    monkeypatch.setattr(PushExecutor, "fresh_seconds", -1.0)
    receipt = push(hub, checked, confirm=True)
    assert receipt.counts == {"not sent": 3}
    assert set(receipt.frame["reason"].str.contains("could not be checked in time")) == {True}
    assert len(wire.updates) == 0
    assert wire.reads == 1 + PushExecutor.checks


@pytest.mark.parametrize("kind", ["commit_then_stall:seconds=20", "cut", "stall:seconds=20"])
def test_after_a_lost_answer_the_records_are_read_and_nothing_is_written_twice(
    hasty, sandbox, proposed, colleague, kind, wire
):
    checked = proposed(limit=150)
    checked.approve()
    sandbox.fault(f"hubspot:{kind}:path={wire.ours}:count=1")
    receipt = push(hasty, checked, confirm=True)
    assert receipt.counts == {"written": 150}
    assert set(colleague.sees(checked.frame.index, "city").values()) == {"TX"}
    committed = not kind.startswith("stall")
    assert [len(batch) for batch in wire.updates] == ([100, 50] if committed else [100, 100, 50])


def test_a_lost_answer_and_a_refusal_after_it_keep_both_apart(hasty, sandbox, colleague, proposed, prompted, wire):
    colleague.makes_property("region", "enumeration", "select", {"TX": "Texas", "NV": "Nevada"})
    checked = proposed(limit=8, to="region")
    checked.approve()
    checked.edit(["102"], "NV")
    sandbox.fault(f"hubspot:stall:seconds=20:path={wire.ours}:count=1")
    prompted("yes", lambda: colleague.narrows_property("region", ["TX", "CA"]))
    receipt = push(hasty, checked)
    assert receipt.counts == {"written": 7, "refused": 1}


def test_answers_that_stay_lost_are_unknown_and_undo_looks_what_became_of_them(
    in_turn, hasty, sandbox, proposed, colleague, wire, wait_until
):
    before = colleague.sees([str(one) for one in range(101, 420)], "city")
    checked = proposed(limit=250)
    checked.approve()
    sandbox.fault(f"hubspot:commit_then_stall:seconds=20:path={wire.ours}:after=1")
    handle = start_push(hasty, checked, confirm=True)
    wait_until(lambda: len(wire.updates) == 2)
    sandbox.token(sandbox.hubspot_token, state="revoked")
    with pytest.raises(KeyRefused):
        handle.result(30)
    receipt = open_receipt(hasty)
    assert receipt.counts == {"written": 100, "unknown": 100, "not sent": 50}
    assert receipt.record.status == "stopped"
    sandbox.token(sandbox.hubspot_token, state="live")
    sandbox.clear_faults()
    assert undo(hasty, receipt, confirm=True).counts == {"written": 200}
    assert colleague.sees(before, "city") == before


@pytest.mark.parametrize(
    ("trouble", "error", "sentence"),
    [
        ("daily", DailyLimit, "calls for today are used up"),
        ("revoked", KeyRefused, "--switch-hubspot-key"),
        ("scopes", ScopesMissing, "crm.objects.contacts.write"),
        ("414", HubSpotError, "414"),
    ],
)
def test_trouble_that_does_not_pass_stops_at_once_with_a_receipt_that_undo_takes_back(
    in_turn, hub, sandbox, proposed, colleague, trouble, error, sentence, wire, wait_until
):
    checked = proposed(limit=250)
    before = colleague.sees(checked.frame.index, "city")
    checked.approve()
    if trouble in {"daily", "414"}:
        sandbox.fault(f"hubspot:{trouble}:path={wire.ours}:after=1")
        handle = start_push(hub, checked, confirm=True)
    else:
        sandbox.fault(f"hubspot:latency:seconds=0.3:path={wire.ours}:after=1")
        handle = start_push(hub, checked, confirm=True)
        wait_until(lambda: len(wire.updates) == 2)
        scopes = ["crm.objects.contacts.read"] if trouble == "scopes" else None
        sandbox.token(sandbox.hubspot_token, scopes=scopes, state="revoked" if trouble == "revoked" else "live")
    with pytest.raises(error, match=sentence) as problem:
        handle.result(30)
    receipt = open_receipt(hub)
    assert problem.value.__notes__ == [f"Receipt {receipt.id} holds what was written until then."]
    assert receipt.id in problem.value._render_traceback_()[0]
    assert receipt.counts == {"not sent": 150, "written": 100}
    assert receipt.record.status == "stopped"
    sandbox.clear_faults()
    sandbox.token(sandbox.hubspot_token)
    assert undo(hub, receipt, confirm=True).counts == {"written": 100}
    assert colleague.sees(before, "city") == before


def test_after_a_stop_the_same_push_goes_on_where_it_ended(in_turn, hub, sandbox, proposed, colleague, wire):
    checked = proposed(limit=250)
    checked.approve()
    sandbox.fault(f"hubspot:daily:path={wire.ours}:after=1")
    with pytest.raises(DailyLimit):
        push(hub, checked, confirm=True)
    sandbox.clear_faults()
    receipt = push(hub, checked, confirm=True)
    assert receipt.counts == {"written": 150}
    assert [len(batch) for batch in wire.updates] == [100, 100, 100, 50]
    assert set(colleague.sees(checked.frame.index, "city").values()) == {"TX"}


@pytest.mark.parametrize(
    ("kind", "error", "outcome"),
    [
        ("477:retry_after=0", HubSpotError, "not sent"),
        ("503_html", HubSpotError, "unknown"),
        ("reset", NoConnection, "unknown"),
    ],
)
def test_trouble_that_does_not_end_is_given_up_and_its_rows_are_told_apart(
    hub, sandbox, proposed, colleague, monkeypatch, kind, error, outcome, wire
):
    checked = proposed(limit=3)
    checked.approve()
    monkeypatch.setattr(PushExecutor, "attempts", 1)
    sandbox.fault(f"hubspot:{kind}:path={wire.ours}")
    with pytest.raises(error):
        push(hub, checked, confirm=True)
    receipt = open_receipt(hub)
    assert receipt.counts == {outcome: 3}
    sandbox.clear_faults()
    before = colleague.sees(checked.frame.index, "city")
    assert undo(hub, receipt, confirm=True).counts == {}
    assert colleague.sees(checked.frame.index, "city") == before != dict.fromkeys(before, "TX")


def test_hubspot_that_cannot_be_reached_is_a_sentence_and_nothing_is_called_written(hub, sandbox, proposed, prompted):
    checked = proposed(limit=3)
    checked.approve()
    hub.hubspot.attempts = 2
    prompted("yes", lambda: sandbox.fault("hubspot:reset:path=/batch/"))
    with pytest.raises(NoConnection, match="Check the network"):
        push(hub, checked)
    assert open_receipt(hub).counts == {"not sent": 3}
