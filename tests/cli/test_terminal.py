"""What every command has: JSON, quiet, standard output in place of a file, help, completion, and a plan that reads."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import typer.main
from typer.testing import CliRunner

from hsai_kit import open_run, pull
from hsai_kit.cli import app

COMMANDS = vars(typer.main.get_command(app))["commands"]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a shell with pipes, and a pseudo-terminal")
HSAI = shutil.which("hsai", path=str(Path(sys.executable).parent)) or "hsai"
SERVES = {"demo", "lab", "app", "sandbox"}


@pytest.fixture
def here(hub, monkeypatch):
    """The folder of a new workspace, whose portal is the sandbox's."""
    monkeypatch.chdir(hub.workspace.folder)
    return hub


def hsai(*words: str, code: int = 0, typed: str | None = None):
    done = CliRunner().invoke(app, list(words), input=typed)
    assert done.exit_code == code, done.output + repr(done.exception)
    return done


def read(*words: str, code: int = 0):
    """Return what a command prints with --json, which has to be one document and nothing else."""
    return json.loads(hsai(*words, "--json", code=code).stdout)


def test_what_every_step_shows_can_be_read_by_a_program(here):
    assert read("status")["status"]["portal"]["id"] == 24681357
    pulled = read("pull", "contacts", "state", "--where", "state is known", "--limit", "3")
    assert [sorted(row) for row in pulled["records"]] == [["record_id", "state"]] * 3
    asked = read("ask", "state-abbreviations", "--where", "state is known", "--limit", "40")
    assert (asked["records"], asked["status"], asked["costs"]["spent"]) == (40, "done", 0)
    assert read("runs")["runs"][0]["id"] == asked["run"]
    assert read("resume", code=7)["run"] == asked["run"]
    reviewed = read("review", "--approve", "unflagged")
    approved = [row for row in reviewed["rows"] if row["decision"] == "approved"]
    assert len(reviewed["rows"]) == 40
    plan = read("push", "--plan")
    assert plan["plan"]["will change"] == len(approved)
    receipt = read("push", "--yes")
    assert receipt["counts"]["written"] == len(approved)
    assert {row["outcome"] for row in receipt["rows"] if row["before"] != row["after"]} >= {"written"}
    tasks = read("then", "create-note", "{{ answer }}", "--plan")
    assert tasks["plan"]
    logged = read("log", "--record", approved[0]["record_id"])
    assert [row["entry"] for row in logged["entries"]] == [receipt["receipt"]]
    assert logged["changes"][0]["after"] == approved[0]["proposal"]
    assert read("undo", "--yes")["counts"] == {"written": len(approved)}
    assert read("notify", "list") == {"names": []}
    assert read("run", "clean-up-states", code=4)["waiting"] > 0


def test_what_a_record_says_reaches_no_terminal_raw_by_json(here, hubspot_client):
    record, hostile = pull(here, "contacts", ["city"], limit=1).index[0], "\x1b[2J\u202eTX"
    hubspot_client.crm.objects.basic_api.update("contacts", record, {"properties": {"city": hostile}})
    shown = hsai("pull", "contacts", "city", "--ids", record, "--json").stdout
    assert shown.isascii()
    assert "\x1b" not in shown
    assert json.loads(shown)["records"] == [{"record_id": record, "city": hostile}]


def test_every_command_that_shows_something_takes_json_and_quiet(here):
    for name, command in COMMANDS.items():
        inner = [command]
        if hasattr(command, "list_commands"):
            inner = [command.get_command(None, one) for one in command.list_commands(None)]
            inner = [one for one in inner if one.name not in {"add", "test", "remove"}]
        for one in inner:
            options = {option for parameter in one.params for option in parameter.opts}
            assert ({"--json", "--quiet"} <= options) is (name not in SERVES), one.name


