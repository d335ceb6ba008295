"""The push panel beyond properties: drafts become tasks, notes and members, by plan, yes, receipt and undo."""

from __future__ import annotations

import re

import pytest

from hsai_kit import ask, pull, review
from hsai_kit.widgets import PushPanel

from .test_panels import clicked, seen

TASK = ["hs_task_subject", "hs_task_priority", "hs_task_type", "hubspot_owner_id"]


@pytest.fixture
def panel(hub):
    people = pull(
        hub, "contacts", ["firstname", "company.name", "how_can_we_help"], where="how_can_we_help is known", limit=8
    )
    checked = review(ask(hub, people, "outreach-email"))
    checked.approve(checked.frame.index[:5])
    panel = PushPanel(hub, checked)
    panel.settle()
    return panel


def carried_out(panel):
    clicked(panel, panel.make)
    assert panel.problem == ""
    panel.said.value = "yes"
    clicked(panel, panel.write)
    return panel.value


def test_drafts_become_tasks_of_people_who_take_turns_and_are_taken_back_from_a_past_receipt(
    hub, panel, hubspot_client
):
    form = panel.what
    form.kind.value = "create_task"
    panel.settle()
    assert {"firstname", "answer", "link"} <= set(form.body.columns)
    panel.make.click()
    assert "needs a subject" in panel.problem
    form.subject.value, form.assignee.value = "Answer {{ firstname }}", "turns"
    panel.make.click()
    assert "Say who gets the tasks" in panel.problem
    form.people.value = ", ".join(re.findall(r"[^\s(]+@[^\s)]+", form.people_there)[:2])
    form.due_in.value, form.priority.value, form.type.value = 1, "high", "email"

    receipt = carried_out(panel)
    read = hubspot_client.crm.objects.basic_api.get_by_id
    tasks = [read("tasks", one, properties=TASK).properties for one in receipt.frame["made_id"]]
    assert len(tasks) == 5
    assert len({one["hubspot_owner_id"] for one in tasks}) == 2
    assert {(one["hs_task_priority"], one["hs_task_type"]) for one in tasks} == {("HIGH", "EMAIL")}
    assert all(one["hs_task_subject"].startswith("Answer ") for one in tasks)

    clicked(panel, panel.make)
    assert "Nothing would be done" in panel.advice, "what stands already is not made twice"
    assert seen(panel.plan, Verdict="done already").count(receipt.id) == 5

    later = PushPanel(hub)
    assert "Create a task for 5 contacts" in {value: said for said, value in later.past.options}[receipt.id]
    later.past.value = receipt.id
    later.settle()
    assert "Answer " in seen(later.receipt)
    clicked(later, later.undo)
    later.said.value = "yes"
    clicked(later, later.write)
    assert later.value.counts == {"taken back": 5}


def test_approved_records_get_a_note_and_go_to_a_static_list_and_only_such_lists_are_offered(panel, hubspot_client):
    form = panel.what
    form.kind.value = "create_note"
    receipt = carried_out(panel)
    (note,) = {receipt.frame["made_id"].iloc[0]}
    assert hubspot_client.crm.objects.basic_api.get_by_id("notes", note, properties=["hs_note_body"])
    form.kind.value = "add_to_list"
    panel.settle()
    assert [name for name, _ in form.list.options][:1] == ["choose one"]
    panel.make.click()
    assert "Choose the list first" in panel.problem
    form.list.value = dict(form.list.options)["Newsletter test group"]
    added = set(carried_out(panel).frame.index)
    assert added
    page = hubspot_client.crm.lists.memberships_api.get_page(int(form.list.value), limit=250)
    assert added <= {one.record_id for one in page.results}
