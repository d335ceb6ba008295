"""Never two tasks for one row: killed before and after HubSpot took a batch, answers lost, two sessions at once."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections import Counter

import pytest
from filelock import FileLock
from hubspot import HubSpot

from hsai_kit import add_to_list, create_task, notify, open_receipt, open_run, plan, review, then, undo
from hsai_kit.errors import PushRefused

CREATES = "/2026-09/tasks/batch/create"
ACTING = """
import sys
from hsai_kit import *

with connect(workspace=sys.argv[1]) as hub:
    if sys.argv[2].startswith("then-"):
        undo(hub, sys.argv[2], confirm=True)
    else:
        then(hub, review(open_run(hub), to="city"), eval(sys.argv[2]), confirm=True)
"""
SAID = 'create_task("Call {{ record_id }}", assignee="Dana")'
TASK = create_task("Call {{ record_id }}", assignee="Dana")


@pytest.fixture
def acting(proposed, tmp_path):
    """Do something about 110 records, or take it back, in a process of its own."""

    def start(what: str = SAID) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", ACTING, str(tmp_path / "workspace"), what]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    proposed(limit=110).approve()
    return start


@pytest.fixture
def made(sandbox):
    """Count the tasks of each subject that are in the portal, by pages and not by search, with a key of its own."""
    sandbox.token("pat-na1-counter")
    client = HubSpot(access_token="pat-na1-counter", host=sandbox.hubspot_url)

    def count() -> Counter[str]:
        found: Counter[str] = Counter()
        after = None
        while True:
            page = client.crm.objects.basic_api.get_page(
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
@pytest.mark.parametrize(("fault", "stood"), [("stall", 100), ("commit_then_stall", 110)])
def test_after_kill_9_the_same_again_makes_the_rest_and_undo_takes_back_all(
    hub, sandbox, acting, made, wait_until, fault, stood
):
    before = made()
    sandbox.fault(f"hubspot:{fault}:seconds=60:path={CREATES}:after=1:count=1")
    process = acting()
    wait_until(lambda: arrived(sandbox) == 2 and (made() - before).total() >= stood)
    killed(process)
    first = open_receipt(hub)
    assert (first.record.status, first.counts) == ("running", {"done": 100, "sending": 10})
    second = then(hub, checked_again(hub), TASK, confirm=True)
    everything = made() - before
    assert (len(everything), set(everything.values())) == (110, {1})
    assert second.counts.get("done", 0) == 110 - stood
    assert undo(hub, second, confirm=True).counts.get("taken back", 0) == 110 - stood
    assert undo(hub, first.id, confirm=True).counts == {"taken back": stood}
    assert made() == before


def test_an_undo_sees_by_itself_what_became_of_a_killed_action_and_can_be_killed_too(
    hub, sandbox, acting, made, wait_until
):
    before = made()
    sandbox.fault(f"hubspot:commit_then_stall:seconds=60:path={CREATES}:after=1:count=1")
    process = acting()
    wait_until(lambda: arrived(sandbox) == 2 and (made() - before).total() >= 110)
    killed(process)
    receipt = open_receipt(hub)
    sandbox.clear_faults()
    sandbox.fault("hubspot:commit_then_stall:seconds=60:path=/2026-09/tasks/batch/archive:after=1:count=1")
    process = acting(receipt.id)
    wait_until(lambda: len(sent(sandbox, "tasks/batch/archive")) == 2 and (made() - before).total() == 0)
    killed(process)
    sandbox.clear_faults()
    assert undo(hub, receipt, confirm=True).counts == {"gone": 10}
    assert then(hub, checked_again(hub), TASK, confirm=True).counts == {"done": 110}
    assert set((made() - before).values()) == {1}


@pytest.mark.parametrize("fault", ["cut", "reset", "502", "503_html", "ten_secondly", "423"])
def test_an_answer_that_is_lost_or_refused_for_a_while_makes_no_second_task(hub, sandbox, proposed, made, fault):
    checked = proposed()
    checked.approve()
    before = made()
    sandbox.fault(f"hubspot:{fault}:path={CREATES}:count=2")
    hub.hubspot.patience = 0.1
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


@pytest.mark.parametrize(("fault", "stood"), [("stall", 0), ("commit_then_stall", 100)])
def test_what_was_added_to_a_list_when_it_was_killed_is_finished_and_all_of_it_taken_back(
    hub, sandbox, acting, hubspot_client, wait_until, fault, stood, monkeypatch
):
    def members() -> set[str]:
        memberships = hubspot_client.crm.lists.memberships_api.get_page("12", limit=250)
        return {one.record_id for one in memberships.results}

    before = members()
    sandbox.fault(f"hubspot:{fault}:seconds=60:path=memberships/add:count=1")
    process = acting('add_to_list("12")')
    wait_until(lambda: len(sent(sandbox, "memberships/add")) == 1 and len(members() - before) >= stood)
    killed(process)
    sandbox.clear_faults()
    first = open_receipt(hub)
    assert first.record.status == "running"
    second = then(hub, checked_again(hub), add_to_list("12"), confirm=True)
    assert members() == before | set(first.frame.index)
    for receipt in (second, first):
        undo(hub, receipt.id, confirm=True)
    assert members() == before


def test_a_message_that_was_on_its_way_when_it_was_killed_is_not_sent_twice(hub, acting, wait_until, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("HSAI_NOTIFY_DEAF", f"json://127.0.0.1:{deaf.getsockname()[1]}?rto=60")
        process = acting('notify("deaf")')
        connection, _ = deaf.accept()
        killed(process)
        connection.close()
    ready = plan(hub, checked_again(hub), notify("deaf"))
    assert ready.counts == {"perhaps done": 110}


def sent(sandbox, path: str) -> list[str]:
    return [one["path"] for one in sandbox.requests("hubspot", 2000) if one["path"].endswith(path)]


def arrived(sandbox) -> int:
    return len(sent(sandbox, CREATES))
