"""Never two tasks for one row: killed before and after HubSpot took a batch, answers lost, two sessions at once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from filelock import FileLock

from hsai_kit import create_task, open_receipt, open_run, review, then, undo
from hsai_kit.errors import PushRefused

CREATES = "/2026-09/tasks/batch/create"
ACTING = """
import sys
from hsai_kit import connect, create_task, open_run, review, then, undo

with connect(workspace=sys.argv[1]) as hub:
    if len(sys.argv) > 2:
        undo(hub, sys.argv[2], confirm=True)
    else:
        then(hub, review(open_run(hub), to="city"), create_task("Call {{ record_id }}", assignee="Dana"), confirm=True)
"""
TASK = create_task("Call {{ record_id }}", assignee="Dana")


@pytest.fixture
def acting(proposed, tmp_path):
    """Start making 220 tasks, or taking them back, in a process of its own."""

    def start(*receipt: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", ACTING, str(tmp_path / "workspace"), *receipt]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    proposed(limit=220).approve()
    return start


@pytest.fixture
def made(hubspot_client):
    """Count the tasks of each subject that are in the portal, read by pages and not by search."""

    def count() -> Counter[str]:
        found: Counter[str] = Counter()
        after = None
        while True:
            page = hubspot_client.crm.objects.basic_api.get_page(
                "tasks", limit=100, after=after, properties=["hs_task_subject"]
            )
            subjects = [one.properties["hs_task_subject"] or "" for one in page.results]
            found.update(one for one in subjects if one.startswith("Call "))
            if page.paging is None:
                return found
            after = page.paging.next.after

    return count


def checked_again(hub):
    return review(open_run(hub), to="city")


def killed(process):
    process.kill()
    process.communicate()


# Before HubSpot took the second batch, and after it did: both look the same to the one who is killed.
@pytest.mark.parametrize(("fault", "stood"), [("stall", 100), ("commit_then_stall", 200)])
def test_after_kill_9_the_same_again_makes_the_rest_and_undo_takes_back_all(
    hub, sandbox, acting, made, wait_until, fault, stood
):
    before = made()
    sandbox.fault(f"hubspot:{fault}:seconds=60:path={CREATES}:after=1:count=1")
    process = acting()
    wait_until(lambda: (made() - before).total() >= stood and arrived(sandbox) == 2)
    killed(process)
    first = open_receipt(hub)
    assert (first.record.status, first.counts) == ("running", {"done": 100, "sending": 100, "not sent": 20})
    second = then(hub, checked_again(hub), TASK, confirm=True)
    everything = made() - before
    assert (len(everything), set(everything.values())) == (220, {1})
    assert second.counts["done"] == 220 - stood
    assert undo(hub, second, confirm=True).counts == {"taken back": 220 - stood}
    assert undo(hub, first.id, confirm=True).counts == {"taken back": stood}
    assert made() == before


def test_an_undo_sees_by_itself_what_became_of_a_killed_action_and_can_be_killed_too(
    hub, sandbox, acting, made, wait_until
):
    before = made()
    sandbox.fault(f"hubspot:commit_then_stall:seconds=60:path={CREATES}:after=1:count=1")
    process = acting()
    wait_until(lambda: (made() - before).total() >= 200)
    killed(process)
    receipt = open_receipt(hub)
    sandbox.clear_faults()
    sandbox.fault("hubspot:commit_then_stall:seconds=60:path=/2026-09/tasks/batch/archive:after=1:count=1")
    process = acting(receipt.id)
    wait_until(lambda: (made() - before).total() == 0)
    killed(process)
    sandbox.clear_faults()
    assert undo(hub, receipt, confirm=True).counts == {"gone": 100}
    assert then(hub, checked_again(hub), TASK, confirm=True).counts == {"done": 220}
    assert set((made() - before).values()) == {1}


@pytest.mark.parametrize("fault", ["cut", "reset", "502", "503_html", "ten_secondly", "423"])
def test_an_answer_that_is_lost_or_refused_for_a_while_makes_no_second_task(hub, sandbox, proposed, made, fault):
    checked = proposed()
    checked.approve()
    before = made()
    sandbox.fault(f"hubspot:{fault}:path={CREATES}:count=2")
    assert then(hub, checked, TASK, confirm=True).counts == {"done": 3}
    assert set((made() - before).values()) == {1}


def test_a_record_that_is_deleted_meanwhile_is_refused_alone(hub, proposed, prompted, colleague, made):
    checked = proposed(limit=4)
    checked.approve()
    before, gone = made(), checked.frame.index[1]
    prompted("yes", first=lambda: colleague.deletes(gone))
    receipt = then(hub, checked, TASK)
    assert receipt.counts == {"done": 3, "refused": 1}
    assert "does not exist" in receipt.frame.loc[gone, "reason"]
    assert (made() - before).total() == 3


def test_two_sessions_of_one_workspace_take_turns(hub, proposed, made):
    checked = proposed()
    checked.approve()
    before = made()
    with (
        FileLock(hub.workspace.folder / ".then.lock"),
        pytest.raises(PushRefused, match="Another session of this workspace"),
    ):
        then(hub, checked, TASK, confirm=True)
    assert made() == before
    assert then(hub, checked, TASK, confirm=True).counts == {"done": 3}


def arrived(sandbox) -> int:
    return sum(one["path"].endswith(CREATES) for one in sandbox.requests("hubspot", 2000))
