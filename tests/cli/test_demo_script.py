"""`hsai demo`: what it shows, that its claims can fail, and that no record reaches the terminal raw."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from hsai_kit.cli.demo_script import run_demo

HSAI = shutil.which("hsai", path=str(Path(sys.executable).parent)) or "hsai"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and odd file names are POSIX's")
PUSHED = r"✓ Read back: the portal holds the ([\d,]+) new values?, and every other state is as it was\."
UNDONE = "✓ Read back: every record holds its old state again."
HOSTILE = ["\x1b[2JTexas", "\x1b]0;mine\x07Ohio", "[bold red]Calif.[/bold red]", "\u202esaxeT", "Texas\r\nX", "\x9b31m"]
ROWS = [("Calif.", "United States"), ("texas", "USA"), ("TX", "USA"), ("", "USA"), ("N.Y.", "US"), ("Calif.", "US")]


@pytest.fixture(autouse=True)
def empty(tmp_path, monkeypatch):
    """An empty folder to run in, and one for what is temporary, which must be empty in the end."""
    for name in ("here", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "HUBSPOT_ACCESS_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    running = sandboxes()
    yield tmp_path / "here"
    assert list((tmp_path / "temporary").iterdir()) == []
    assert sandboxes() == running


def sandboxes() -> set[psutil.Process]:
    """The sandboxes that run below this process, which may have a browser and kernels of other tests as well."""
    below = psutil.Process().children(recursive=True)
    return {one for one in below if one.is_running() and "hsai_kit.sandbox" in " ".join(one.cmdline())}


@pytest.fixture
def few(tmp_path) -> Path:
    """An export of six contacts, four of whom are to be changed."""
    return write_csv(tmp_path / "few.csv", ROWS)


def started(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [HSAI, "demo", *arguments]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | environment,
        start_new_session=os.name == "posix",
    )


def demo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real command to its end."""
    with started(*arguments, **environment) as process:
        said, complaint = process.communicate(timeout=100)
    return subprocess.CompletedProcess(process.args, process.returncode, said, complaint)


def shown(export: Path, *, width: int = 120, faults=(), **look) -> tuple[bool, str]:
    """Show the demo on a screen of this process, which is quicker to start; return its verdict and the screen."""
    written = io.StringIO()
    held = run_demo(Console(file=written, width=width, **look), export, faults)
    return held, written.getvalue()


def flat(screen: str) -> str:
    """The screen's words without its line breaks."""
    return " ".join(screen.split())


def write_csv(path: Path, rows, *headings: str, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["Record ID", *(headings or ("State/Region", "Country/Region"))])
        writer.writerows([str(number), *row] for number, row in enumerate(rows, 501))
    return path


def write_export(path: Path, **how) -> Path:
    """5,000 contacts as HubSpot exports them, with quoted line breaks."""
    place = Path(__file__).parents[1] / "sandbox" / "portal" / "exports.py"
    spec = importlib.util.spec_from_file_location("exports", place)
    exports = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(exports)
    return exports.write_export(path, **how)


def keeps_its_shape(screen: str, width: int) -> bool:
    """Whether all between the first heading and the end is headings and indented lines that fit."""
    body = screen.split("\n1. Pull\n")[1].split("\nThat took")[0]
    for line in body.splitlines():
        assert len(line) <= width
        assert line == "" or re.match(r"   \S|\d\. (Ask|Review|Push|Undo)$", line), line
    return True


def test_the_demo_shows_the_whole_job_from_an_empty_folder(empty):
    begin = time.monotonic()
    done = demo()
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begin < 60
    assert done.stderr == ""
    said = flat(done.stdout)
    assert "a HubSpot portal and a scripted assistant, both on this computer" in said
    assert "2,400 contacts of portal 24681357, 2,314 of them with a state." in said
    assert "a script and no language model" in said
    assert re.search(r"questions to gpt-6-luna would cost (about \d+\.\d\d|less than 0\.01) USD", said)
    (pushed,) = re.findall(PUSHED, said)
    assert 400 < int(pushed) < 900
    assert f"The plan first: {pushed} will change." in said
    assert f"{pushed} written." in said
    assert f"{pushed} values put back. Reading the portal back … {UNDONE}" in said
    assert said.endswith("Next, your own workspace: hsai init my-workspace")
    assert "\x1b" not in done.stdout
    assert keeps_its_shape(done.stdout, 80)
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("width", [50, 120])
def test_lines_keep_their_indentation_at_any_width(few, width):
    held, screen = shown(few, width=width)
    assert held
    assert keeps_its_shape(screen, width)


