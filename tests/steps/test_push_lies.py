"""Looks that come late, and answers that do not say what is: no colleague's value is lost, and a receipt holds."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from hsai_kit import open_receipt, push, start_push, undo
from hsai_kit.errors import HsaiError, PushRefused
from hsai_kit.store.audit import AuditQuery

if TYPE_CHECKING:
    from collections.abc import Callable

READ, UPDATE = "/contacts/batch/read", "/contacts/batch/update"


if TYPE_CHECKING:
    from tests.relay import Answer, Request
else:
    from relay import Answer, Request


def late(seconds: float, first: Callable[[], object] = lambda: None) -> Callable[[Request], Answer]:
    """Look at once, let `first` happen, and answer `seconds` later with what was there before."""

    def change(request: Request) -> Answer:
        answer = request.forward()
        first()
        time.sleep(seconds)
        return answer

    return change


def test_a_look_that_is_answered_late_is_looked_at_again(hub, relay, proposed, colleague):
    checked = proposed(limit=3)
    checked.approve()
    relay.rule(READ, late(3, lambda: colleague.writes("102", "city", "Reno")), after=1, times=1)
    receipt = push(hub, checked, confirm=True)
    assert receipt.frame["outcome"].to_dict() == {"101": "written", "102": "conflict", "103": "written"}
    assert colleague.sees(["102"], "city") == {"102": "Reno"}


def test_rows_whose_looks_are_all_too_late_are_left_alone_and_the_others_go_on(hub, relay, proposed, colleague):
    checked = proposed(limit=150)
    checked.approve()
    slow = {"101"}

    def change(request: Request) -> Answer:
        answer = request.forward()
        if slow & {one["id"] for one in request.data["inputs"]}:
            time.sleep(2.5)
        return answer

    relay.rule(READ, change, after=2)
    before = colleague.sees(["101"], "city")
    receipt = push(hub, checked, confirm=True)
    assert receipt.counts == {"written": 50, "not sent": 100}
    assert colleague.sees(["101"], "city") == before
    assert "could not be checked in time" in receipt.frame.loc["101", "reason"]


def test_a_200_that_wrote_nothing_is_found_out(hub, relay, proposed, colleague):
    checked = proposed(limit=30)
    checked.approve()

    def lie(request: Request) -> Answer:
        now = "2026-11-30T10:00:00Z"
        results = [
            {"id": one["id"], "properties": one["properties"], "updatedAt": now} for one in request.data["inputs"]
        ]
        return Answer(200, {"status": "COMPLETE", "results": results})

    before = colleague.sees(checked.frame.index, "city")
    relay.rule(UPDATE, lie)
    receipt = push(hub, checked, confirm=True)
    assert colleague.sees(checked.frame.index, "city") == before
    assert "written" not in receipt.counts
    assert set(receipt.frame["reason"].str.contains("answered with success")) == {True}


def test_rows_left_out_of_an_answer_are_read_before_they_are_called_anything(hub, relay, proposed, colleague):
    checked = proposed(limit=30)
    checked.approve()

    def shorten(request: Request) -> Answer:
        answer = request.forward()
        answer.data["results"] = answer.data["results"][:25]
        return answer

    relay.rule(UPDATE, shorten)
    receipt = push(hub, checked, confirm=True)
    assert receipt.counts == {"written": 30}
    assert set(colleague.sees(checked.frame.index, "city").values()) == {"TX"}


def test_answers_whose_ids_are_swapped_are_read_again(hub, relay, proposed, colleague):
    checked = proposed(limit=4)
    checked.approve()
    ids = list(checked.frame.index)

    def swap(request: Request) -> Answer:
        inputs = request.data["inputs"]
        request.data = {"inputs": inputs[:3]}
        answer = request.forward()
        request.data = {"inputs": inputs}
        for one, other in zip(answer.data["results"], ids[1:], strict=True):
            one["id"] = one["properties"]["hs_object_id"] = other
        return answer

    relay.rule(UPDATE, swap)
    before = colleague.sees(ids[3:], "city")[ids[3]]
    receipt = push(hub, checked, confirm=True)
    assert colleague.sees(ids, "city") == {**dict.fromkeys(ids[:3], "TX"), ids[3]: before}
    outcomes = receipt.frame["outcome"].to_dict()
    assert {one for one in outcomes if outcomes[one] == "written"} == set(ids[:3])


@pytest.mark.parametrize("status", [400, 429])
def test_a_refusal_although_it_was_written_is_told_as_written(hub, relay, proposed, colleague, status):
    checked = proposed(limit=4)
    checked.approve()

    def refuse(request: Request) -> Answer:
        request.forward()
        errors = {400: "VALIDATION_ERROR", 429: "RATE_LIMITS"}
        return Answer(status, {"status": "error", "category": errors[status], "message": "No."})

    relay.rule(UPDATE, refuse, times=1)
    receipt = push(hub, checked, confirm=True)
    assert receipt.counts == {"written": 4}
    before = undo(hub, receipt, confirm=True)
    assert before.counts == {"written": 4}


def test_two_pushes_of_the_same_review_at_once_claim_each_value_once(hub, relay, proposed, colleague, tmp_path):
    checked = proposed(limit=30)
    checked.approve()
    relay.rule(UPDATE, late(1.5))
    both = [start_push(hub, checked, confirm=True) for _ in range(2)]
    counts = []
    for handle in both:
        with contextlib.suppress(PushRefused):
            counts.append(handle.result(30).counts)
    assert counts == [{"written": 30}]


PUSH = """
import sys
from pydantic import SecretStr
from hsai_kit import connect, open_run, push, review
from hsai_kit.hubspot.client import HubSpotClient

