"""Progress: one honest line for whoever watches, nothing where nobody does."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import nbformat
import pytest
from nbclient import NotebookClient

from hsai_kit.runtime.progress import Progress, quiet, say, show_progress


def progress(**values) -> Progress:
    return Progress("Asking", started=time.monotonic() - 10, **values)


def test_the_time_to_go_follows_the_rate_so_far():
    assert progress(total=100, done=25).seconds_left == pytest.approx(30, abs=1)


@pytest.mark.parametrize("values", [{}, {"total": 0}, {"total": 10}, {"done": 5}])
def test_no_time_to_go_is_made_up_where_it_cannot_be_told(values):
    assert progress(**values).seconds_left is None


def test_more_done_than_was_expected_is_never_less_than_no_time():
    assert progress(total=10, done=15).seconds_left == 0


def test_say_prints_a_line_and_quiet_keeps_it_back_also_when_nested(capsys):
    say("one")
    with quiet():
        say("two")
        with quiet():
            say("three")
        say("four")
    say("five → ü")
    assert capsys.readouterr().out == "one\nfive → ü\n"


def test_a_long_line_is_broken_between_words_in_a_terminal_only(capsys, monkeypatch):
    line = "10,000 records → 214 questions, 187 known → 27 requests to gpt-6-luna, about 5,670 to 16,065 tokens"
    say(line)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    say(line)
    whole, *broken = capsys.readouterr().out.splitlines()
    assert whole == " ".join(broken) == line
    assert len(broken) == 2
    assert all(len(part) <= 80 for part in broken)


def test_text_of_several_lines_keeps_its_lines_in_a_narrow_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    plan = "Portal 1: 2 values of state would change\n\n  Calif. → CA    2\n  " + "word " * 20 + "\nNothing else."
    say(plan)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["Portal 1: 2 values of state would change", "", "  Calif. → CA    2"]
    assert lines[-1] == "Nothing else."
    assert all(len(line) <= 80 for line in lines)
    assert all(line.startswith("  word") for line in lines[3:-1]), "a broken line keeps its indent"


CELL = """
import time
from hsai_kit.runtime.progress import Progress, show_progress
work = Progress("Pushing state", total=628)
with show_progress(lambda: work) as refresh:
    work.done = 400
    refresh()
    time.sleep(0.5)
    work.done = 628
"""


def test_a_line_in_a_notebook_ends_in_its_last_state():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    shown = str(notebook.metadata.get("widgets", "")) + str(notebook.cells[0].outputs)
    assert "628/628" in shown
    assert "400/628" not in shown


def test_quiet_ends_with_its_block_also_after_an_error(capsys):
    with pytest.raises(LookupError), quiet():
        raise LookupError
    say("heard")
    assert capsys.readouterr().out == "heard\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_output_that_has_no_arrows_does_not_end_the_work(encoding):
    done = subprocess.run(
        [sys.executable, "-c", "from hsai_kit.runtime.progress import say; say('20 records → 3 questions')"],
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "20 records ? 3 questions\n"


def test_nothing_is_drawn_where_output_is_captured(capsys, monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    with show_progress(lambda: Progress("Asking", total=3)) as refresh:
        refresh()
    out = capsys.readouterr()
    assert out.out + out.err == ""


@pytest.fixture
def terminal(monkeypatch):
    """Make rich take the captured stream for a terminal."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")


@pytest.mark.usefixtures("terminal")
def test_a_terminal_shows_the_label_how_far_it_is_and_the_note(capsys):
    work = Progress("Asking [bold]states[/]", total=40)
    with show_progress(lambda: work):
        work.done, work.note = 17, "waiting for HubSpot [/]"
    drawn = capsys.readouterr().err
    assert "Asking [bold]states[/]" in drawn
    assert "17/40" in drawn
    assert "waiting for HubSpot [/]" in drawn


@pytest.mark.usefixtures("terminal")
def test_quiet_draws_no_line_in_a_terminal_either(capsys):
    with quiet(), show_progress(lambda: Progress("Asking", total=3)) as refresh:
        refresh()
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("terminal")
def test_an_unknown_total_can_be_shown_and_learned_later(capsys):
    work = Progress("Pulling")
    with show_progress(lambda: work) as refresh:
        refresh()
        work.total, work.done = 7, 7
    assert "7/7" in capsys.readouterr().err
