"""Exports and terminals: whatever a record says, it stays text."""

from __future__ import annotations

import csv
import re

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hsai_kit.tabular.cell_text import format_line
from hsai_kit.tabular.csv_formulas import defuse
from hsai_kit.tabular.table_files import read_table, write_csv, write_excel

on_disk = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
# Half of the texts begin like an attack, and halves of emojis are among them too.
texts = st.builds(
    lambda lead, rest: lead + rest,
    st.sampled_from(
        ["", "=", "+", "-", "@", "%", "|", "\t=", "\r", "\n-", " =", '"=', "'+", "\x00=", "\u200b=", "\uff1d"]
    ),
    st.text(st.characters(), max_size=12),
)


def frame(values, name="answer") -> pd.DataFrame:
    index = pd.Index([str(n) for n in range(len(values))], name="record_id")
    return pd.DataFrame({name: pd.Series(values, dtype=object).array}, index=index)


def acts_as_formula(cell: str) -> bool:
    """Tell what a spreadsheet would run; spaces and marks that do not show are looked through."""
    seen = "".join(letter for letter in cell if letter.isprintable()).strip()
    if re.fullmatch(r"[+-]?\d+([.,]\d+)?", cell):
        return False
    return seen[:1] in set("=+-@\uff1d\uff0b\uff0d\uff20") or cell[:1] in set("\t\r\n")


@on_disk
@given(values=st.lists(texts, min_size=1, max_size=4), name=texts.filter(str.strip), record=texts)
@example(values=["=1+1", "+44 20", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "|calc", "%0A"], name="=cmd", record="=0")
@example(values=["harmless\r=1+1"], name="a", record="1")
@example(values=["-5", "+1", "3.5", "-3,5", "-5\n"], name="a", record="1")
def test_no_cell_of_a_csv_begins_like_a_formula_whatever_the_records_say(tmp_path, values, name, record):
    table = frame(values, name)
    table.index = pd.Index([record] * len(values), name="record_id")
    path = tmp_path / "out.csv"
    defuse(table).to_csv(path, encoding="utf-8-sig")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == len(values) + 1
    for row in rows:
        assert len(row) == 2
        assert not [cell for cell in row if acts_as_formula(cell)]


@on_disk
@given(values=st.lists(texts, min_size=1, max_size=4), name=texts.filter(str.strip))
@example(values=["=1+1", "=HYPERLINK(1)", "\uffff\ufffe", "cut \ud83d", "\x0b\x1f"], name="=cmd")
def test_no_cell_of_a_workbook_is_a_formula_and_the_file_opens(tmp_path, values, name):
    path = tmp_path / "out.xlsx"
    write_excel(frame(values, name), path, "review")
    sheet = openpyxl.load_workbook(path).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert sheet.max_row == len(values) + 1
    assert not [cell.value for cell in cells if cell.data_type == "f"]


def test_ordinary_text_and_numbers_come_through_as_they_are():
    values = ["CA", "O'Brien", "a = b", "", "2 - 1", "-5", "+15550100", "3.5", "ä 😀\nnext"]
    assert defuse(frame(values))["answer"].tolist() == values


def test_the_frame_itself_is_left_as_it_is():
    table = frame(["=1"])
    defuse(table)
    assert table["answer"].tolist() == ["=1"]


def test_numbers_booleans_and_times_stay_what_they_are_and_blanks_stay_blank():
    table = pd.DataFrame(
        {
            "n": pd.array([-5, None], dtype="Int64"),
            "yes": pd.array([True, None], dtype="boolean"),
            "at": pd.to_datetime(["2026-01-31T10:00:00Z", None], utc=True),
            "text": pd.array(["=1", None], dtype="string"),
            "kind": pd.Categorical(["=1", None]),
        },
        index=pd.Index(["1", "2"], name="record_id"),
    )
    safe = defuse(table)
    assert safe["n"].tolist()[0] == -5
    assert safe["yes"].tolist()[0] is True
    assert safe["at"].tolist()[0] == pd.Timestamp("2026-01-31 10:00")
    assert safe["text"].tolist()[0] == safe["kind"].tolist()[0] == "'=1"
    assert safe.iloc[1].isna().all()


def test_lists_become_text_and_are_defused_too():
    assert defuse(frame([["=1", "b"], ("a", "b"), []]))["answer"].tolist() == ["'=1; b", "a; b", ""]


def test_columns_of_the_same_name_are_both_defused():
    twice = pd.concat([frame(["=1"]), frame(["=2"])], axis=1)
    assert defuse(twice).to_numpy().tolist() == [["'=1", "'=2"]]


@pytest.mark.parametrize("text", ["x" * 40_000, "😀" * 20_000])
def test_a_text_that_no_cell_can_hold_is_cut_and_says_so(text):
    cell = defuse(frame([text]))["answer"].iloc[0]
    assert len(cell.encode("utf-16-le")) // 2 <= 32_767
    assert cell.startswith(text[:1000])
    assert cell.endswith("… (cut to fit)")


def test_an_empty_frame_can_be_exported():
    assert defuse(frame([])).shape == (0, 1)


@pytest.mark.parametrize("nothing", [None, "", "  \n", float("nan"), pd.NA, pd.NaT])
def test_a_blank_reads_blank_on_a_line(nothing):
    assert format_line(nothing) == "(blank)"


@given(st.text(st.characters()), st.integers(2, 60))
def test_a_line_is_one_printable_line_of_the_width_asked_for(text, width):
    line = format_line(text, width)
    assert line.isprintable()
    assert len(line) <= max(width, len("(blank)"))


def test_what_would_move_the_cursor_or_turn_the_direction_shows_as_a_dot():
    assert format_line("a\x1b[2Jb") == "a·[2Jb"
    assert format_line("\u202egnp.exe") == "·gnp.exe"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_separator_that_a_spreadsheet_may_take_splits_a_cell_into_a_formula(tmp_path, separator):
    frame = pd.DataFrame(
        {"note": ["a;=1+1", "b,=1+1", "c\t=1+1", 'd";=1+1', "e\n=1+1", "f\r\n @SUM(A1)", 'g"\n"+1', "h\r-2+3"]},
        index=pd.Index(list("12345678"), name="record_id"),
    )
    path = write_csv(frame, tmp_path / "review.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file, delimiter=separator) for cell in row]
    assert not [cell for cell in cells if cell.lstrip(' "').startswith(("=", "@", "+", "-"))]


@given(st.lists(texts, min_size=1, max_size=5))
@example(["-", "--", "'-", "N/A", "a;=1+1", "a;'=1+1", "-5"])
@on_disk
def test_what_was_exported_reads_back_as_the_same_so_that_nothing_is_paid_for_again(tmp_path, said):
    said = [one.replace("\r\n", "\n").replace("\r", "\n") for one in said]
    said = [one for one in said if not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", one)]
    found = frame(said)
    assert read_table(write_csv(found, tmp_path / "out.csv"))[found.columns[0]].fillna("").tolist() == said