def test_quiet_leaves_the_result_and_asks_nobody(here):
    loud = hsai("ask", "state-abbreviations", "--where", "state is known", "--limit", "20")
    assert "Next: hsai review" in loud.stdout
    calm = hsai("ask", "state-abbreviations", "--where", "state is known", "--limit", "20", "--quiet")
    assert len(calm.stdout.splitlines()) == 1
    assert calm.stdout.startswith("run-")
    hsai("review", "--approve", "unflagged", "--quiet")
    refused = hsai("push", "--quiet", code=1, typed="yes\n")
    assert "Nothing was written" in refused.stderr
    assert "--yes" in refused.stderr
    assert hsai("push", "--quiet", "--yes").stdout.startswith("push-")


def test_a_file_named_dash_is_standard_output_and_input(here):
    table = hsai("pull", "contacts", "state", "country", "--where", "state is known", "--limit", "30", "--csv", "-")
    lines = table.stdout.splitlines()
    assert lines[0] == "record_id,state,country"
    assert len(lines) == 31
    assert "30 contacts" in table.stderr
    asked = hsai("ask", "state-abbreviations", "contacts", "--csv", "-", typed=table.stdout)
    assert "30 records" in asked.stdout
    assert hsai("review", "--csv", "-").stdout.startswith("record_id,")
    assert hsai("log", "--html", "-").stdout.lstrip().startswith("<!doctype html")
    assert "exclude each other" in hsai("review", "--csv", "-", "--json", code=1).stderr


