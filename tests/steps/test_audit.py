"""Who changed what: the log as a frame, as CSV, as a page to show, and in the terminal."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from typer.testing import CliRunner

from hsai_kit import create_task, log, open_receipt, push, then, undo, update
from hsai_kit.cli import app
from hsai_kit.errors import AuditError

HOSTILE = '=HYPERLINK("http://evil.example")<img src=http://evil.example/x onerror=alert(1)>\u202etxt'


@pytest.fixture
def day(hub, proposed, colleague):
    """A day's work: a push, its undo, and tasks; the first record held something hostile."""
    colleague.writes("101", "city", HOSTILE)
    checked = proposed()
    checked.approve()
    pushed = push(hub, checked, confirm=True)
    undone = undo(hub, pushed, confirm=True)
    tasks = then(hub, checked, create_task("Call {{ record_id }}", assignee="Dana"), confirm=True)
    return checked, pushed, undone, tasks


def test_every_push_undo_and_action_is_there_with_who_when_and_which_assistant(hub, day):
    checked, pushed, undone, tasks = day
    frame = log(hub).frame
    assert set(frame.index) == {pushed.id, undone.id, tasks.id}
    assert set(frame["run"]) == {checked.run.id}
    assert set(frame["portal"]) == {hub.portal.id}
    assert set(frame["who"]) == set(frame["approved_by"]) == {hub.workspace.reviewer}
    assert set(frame["assistant"]) == {"state-abbreviations"}
    assert set(frame["version"]) == {checked.run.record.assistant_version}
    assert set(frame["model"]) == {"sandbox-luna"}
    assert list(frame["changed"]) == [3, 3, 3]
    assert dict(frame["outcomes"]) == {pushed.id: "3 written", undone.id: "3 written", tasks.id: "3 done"}
    assert (frame.loc[pushed.id, "undone_by"], frame.loc[undone.id, "undoes"]) == (undone.id, pushed.id)
    assert isinstance(frame["at"].dtype, pd.DatetimeTZDtype)


def test_what_happened_to_one_record_is_told_value_by_value(hub, day):
    _, pushed, undone, tasks = day
    found = log(hub, record="101")
    assert len(found.frame) == 3
    changes = found.changes.set_index("entry")
    assert tuple(changes.loc[pushed.id, ["property", "before", "after"]]) == ("city", HOSTILE, "TX")
    assert tuple(changes.loc[undone.id, ["property", "before", "after"]]) == ("city", "TX", HOSTILE)
    assert tuple(changes.loc[tasks.id, ["property", "before", "after"]]) == ("task", "", "Call 101")
    assert changes.loc[pushed.id, "link"] == hub.portal.record_link("0-1", "101")


def test_the_log_is_narrowed_by_portal_day_and_property(hub, day):
    _, pushed, undone, tasks = day
    today = pushed.record.ended_at[:10]
    assert set(log(hub, property="city").frame.index) == {pushed.id, undone.id}
    assert set(log(hub, property="task").frame.index) == {tasks.id}
    assert len(log(hub, since=today, until=today).entries) == 3
    assert log(hub, since="2031-01-01").entries == log(hub, until="2020-01-01").entries == []
    assert log(hub, portal=1).entries == log(hub, record="999999").entries == []
    with pytest.raises(AuditError, match="since is 'yesterday'; write a day such as 2026-11-01"):
        log(hub, since="yesterday")


def test_no_cell_of_the_csv_is_a_formula(hub, day, tmp_path):
    read = pd.read_csv(log(hub).to_csv(tmp_path / "log.csv"), dtype="string")
    assert len(read) == 9
    assert (read["before"] == f"'{HOSTILE}").sum() == 1


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.words += f"{data} "


def test_the_page_stands_alone_and_shows_what_records_say_as_text(hub, day, tmp_path):
    _, pushed, undone, _ = day
    text = log(hub).to_html(tmp_path / "log.html").read_text("utf-8")
    page = Page(text)
    assert not {"script", "img", "link", "iframe", "form", "object"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "src"]
    assert {attributes["href"] for tag, attributes in page.tags if tag == "a"} == {
        *(hub.portal.record_link("0-1", one) for one in pushed.frame.index),
        f"#{pushed.id}",
        f"#{undone.id}",
    }
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "@import" not in text
    assert 'evil.example")<img src=http://evil.example/x onerror=alert(1)>' in page.words
    assert "\u202e" not in text
    words = " ".join(page.words.split())
    for said in ("Changes made 6 Still standing 3 Steps 3 People 1", "Wrote city of 3 contacts", "with sandbox-luna"):
        assert said in words


def test_a_long_entry_is_cut_on_the_page_and_says_so(hub, day, tmp_path):
    words = Page(log(hub, property="city").to_html(tmp_path / "log.html", rows=2).read_text("utf-8")).words
    assert words.count("The first 2 of 3 records") == 2
    assert "only city" in words


def test_the_terminal_tells_the_same_without_keys(hub, day, tmp_path, monkeypatch):
    _, pushed, undone, tasks = day
    for name in ("HUBSPOT_ACCESS_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.chdir(hub.workspace.folder)
    said = CliRunner().invoke(app, ["log", "--record", "101", "--html", "boss.html", "--csv", "all.csv"])
    assert said.exit_code == 0, said.stderr
    assert all(one.id in said.stdout for one in (pushed, undone, tasks))
    assert re.search(r"Z city: =HYPERLINK.* → TX, written, by ", said.stdout)
    assert "\u202e" not in said.stdout
    assert (hub.workspace.folder / "boss.html").exists()
    assert (hub.workspace.folder / "all.csv").exists()
    assert "Nothing was done yet that fits." in CliRunner().invoke(app, ["log", "--since", "2031-01-01"]).stdout


def test_update_is_a_push_with_its_plan_its_receipt_and_its_undo(hub, proposed, colleague):
    checked = proposed()
    checked.approve()
    ids = list(checked.frame.index)
    before = colleague.sees(ids, "city")
    receipt = then(hub, checked, update("city"), confirm=True)
    assert receipt.counts == {"written": 3}
    assert set(colleague.sees(ids, "city").values()) == {"TX"}
    assert open_receipt(hub).id == receipt.id
    assert undo(hub, receipt, confirm=True).counts == {"written": 3}
    assert colleague.sees(ids, "city") == before
