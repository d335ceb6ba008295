"""`hsai push` and `hsai undo`: the plan first, then a yes, from a terminal or a scheduled job."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from hsai_kit import Assistant, ask, open_receipt, pull, push, review
from hsai_kit.cli import app
from hsai_kit.errors import DailyLimit

FIELDS = {"kind": "fields", "fields": {"place": {"kind": "text", "to": "city"}, "why": {"kind": "text"}}}


@pytest.fixture
def said(hub, monkeypatch):
    """A run with two fields over three contacts in the workspace that commands are typed in, both approved."""
    monkeypatch.chdir(hub.workspace.folder)
    contacts = pull(hub, "contacts", ["city"], limit=3)
    asked = Assistant(name="fields", instructions="Say it.", prompt="place: {{ said }}", output=FIELDS)
    run = ask(hub, contacts.assign(said="hello"), asked)
    for field in ("place", "why"):
        review(run, field).edit(None, f"new {field}")
    return run


def hsai(*words: str, typed: str | None = None, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words), input=typed)
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def values(hub, name: str) -> set[str]:
    return set(pull(hub, "contacts", [name], limit=3)[name].fillna(""))


def test_a_push_shows_the_plan_asks_and_goes_where_the_assistant_says(hub, said):
    before = values(hub, "city")
    assert "3 will change" in hsai("push", "--plan")
    assert values(hub, "city") == before
    assert "Nothing was written: it was not confirmed" in hsai("push", typed="no\n", code=1)
    out = hsai("push", typed="yes\n")
    assert "Write 3 values to portal 24681357 (SANDBOX)? Type yes or y:" in out
    assert "3 written" in out
    assert values(hub, "city") == {"new place"}
    assert "3 written" in hsai("undo", "--yes")
    assert values(hub, "city") == before


def test_fields_are_sent_where_they_are_told_and_the_plan_is_kept_as_csv(hub, said, tmp_path):
    out = hsai("push", said.id, "--to", "why=jobtitle", "--to", "place=salutation", "--csv", "plan.csv", "--yes")
    assert "6 written" in out
    assert values(hub, "jobtitle") == {"new why"}
    assert values(hub, "salutation") == {"new place"}
    assert len((tmp_path / "workspace" / "plan.csv").read_text("utf-8-sig").splitlines()) == 7
    assert "This run answers place, why: write --to FIELD=PROPERTY" in hsai("push", "--to", "city", code=1)


def test_a_push_that_was_stopped_is_completed(hub, said, sandbox):
    assert "no push to complete here" in hsai("push", "--resume", code=7)
    sandbox.fault("hubspot:daily:path=/batch/update")
    with pytest.raises(DailyLimit):
        push(hub, review(said, "place"), confirm=True)
    sandbox.clear_faults()
    receipt = open_receipt(hub)
    assert "3 written" in hsai("push", "--resume", "--yes")
    assert open_receipt(hub).id == receipt.id
    assert "There is no run 'run-7'" in hsai("push", "run-7", code=1)


def test_tasks_are_planned_made_once_and_taken_back(hub, said):
    words = ("then", "create-task", "Call {{ record_id }}", "--assignee", "Dana", "--field", "place")
    out = hsai(*words, "--only", "why=something else", "--plan")
    assert "3 not meant" in out
    assert "Left alone: why is new why (3)" in out
    assert "--only why is not clear" in hsai(*words, "--only", "why", code=1)
    assert "not among the pulled properties. Did you mean {{ why }}" in hsai(*words, "--only", "whi=x", code=1)
    out = hsai(*words, "--only", "why=x", "--only", "why=New why", typed="yes\n")
    assert "Create a task for 3 contacts in portal 24681357 (SANDBOX)? Type yes or y:" in out
    assert "3 done" in out
    assert "3 done already" in hsai(*words, code=7)
    assert "3 taken back" in hsai("undo", "--yes")


def test_a_push_of_what_nobody_approved_yet_makes_no_receipt_and_says_how_to_approve(hub, said):
    for field in ("place", "why"):
        review(said, field).reset()
    out = hsai("push", "--yes", code=4)
    assert "Nothing was written: nothing is approved yet. Approve what is right first" in out
    assert f"hsai review {said.id} --approve unflagged" in out
    assert hub.store.newest_receipt() is None
