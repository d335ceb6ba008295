"""A store that version 0.1 wrote, over the sandbox of the tests: it opens, and what was paid for there is found.

It holds a pull of 20 contacts; runs of state-abbreviations (20 records, and 5 by the Decisions API), lead-triage (5,
whose answers have a limit of their own) and `short` (2, one of them cut off); decisions, a push, its undo, tasks, and
an evaluation against the approved answers.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from hsai_kit import (
    Assistant,
    ask,
    connect,
    evaluate,
    labels_from,
    log,
    open_evaluation,
    open_pull,
    open_receipt,
    open_run,
    pull,
    receipts,
    review,
    runs,
)

FIRST, TRIAGE, SHORT, DECIDED = (
    f"run-20261130-230640-{one}" for one in ("e65c1c5e", "9384960c", "de2e50ff", "b886c5f6")
)
PUSHED, TASKS = "push-20261130-230640-ad352047", "then-20261130-230640-f33d704c"
PLACE = "{{ state }}, {{ country }}"


@pytest.fixture
def hub(keys, tmp_path):
    folder = tmp_path / "workspace"
    folder.mkdir()
    packed = Path(__file__).parent / "store_0_1.sqlite.gz"
    (folder / "hsai.sqlite").write_bytes(gzip.decompress(packed.read_bytes()))
    with connect(workspace=folder) as connected:
        yield connected


@pytest.fixture
def contacts(hub):
    return pull(hub, "contacts", ["state", "country"], where="state is known", limit=20)


def asked(sandbox) -> int:
    counts = sandbox.counts().get("openai", {})
    return sum(sum(counts.get(f"POST /v1/{path}", {}).values()) for path in ("responses", "decisions"))


def short(limit: int) -> Assistant:
    return Assistant(name="short", instructions="Summarize at length.", prompt=PLACE, max_output_tokens=limit)


def test_runs_receipts_reviews_and_the_log_are_read(hub):
    listed = runs(hub)
    assert (len(listed), set(listed["id"]) > {FIRST, TRIAGE, SHORT, DECIDED}) == (5, True)
    assert set(listed["status"]) == {"done"}
    run = open_run(hub, FIRST)
    assert run.counts == {"answered": 20}
    assert open_run(hub, SHORT).answers["status"].tolist() == ["answered", "cut_off"]
    assert (len(open_pull(hub, run.record.pull_id)), run.record.object_type) == (20, "contacts")
    assert "10 approved, 8 pending, 1 edited, 1 rejected" in repr(review(run))
    assert open_receipt(hub, PUSHED).counts == {"written": 8}
    assert open_receipt(hub, TASKS).counts == {"done": 10}
    assert len(receipts(hub)) == 2
    assert "taken back by undo-20261130-230640-" in str(log(hub))
    assert open_evaluation(hub).table["n"].tolist() == [11]


def test_what_was_answered_then_is_not_asked_again(hub, sandbox, contacts):
    assert ask(hub, contacts, "state-abbreviations").counts == {"from_memory": 20}
    assert ask(hub, contacts.head(5), "lead-triage", PLACE).counts == {"from_memory": 5}
    assert ask(hub, contacts.head(5), "state-abbreviations", engine="decisions").counts == {"from_memory": 5}
    assert ask(hub, contacts.head(2), short(16)).answers["status"].tolist() == ["from_memory", "cut_off"]
    assert evaluate(hub, contacts, ["state-abbreviations"], labels_from(open_run(hub, FIRST))).complete
    assert asked(sandbox) == 0


def test_a_limit_of_the_output_does_not_change_the_question(hub, sandbox, contacts):
    wider = Assistant.from_file(hub.workspace.assistants / "state-abbreviations.toml").with_settings(
        max_output_tokens=500
    )
    assert ask(hub, contacts, wider).counts == {"from_memory": 20}
    assert asked(sandbox) == 0