def test_exports_as_hubspot_and_excel_write_them_go_through_the_whole_job(empty):
    plain, latin = empty.parent / "plain.csv", empty.parent / "latin.csv"
    write_export(plain)
    write_export(latin, encoding="latin-1")
    assert plain.read_bytes().startswith(b"\xef\xbb\xbf")
    assert b'"yes,\nwith a colleague"' in plain.read_bytes()
    begin = time.monotonic()
    with started("--csv", str(plain)) as one, started("--csv", str(latin)) as other:
        screens = [flat(one.communicate(timeout=100)[0]), flat(other.communicate(timeout=100)[0])]
    assert time.monotonic() - begin < 100, "two at once"
    assert (one.returncode, other.returncode) == (0, 0)
    for said in screens:
        assert re.search(r"5,000 contacts of portal 24681357, 4,8\d\d of them with a state\.", said)
        (pushed,) = re.findall(PUSHED, said)
        assert 1000 < int(pushed.replace(",", "")) < 2000
        assert UNDONE in said
    assert "latin.csv is not UTF-8; it was read as cp1252" in screens[1]


def test_the_demo_copes_with_faults(few):
    faults = ["hubspot:503_html:count=1", "hubspot:reset:path=/batch/update:count=1", "openai:500:count=1"]
    held, screen = shown(few, faults=faults)
    assert (
        "Faults that struck and were coped with: hubspot 503_html once, hubspot reset once, openai 500 once" in screen
    )
    assert held
    assert re.findall(PUSHED, flat(screen)) == ["4"]


@POSIX
def test_a_claim_that_the_portal_does_not_bear_out_is_said_and_ends_with_exit_code_1(empty, few):
    # Between the push and its undo there is time to spoil the journal that the undo reads.
    slow = "hubspot:latency:seconds=3:method=GET:path=/objects/2026-09/contacts:after=1:count=1"
    with started("--csv", str(few), "--fault", slow) as process:
        said = ""
        while "Receipt push-" not in said:
            said += process.stdout.readline()
        (store,) = (empty.parent / "temporary").glob("hsai-demo-*/hsai.sqlite")
        with closing(sqlite3.connect(store)) as journal, journal:
            journal.execute("UPDATE changes SET before = 'spoiled' WHERE record_id = '501'")
        said = flat(said + process.communicate(timeout=60)[0])
    assert process.returncode == 1
    assert re.findall(PUSHED, said) == ["4"]
    assert "✗ Not so: Read back: every record holds its old state again." in said


def test_an_export_without_states_is_a_sentence(empty):
    done = demo("--csv", str(write_csv(empty.parent / "names.csv", [("Ada",), ("Ben",)], "First Name")))
    assert done.returncode == 1
    assert "names.csv has no column State/Region with values, so there is nothing to clean up." in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_export_that_is_clean_is_no_failure_also_in_a_workspace_of_another_mind(empty):
    (empty / "assistants").mkdir()
    (empty / "assistants" / "state-abbreviations.toml").write_text("this one is broken")
    (empty / "hsai.toml").write_text("[openai]\nconcurrency = 1\n")
    held, screen = shown(write_csv(empty.parent / "clean.csv", [("CA", "US"), ("TX", "US")]))
    assert held
    assert "2 contacts of portal 24681357, 2 of them with a state." in screen
    assert "So there is nothing to write" in screen
    assert "Undo" not in screen
    assert sorted(path.name for path in empty.iterdir()) == ["assistants", "hsai.toml"]


def test_hostile_records_never_reach_the_terminal_raw(empty):
    rows = [(state, "USA") for state in HOSTILE for _ in range(3)]
    held, screen = shown(write_csv(empty.parent / "hostile.csv", rows), force_terminal=True, color_system="truecolor")
    assert held
    bare = re.sub(r"\x1b\[[0-9;]*m", "", screen)
    assert bare != screen, "the screen itself is in color"
    assert all(letter.isprintable() or letter == "\n" for letter in bare)
    assert "·[2JTexas" in bare, "what was there is still to be seen, without its power"
    assert "“[bold red]Calif.[/b…”" in flat(bare)


@POSIX
def test_a_terminal_without_colors_and_letters_shows_all_and_no_file_name_has_power_over_it(empty):
    # Not UTF-8, on which the sandbox remarks with the file's name.
    export = write_csv(empty.parent / "ex\x1b[2Jport.csv", [("Qu\xe9bec", "CA"), *ROWS], encoding="latin-1")
    done = demo("--csv", str(export), PYTHONIOENCODING="ascii", TERM="dumb")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert all(letter.isprintable() or letter == "\n" for letter in done.stdout)
    assert "ex?[2Jport.csv is not UTF-8" in flat(done.stdout)
    assert flat(done.stdout).count("OK: Read back") == 2


@POSIX
def test_ctrl_c_ends_the_demo_and_its_sandbox_with_a_sentence(few):
    with started("--csv", str(few), "--fault", "openai:latency:seconds=1:path=/responses") as process:
        while "1. Pull" not in process.stdout.readline():
            pass
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        said, complaint = process.communicate(timeout=20)
    assert process.returncode == 130
    assert complaint.startswith("Stopped after ")
    assert "Traceback" not in complaint
    assert "3. Review" not in said
