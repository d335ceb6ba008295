"""A push that was stopped or killed is completed under its own receipt, and the receipts are listed."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from hsai_kit import open_receipt, plan, push, receipts, undo
from hsai_kit.errors import DailyLimit, PushRefused
from hsai_kit.steps.push import plan_rest

PUSHING = """
import sys
from hsai_kit import connect, open_run, push, review

with connect(workspace=sys.argv[1]) as hub:
    push(hub, review(open_run(hub), to="city"), confirm=True)
"""


@pytest.fixture
def pushing(proposed, tmp_path):
    """Start a push in a process of its own."""

    def start(count: int) -> subprocess.Popen[str]:
        proposed(limit=count).approve()
        command = [sys.executable, "-c", PUSHING, str(tmp_path / "workspace")]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    return start


@pytest.mark.parametrize("fault", ["stall", "commit_then_stall"])
def test_what_kill_9_left_is_completed_under_its_receipt_and_taken_back_as_one(
    hub, sandbox, pushing, colleague, wire, wait_until, fault
):
    ids = [str(one) for one in range(101, 1200)]
    before = colleague.sees(ids, "city")
    sandbox.fault(f"hubspot:{fault}:seconds=60:path={wire.ours}:after=1")
    process = pushing(1000)
    wait_until(lambda: len(wire.updates) == 9)
    if fault == "commit_then_stall":
        wait_until(lambda: list(colleague.sees(ids, "city").values()).count("TX") >= 900)
    receipt: Any = open_receipt(hub)
    with pytest.raises(PushRefused, match="is still writing city of contacts"):
        push(hub, receipt, confirm=True)
    process.kill()
    process.communicate()
    sandbox.clear_faults()
    receipt = open_receipt(hub)
    assert receipt.counts == {"sending": 800, "not sent": 100, "written": 100}
    now = colleague.sees(ids, "city")
    theirs, ours = "105", receipt.changes[-1].record_id
    colleague.writes(theirs, "city", "Reno")
    colleague.writes(ours, "city", "Reno")

    ready = plan_rest(hub, receipt)
    left = 100 if fault == "commit_then_stall" else 900
    assert ready.counts["will change"] == left - 1
    assert f"Rest of {receipt.id}" in str(ready)
    completed = push(hub, receipt, confirm=True)
    assert completed.id == receipt.id
    assert completed.record.status == "done"
    assert completed.counts == {"written": 999, "conflict": 1}
    assert push(hub, completed, confirm=True).counts == completed.counts
    undo(hub, completed, confirm=True)
    assert colleague.sees(ids, "city") == before | {theirs: "Reno", ours: "Reno"}
    assert now.keys() == before.keys()


def test_a_push_that_an_error_stopped_goes_on_and_what_changed_meanwhile_is_left_alone(
    hub, in_turn, sandbox, proposed, colleague, prompted, wire
):
    checked = proposed(limit=250)
    checked.approve()
    sandbox.fault(f"hubspot:daily:path={wire.ours}:after=1")
    with pytest.raises(DailyLimit):
        push(hub, checked, confirm=True)
    sandbox.clear_faults()
    receipt: Any = open_receipt(hub)
    last = receipt.changes[-1].record_id
    asked = prompted("yes", lambda: colleague.writes(last, "city", "Reno"))
    done = push(hub, receipt)
    assert asked == ["Write 150 values to portal 24681357 (SANDBOX)? Type yes or y: "]
    assert done.counts == {"written": 249, "conflict": 1}
    assert done.id == receipt.id
    with pytest.raises(PushRefused, match=r"is an undo: undo the same push once more, undo\(hub, 'push-"):
        push(hub, undo(hub, done, confirm=True))  # type: ignore[arg-type]


def test_what_was_rejected_since_the_push_began_is_not_written_when_it_goes_on(
    hub, in_turn, sandbox, proposed, colleague, wire
):
    checked = proposed(limit=110)
    checked.approve()
    sandbox.fault(f"hubspot:daily:path={wire.ours}:after=1")
    with pytest.raises(DailyLimit):
        push(hub, checked, confirm=True)
    sandbox.clear_faults()
    receipt: Any = open_receipt(hub)
    last = receipt.changes[-1]
    checked.reject([last.record_id])
    assert "rejected since the push began" in str(plan_rest(hub, receipt).frame.loc[last.record_id, "reason"])
    done = push(hub, receipt, confirm=True)
    assert done.counts == {"written": 109, "not sent": 1}
    assert colleague.sees([last.record_id], "city") == {last.record_id: last.before}
    assert done.record.status == "done"


def test_receipts_are_listed_newest_first_with_their_counts(hub, proposed):
    assert receipts(hub).empty
    checked = proposed(limit=4)
    checked.approve(["101", "102"])
    first = push(hub, checked, confirm=True)
    time.sleep(1.1)  # receipts are dated to the second
    back = undo(hub, first, confirm=True)
    listed = receipts(hub)
    assert list(listed.index) == [back.id, first.id]
    assert listed.loc[first.id, ["kind", "properties", "status", "records", "written", "open"]].tolist() == [
        "push", "city", "done", 2, 2, 0,
    ]  # fmt: skip
    assert listed.loc[back.id, "undoes"] == first.id
    assert listed.loc[first.id, "run"] == checked.run.id
    assert (listed["at"] <= listed["ended_at"]).all()
    assert plan(hub, checked).counts["will change"] == 2
