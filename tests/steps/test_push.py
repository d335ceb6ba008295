"""`push`: exactly the approved and differing cells, nothing unseen, and a receipt of all of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hsai_kit import open_receipt, plan, push, start_push, undo
from hsai_kit.errors import PushRefused


def test_exactly_the_approved_and_differing_cells_change_and_nothing_else(hub, proposed, colleague):
    checked = proposed(limit=60)
    ids = list(checked.frame.index)
    approved, rejected, same = ids[:20], ids[20:30], ids[30]
    colleague.writes(same, "city", "TX")
    before = colleague.sees_everything(ids)
    checked.approve([*approved, same])
    checked.reject(rejected)
    receipt = push(hub, checked, confirm=True)
    after = colleague.sees_everything(ids)
    assert {one: values.pop("city") for one, values in after.items()} == {
        one: "TX" if one in {*approved, same} else before[one]["city"] for one in ids
    }
    for values in before.values():
        values.pop("city")
    assert after == before
    assert receipt.counts == {"written": 20}
    assert {change.record_id for change in receipt.changes} == set(approved)


def test_an_edited_value_is_what_is_written(hub, proposed, colleague):
    checked = proposed()
    checked.approve()
    checked.edit(["102"], "NV")
    push(hub, checked, confirm=True)
    assert colleague.sees(["101", "102", "103"], "city") == {"101": "TX", "102": "NV", "103": "TX"}


def test_a_blank_answer_never_overwrites_a_value(hub, colleague):
    from hsai_kit import ask, pull, review

    contacts = pull(hub, "contacts", ["city"], where="city is known", limit=2)
    checked = review(ask(hub, contacts.assign(said="nowhere at all"), "state-abbreviations", "{{ said }}"), to="city")
    assert checked.frame["flags"].tolist() == [["blank"], ["blank"]]
    checked.approve()
    assert push(hub, checked, confirm=True).counts == {}
    assert colleague.sees(contacts.index, "city") == contacts["city"].to_dict()


def test_batches_are_of_a_hundred_and_take_two_calls_each(hub, proposed, wire):
    checked = proposed(limit=250)
    checked.approve()
    push(hub, checked, confirm=True)
    assert sorted(len(batch) for batch in wire.updates) == [50, 100, 100]
    assert (wire.reads, len(wire.updates)) == (
        3 + 3 + 1,
        3,
    )  # three reads are the plan's, one is of a sample afterwards


def test_the_receipt_says_who_when_and_where_with_both_values(hub, proposed, colleague):
    before = colleague.sees(["101", "102", "103"], "city")
    checked = proposed()
    checked.approve()
    receipt = push(hub, checked, confirm=True)
    frame = receipt.frame
    assert frame["before"].to_dict() == before
    assert set(frame["after"]) == {"TX"}
    assert frame.loc["101", "link"].endswith("/contacts/24681357/record/0-1/101")
    record = receipt.record
    assert (record.kind, record.status, record.properties, record.portal_id) == ("push", "done", ("city",), 24681357)
    assert (record.run_id, record.who) == (checked.run.id, hub.workspace.reviewer)
    assert record.at <= record.ended_at
    assert open_receipt(hub).id == receipt.id


def test_it_shows_the_plan_asks_and_writes_on_yes(hub, proposed, colleague, prompted, capsys):
    checked = proposed()
    checked.approve()
    asked = prompted("yes")
    push(hub, checked)
    assert asked == ["Write 3 values to portal 24681357 (SANDBOX)? Type yes or y: "]
    assert "3 will change" in capsys.readouterr().out
    assert set(colleague.sees(["101", "102", "103"], "city").values()) == {"TX"}


@pytest.mark.parametrize("answer", ["no", "", "ja", "yes please"])
def test_anything_but_yes_writes_nothing(hub, proposed, prompted, answer, wire):
    checked = proposed()
    checked.approve()
    prompted(answer)
    with pytest.raises(PushRefused, match="Nothing was written: it was not confirmed"):
        push(hub, checked)
    assert len(wire.updates) == 0
    assert hub.store.newest_receipt() is None


def test_confirm_false_writes_nothing_and_says_how_much_would_change(hub, proposed, wire):
    checked = proposed()
    checked.approve()
    with pytest.raises(PushRefused, match=r"confirm is False\. 3 values would change in portal 24681357"):
        push(hub, checked, confirm=False)
    assert len(wire.updates) == 0


def test_a_script_is_asked_too_and_told_what_to_do_where_nobody_answers(proposed, tmp_path, wire):
    checked = proposed()
    checked.approve()
    script = (
        "import sys\nfrom hsai_kit import connect, open_run, push, review\n"
        "with connect(workspace=sys.argv[1]) as hub:\n"
        "    for to in ('city', 'jobtitle'):\n        push(hub, review(open_run(hub), to=to))"
    )
    child = [sys.executable, "-c", script, str(tmp_path / "workspace")]
    done = subprocess.run(child, input="yes\n", capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Nothing was written: nobody can be asked here. In a script, read the plan above first" in done.stderr
    assert "confirm=True" in done.stderr
    assert [request["body"]["inputs"][0]["properties"] for request in wire.requests] == [{"city": "TX"}]


def test_a_notebook_that_runs_without_a_person_is_told_the_same(hub, proposed, prompted, wire):
    from IPython.core.error import StdinNotImplementedError

    def nobody() -> None:
        raise StdinNotImplementedError

    checked = proposed()
    checked.approve()
    prompted("yes", nobody)
    with pytest.raises(PushRefused, match="nobody can be asked here"):
        push(hub, checked)
    assert wire.updates == []


def test_where_nothing_is_approved_yet_it_is_refused_though_some_is_right_already(hub, proposed, colleague, wire):
    colleague.writes("101", "city", "TX")
    checked = proposed()
    with pytest.raises(PushRefused, match="nothing is approved yet"):
        push(hub, checked, confirm=True)
    checked.approve("101")
    assert push(hub, checked).counts == {}
    assert len(wire.updates) == 0


def test_a_plan_that_changes_nothing_asks_nobody(hub, proposed, wire):
    checked = proposed()
    checked.approve()
    push(hub, checked, confirm=True)
    assert push(hub, checked).counts == {}
    assert len(wire.updates) == 1


def test_what_somebody_did_while_the_plan_was_read_is_left_alone_and_reported(hub, proposed, colleague, prompted):
    checked = proposed(limit=6)
    checked.approve()

    def meanwhile() -> None:
        colleague.writes("101", "city", "Reno")
        colleague.writes("102", "city", "TX")
        colleague.deletes("103")
        colleague.merges("106", into="107")

    prompted("yes", meanwhile)
    receipt = push(hub, checked)
    frame = receipt.frame
    assert frame["outcome"].to_dict() == {
        "101": "conflict", "102": "same already", "103": "missing", "105": "written", "106": "missing",
        "107": "written",
    } | {one: "written" for one in frame.index if one not in {"101", "102", "103", "106"}}  # fmt: skip
    assert "to Reno" in frame.loc["101", "reason"]
    assert frame.loc["103", "reason"] == "the record was deleted or merged meanwhile"
    assert frame.loc["106", "reason"] == "the record was merged into 107 meanwhile"
    assert colleague.sees(["101", "105"], "city") == {"101": "Reno", "105": "TX"}
    undo(hub, receipt, confirm=True)
    assert colleague.sees(["101", "102"], "city") == {"101": "Reno", "102": "TX"}


def test_what_changes_during_a_pause_is_left_alone(in_turn, hub, sandbox, proposed, colleague, wire, wait_until):
    checked = proposed(limit=250)
    checked.approve()
    sandbox.fault(f"hubspot:latency:seconds=0.2:path={wire.ours}")
    handle = start_push(hub, checked, confirm=True)
    wait_until(lambda: len(wire.updates) == 2)
    handle.pause()
    wait_until(lambda: handle.progress.done == 200)
    last = checked.frame.index.sort_values()[-1]
    colleague.writes(last, "city", "Reno")
    assert len(wire.updates) == 2
    sandbox.clear_faults()
    handle.resume()
    receipt = handle.result(30)
    assert receipt.frame.loc[last, "outcome"] == "conflict"
    assert colleague.sees([last], "city") == {last: "Reno"}
    assert receipt.counts == {"written": 249, "conflict": 1}


def test_one_invalid_value_stands_alone_with_hubspots_reason_and_the_good_ones_are_written(
    hub, colleague, proposed, prompted, wire
):
    colleague.makes_property("region", "enumeration", "select", {"TX": "Texas", "NV": "Nevada"})
    checked = proposed(limit=100, to="region")
    checked.approve()
    bad = ["117", "118", "163"]
    checked.edit(bad, "NV")
    prompted("yes", lambda: colleague.narrows_property("region", ["TX", "CA"]))
    receipt = push(hub, checked)
    assert receipt.counts == {"written": 97, "refused": 3}
    refused = receipt.frame[receipt.frame["outcome"] == "refused"]
    assert list(refused.index) == bad
    assert refused["reason"].str.contains("NV was not one of the allowed options: [TX, CA]", regex=False).all()
    assert refused["reason"].str.contains("correlation id").all()
    values = colleague.sees(checked.frame.index, "region")
    assert {one for one, value in values.items() if value == "TX"} == set(checked.frame.index) - set(bad)
    assert {values[one] for one in bad} == {""}
    assert len(wire.updates) < 40


def test_a_value_that_another_record_holds_alone_stands_alone_too(hub, colleague, proposed):
    hub.workspace.settings = hub.workspace.settings.model_copy(
        update={"hubspot": hub.workspace.settings.hubspot.model_copy(update={"protected_properties": ()})}
    )
    checked = proposed(limit=3, to="jobtitle")
    from hsai_kit import Assistant, ask, pull, review

    taken = colleague.sees(["110"], "email")["110"]
    contacts = pull(hub, "contacts", ["email"], limit=3)
    text = Assistant(name="mail", instructions="Say it.", prompt="{{ said }}", output={"kind": "text", "to": "email"})
    checked = review(ask(hub, contacts.assign(said="hello"), text))
    for one, value in zip(contacts.index, ["New.One@example.com", taken, "new.two@example.com"], strict=True):
        checked.edit([one], value)
    receipt = push(hub, checked, confirm=True)
    assert receipt.frame["outcome"].to_dict() == {"101": "written", "102": "refused", "103": "written"}
    assert "already exists" in receipt.frame.loc["102", "reason"]
    # HubSpot writes addresses in small letters: undo has to know its own value again.
    assert receipt.frame.loc["101", "after"] == "new.one@example.com"
    before = receipt.frame["before"].to_dict()
    undo(hub, receipt, confirm=True)
    assert colleague.sees(["101", "103"], "email") == {one: before[one] for one in ("101", "103")}


def test_a_value_that_hubspot_takes_and_does_not_keep_is_not_called_written(hub, colleague, proposed):
    from hsai_kit import Assistant, ask, pull, review

    colleague.writes("101", "lifecyclestage", "customer")
    contacts = pull(hub, "contacts", ["lifecyclestage"], limit=1)
    output = {"kind": "choice", "options": ["lead", "customer"], "to": "lifecyclestage"}
    stage = Assistant(name="stage", instructions="Which stage?", prompt="{{ said }}", output=output)
    checked = review(ask(hub, contacts.assign(said="lead"), stage))
    checked.edit(None, "lead")
    receipt = push(hub, checked, confirm=True)
    assert receipt.counts == {"refused": 1}
    assert "only moves forward" in receipt.frame.loc["101", "reason"]
    assert colleague.sees(["101"], "lifecyclestage") == {"101": "customer"}


def test_a_property_deleted_after_the_plan_stops_the_push_in_a_sentence(hub, colleague, proposed, prompted, wire):
    colleague.makes_property("region", "string", "text")
    checked = proposed(limit=250, to="region")
    checked.approve()
    prompted("yes", lambda: colleague.deletes_property("region"))
    with pytest.raises(PushRefused, match="no longer has the property 'region'") as problem:
        push(hub, checked)
    receipt = open_receipt(hub)
    assert receipt.id in problem.value.__notes__[0]
    assert (receipt.record.status, receipt.counts) == ("stopped", {"not sent": 250})
    assert len(wire.updates) == 0


def test_a_cancel_finishes_what_is_in_flight_and_sends_no_more(
    in_turn, hub, sandbox, proposed, colleague, wire, wait_until
):
    checked = proposed(limit=250)
    before = colleague.sees(checked.frame.index, "city")
    checked.approve()
    sandbox.fault(f"hubspot:latency:seconds=0.2:path={wire.ours}")
    handle = start_push(hub, checked, confirm=True)
    wait_until(lambda: len(wire.updates) == 1)
    handle.cancel()
    receipt = handle.result(30)
    assert receipt.counts == {"not sent": 150, "written": 100}
    assert "stopped" in repr(receipt)
    assert undo(hub, receipt, confirm=True).counts == {"written": 100}
    assert colleague.sees(before, "city") == before


def test_a_push_under_way_is_not_undone_nor_written_over_by_another(hub, sandbox, proposed, wire, wait_until):
    checked = proposed(limit=150)
    checked.approve()
    sandbox.fault(f"hubspot:latency:seconds=0.3:path={wire.ours}")
    handle = start_push(hub, checked, confirm=True)
    wait_until(lambda: len(wire.updates) == 1)
    with pytest.raises(PushRefused, match=r"push-\S+ is still writing city of contacts"):
        undo(hub, open_receipt(hub), confirm=True)
    with pytest.raises(PushRefused, match="is still writing city of contacts"):
        push(hub, checked, confirm=True)
    other = push(hub, checked, to="jobtitle", confirm=True)
    assert other.counts == {"written": 150}
    assert handle.result(30).counts == {"written": 150}
    assert push(hub, checked, confirm=True).counts == {}


def test_a_row_edited_after_its_push_can_be_pushed_again_and_both_taken_back(hub, proposed, colleague):
    checked = proposed(limit=3)
    before = colleague.sees(["101", "102", "103"], "city")
    checked.approve()
    first = push(hub, checked, confirm=True)
    checked.edit(["101", "102"], "NV")
    colleague.writes("102", "city", "Reno")
    assert plan(hub, checked).frame["verdict"].to_dict() == {
        "101": "will change",
        "102": "conflict",
        "103": "same already",
    }
    second = push(hub, checked, confirm=True)
    assert colleague.sees(["101", "102"], "city") == {"101": "NV", "102": "Reno"}
    undo(hub, second, confirm=True)
    undo(hub, first, confirm=True)
    assert colleague.sees(["101", "102", "103"], "city") == before | {"102": "Reno"}


@pytest.mark.parametrize("how", ["deleted", "merged"])
def test_a_record_that_goes_between_the_look_and_the_write_is_missing_and_the_others_are_written(
    hub, sandbox, proposed, colleague, wire, wait_until, how
):
    checked = proposed(limit=3)
    checked.approve()
    sandbox.fault(f"hubspot:latency:seconds=0.3:path={wire.ours}")
    handle = start_push(hub, checked, confirm=True)
    wait_until(lambda: len(wire.updates) == 1)
    colleague.deletes("102") if how == "deleted" else colleague.merges("102", into="110")
    receipt = handle.result(30)
    assert receipt.frame["outcome"].to_dict() == {"101": "written", "102": "missing", "103": "written"}
    assert ("deleted" if how == "deleted" else "merged into 110") in receipt.frame.loc["102", "reason"]
    assert undo(hub, receipt, confirm=True).counts == {"written": 2}


def test_a_property_that_goes_between_the_look_and_the_write_ends_the_push_after_one_refusal(
    hub, sandbox, proposed, colleague, wire, wait_until
):
    colleague.makes_property("region", "string", "text")
    checked = proposed(limit=50, to="region")
    checked.approve()
    sandbox.fault(f"hubspot:latency:seconds=0.3:path={wire.ours}")
    handle = start_push(hub, checked, confirm=True)
    wait_until(lambda: len(wire.updates) == 1)
    colleague.deletes_property("region")
    with pytest.raises(PushRefused, match=r'region of contacts was changed .* Property "region" does not exist'):
        handle.result(30)
    assert open_receipt(hub).counts == {"not sent": 50}
    assert len(wire.updates) == 1
