"""Creations that HubSpot carries out after its answer was lost, two workspaces at once, and undo that is lied to."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hsai_kit import ask, connect, create_task, pull, review, start_then, then, undo

if TYPE_CHECKING:
    pass

CREATE, ARCHIVE = "/tasks/batch/create", "/tasks/batch/archive"
TASK = create_task("Call {{ record_id }}", assignee="Dana")


if TYPE_CHECKING:
    from tests.relay import Answer, Request
else:
    from relay import Answer, Request


@pytest.fixture
def made(colleague, sandbox):
    """Count the tasks that stand about each of some records."""

    def count(ids) -> Counter[int]:
        return Counter(
            sum(one["hs_task_subject"].startswith("Call ") for one in tasks)
            for tasks in colleague.sees_about(ids, "tasks").values()
        )

    return count


def commit_later(seconds: float, status: int):
    """Say at once that it failed, and let HubSpot do it `seconds` later."""

    def change(request: Request) -> Answer:
        threading.Timer(seconds, request.forward).start()
        return Answer(status, {"status": "error", "message": "The gateway gave up."})

    return change


@pytest.mark.parametrize("status", [503, 504])
def test_a_creation_that_arrives_late_leaves_one_task_for_each_record(hub, relay, proposed, made, status):
    checked = proposed(limit=12)
    checked.approve()
    ids = list(checked.frame.index)
    before = made(ids)
    relay.rule(CREATE, commit_later(1.5, status), times=1)
    receipt = then(hub, checked, TASK, confirm=True)
    assert receipt.counts == {"done": 12}
    assert made(ids) == Counter({one + 1: many for one, many in before.items()})
    undo(hub, receipt, confirm=True)
    assert made(ids) == before


def test_what_arrives_after_all_looks_is_found_by_the_next_run(hub, relay, proposed, made):
    checked = proposed(limit=12)
    checked.approve()
    ids = list(checked.frame.index)
    before = made(ids)
    relay.rule(CREATE, commit_later(6, 504), times=1)
    receipt = then(hub, checked, TASK, confirm=True)
    time.sleep(5)
    assert made(ids) != Counter({one + 1: many for one, many in before.items()}), "they arrived when nobody looked"
    then(hub, checked, TASK, confirm=True)
    assert made(ids) == Counter({one + 1: many for one, many in before.items()})
    undo(hub, receipt, confirm=True)
    assert made(ids) == before


def test_two_workspaces_on_one_portal_at_once_make_one_task_for_each_record(hub, relay, keys, made, tmp_path, sandbox):
    once = TASK.limit_to_once("recipe states")
    with connect(workspace=tmp_path / "other") as other:
        reviews = []
        for one in (hub, other):
            contacts = pull(one, "contacts", ["city"], limit=30)
            run = ask(one, contacts.assign(said="Texas"), "state-abbreviations", "State: {{ said }}")
            checked = review(run, to="city")
            checked.approve()
            reviews.append(checked)
        ids = list(reviews[0].frame.index)
        before = made(ids)
        handles = [
            start_then(one, checked, once, confirm=True) for one, checked in zip((hub, other), reviews, strict=True)
        ]
        receipts = [one.result(60) for one in handles]
        assert made(ids) == Counter({one + 1: many for one, many in before.items()})
        for one, receipt in zip((hub, other), receipts, strict=True):
            undo(one, receipt, confirm=True)
        assert made(ids) == before


def test_an_archive_that_did_nothing_is_not_called_taken_back(hub, relay, proposed, made):
    checked = proposed(limit=5)
    checked.approve()
    ids = list(checked.frame.index)
    receipt = then(hub, checked, TASK, confirm=True)
    there = made(ids)
    relay.rule(ARCHIVE, lambda request: Answer(204, None))
    taken = undo(hub, receipt, confirm=True)
    assert made(ids) == there
    assert "taken back" not in taken.counts
    relay.clear()
    assert undo(hub, receipt, confirm=True).counts == {"taken back": 5}
