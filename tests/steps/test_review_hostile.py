"""Records that break careless code, and a model that does not keep to its options: nothing runs, nothing is lost."""

from __future__ import annotations

import csv
import re
import threading
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import Request, urlopen

import openpyxl
import pandas as pd
import pytest

from hsai_kit import ask, connect, plan, pull, push, review, undo
from hsai_kit.errors import ReviewError
from hsai_kit.sandbox.portal.hostile import HOSTILE_CONTACTS, HOSTILE_NOTE_IDS

TEXTS = ["firstname", "lastname", "jobtitle", "company", "address"]
# What a spreadsheet would run, also behind blanks and quotes, and in the wide letters of East Asian keyboards.
RUNS = re.compile(r"^[\s\"']*[=+\-@|%＝＋－＠]|^[\t\r\n]")  # noqa: RUF001 -- the wide ones are meant


@pytest.fixture
def hostile(hub) -> pd.DataFrame:
    contacts = pull(hub, "contacts", [*TEXTS, "state", "country", "how_can_we_help"], limit=100)
    return contacts[contacts.index.isin(HOSTILE_CONTACTS)]


def asked_about_names(hub, frame):
    """Ask with every hostile value in the prompt."""
    prompt = "Name: {{ firstname }} {{ lastname }} ({{ jobtitle }})\nState: {{ state }}\nCountry: {{ country }}"
    return ask(hub, frame, "state-abbreviations", prompt)