@pytest.mark.parametrize(
    "words",
    [
        ("pull", "contacts", "state", "--csv"),
        ("review", "--csv"),
        ("push", "--yes", "--csv"),
        ("log", "--html"),
        ("log", "--csv"),
        ("evaluate", "clean-up-states", "--report"),
        ("then", "create-note", "{{ answer }}", "--csv"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_done(here, sandbox, words, tmp_path):
    before = sandbox.counts()
    for place in (tmp_path / "nowhere" / "file.csv", tmp_path):
        refused = hsai(*words, str(place), code=2)
        assert "cannot be written" in " ".join(refused.stderr.replace("│", " ").split())
    assert sandbox.counts() == before
    assert list(tmp_path.glob("*.csv")) == []


def test_which_records_and_how_they_are_asked_about(here):
    known = pull(here, "contacts", ["state"], where="state is known", limit=5)
    ids = ",".join(known.index[:3])
    hsai("ask", "state-abbreviations", "--ids", ids, "--temperature", "0.7", "--columns", "company.name,jobtitle")
    run = open_run(here)
    assert sorted(run.answers.index) == sorted(known.index[:3])
    assert run.assistant.temperature == 0.7
    known.iloc[:4].to_csv("some.csv")
    hsai("ask", "state-abbreviations", "--ids", "some.csv", "--changed-since", "2020-01-01")
    assert len(open_run(here).answers) == 4
    hsai("ask", "state-abbreviations", "--sample", "6")
    assert len(open_run(here).answers) == 6
    assert "reasoning_effort" in hsai("ask", "state-abbreviations", "--reasoning-effort", "hard", code=1).stderr
    refused = hsai("ask", "state-abbreviations", "--csv", "some.csv", "--changed-since", "2020-01-01", code=1)
    assert "--changed-since chooses among HubSpot's records" in refused.stderr
    out = hsai("pull", "contacts", "--columns", "state, company.name", "--ids", ids, "--csv", "more.csv").stdout
    assert "3 contacts, 2 properties" in out
    assert list(pd.read_csv("more.csv")) == ["record_id", "state", "company.name"]
    assert "Which properties? Name them" in hsai("pull", "contacts", code=1).stderr


def test_where_is_explained_where_it_is_used():
    for name in ("pull", "ask"):
        shown = " ".join(hsai(name, "-h").stdout.replace("│", " ").split())
        for form in ("is known", "contains", "before", "quotes around"):
            assert form in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_h_is_help_too(name):
    assert hsai(name, "-h").stdout == hsai(name, "--help").stdout


@POSIX
def test_a_reader_that_leaves_early_does_not_make_a_command_fail(here):
    shell = f"set -o pipefail; {HSAI} --help | true && {HSAI} runs -h | true && {HSAI} runs --json | true"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@POSIX
def test_a_shell_completes_commands_and_names(here):
    def complete(words: str) -> set[str]:
        environment = {"_HSAI_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        done = subprocess.run([HSAI], capture_output=True, text=True, check=True, env=os.environ | environment)
        return set(done.stdout.split())

    assert {"review", "resume", "run", "runs"} <= complete("hsai r")
    assert complete("hsai ask state") == {"state-abbreviations"}
    assert complete("hsai run cl") == {"clean-up-states"}


@POSIX
def test_the_plan_at_the_moment_of_yes_keeps_its_lines_at_80_columns(here):
    import pexpect

    hsai("ask", "state-abbreviations", "--where", "state is known", "--limit", "60")
    hsai("review", "--approve", "unflagged")
    child = pexpect.spawn(HSAI, ["push"], encoding="utf-8", timeout=30, dimensions=(40, 80))
    child.expect_exact("Type yes or y: ")
    lines = child.before.replace("\r", "").splitlines()
    child.sendline("no")
    child.expect(pexpect.EOF)
    start = next(place for place, line in enumerate(lines) if "Plan: " in line)
    assert all(len(line) <= 80 for line in lines[start:-1] if "https://" not in line)
    assert [line for line in lines[start + 1 : -1] if line and not line.startswith("  ")] == []
    assert lines[-1].startswith("Write ")


def test_a_new_workspace_holds_a_recipe_that_works_and_keeps_records_out_of_git(hub, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hsai("init", "mine")
    mine = tmp_path / "mine"
    monkeypatch.chdir(mine)
    assert {path.name for path in mine.iterdir()} >= {"hsai.toml", "assistants", "recipes", "hsai.sqlite", ".gitignore"}
    subprocess.run(["git", "init", "-q"], check=True)
    assert "wait for a person" in hsai("run", "clean-up-states", code=4).stdout
    hsai("review", "--csv", "review.csv", "--approve", "unflagged")
    hsai("review", "--csv", "review.xlsx")
    hsai("log", "--html", "log.html")
    assert "written" in hsai("run", "clean-up-states", "--reviewed", "--yes").stdout
    kept = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name for name in kept if name != "??"} == {
        ".gitignore",
        "hsai.toml",
        "recipes/clean-up-states.toml",
        *(f"assistants/{path.name}" for path in (mine / "assistants").iterdir()),
    }


PYTHON = re.compile(r"DataFrame|\bframe\b|confirm=|resume=|\b(pull|ask|review|resume|cancel|push|undo|Run|Receipt)\(")


def test_advice_in_a_terminal_speaks_of_commands_and_files_and_not_of_python(here, sandbox):
    Path("hsai.toml").write_text("[openai]\nask_above_usd = 0\n", "utf-8")
    Path("twice.csv").write_text("record_id,state,country\n101,CA,US\n101,TX,US\n", "utf-8")
    Path("blank.csv").write_text("record_id,state,country\n101,CA,US\n,TX,US\n", "utf-8")
    Path("noid.csv").write_text("state,country\nCA,US\n", "utf-8")
    Path("empty.csv").write_text("record_id,state,country\n", "utf-8")
    states = ("ask", "state-abbreviations")
    refused = [hsai(*states, "--csv", f"{name}.csv", code=1).stderr for name in ("twice", "blank", "noid", "empty")]
    refused += [
        hsai("pull", "contacts", "state", "--where", "company.name is known", code=1).stderr,
        hsai("pull", "contacts", "state", "--list", "Newsletter", "--ids", "101,102", code=1).stderr,
        hsai("review", "nothing", code=1).stderr,
        hsai("push", code=7).stderr,
    ]
    hsai(*states, "--where", "state is known", "--limit", "40", "--yes")
    refused.append(hsai("push", code=4).stderr)
    hsai("review", "--approve", "unflagged")
    refused.append(hsai("undo", "run-7", code=1).stderr)
    for sentence in refused:
        assert len(sentence) > 30
        assert not PYTHON.search(sentence), sentence
