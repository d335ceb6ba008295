"""Tasks and notes about approved rows, as HubSpot's own client sees them, and taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hsai_kit import (
    connect,
    create_note,
    create_task,
    log_email,
    open_receipt,
    open_run,
    plan,
    review,
    start_then,
    then,
    undo,
)
from hsai_kit.errors import PromptError, PushRefused, ScopesMissing, UnknownOwner
from hsai_kit.steps.actions import carry_out, undo_plan

SUBJECT = "Write to {{ record_id }} about {{ answer }}"
URGENT: Any = "urgent"


@pytest.fixture
def tasks(colleague):
    """Return what anybody sees of the tasks (or notes) that were made here, by the id of the record."""

    def made(ids, kind):
        seen = colleague.sees_about(ids, kind)
        return {one: [each for each in found if "hsai-" in str(each)] for one, found in seen.items()}

    return made


def test_a_task_holds_the_answer_for_its_assignee_and_is_about_its_record(hub, proposed, tasks, colleague):
    checked = proposed(limit=4)
    ids = list(checked.frame.index)
    checked.approve(ids[:3])
    checked.edit(ids[2], "NY")
    for one in ids[:3]:
        colleague.writes(one, "hubspot_owner_id", "41000002")
    colleague.writes(ids[0], "city", "O'Fallon <b>& more</b>")
    frame = checked.frame.assign(city="O'Fallon <b>& more</b>")
    receipt = then(
        hub,
        checked,
        create_task(SUBJECT, "Dear {{ city }},\n\n{{ answer }}\n{{ link }}", due_in=3, priority="high", type="email"),
        frame=frame,
        confirm=True,
    )
    assert receipt.counts == {"done": 3}
    seen = tasks(ids, "tasks")
    assert {one: len(found) for one, found in seen.items()} == {ids[0]: 1, ids[1]: 1, ids[2]: 1, ids[3]: 0}
    first, edited = seen[ids[0]][0], seen[ids[2]][0]
    assert first["hs_task_subject"] == f"Write to {ids[0]} about TX"
    assert edited["hs_task_subject"] == f"Write to {ids[2]} about NY"
    assert "<p>Dear O'Fallon &lt;b&gt;&amp; more&lt;/b&gt;,</p><p>TX<br>https://" in first["hs_task_body"]
    assert "Drafted by the AI assistant state-abbreviations, approved by" in first["hs_task_body"]
    assert "edited and approved by" in edited["hs_task_body"]
    assert (first["hubspot_owner_id"], first["hs_task_priority"], first["hs_task_type"], first["hs_task_status"]) == (
        "41000002",
        "HIGH",
        "EMAIL",
        "NOT_STARTED",
    )
    assert receipt.frame.loc[ids[0], "what"] == first["hs_task_subject"]


def test_nobody_gets_a_task_twice_and_undo_makes_room_for_another(hub, proposed, tasks):
    checked = proposed()
    checked.approve()
    action = create_task(SUBJECT, assignee="team: Sales East")
    first = then(hub, checked, action, confirm=True)
    again = plan(hub, checked, action)
    assert again.counts == {"done already": 3}
    assert f"Left alone: done in {first.id} (3)" in str(again)
    assert then(hub, checked, action).counts == {}, "there is nothing to confirm"
    ids = list(checked.frame.index)
    assert [len(found) for found in tasks(ids, "tasks").values()] == [1, 1, 1]
    assert undo(hub, open_receipt(hub, first.id), confirm=True).counts == {"taken back": 3}
    assert [len(found) for found in tasks(ids, "tasks").values()] == [0, 0, 0]
    assert then(hub, checked, action, confirm=True).counts == {"done": 3}
    assert [len(found) for found in tasks(ids, "tasks").values()] == [1, 1, 1]


def test_a_store_that_forgot_finds_the_tasks_by_their_mark(hub, proposed, tasks):
    checked = proposed()
    checked.approve()
    then(hub, checked, create_task(SUBJECT, assignee="dana.whitfield@sandbox.example"), confirm=True)
    hub.store._database.execute("DELETE FROM acts")
    action = create_task("Another subject", assignee="Tom Reilly")
    assert plan(hub, checked, action).counts == {"done already": 3}
    assert then(hub, checked, action).counts == {"done": 3}, "noted down again"
    assert [len(found) for found in tasks(checked.frame.index, "tasks").values()] == [1, 1, 1]


def test_undo_leaves_alone_what_somebody_changed_or_deleted_since(hub, proposed, tasks, colleague):
    checked = proposed()
    checked.approve()
    receipt = then(hub, checked, create_task(SUBJECT, assignee="Priya"), confirm=True)
    done, deleted, untouched = receipt.frame["made_id"]
    colleague.writes(done, "hs_task_status", "COMPLETED", "tasks")
    colleague.deletes(deleted, "tasks")
    assert undo(hub, receipt, confirm=True).counts == {"left alone": 1, "gone": 1, "taken back": 1}
    assert list(colleague.sees([done, deleted, untouched], "hs_task_status", "tasks")) == [done]


def test_whoever_takes_turns_goes_on_where_the_last_ended(hub, proposed, tasks):
    checked = proposed(limit=5)
    ids = list(checked.frame.index)
    checked.approve(ids[:3])
    action = create_task(SUBJECT, assignee=["Dana", "marcus.oyelaran@sandbox.example"])
    said = str(plan(hub, checked, action))
    assert "For: Dana Whitfield 2, Marcus Oyelaran 1" in said
    assert re.search(r"Due on (Mon|Tues|Wednes|Thurs|Fri)day, 20\d\d-\d\d-\d\d, 8:00 in US/Eastern; type todo", said)
    assert start_then(hub, checked, action, confirm=True).result(30).counts == {"done": 3}
    checked.approve()
    then(hub, checked, action, confirm=True)
    owners = [found[0]["hubspot_owner_id"] for found in tasks(ids, "tasks").values()]
    assert sorted(owners) == ["41000001"] * 3 + ["41000002"] * 2


def test_a_record_without_an_active_owner_is_left_alone_unless_somebody_is_named(hub, proposed, colleague):
    checked = proposed()
    checked.approve()
    owned, left, nobody = checked.frame.index
    colleague.writes(owned, "hubspot_owner_id", "41000003")
    colleague.writes(nobody, "hubspot_owner_id", "")
    colleague.writes(left, "hubspot_owner_id", "41000007")
    ready = plan(hub, checked, create_task(SUBJECT))
    assert dict(ready.frame["verdict"]) == {owned: "will be done", left: "no assignee", nobody: "no assignee"}
    assert "its owner is no longer active" in ready.frame.loc[left, "reason"]
    assert "the record has no owner" in str(ready)
    named = plan(hub, checked, create_task(SUBJECT, otherwise="Support Desk"))
    assert dict(named.frame["assignee"]) == {owned: "Inês Carvalho", left: "Support Desk", nobody: "Support Desk"}


@pytest.mark.parametrize(
    ("action", "error", "sentence"),
    [
        (lambda: create_task(SUBJECT, assignee="Dana Whitefield"), UnknownOwner, "Did you mean Dana Whitfield (dana."),
        (lambda: create_task(SUBJECT, assignee="team: Sales Eats"), UnknownOwner, "Did you mean 'Sales East'?"),
        (lambda: create_task("Call {{ frstname }}"), PromptError, "The template uses {{ frstname }}"),
        (lambda: create_task("Call {{ city", assignee="Dana"), PromptError, "The template cannot be read, line 1"),
        (lambda: create_task(" "), PushRefused, "A task needs a subject"),
        (lambda: create_task(SUBJECT, due_in=-1), PushRefused, "business days"),
        (lambda: create_task(SUBJECT, priority=URGENT), PushRefused, "it is one of none, low, medium, high"),
        (lambda: create_task(SUBJECT, assignee=[]), PushRefused, "name somebody"),
        (lambda: "task", PushRefused, "is no action"),
    ],
)
def test_a_slip_in_an_action_is_a_sentence_before_anything_is_made(hub, proposed, tasks, action, error, sentence):
    checked = proposed()
    checked.approve()
    with pytest.raises(error) as caught:
        then(hub, checked, action(), confirm=True)
    assert sentence in str(caught.value)
    assert not any(tasks(checked.frame.index, "tasks").values())


def test_only_what_is_approved_there_and_fits_is_acted_on(hub, proposed, colleague):
    checked = proposed(limit=5)
    pending, rejected, gone, long, fine = checked.frame.index
    checked.approve([gone, long, fine])
    checked.reject(rejected)
    colleague.deletes(gone)
    frame = checked.frame.assign(text=["x" * 70_000 if one == long else "short" for one in checked.frame.index])
    ready = plan(hub, checked, create_note("{{ text }}"), frame=frame)
    assert dict(ready.frame["verdict"]) == {
        pending: "not approved",
        rejected: "not approved",
        gone: "gone",
        long: "not allowed",
        fine: "will be done",
    }
    assert "more than the 65,536 that HubSpot keeps" in ready.frame.loc[long, "reason"]


def test_nothing_is_made_without_a_yes(hub, proposed, tasks, prompted, capsys):
    checked = proposed()
    checked.approve()
    asked = prompted("no")
    with pytest.raises(PushRefused, match="it was not confirmed"):
        then(hub, checked, create_note())
    with pytest.raises(PushRefused, match=r"confirm is False\. It would be about 3 records"):
        then(hub, checked, create_note(), confirm=False)
    assert asked == [f"Create a note for 3 contacts in portal {hub.portal.id} (SANDBOX)? Type yes or y: "]
    assert "For example: note, https://" in capsys.readouterr().out
    assert not any(tasks(checked.frame.index, "notes").values())


def test_a_drafted_e_mail_is_kept_as_a_note_that_says_it_was_not_sent(hub, proposed, tasks):
    checked = proposed()
    checked.approve()
    receipt = then(hub, checked, log_email("Hello from {{ answer }}", "Dear you,\n\n{{ answer }}"), confirm=True)
    notes = tasks(checked.frame.index, "notes")
    for found in notes.values():
        body = next(note["hs_note_body"] for note in found if "Draft e-mail, not sent" in note["hs_note_body"])
        assert "<p>Subject: Hello from TX</p><p>Dear you,</p><p>TX</p>" in body
    assert then(hub, checked, create_note(), confirm=True).counts == {"done": 3}, "another name, so another note"
    assert undo(hub, receipt, confirm=True).counts == {"taken back": 3}
    left = [note["hs_note_body"] for found in tasks(checked.frame.index, "notes").values() for note in found]
    assert not any("Draft e-mail" in body for body in left)
    assert sum("hsai-" in body for body in left) == 3


def test_many_tasks_are_capped_and_in_a_live_portal_take_its_id(hub, sandbox, proposed, tasks, prompted, tmp_path):
    checked = proposed()
    checked.approve()
    toml = tmp_path / "workspace" / "hsai.toml"
    text = toml.read_text("utf-8")
    sandbox.account(accountType="STANDARD")
    toml.write_text(text.replace("portal_id_above = 1000", "portal_id_above = 2"), "utf-8")
    with connect(workspace=tmp_path / "workspace") as live:
        action = create_task(SUBJECT, assignee="Dana")
        asked = prompted("yes")
        with pytest.raises(PushRefused, match="Nothing was done: what was typed is not the id of the live portal"):
            then(live, checked, action)
        assert asked[0].endswith("Type the portal's id to go on: ")
        ready = plan(live, checked, action)
        assert carry_out(live, ready, confirm=ready.confirmation.confirm).counts == {"done": 3}
        assert undo_plan(live, open_receipt(live)).counts == {"will be done": 3}
    toml.write_text(text.replace("max_records = 10000", "max_records = 2"), "utf-8")
    with connect(workspace=tmp_path / "workspace") as capped:
        with pytest.raises(PushRefused, match="lets a plan be about 2"):
            then(capped, checked, create_note(), confirm=True)
        assert undo(capped, open_receipt(capped), confirm=hub.portal.id).counts == {"taken back": 3}


def test_a_key_that_may_not_see_owners_can_make_notes_and_is_told_what_a_task_needs(hub, keys, proposed, monkeypatch):
    checked = proposed()
    checked.approve()
    scopes = [f"crm.objects.{kind}.{way}" for kind in ("contacts", "companies") for way in ("read", "write")]
    keys.token("pat-na1-narrow", scopes=scopes)
    with connect(workspace=hub.workspace.folder, hubspot_key="pat-na1-narrow") as narrow:
        with pytest.raises(ScopesMissing, match=r"crm\.objects\.owners\.read"):
            plan(narrow, checked, create_task(SUBJECT))
        assert then(narrow, checked, create_note(), confirm=True).counts == {"done": 3}


def test_a_plan_tells_of_tasks_that_another_run_has_made_about_the_same_records(hub, proposed):
    for said in ("", "Take care: 3 of these records have a task from another run of this workspace already."):
        checked = proposed()
        checked.approve()
        action = create_task(SUBJECT, assignee="Dana")
        assert said in str(plan(hub, checked, action))
        then(hub, checked, action, confirm=True)


def test_a_store_that_went_back_to_an_older_point_says_so_and_makes_no_task_twice(hub, proposed, colleague, capsys):
    checked = proposed(limit=4)
    checked.approve()
    ids = list(checked.frame.index)
    task = create_task("Call {{ record_id }}", assignee="Dana")
    older = hub.workspace.folder / "older.sqlite"
    hub.store._database.execute("VACUUM INTO ?", (str(older),))
    receipt = then(hub, checked, task, confirm=True)
    there = colleague.sees_about(ids, "tasks")
    assert "Take care: the store" not in capsys.readouterr().out
    folder = hub.workspace.folder
    hub.close()
    for left in folder.glob("hsai.sqlite*"):
        left.unlink()
    older.rename(folder / "hsai.sqlite")
    with connect(workspace=folder) as again:
        assert then(again, review(open_run(again), to="city"), task, confirm=True).counts == {"done": 4}
        out = " ".join(capsys.readouterr().out.split())
        assert f"does not know {receipt.id}, the last thing done from here" in out
        assert colleague.sees_about(ids, "tasks") == there
