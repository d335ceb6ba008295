"""How `hsai …` ends, for the job that started it: one code for each way, in a process of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hsai_kit
from hsai_kit import ask, pull, review
from hsai_kit.cli.exit_codes import ExitCode, code_of
from hsai_kit.errors import GateNotPassed, HsaiError, NothingApproved, NothingToDo, ReviewPending

HSAI = shutil.which("hsai", path=str(Path(sys.executable).parent)) or "hsai"
RECIPE = """
[records]
properties = ["state", "country"]
where = "state is known"
limit = 5

[ask]
assistant = "state-abbreviations"
model = "sandbox-sol"
"""


def hsai(*words: str) -> tuple[int, str]:
    """Run the real command, with nobody who could answer, and return its code and what it said."""
    done = subprocess.run([HSAI, *words], capture_output=True, text=True, check=False, timeout=120, input="")
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def here(hub, monkeypatch):
    monkeypatch.chdir(hub.workspace.folder)
    return hub


def test_the_codes_are_those_that_the_help_lists():
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "GATE_NOT_PASSED": 3,
        "WAITING_FOR_REVIEW": 4,
        "BUDGET_REACHED": 5,
        "STOPPED_BY_DRIFT": 6,
        "NOTHING_TO_DO": 7,
        "INTERRUPTED": 130,
    }
    code, page = hsai("--help")
    assert code == 0
    said = " ".join(re.sub(r"[│\s]+", " ", page).split())
    assert "Exit codes: 0 done, 1 failed, 2 usage, 3 gate not passed, 4 waiting for review" in said


@pytest.mark.parametrize(
    ("kind", "code"), [(GateNotPassed, 3), (ReviewPending, 4), (NothingApproved, 4), (NothingToDo, 7), (HsaiError, 1)]
)
def test_an_error_has_the_code_of_its_class(kind, code):
    assert code_of(kind("…")) == code


def test_the_version_is_shown():
    assert hsai("--version") == (0, f"hsai_kit {hsai_kit.__version__}\n")


def test_what_is_typed_wrong_and_what_fails_are_told_apart(here):
    assert hsai("push", "--nonsense")[0] == 2
    assert hsai("then", "create-task")[0] == 2
    assert hsai("push", "run-7")[0] == 1


def test_a_push_waits_for_review_then_is_done_then_has_nothing_to_do(here):
    assert hsai("push")[0] == 7, "there is no run"
    contacts = pull(here, "contacts", ["city"], limit=2)
    run = ask(here, contacts.assign(said="Texas"), "state-abbreviations", "State: {{ said }}")
    words = ("push", run.id, "--to", "city", "--yes")
    code, said = hsai(*words)
    assert (code, "nothing is approved yet" in said) == (4, True), said
    review(run, to="city").approve()
    assert hsai(*words)[0] == 0
    assert hsai(*words)[0] == 7
    assert hsai("undo", "--yes")[0] == 0
    code, said = hsai("undo", "--yes")
    assert (code, "still stands, so there is nothing to take back" in said) == (7, True), said
    assert hsai("push", "--resume")[0] == 7
    assert hsai("resume", run.id)[0] == 7


def test_a_recipe_waits_for_people_and_says_so_without_python(here):
    here.workspace.recipes.mkdir(exist_ok=True)
    file = here.workspace.recipes / "states.toml"
    file.write_text(RECIPE, "utf-8")
    code, said = hsai("run", "states")
    assert code == 4, said
    assert "wait for a person: hsai review run-" in said
    assert "open_run(" not in said
    code, said = hsai("run", "states", "--reviewed")
    assert (code, "Review it first: hsai review run-" in said) == (4, True), said
    file.write_text(RECIPE.replace("state is known", "state is Nowhere"), "utf-8")
    assert hsai("run", "states")[0] == 7
