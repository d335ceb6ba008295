"""What the README says is so: its commands, its code, its tables."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
import typer.main

from hsai_kit.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS: dict[str, Any] = vars(typer.main.get_command(app))["commands"]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_each_of_the_two_commands_stands_on_one_line_once():
    lines = README.splitlines()
    assert lines.count("python -m pip install -e . && hsai demo") == 1
    assert lines.count('python -m pip install -e ".[test]" && pytest -n 2') == 1


def test_every_command_of_the_readme_exists_and_every_command_is_in_the_readme():
    named = set(re.findall(r"\bhsai ([a-z-]+)", README))
    assert named == set(COMMANDS)


def test_every_option_that_the_readme_shows_exists():
    known = {
        option
        for command in COMMANDS.values()
        for named in (command, *getattr(command, "commands", {}).values())
        for one in named.params
        for option in one.opts
    }
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README)) - {"--no-deps"}
    assert shown <= known


def test_the_code_of_the_readme_runs_as_it_stands(tmp_path):
    # One after the other, as somebody would type them.
    code = "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    done = subprocess.run(
        [sys.executable, "-c", code], input="yes\nyes\n", capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "will change" in done.stdout
    assert "Undo of push-" in done.stdout


def test_every_notebook_is_in_the_readme_and_the_other_way_round():
    assert set(re.findall(r"`(notebooks/[^`]+)`", README)) == {f"notebooks/{path.name}" for path in NOTEBOOKS}


def test_every_assistant_that_comes_with_a_workspace_is_in_the_readme():
    shipped = {path.stem for path in (ROOT / "hsai_kit" / "starter" / "assistants").glob("*.toml")}
    assert shipped == {"state-abbreviations", "record-summary", "lead-triage", "outreach-email"}
    assert all(f"| `{name}` |" in README for name in shipped)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_kept_without_outputs_and_with_safe_names(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert re.fullmatch(r"\d0_[a-z0-9_]+\.ipynb", path.name)
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        assert re.fullmatch(r"[a-z-]+", cell.id), "cell ids are words, so that they stay the same"
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
