"""The report: one page that stands alone, tells every figure with its interval, and takes no text for markup."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from hsai_kit import Gate, ask, check_texts, evaluate, judge, open_evaluation, pull, rate, report
from hsai_kit.assistant.assistant import load_assistant
from hsai_kit.errors import EvaluationError
from hsai_kit.sandbox.assistant.text_judge import is_faithful

if TYPE_CHECKING:
    from pathlib import Path

    from hsai_kit.connection import Connection
    from hsai_kit.sandbox import Sandbox
    from hsai_kit.steps.evaluate.report import Report


class Page(HTMLParser):
    """Collects tags, and everything that would be loaded from somewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            if name in {"src", "href", "xlink:href", "data", "action"} and not str(value).startswith("#"):
                self.loaded.append(f"{tag} {value}")


def repeated(made: Report, hub: Connection) -> list[dict[str, Any]]:
    """Paste what the page says about repeating each of its sections into a cell, and return what it made."""
    cells = []
    for section in made.sections:
        if section.repeat:
            assert section.repeat in html.unescape(made.html)
            cells.append({"here": hub})
            exec(section.repeat.replace("connect()", "here"), cells[-1])
    return cells


def test_an_evaluation_is_told_on_one_page_that_loads_nothing(hub: Connection, sandbox: Sandbox, tmp_path: Path):
    contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=80)
    truth = pd.Series(sandbox.truth("contacts", "state")).reindex(contacts.index).replace("", "UNKNOWN").dropna()
    contacts = contacts.loc[truth.index]
    # One of them stands in no file, and only its version tells the two apart.
    short = load_assistant(hub.workspace, "state-abbreviations").with_settings(prompt="State: {{ state }}")
    tried = {"full": ("state-abbreviations", "sandbox-legacy"), "short": (short, "sandbox-legacy")}
    evaluation = evaluate(hub, contacts, tried, truth, repeats=2)
    verdict = Gate(min_right=0.5).judge(evaluation, evaluation.names[0])
    made = report(evaluation, verdict, title="States <b>now</b>")
    text = made.save(tmp_path / "report.html").read_text("utf-8")
    page = Page(text)
    assert page.loaded == []
    assert not {"script", "link", "iframe", "img"} & set(page.tags)
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert "States &lt;b&gt;now&lt;/b&gt;" in text
    assert page.tags.count("svg") >= 2
    table = evaluation.table
    for name in evaluation.names:
        right = table.loc[name, "right"]
        assert f"{right:.1%} ({100 * table.loc[name, 'right_low']:.1f} to" in text
        kept = made.frame.query("name == @name and figure == 'right'").iloc[0]
        assert (kept["value"], kept["high"]) == (right, table.loc[name, "right_high"])
    for said in ("You clean up the state field", "which is no language model", "passed the gate", "How to repeat it"):
        assert said in text
    assert f"open_evaluation(hub, &#39;{evaluation.id}&#39;)" in text
    for name in ("hsai_kit", "genai-prices", "Python"):
        assert name in text
    asked = len(sandbox.requests("openai", 2000))
    (cell,) = repeated(made, hub)
    assert len(sandbox.requests("openai", 2000)) == asked
    assert open_evaluation(hub).id != evaluation.id
    pd.testing.assert_frame_equal(open_evaluation(hub).table, table)
    assert len(cell["evaluation"].labels) == table["n"].iloc[0]


def test_texts_are_told_with_checks_people_and_a_judge_whose_own_rate_is_nowhere(hub: Connection):
    notes = pull(hub, "notes", ["hs_note_body"], where="hs_note_body is known", limit=200)
    run = ask(hub, notes, "record-summary", model="sandbox-legacy")
    session = rate(hub, run, n=80)
    while shown := session.next("anna"):
        session.give(shown.item, is_faithful(shown.texts[0], shown.source), rater="anna")
    judged = judge(hub, run, model="sandbox-luna")
    checked = judged.against(session)
    checks = check_texts(run, language=None, max_sentences=2)
    made = report(checks, session, checked, run, rows=3)
    again = repeated(made, hub)
    pd.testing.assert_frame_equal(again[0]["checks"].frame, checks.frame)
    assert again[1]["session"].verdict == session.verdict
    assert again[2]["checked"].verdict == checked.verdict
    told = made.frame[made.frame["section"].str.contains("as judge")]
    assert set(told["figure"]) == {"people", "corrected", "sensitivity", "specificity"}
    assert f"{checked.table['corrected'].iloc[0]:.1%} (" in made.html
    assert made.html.count("not in the record: ") >= 3
    assert "Summarize the text of a CRM record" in made.html
    alone = report(judged)
    assert "not known yet" in alone.html
    assert not re.search(r"\d ?%", alone.html.partition("<main>")[2])


def test_what_a_record_says_is_text_in_a_report_and_can_be_left_out():
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)> pays $77"
    frame = pd.DataFrame({"text": [f"{hostile} and $78"], "source": [hostile]}, index=["101"])
    made = report(check_texts(frame))
    assert not {"script", "img"} & set(Page(made.html).tags)
    assert "onerror=alert(2)&gt;" in made.html
    assert "onerror" not in report(check_texts(frame), rows=0).html


def test_what_cannot_be_told_is_refused():
    with pytest.raises(EvaluationError, match="cannot tell of a list"):
        report([1])  # type: ignore[arg-type]
    with pytest.raises(EvaluationError, match="needs something to tell"):
        report()
