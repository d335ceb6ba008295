"""Erasing a person: no byte of what a record said is left, and receipts say so."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hsai_kit import ask, connect, create_task, log, open_receipt, open_run, pull, push, remember, review, then, undo
from hsai_kit.cli import app
from hsai_kit.errors import NothingToDo, WorkspaceError
from hsai_kit.runtime.file_lock import hold_lock
from hsai_kit.steps.audit.erasure import erase_record

SECRET = "Zebulon Quartermaine-Oduya"
OTHER = "Philippa Featherstonehaugh"


def find_bytes(folder: Path, text: str) -> list[str]:
    """The files of a folder that hold a text, as a search over the bare bytes finds it."""
    return [path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


@pytest.fixture
def day(hub, colleague):
    """Two people were pulled, asked about, reviewed, written, and given tasks; one is to be forgotten."""
    colleague.writes("101", "city", SECRET)
    colleague.writes("102", "city", OTHER)
    contacts = pull(hub, "contacts", ["city"], ids=["101", "102", "103"])
    run = ask(hub, contacts, "record-summary", "{{ city }}")
    checked = review(run, to="city")
    checked.edit("101", f"{SECRET} II")
    checked.edit("102", f"{OTHER} II")
    pushed = push(hub, checked, confirm=True)
    tasks = then(hub, checked, create_task("Call {{ city }}", assignee="Dana"), confirm=True)
    return run, pushed, tasks


def test_nothing_of_a_person_is_left_in_the_workspace_and_all_of_the_others_is(hub, day):
    run, pushed, tasks = day
    folder = hub.workspace.folder
    spent, counted = hub.store.answers.sum_usd(run.id), len(open_receipt(hub, pushed.id).frame)
    assert find_bytes(folder, SECRET)
    erased = erase_record(hub.workspace, "101")
    assert find_bytes(folder, SECRET) == []
    assert find_bytes(folder, OTHER)
    assert erased.files == ()
    # What was done stays to be seen, and says what is missing.
    again = open_receipt(hub, pushed.id)
    assert len(again.frame) == counted
    line = again.frame.loc["101"]
    assert (line["outcome"], line["property"]) == ("written", "city")
    assert "its values were erased on " in line["reason"]
    assert "its values were erased on " in log(hub, record="101").changes["reason"].iloc[0]
    assert open_receipt(hub, tasks.id).frame.loc["101", "outcome"] == "done"
    read = open_run(hub, run.id)
    assert read.counts["erased"] == 1
    assert hub.store.answers.sum_usd(run.id) == spent
    assert (hub.store.answers.find_outstanding(run.id), len(review(read, to="city").frame)) == ({}, 3)


def test_undo_leaves_what_was_erased_alone_and_a_new_question_is_asked_anew(hub, day, colleague):
    _, pushed, tasks = day
    erase_record(hub.workspace, "101")
    back = undo(hub, pushed.id, confirm=True)
    assert colleague.sees(["101", "102"], "city") == {"101": f"{SECRET} II", "102": OTHER}
    assert back.counts.get("written") == 1
    assert undo(hub, tasks.id, confirm=True).frame["outcome"].to_dict() == {"101": "left alone", "102": "taken back"}
    colleague.writes("101", "city", SECRET)
    again = ask(hub, pull(hub, "contacts", ["city"], ids=["101"]), "record-summary", "{{ city }}")
    assert again.counts == {"answered": 1}, "not from memory"


def test_what_was_approved_is_no_longer_remembered_and_a_shared_answer_stays_with_the_others(hub, colleague):
    for one in ("101", "102"):
        colleague.writes(one, "city", OTHER)
    colleague.writes("103", "city", SECRET)
    contacts = pull(hub, "contacts", ["city"], ids=["101", "102", "103"])
    checked = review(ask(hub, contacts, "state-abbreviations", "State: {{ city }}"), to="city")
    checked.approve()
    remember(checked.run)
    erase_record(hub.workspace, 101)
    erase_record(hub.workspace, 103)
    assert [text for text in hub.store.answers.read_remembered("state-abbreviations") if SECRET in text] == []
    answers = open_run(hub, checked.run.id).answers
    assert answers.loc["102", "status"] == "answered"
    assert answers.loc[["101", "103"], "status"].tolist() == ["skipped", "erased"]
    assert find_bytes(hub.workspace.folder, SECRET) == []


def test_the_command_asks_first_names_what_still_holds_the_person_and_refuses_what_works(hub, day, monkeypatch):
    folder = hub.workspace.folder
    monkeypatch.chdir(folder)
    (folder / "export.csv").write_text(f"id,city\n101,{SECRET}\n", "utf-8")
    assert CliRunner().invoke(app, ["forget", "101"], input="n\n").exit_code == 1
    assert find_bytes(folder, SECRET) != ["export.csv"]
    with (
        hold_lock(folder / ".run-x.lock", RuntimeError()),
        pytest.raises(WorkspaceError, match="works in this workspace"),
    ):
        erase_record(hub.workspace, "101")
    said = CliRunner().invoke(app, ["forget", "101", "--yes"])
    assert said.exit_code == 0, said.output
    assert "Erased what record 101 says" in said.stdout
    assert "export.csv" in said.stdout
    assert find_bytes(folder, SECRET) == ["export.csv"]
    assert CliRunner().invoke(app, ["forget", "999999", "--yes"]).exit_code == 7
    with pytest.raises(NothingToDo, match="holds nothing of record 999999"):
        erase_record(hub.workspace, "999999")


def test_what_is_older_than_keep_days_goes_with_the_next_connection_and_newer_things_stay(hub, day):
    folder = hub.workspace.folder
    with sqlite3.connect(folder / "hsai.sqlite") as file:
        for table in ("runs", "pulls", "pushes", "actions"):
            file.execute(f"UPDATE {table} SET at = '2020-01-01T00:00:00Z'")
    file.close()
    newer = pull(hub, "contacts", ["city"], ids=["103"])
    hub.close()
    settings = folder / "hsai.toml"
    settings.write_text(settings.read_text("utf-8").replace("keep_days = 0", "keep_days = 30"), "utf-8")
    with connect(workspace=folder) as again:
        assert find_bytes(folder, SECRET) == find_bytes(folder, OTHER) == []
        assert set(open_receipt(again, day[1].id).frame["outcome"]) == {"written"}
        assert again.store.pulls.records(newer.attrs["hsai_kit"]["pull_id"], ["103"])["103"]["city"]
        assert not again.store.erasure.erase_older(30, folder), "it is done once"
