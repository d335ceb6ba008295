"""Errors: one tree, and a sentence instead of a stack for an analyst in a notebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from hsai_kit import errors
from hsai_kit.errors import HsaiError, NoConnection, ScopesMissing, SettingNotSupported, WorkStopped

CLASSES = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and kind.__module__ == errors.__name__
}


def test_every_error_is_public_and_says_what_it_is_for():
    for name, kind in CLASSES.items():
        assert not name.startswith("_")
        assert kind.__doc__ != kind.__base__.__doc__
        assert len(str(kind.__doc__)) > 20


def test_one_except_catches_all_but_a_stop():
    for name, kind in CLASSES.items():
        assert issubclass(kind, HsaiError) is (name != "WorkStopped")


def test_what_an_error_knows_can_be_asked_of_it():
    assert ScopesMissing("…", ["a", "b"]).scopes == ("a", "b")
    assert not NoConnection("…").maybe_done
    assert NoConnection("…", maybe_done=True).maybe_done
    setting = SettingNotSupported("…", setting="temperature", request_id="req_1")
    assert (setting.setting, setting.status, setting.request_id) == ("temperature", 400, "req_1")


NOTEBOOK = """
import contextlib, io, json, sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shown = []
for cell in json.load(sys.stdin):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        shell.run_cell(cell)
    shown.append(said.getvalue())
json.dump(shown, sys.stdout)
"""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """Run cells in a real IPython and return what an analyst sees under each."""
    home = str(tmp_path_factory.mktemp("home"))

    def run(*cells: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", NOTEBOOK],
            input=json.dumps(cells),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "IPYTHONDIR": home, "NO_COLOR": "1", "PYTHONUTF8": "1"},
        )
        shown: list[str] = json.loads(done.stdout)
        return shown

    return run


def test_a_notebook_shows_the_sentence_and_not_the_stack(notebook):
    shown = notebook(
        "import pandas as pd\nfrom hsai_kit.assistant.prompt import Prompt",
        "Prompt('{{ sate }}').render(pd.DataFrame({'state': ['CA']}))",
        "from hsai_kit.errors import KeyProblem\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n"
        "    raise KeyProblem('The key is gone.')",
        "from hsai_kit.errors import WorkStopped\nraise WorkStopped('Stopped after 3 of 9. Ask the same again.')",
        "1 / 0",
    )
    assert shown[0] == ""
    assert shown[1].startswith("PromptError: The prompt uses {{ sate }}")
    assert shown[1].count("\n") == 1
    assert shown[2] == "KeyProblem: The key is gone.\n"
    assert shown[3] == "Stopped after 3 of 9. Ask the same again.\n"
    assert "Traceback" in shown[4]


def test_a_notebook_shows_what_was_noted_on_an_error_too(notebook):
    [shown] = notebook(
        "from hsai_kit.errors import HubSpotError\nproblem = HubSpotError('HubSpot is busy.')\n"
        "problem.add_note('Receipt push-1 holds what was written until then.')\nraise problem"
    )
    assert "HubSpot is busy." in shown
    assert "Receipt push-1 holds what was written until then." in shown


def test_a_script_ends_with_the_sentence_and_its_own_line(keys, tmp_path):
    script = tmp_path / "states.py"
    script.write_text(
        "import sys\nfrom hsai_kit import connect, pull\n\nhub = connect(workspace='here')\n"
        "hub = connect(workspace='here')\nif sys.argv[1:]:\n    1 / 0\npull(hub, 'contacts', ['sate'])\n"
    )

    def run(*arguments: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, script, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, **more},
        )
        assert done.returncode == 1
        return done.stderr

    said = run()
    assert said.startswith("UnknownProperty: ")
    assert said.endswith("(states.py, line 8; HSAI_TRACEBACK=1 shows the whole stack)\n")
    assert said.count("\n") == 1
    assert "Traceback" in run(HSAI_TRACEBACK="1")
    assert "ZeroDivisionError" in run("other")


def test_no_mode_of_tracebacks_prints_the_variables_around_an_error(notebook):
    shown = notebook(
        "%xmode Verbose",
        "from hsai_kit.errors import KeyRefused\ndef check(key):\n    raise KeyRefused('The key was refused.')\n"
        "check('sk-proj-' + 'x' * 9)",
    )
    assert shown[1] == "KeyRefused: The key was refused.\n"


def test_a_cell_that_was_stopped_stops_a_run_of_all_cells():
    with pytest.raises(WorkStopped):  # noqa: PT012 -- `except Exception` has to be seen letting it through
        try:
            raise WorkStopped("Stopped after 3 of 9.")
        except Exception:  # noqa: BLE001 -- as a notebook's own cell might have it
            pytest.fail("an ordinary except took it")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("MissingKey", "KeyNotFound"),
        ("MissingAddress", "AddressNotFound"),
        ("RefusedKey", "KeyRefused"),
        ("MissingScopes", "ScopesMissing"),
        ("Unsettled", "WriteUncertain"),
        ("Stopped", "WorkStopped"),
        ("UnsupportedSetting", "SettingNotSupported"),
    ],
)
def test_an_old_name_of_an_error_works_for_one_release(old, new):
    with pytest.warns(DeprecationWarning, match=f"{old} is called {new} now"):
        assert getattr(errors, old) is getattr(errors, new)
