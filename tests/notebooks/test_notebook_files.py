"""The files of the notebooks: kept without outputs, with safe names and stable cell ids."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


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
