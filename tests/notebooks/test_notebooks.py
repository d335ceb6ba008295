"""The notebooks over a real portal: "Run all" neither spends nor writes before somebody says yes."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = sorted(Path(__file__).parents[2].joinpath("notebooks").glob("*.ipynb"))
WITH_A_SETTING = [path for path in NOTEBOOKS if path.name[:2] in {"20", "30", "40", "50", "60", "70", "80"}]
WITH_A_PUSH = [path for path in NOTEBOOKS if path.name[:2] in {"20", "30", "40", "50"}]
CONFIRMED = re.compile(r"\b(?:ask|push|then|undo|evaluate|judge)\(hub[^\n]*")


def cells(path):
    return nbformat.read(path, as_version=4).cells


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_sentence_stands_before_every_cell(path):
    kinds = [cell.cell_type for cell in cells(path)]
    assert kinds[0] == "markdown"
    assert not [place for place, kind in enumerate(kinds) if kind == "code" and kinds[place - 1] != "markdown"]


@pytest.mark.parametrize("path", WITH_A_SETTING, ids=lambda path: path.stem)
def test_every_call_that_spends_or_writes_says_yes_in_the_sandbox_only(path):
    code = "\n".join(cell.source for cell in cells(path) if cell.cell_type == "code")
    calls = CONFIRMED.findall(code)
    assert calls
    assert all("confirm=SANDBOX" in call for call in calls)
    assert code.count("SANDBOX = True") == 1


@pytest.mark.parametrize("path", WITH_A_PUSH, ids=lambda path: path.stem)
def test_run_all_ends_before_the_code_that_writes(path):
    """JupyterLab sends no more cells after one that raises, unless it is tagged raises-exception."""
    code = [cell for cell in cells(path) if cell.cell_type == "code"]
    end = next(place for place, cell in enumerate(code) if cell.source.startswith("raise NothingToDo("))
    assert not [cell for cell in code[:end] if re.search(r"\b(ask|push|then|undo|pull)\(", cell.source)]
    assert "raises-exception" not in code[end].metadata.tags


def test_run_all_stops_before_the_first_question_and_before_anything_is_written(keys, tmp_path):
    notebook = nbformat.read(NOTEBOOKS[2], as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("SANDBOX = True", "SANDBOX = False")
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    with pytest.raises(CellExecutionError, match="Run All ends here"):
        client.execute()
    assert not [one for one in keys.requests("openai") if one["path"].endswith("/responses")]
    assert not [one for one in keys.requests("hubspot") if one["path"].endswith("/update")]