with connect(workspace=sys.argv[1]) as hub:
    hub.hubspot.close()
    hub.hubspot = HubSpotClient(SecretStr(sys.argv[3]), base_url=sys.argv[2])
    push(hub, review(open_run(hub), to="city"), confirm=True)
"""


def test_a_process_that_was_stopped_after_its_look_looks_again(hub, relay, proposed, colleague, tmp_path, sandbox):
    """As Ctrl-Z or a laptop's lid does it."""
    proposed(limit=3).approve()
    command = [sys.executable, "-c", PUSH, str(tmp_path / "workspace"), relay.url, sandbox.hubspot_token]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def stop(request: Request) -> Answer:
        answer = request.forward()
        process.send_signal(signal.SIGSTOP)
        threading.Timer(3, process.send_signal, [signal.SIGCONT]).start()
        colleague.writes("102", "city", "Reno")
        return answer

    relay.rule(READ, stop, after=1, times=1)
    _, problem = process.communicate(timeout=60)
    assert process.returncode == 0, problem
    assert colleague.sees(["101", "102", "103"], "city") == {"101": "TX", "102": "Reno", "103": "TX"}


def test_undo_of_a_push_that_was_broken_off_finds_what_hubspot_refused_and_wrote(hub, relay, proposed, colleague):
    checked = proposed(limit=3)
    before = colleague.sees(checked.frame.index, "city")
    checked.approve()
    first, *_ = checked.frame.index

    def write_and_refuse(request: Request) -> Answer:
        request.forward()
        return Answer(400, {"status": "error", "category": "VALIDATION_ERROR", "message": "No."})

    def die(request: Request) -> Answer:
        return Answer(401, {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "Expired."})

    # Refused in halves until one record stands alone, and then nothing can be looked at any more.
    relay.rule(UPDATE, lambda request: Answer(400, {"status": "error", "category": "VALIDATION_ERROR"}), times=1)
    relay.rule(UPDATE, write_and_refuse, times=1)
    relay.rule(READ, die, after=3)
    with pytest.raises(HsaiError):
        push(hub, checked, confirm=True)
    relay.clear()
    receipt = open_receipt(hub)
    assert receipt.frame["outcome"][first] == "refused"
    assert colleague.sees([first], "city") == {first: "TX"}
    assert undo(hub, receipt, confirm=True).counts == {"written": 1}
    assert colleague.sees(checked.frame.index, "city") == before


def test_of_two_processes_that_push_the_same_rows_at_once_one_claims_them(hub, relay, proposed, tmp_path, sandbox):
    proposed(limit=30).approve()
    relay.rule(UPDATE, late(1.5))
    command = [sys.executable, "-c", PUSH, str(tmp_path / "workspace"), relay.url, sandbox.hubspot_token]
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    problems = [one.communicate(timeout=60)[1] for one in both]
    assert hub.store.audit.outcomes(open_receipt(hub).id, AuditQuery()) == {"written": 30}
    claimed = [one.written for one in hub.store.pushes.all()]
    assert sum(claimed) == 30
    # Whoever was too late is refused, or finds the values there already and claims nothing.
    assert all(not one or "is still writing city of contacts" in one for one in problems)