class Tags(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("name", TEXTS)
def test_no_markup_of_a_record_is_markup_in_a_notebook(hub, hostile, name):
    checked = review(asked_about_names(hub, hostile), to=name)
    tags = Tags(checked._repr_html_())
    assert tags.seen <= {"div", "style", "table", "thead", "tbody", "tr", "th", "td", "p"}
    assert tags.attributes <= {"border", "class", "style", "scoped"}
    before = checked.frame["before"].dropna().to_dict()
    assert before == {one: values[name] for one, values in HOSTILE_CONTACTS.items() if name in values} | before


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_in_a_csv_or_excel_export_of_a_review_is_a_formula_and_no_text_is_lost(hub, hostile, name, tmp_path):
    checked = review(asked_about_names(hub, hostile), to=name)
    with checked.to_csv(tmp_path / "review.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["record_id"] for row in rows] == list(checked.frame.index)
    # An apostrophe in front says: this is text.
    assert not [cell for row in rows for cell in row.values() if RUNS.match(cell) and not cell.startswith("'")]
    # Apostrophes are all that is added, and a carriage return by itself would begin a new row.
    kept = {row["record_id"]: row["before"].replace("'", "") for row in rows if row["before"]}
    known = checked.frame["before"].dropna().items()
    assert kept == {one: text.replace("\r", "\n").replace("'", "") for one, text in known}

    sheet = openpyxl.load_workbook(checked.to_excel(tmp_path / "review.xlsx"))["review"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert len(cells) == (len(rows) + 1) * len(rows[0])
    assert not [cell.value for cell in cells if cell.data_type == "f"]


def test_nothing_in_the_csv_of_a_plan_or_a_receipt_is_a_formula(hub, hostile, tmp_path):
    checked = review(asked_about_names(hub, hostile), to="lastname")
    checked.edit(None, "AL")
    plan(hub, checked).to_csv(tmp_path / "plan.csv")
    push(hub, checked, confirm=True).to_csv(tmp_path / "receipt.csv")
    for name in ("plan.csv", "receipt.csv"):
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["record_id"] for row in rows if row["before"] == "'=1+1"] == ["112"]
        assert not [cell for row in rows for cell in row.values() if RUNS.match(cell) and not cell.startswith("'")]


def test_every_hostile_value_goes_out_and_comes_back_to_the_letter(hub, hostile, colleague):
    before = {name: colleague.sees(hostile.index, name) for name in TEXTS}
    for name in TEXTS:
        checked = review(asked_about_names(hub, hostile), to=name)
        checked.edit(None, "AL")
        receipt = push(hub, checked, confirm=True)
        assert set(colleague.sees(hostile.index, name).values()) == {"AL"}
        assert receipt.counts == {"written": len(hostile)}
        undo(hub, receipt, confirm=True)
    assert {name: colleague.sees(hostile.index, name) for name in TEXTS} == before


def test_hostile_notes_are_summarized_reviewed_pushed_and_taken_back_unharmed(hub, colleague, capsys):
    notes = pull(hub, "notes", ["hs_note_body"], limit=20)
    notes = notes[notes.index.isin(HOSTILE_NOTE_IDS)]
    before = colleague.sees(notes.index, "hs_note_body", "notes")
    assert max(map(len, before.values())) == 60_000
    checked = review(ask(hub, notes, "record-summary"), to="hs_note_body")
    assert checked.frame["before"].to_dict() == before
    assert Tags(checked._repr_html_()).seen <= {"div", "style", "table", "thead", "tbody", "tr", "th", "td", "p"}
    checked.approve()
    wanted = checked.frame["final"].dropna().to_dict()
    assert len(wanted) >= 3
    receipt = push(hub, checked, confirm=True)
    assert {one: colleague.sees(notes.index, "hs_note_body", "notes")[one] for one in wanted} == wanted
    undo(hub, receipt, confirm=True)
    assert colleague.sees(notes.index, "hs_note_body", "notes") == before
    assert max(map(len, capsys.readouterr().out.splitlines())) < 500  # a plan shows long values short


def test_the_plan_on_a_terminal_shows_no_control_characters_and_no_turned_text(hub, hostile):
    for name in TEXTS:
        checked = review(asked_about_names(hub, hostile), to=name)
        checked.edit(None, "AL")
        said = str(plan(hub, checked))
        assert all(letter.isprintable() for line in said.splitlines() for letter in line)


class Disobedient(ThreadingHTTPServer):
    """A model's API that does not hold its answers to the schema: the sandbox's own, with one option respelled."""

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Respelling)
        self.daemon_threads = True
        self.url = url


class _Respelling(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._pass_on(None)

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers["Content-Length"])))

    def _pass_on(self, body: bytes | None) -> None:
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
        server: Any = self.server
        with urlopen(Request(server.url + self.path.removeprefix("/v1"), body, headers)) as answer:
            told = answer.read().replace(rb"\"TX\"", rb"\"=Texas City\"")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def disobedient(keys, tmp_path, monkeypatch):
    with Disobedient(keys.openai_url) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        with connect(workspace=tmp_path / "workspace") as hub:
            yield hub
        server.shutdown()
        thread.join()


def test_an_answer_outside_the_options_can_never_be_approved_nor_pushed(disobedient, colleague):
    hub = disobedient
    contacts = pull(hub, "contacts", ["state", "country"], where="state is Texas or TX or CA or Calif.", limit=40)
    checked = review(ask(hub, contacts, "state-abbreviations"))
    outside = checked.frame["flags"].map(lambda flags: flags == ["not allowed"])
    assert 0 < outside.sum() < len(outside)
    assert checked.frame.loc[outside, "proposal"].isna().all()
    assert "Texas City" not in checked.frame.to_csv()
    one = outside.index[outside][0]
    with pytest.raises(ReviewError, match="not allowed"):
        checked.approve([one])
    with pytest.raises(ReviewError, match="cannot be written"):
        checked.edit([one], "=Texas City")
    assert checked.approve() == checked.frame["proposal"].notna().sum() <= (~outside).sum()
    verdicts = plan(hub, checked).frame.loc[outside[outside].index, "verdict"]
    assert set(verdicts) == {"not allowed"}
    before = colleague.sees(outside.index[outside], "state")
    push(hub, checked, confirm=True)
    assert colleague.sees(outside.index[outside], "state") == before
    checked.edit([one], "TX")
    assert plan(hub, checked).frame.loc[one, "verdict"] in {"will change", "same already"}
