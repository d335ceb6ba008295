"""The notebooks that come with the package, put into a workspace without ever touching one that was edited."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from hsai_kit.errors import WorkspaceError
from hsai_kit.workspace import Workspace

FOLDER = "notebooks"
# What was put where, by the hash of its bytes: a file that differs from its line here was edited or run.
_PLACED = ".placed.json"


def list_notebooks() -> list[Path]:
    """Return the notebooks of this version, in the order of their names."""
    inside = Path(str(resources.files("hsai_kit"))) / FOLDER
    # In a clone they lie beside the package, and a wheel carries them inside.
    folder = inside if inside.is_dir() else inside.parents[1] / FOLDER
    return sorted(folder.glob("*.ipynb"))


def place(workspace: Workspace) -> list[Path]:
    """Put the notebooks into the workspace and return those that were written.

    A notebook that was edited or run there stays as it is, and a newer version of it is put beside it as
    `00_tour_new.ipynb`. Raises WorkspaceError where the folder cannot be written to.
    """
    folder = workspace.folder / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        placed = _read_placed(folder / _PLACED)
        written = [made for source in list_notebooks() if (made := _put(source, folder, placed))]
        if written:
            (folder / _PLACED).write_text(json.dumps(placed, indent=1), "utf-8")
    except OSError as problem:
        message = f"The notebooks cannot be put into {folder}: {problem.strerror}. Make it yours to write to."
        raise WorkspaceError(message) from None
    return written


def _put(source: Path, folder: Path, placed: dict[str, str]) -> Path | None:
    content = source.read_bytes()
    new = _digest(content)
    for target in _names(folder, source.stem):
        known = placed.get(target.name)
        there = _digest(target.read_bytes()) if target.exists() else None
        if there == new or (there is not None and known == new):
            return None
        if there is None or there == known:
            target.write_bytes(content)
            placed[target.name] = new
            return target
    return None  # never: the names do not end


def _names(folder: Path, stem: str) -> Iterator[Path]:
    yield folder / f"{stem}.ipynb"
    yield folder / f"{stem}_new.ipynb"
    count = 2
    while True:
        yield folder / f"{stem}_new_{count}.ipynb"
        count += 1


def _read_placed(path: Path) -> dict[str, str]:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(digest) for name, digest in read.items()} if isinstance(read, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
