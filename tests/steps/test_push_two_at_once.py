"""Two analysts, two processes, two workspaces, one portal: each knows what was written, and both can take it back."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hsai_kit import connect, undo

ANALYST = """
import sys
from hsai_kit import Assistant, ask, connect, plan, pull, push, review
from hsai_kit.steps.push import carry_out_push

folder, value = sys.argv[1:]
with connect(workspace=folder) as hub:
    contacts = pull(hub, "contacts", ["city"], limit=400)
    output = {"kind": "text", "to": "city"}
    said = Assistant(name="s", instructions="Say it.", prompt="{{ said }}", output=output)
    checked = review(ask(hub, contacts.assign(said="hello"), said))
    checked.edit(None, value)
    ready = plan(hub, checked)
    print("ready", flush=True)
    sys.stdin.readline()
    print(carry_out_push(hub, ready, confirm=True).id, flush=True)
"""


@pytest.fixture
def analysts(keys, tmp_path):
    """Two processes that have planned to write another value to the same 400 contacts, and wait for a word."""
    started = []
    for name in ("Ana", "Ben"):
        command = [sys.executable, "-c", ANALYST, str(tmp_path / name), f"from {name}"]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for one in started:
        while (line := one.stdout.readline()) and line != "ready\n":
            pass
    yield started
    for one in started:
        one.kill()
        one.communicate()


def test_two_analysts_at_once_are_told_whose_value_stands_and_both_take_back(analysts, sandbox, colleague, tmp_path):
    before = colleague.sees([str(one) for one in range(101, 560)], "city")
    ids = list(before)
    sandbox.latency("hubspot", 0.03, 0.02)
    for one in analysts:
        one.stdin.write("go\n")
        one.stdin.flush()
    receipts = [one.communicate(timeout=60)[0].split()[-1] for one in analysts]
    sandbox.latency("hubspot", 0)
    now = colleague.sees(ids, "city")
    changed = {one for one in ids if now[one] != before[one]}
    assert {now[one] for one in changed} <= {"from Ana", "from Ben"}
    said = {}
    hubs = [connect(workspace=tmp_path / name) for name in ("Ana", "Ben")]
    for hub, receipt, name in zip(hubs, receipts, ("Ana", "Ben"), strict=True):
        changes = {change.record_id: change for change in hub.store.pushes.lines(receipt)}
        assert len(changes) == 400
        # What is called a conflict was changed by the other one before, and is not overwritten.
        for one, change in changes.items():
            assert change.outcome in {"written", "conflict"}
            said.setdefault(one, []).append((name, change.outcome))
    assert changed == set(said)
    for one, outcomes in said.items():
        assert "written" in dict(outcomes).values()
        # Whose value stands there says that it was written.
        assert (now[one].removeprefix("from "), "written") in outcomes
    for hub, receipt in (*zip(hubs, receipts, strict=True), (hubs[0], receipts[0])):
        undo(hub, receipt, confirm=True)
    assert colleague.sees(ids, "city") == before
    for hub in hubs:
        hub.close()
