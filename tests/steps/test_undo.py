"""`undo`: what a push wrote goes back to what it was, and what is no longer ours is left alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hsai_kit import Assistant, ask, connect, log, open_receipt, pull, push, review, undo
from hsai_kit.errors import HsaiError, HubSpotError, NoConnection, NothingToDo, PushRefused, UnknownProperty
from hsai_kit.steps.push import plan_undo

STAGES = {"kind": "choice", "options": ["lead", "opportunity", "customer"], "to": "lifecyclestage"}


@pytest.fixture
def pushed(hub, proposed):
    """Push TX to a property of the first contacts and return the receipt."""

    def make(limit: int = 5, to: str = "city"):
        checked = proposed(limit=limit, to=to)
        checked.approve()
        return push(hub, checked, confirm=True)

    return make


@pytest.fixture
def promoted(hub, colleague):
    """Push contacts from lead to customer, a way that HubSpot does not let them go back, and return the receipt."""
    ids = ["101", "102", "103"]
    for one in ids:
        colleague.writes(one, "lifecyclestage", "")
        colleague.writes(one, "lifecyclestage", "lead")
    contacts = pull(hub, "contacts", ["lifecyclestage"], limit=3)
    stage = Assistant(name="stage", instructions="Which stage?", prompt="{{ said }}", output=STAGES)
    checked = review(ask(hub, contacts.assign(said="customer"), stage))
    checked.edit(None, "customer")
    return push(hub, checked, confirm=True)


def test_every_value_is_as_it_was_and_nothing_else_was_touched(hub, colleague, pushed):
    ids = [str(one) for one in range(101, 190) if one != 104]
    before = colleague.sees_everything(ids)
    receipt = pushed(limit=60)
    assert colleague.sees_everything(ids) != before
    back = undo(hub, receipt, confirm=True)
    assert colleague.sees_everything(ids) == before
    assert back.counts == {"written": len(receipt.changes)}
    assert (back.record.kind, back.record.undoes, back.record.status) == ("undo", receipt.id, "done")
    assert back.frame["after"].to_dict() == receipt.frame["before"].to_dict()


def test_what_was_blank_before_is_blank_again(hub, colleague, pushed):
    receipt = pushed(limit=20)
    blank = receipt.frame.index[receipt.frame["before"] == ""]
    assert 0 < len(blank) < len(receipt.changes)
    assert set(colleague.sees(blank, "city").values()) == {"TX"}
    undo(hub, receipt, confirm=True)
    assert set(colleague.sees(blank, "city").values()) == {""}


def test_what_was_changed_deleted_or_merged_since_is_left_alone_and_reported(hub, colleague, pushed, capsys):
    receipt = pushed(limit=5)
    old = receipt.frame["before"].to_dict()
    colleague.writes("101", "city", "Reno")
    colleague.deletes("102")
    colleague.writes("105", "city", old["105"])
    colleague.merges("106", into="103")
    back = undo(hub, receipt, confirm=True)
    said = capsys.readouterr().out
    assert "1 will change" in said
    assert "the value was changed since the push (1)" in said
    assert "the record was deleted or merged since (1)" in said
    assert "the record was merged into 103 since, which has values of its own from this push" in said
    assert "1 same already" in said
    assert back.frame["outcome"].to_dict() == {"103": "written"}
    assert colleague.sees(["101", "103", "105"], "city") == {"101": "Reno", "103": old["103"], "105": old["105"]}


def test_what_is_changed_while_the_plan_is_read_is_left_alone_too(hub, colleague, pushed, prompted):
    receipt = pushed(limit=3)
    asked = prompted("yes", lambda: colleague.writes("102", "city", "Reno"))
    back = undo(hub, receipt)
    assert asked == ["Put back 3 values in portal 24681357 (SANDBOX)? Type yes or y: "]
    assert back.counts == {"written": 2, "conflict": 1}
    assert colleague.sees(["102"], "city") == {"102": "Reno"}


def test_an_undo_is_asked_for_like_a_push(hub, colleague, pushed, prompted):
    receipt = pushed(limit=3)
    prompted("no")
    with pytest.raises(PushRefused, match="not confirmed"):
        undo(hub, receipt)
    with pytest.raises(PushRefused, match="confirm is False"):
        undo(hub, receipt, confirm=False)
    assert set(colleague.sees(["101", "102", "103"], "city").values()) == {"TX"}


def test_a_second_undo_finds_nothing_to_do_and_the_log_names_the_first(hub, pushed, wire, capsys):
    receipt = pushed(limit=3)
    first = undo(hub, receipt, confirm=True)
    sent = len(wire.updates)
    assert undo(hub, receipt, confirm=True).counts == {}
    assert f"Nothing is left to take back of {receipt.id}." in capsys.readouterr().out
    assert len(wire.updates) == sent
    assert log(hub).frame.loc[receipt.id, "undone_by"] == first.id


def test_the_undo_of_an_undo_writes_the_values_again(hub, colleague, pushed):
    receipt = pushed(limit=3)
    back = undo(hub, receipt, confirm=True)
    again = undo(hub, back, confirm=True)
    assert set(colleague.sees(["101", "102", "103"], "city").values()) == {"TX"}
    undo(hub, again, confirm=True)
    assert colleague.sees(["101", "102", "103"], "city") == receipt.frame["before"].to_dict()


def test_an_undo_works_in_a_new_process_by_the_receipts_id(hub, colleague, pushed, tmp_path):
    first, _ = pushed(limit=3), pushed(limit=5, to="jobtitle")
    script = (
        "import sys\nfrom hsai_kit import connect, undo\n"
        "with connect(workspace=sys.argv[1]) as hub:\n    print(undo(hub, sys.argv[2], confirm=True).counts)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "workspace"), first.id]
    assert "{'written': 3}" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert colleague.sees(["101", "102", "103"], "city") == first.frame["before"].to_dict()
    assert set(colleague.sees(["101", "102", "103"], "jobtitle").values()) == {"TX"}


def test_receipts_are_opened_by_id_and_the_newest_push_without_one(hub, pushed, tmp_path):
    with pytest.raises(HsaiError, match=r"Nothing was pushed from .* yet"):
        open_receipt(hub)
    first, second = pushed(limit=2), pushed(limit=2, to="jobtitle")
    back = undo(hub, second, confirm=True)
    assert open_receipt(hub).id == second.id
    assert open_receipt(hub, first.id).frame.equals(first.frame)
    assert open_receipt(hub, back.id).record.undoes == second.id
    with pytest.raises(HsaiError, match="no receipt 'push-2000'"):
        undo(hub, "push-2000")
    with first.to_csv(tmp_path / "receipt.csv").open(encoding="utf-8-sig") as file:
        assert file.readline().strip() == "record_id,property,before,after,outcome,reason,link"
        assert len(file.readlines()) == 2


def test_the_receipt_of_another_portal_is_refused(hub, sandbox, pushed, wire, tmp_path):
    receipt = pushed(limit=2)
    sandbox.account(portalId=99)
    with connect(workspace=tmp_path / "workspace") as other, pytest.raises(PushRefused, match=r"portal 24681357.*99"):
        undo(other, receipt, confirm=True)
    assert len(wire.updates) == 1


def test_of_two_pushes_to_one_property_only_the_last_one_can_be_taken_back_first(hub, colleague, proposed):
    checked = proposed(limit=2)
    before = colleague.sees(["101", "102"], "city")
    checked.approve()
    first = push(hub, checked, confirm=True)
    checked = proposed(limit=2)
    checked.edit(None, "NV")
    second = push(hub, checked, confirm=True)
    assert undo(hub, first, confirm=True).counts == {}
    assert set(colleague.sees(["101", "102"], "city").values()) == {"NV"}
    undo(hub, second, confirm=True)
    undo(hub, first, confirm=True)
    assert colleague.sees(["101", "102"], "city") == before


def test_an_old_value_that_hubspot_no_longer_takes_is_reported_and_the_others_go_back(hub, colleague, proposed):
    colleague.makes_property("region", "enumeration", "select", {"TX": "Texas", "NV": "Nevada", "CA": "California"})
    for one, value in {"101": "NV", "102": "CA", "103": "CA"}.items():
        colleague.writes(one, "region", value)
    checked = proposed(limit=3, to="region")
    checked.approve()
    receipt = push(hub, checked, confirm=True)
    colleague.narrows_property("region", ["TX", "CA"])
    back = undo(hub, receipt, confirm=True)
    assert back.frame["outcome"].to_dict() == {"101": "refused", "102": "written", "103": "written"}
    assert "NV was not one of the allowed options" in back.frame.loc["101", "reason"]


def test_a_property_that_was_deleted_since_is_a_sentence_and_not_a_conflict(hub, colleague, proposed):
    colleague.makes_property("region", "string", "text")
    checked = proposed(limit=2, to="region")
    checked.approve()
    receipt = push(hub, checked, confirm=True)
    colleague.deletes_property("region")
    with pytest.raises(UnknownProperty, match="no property 'region'"):
        undo(hub, receipt, confirm=True)


def test_a_value_that_hubspot_keeps_in_a_form_of_its_own_is_known_again(hub, colleague):
    contacts = pull(hub, "contacts", ["product_interest"], limit=1)
    text = {"kind": "text", "to": "product_interest"}
    interest = Assistant(name="interest", instructions="In what?", prompt="{{ said }}", output=text)
    checked = review(ask(hub, contacts.assign(said="hello"), interest))
    checked.edit(None, "returns;shipping;Returns portal")
    receipt = push(hub, checked, confirm=True)
    before, stands = receipt.frame.loc["101", "before"], colleague.sees(["101"], "product_interest")["101"]
    assert receipt.frame.loc["101", "after"] == stands == "returns;shipping"
    assert undo(hub, receipt, confirm=True).counts == {"written": 1}
    assert colleague.sees(["101"], "product_interest") == {"101": before}


def test_a_lifecycle_stage_goes_back_too_although_hubspot_only_moves_it_forward(hub, colleague, promoted):
    assert promoted.counts == {"written": 3}
    colleague.writes("102", "lifecyclestage", "")
    colleague.writes("102", "lifecyclestage", "opportunity")
    back = undo(hub, promoted, confirm=True)
    assert back.counts == {"written": 2}
    stages = {"101": "lead", "102": "opportunity", "103": "lead"}
    assert colleague.sees(["101", "102", "103"], "lifecyclestage") == stages


# The first update is taken and dropped by HubSpot, the second clears, the third would restore.
@pytest.mark.parametrize(
    ("fault", "left"),
    [("daily:after=2", ""), ("500:after=2", ""), ("daily:after=1", "customer"), ("reset:after=1", "customer")],
)
def test_an_undo_that_ends_between_clearing_a_stage_and_restoring_it_is_finished_by_the_next(
    hub, sandbox, colleague, promoted, wire, fault, left
):
    sandbox.fault(f"hubspot:{fault}:path={wire.ours}")
    with pytest.raises((HubSpotError, NoConnection)):
        undo(hub, promoted, confirm=True)
    assert set(colleague.sees(["101", "102", "103"], "lifecyclestage").values()) == {left}
    sandbox.clear_faults()
    assert undo(hub, promoted, confirm=True).counts == {"written": 3}
    assert set(colleague.sees(["101", "102", "103"], "lifecyclestage").values()) == {"lead"}


def test_the_receipt_without_an_id_is_of_the_newest_push_that_wrote_something(hub):
    contacts = pull(hub, "contacts", ["state", "country"], where="state is California", limit=3)
    checked = review(ask(hub, contacts, "state-abbreviations"))
    checked.approve()
    first = push(hub, checked, confirm=True)
    assert push(hub, checked, confirm=True).counts.get("written", 0) == 0
    assert open_receipt(hub).id == first.id


def test_a_value_that_a_merge_moved_goes_back_where_it_moved_if_it_is_sure_to_be_ours(hub, colleague, proposed):
    blank, own, typed = "201", "202", "203"
    for one in (blank, typed):
        colleague.writes(one, "jobtitle", "")
    colleague.writes(own, "jobtitle", "TX")
    ids = ["101", "102", "103"]
    for one in ids:
        colleague.writes(one, "jobtitle", "Gardener")
    checked = proposed(limit=3, to="jobtitle")
    checked.approve()
    receipt = push(hub, checked, confirm=True)
    colleague.merges("101", into=blank)
    colleague.merges("102", into=own)
    colleague.writes(typed, "jobtitle", "Plumber")
    colleague.merges("103", into=typed)
    ready = plan_undo(hub, receipt)
    rows = {row.record_id: (row.verdict, row.reason) for row in ready.rows}
    assert rows[blank] == ("will change", "101 was merged into this record")
    assert rows["102"] == (
        "gone",
        "the record was merged into 202 since, which holds the same value, but perhaps of its own: look there",
    )
    assert rows["103"] == ("gone", "the record was merged into 203 since, which holds Plumber")
    assert undo(hub, receipt, confirm=True).counts == {"written": 1}
    assert colleague.sees([blank, own, typed], "jobtitle") == {blank: "Gardener", own: "TX", typed: "Plumber"}


def test_two_records_that_were_merged_into_one_are_not_both_put_back_there(hub, colleague, proposed):
    colleague.writes("201", "jobtitle", "")
    for one, job in {"101": "Gardener", "102": "Plumber"}.items():
        colleague.writes(one, "jobtitle", job)
    checked = proposed(limit=2, to="jobtitle")
    checked.approve()
    receipt = push(hub, checked, confirm=True)
    colleague.merges("101", into="201")
    colleague.merges("102", into="201")
    back = undo(hub, receipt, confirm=True)
    assert back.counts == {}
    assert colleague.sees(["201"], "jobtitle") == {"201": "TX"}


def test_undo_without_a_receipt_takes_the_newest_that_stands_and_then_the_one_before(hub, proposed, colleague):
    checked = proposed(limit=3)
    before = {name: colleague.sees(checked.frame.index, name) for name in ("city", "jobtitle")}
    checked.approve()
    first = push(hub, checked, confirm=True)
    second = push(hub, checked, to="jobtitle", confirm=True)
    colleague.writes("101", "jobtitle", "Boss")
    assert undo(hub, confirm=True).record.undoes == second.id
    # What somebody changed since is theirs, so the second stands no more.
    assert undo(hub, confirm=True).record.undoes == first.id
    assert colleague.sees(checked.frame.index, "city") == before["city"]
    assert colleague.sees(["102", "103"], "jobtitle").items() <= before["jobtitle"].items()
    with pytest.raises(NothingToDo, match="Nothing that was pushed or done from here still stands"):
        undo(hub, confirm=True)
