"""A push that is killed or interrupted: the journal knows each old value, and undo restores them in a new process."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from hsai_kit import open_receipt, open_run, push, review, undo

PUSHING = """
import sys
from hsai_kit import connect, open_run, push, review

with connect(workspace=sys.argv[1]) as hub:
    push(hub, review(open_run(hub), to="city"), confirm=True)
"""
UNDOING = """
import sys
from hsai_kit import connect, undo

with connect(workspace=sys.argv[1]) as hub:
    undo(hub, sys.argv[2], confirm=True)
"""


@pytest.fixture
def pushing(proposed, tmp_path):
    """Start a push of so many values in a process of its own."""

    def start(count: int = 250) -> subprocess.Popen[str]:
        proposed(limit=count).approve()
        command = [sys.executable, "-c", PUSHING, str(tmp_path / "workspace")]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    return start


@pytest.fixture
def cities(colleague):
    """The values of a part of the portal that is larger than what is pushed."""
    ids = [str(one) for one in range(101, 1200)]
    before = colleague.sees(ids, "city")
    return before, lambda: colleague.sees(ids, "city")


def killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


# Before HubSpot took what was in flight, and after it did: both look the same to the one who is killed.
@pytest.mark.parametrize(("fault", "restored"), [("stall", 100), ("commit_then_stall", 250)])
def test_kill_9_in_the_middle_leaves_a_journal_from_which_undo_restores_every_old_value(
    hub, sandbox, pushing, cities, wire, wait_until, fault, restored, tmp_path
):
    before, now = cities
    sandbox.fault(f"hubspot:{fault}:seconds=60:path={wire.ours}:after=1")
    process = pushing()
    wait_until(lambda: len(wire.updates) == 3)
    if fault == "commit_then_stall":
        wait_until(lambda: list(now().values()).count("TX") >= 250)
    killed(process)
    sandbox.clear_faults()

    store = sqlite3.connect(tmp_path / "workspace" / "hsai.sqlite")
    assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store.close()
    receipt = open_receipt(hub)
    assert receipt.record.status == "running"
    assert receipt.counts == {"sending": 150, "written": 100}
    assert {change.record_id: change.before for change in receipt.changes}.items() <= before.items()
    assert sum(value != before[one] for one, value in now().items()) == restored
    assert undo(hub, receipt, confirm=True).counts == {"written": restored}
    assert now() == before


def test_after_kill_9_the_same_push_writes_the_rest_and_each_value_once(
    hub, sandbox, pushing, cities, wire, wait_until
):
    before, now = cities
    sandbox.fault(f"hubspot:commit_then_stall:seconds=60:path={wire.ours}:after=1")
    process = pushing(1000)
    wait_until(lambda: len(wire.updates) == 9)
    wait_until(lambda: list(now().values()).count("TX") >= 900)
    killed(process)
    sandbox.clear_faults()
    first = open_receipt(hub)
    assert first.counts == {"sending": 800, "not sent": 100, "written": 100}
    second = push(hub, review(open_run(hub), to="city"), confirm=True)
    assert [len(batch) for batch in wire.updates] == [100] * 10
    assert undo(hub, second, confirm=True).counts == {"written": 100}
    assert undo(hub, first, confirm=True).counts == {"written": 900}
    assert now() == before


def test_ctrl_c_keeps_what_was_written_says_how_to_go_on_and_can_be_taken_back(
    hub, sandbox, pushing, cities, wire, wait_until
):
    before, now = cities
    sandbox.fault(f"hubspot:latency:seconds=0.4:path={wire.ours}")
    process = pushing()
    wait_until(lambda: len(wire.updates) == 1)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "Stopped after 100 of 250. Run the same again to go on, or take it back: undo(hub)" in said
    receipt = open_receipt(hub)
    assert (receipt.record.status, receipt.counts) == ("stopped", {"not sent": 150, "written": 100})
    assert len(wire.updates) == 1
    assert undo(hub, receipt, confirm=True).counts == {"written": 100}
    assert now() == before


def test_an_undo_that_is_killed_is_finished_by_the_same_undo_in_another(
    hub, sandbox, proposed, cities, wire, wait_until, tmp_path
):
    before, now = cities
    checked = proposed(limit=250)
    checked.approve()
    receipt = push(hub, checked, confirm=True)
    sandbox.fault(f"hubspot:stall:seconds=60:path={wire.ours}:after=1")
    command = [sys.executable, "-c", UNDOING, str(tmp_path / "workspace"), receipt.id]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len(wire.updates) == 3 + 3)
    killed(process)
    sandbox.clear_faults()
    assert undo(hub, receipt, confirm=True).counts == {"written": 150}
    assert now() == before
