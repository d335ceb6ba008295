"""`hsai pull`, `hsai ask` and `hsai review`: the job from a terminal, with decisions made in a spreadsheet."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

from hsai_kit import ask, open_run, pull, review
from hsai_kit.cli import app


@pytest.fixture
def here(hub, monkeypatch):
    monkeypatch.chdir(hub.workspace.folder)
    return hub


def hsai(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def test_records_are_shown_or_written_to_a_file_that_can_be_asked_about(here, sandbox):
    assert "3 contacts, 2 properties" in hsai("pull", "contacts", "state", "country", "--limit", "3")
    assert "'stat'" in hsai("pull", "contacts", "stat", code=1)
    assert "1 record, 1 property." in hsai("pull", "contact", "state", "--limit", "1")
    out = hsai(
        "pull", "contacts", "state", "country", "--where", "state is known", "--limit", "30", "--csv", "some.csv"
    )
    assert "They are in some.csv" in out
    out = hsai("ask", "state-abbreviations", "contacts", "--csv", "some.csv")
    run = open_run(here)
    assert "30 records → " in out
    assert f"Next: hsai review {run.id}" in out
    assert run.record.object_type == "contacts"
    again = hsai("ask", "state-abbreviations", "--where", "state is known", "--limit", "30")
    assert "→ 0 requests" in again, "the file reads as the records do"


def test_approved_filled_down_a_column_approves_what_can_be_and_lists_the_rest_by_row(here):
    hsai("ask", "state-abbreviations", "--where", "state is known", "--limit", "60", "--yes")
    hsai("review", "--csv", "review.csv", "--to", "state")
    table = pd.read_csv("review.csv", dtype=str, index_col="record_id", keep_default_na=False)
    without = [line for line, proposal in enumerate(table["proposal"], 2) if not proposal]
    assert without
    no = table.index[table["proposal"] != ""][0]
    review(open_run(here), to="state").reject([no])
    table["decision"] = "approved"
    table.to_csv("filled.csv")
    out = hsai("review", "--decisions", "filled.csv", "--to", "state")
    assert f"{len(table) - len(without)} approved" in out
    assert "1 of them had been rejected before" in out
    for line in without[:5]:
        assert f"Row {line} (record " in out
    frame = review(open_run(here), to="state").frame
    assert ((frame["decision"] == "approved") == frame["proposal"].notna()).all()


def test_decisions_are_made_in_a_file_and_taken_over_whole_or_not_at_all(here):
    hsai("ask", "state-abbreviations", "--where", "state is known", "--limit", "40", "--yes")
    out = hsai("review", "--csv", "review.csv", "--to", "state")
    assert "before after decision records flagged" in out
    table = pd.read_csv("review.csv", dtype=str, index_col="record_id", keep_default_na=False)
    proposed = table.index[table["proposal"] != ""]
    yes, no, other, bad = proposed[:4]
    table.loc[yes, "decision"] = "approved"
    table.loc[no, "decision"] = "Rejected"
    table.loc[[other, bad], "decision"] = "approved"
    table.loc[other, "final"], table.loc[bad, "final"] = "NY", "New York"
    table.to_csv("wrong.csv", sep=";", encoding="cp1252")
    out = hsai("review", "--decisions", "wrong.csv", code=1)
    assert f"(record {bad}): 'New York' cannot be written as answer" in out
    assert "Nothing was decided" in out
    table.loc[bad, ["decision", "final"]] = "pending", ""
    table.to_csv("right.csv")
    out = hsai("review", "--decisions", "right.csv", "--to", "state")
    assert "1 approved" in out
    assert "1 rejected" in out
    assert "1 edited" in out
    frame = review(open_run(here), to="state").frame
    assert frame.loc[[yes, no, other, bad], "decision"].tolist() == ["approved", "rejected", "edited", "pending"]
    assert frame.loc[other, "final"] == "NY"
    assert "nothing is new in it" in hsai("review", "--decisions", "right.csv")
    assert "that carry no flag" in hsai("review", "--approve", "unflagged", "--to", "state")
    frame = review(open_run(here), to="state").frame
    calm = frame["flags"].map(len) == 0
    assert not (frame["changes"] & calm & (frame["decision"] == "pending")).any()
    flagged = frame[~calm & ~frame.index.isin([yes, other])]
    assert len(flagged)
    assert not (flagged["decision"] == "approved").any()


def test_a_run_with_several_fields_is_reviewed_the_terminals_way(here):
    run = ask(here, pull(here, "contacts", ["how_can_we_help"], limit=2), "lead-triage")
    assert f"such as: hsai review {run.id} --field {run.fields[0]}" in hsai("review", code=1)
    assert "2 pending" in hsai("review", "--field", run.fields[0])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("review", "--approve", "all"), "it can be 'unflagged'"),
        (("ask", "state-abbreviations", "--csv", "none.csv"), "none.csv cannot be read: No such file or directory"),
        (("ask", "state-abbreviations", "--csv", "x.csv", "--where", "state is known"), "Leave one out"),
        (("ask", "nobody"), "There is no assistant 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_said(here, words, sentence):
    assert sentence in hsai(*words, code=1)


def test_where_nothing_was_asked_yet_there_is_nothing_to_do(here):
    for words in (("review",), ("resume",), ("push",)):
        assert "There are no runs here yet. Make one with: hsai ask" in hsai(*words, code=7)
