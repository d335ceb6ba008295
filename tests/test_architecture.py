"""The arrows between modules, computed from the tree: none in a circle, none upward, none out of the sandbox."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import hsai_kit

ROOT = Path(hsai_kit.__file__).parent
PYPROJECT = ROOT.parent / "pyproject.toml"

# The sandbox is started in these places and imported nowhere else.
STARTERS = {"hsai_kit.steps.connect", "hsai_kit.cli.start", "hsai_kit.lab.server"}


def find_modules(root: Path) -> dict[str, Path]:
    """Find every module of a package by its dotted name."""
    found = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def read_nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def read_imports(name: str, path: Path, modules: dict[str, Path]) -> set[str]:
    """Read which of the modules one imports: at its top, within functions, or for its types alone."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in read_nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: -node.level + 1 or None] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = {f"{base}.{alias.name}" for alias in node.names}
            found |= {one if one in modules else base for one in names}
    return (found & modules.keys()) - {name}


def read_mentions(path: Path, modules: dict[str, Path]) -> set[str]:
    """Read which of the modules stand in a string of their own, as for `importlib` or `python -m`."""
    texts = {node.value for node in read_nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts & modules.keys() if "." in text}


def build_graph(root: Path, *, mentions: bool = False) -> dict[str, set[str]]:
    modules = find_modules(root)
    return {
        name: read_imports(name, path, modules) | (read_mentions(path, modules) if mentions else set())
        for name, path in modules.items()
    }


def find_circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def find_escapes(graph: dict[str, set[str]], package: str) -> dict[str, set[str]]:
    """Find what the modules of a package import from everywhere else in the graph."""
    inside = {name for name in graph if name == package or name.startswith(f"{package}.")}
    return {name: outside for name in sorted(inside) if (outside := graph[name] - inside)}


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def read_layers() -> list[set[str]]:
    """Read the layers, the highest first, from import-linter's contract, their only home."""
    contracts = tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = [one["layers"] for one in contracts if one["type"] == "layers"]
    return [{name.strip() for name in layer.split("|")} for layer in layers]


def write_tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / "kit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "kit"


GRAPH = build_graph(ROOT)


def test_no_module_imports_itself_by_way_of_others():
    assert len(GRAPH) > 200
    assert find_circle(GRAPH) == []


def test_arrows_between_rooms_run_down_only():
    height = {room: place for place, layer in enumerate(reversed(read_layers())) for room in layer}
    arrows = {(room_of(one), room_of(other)) for one, others in GRAPH.items() for other in others}
    between = {(one, other) for one, other in arrows if one in height and other in height and one != other}
    assert len(between) > 30
    assert {(one, other) for one, other in between if height[one] <= height[other]} == set()


def test_the_layers_name_every_room():
    rooms = {room_of(module) for module in GRAPH} - {""}
    assert rooms - {"sandbox", "starter"} == {room for layer in read_layers() for room in layer}


def test_the_sandbox_imports_nothing_of_the_kit():
    assert find_escapes(build_graph(ROOT, mentions=True), "hsai_kit.sandbox") == {}


def test_the_sandbox_is_imported_only_where_one_is_started():
    importers = {
        name: others
        for name, others in GRAPH.items()
        if room_of(name) != "sandbox" and "sandbox" in map(room_of, others)
    }
    assert importers.keys() == STARTERS
    assert set().union(*importers.values()) & {one for one in GRAPH if one.startswith("hsai_kit.sandbox.")} == set()


def test_an_import_out_of_the_sandbox_is_seen_in_each_of_its_forms(tmp_path: Path):
    forms = {
        "top.py": "from kit.store import write",
        "whole.py": "import kit.store",
        "module.py": "from kit import store",
        "relative.py": "from ..store import write",
        "root.py": "from kit import ask",
        "late.py": "def start():\n    from kit.store import write\n",
        "types.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from kit.store import write\n",
        "string.py": "import importlib\nstore = importlib.import_module('kit.store')\n",
    }
    calm = {
        "__init__.py": "ask = 1",
        "store.py": "write = 1",
        "sandbox/__init__.py": "",
        "sandbox/calm.py": "import os",
    }
    root = write_tree(tmp_path, calm | {f"sandbox/{name}": text for name, text in forms.items()})
    graph = build_graph(root, mentions=True)
    assert find_escapes(graph, "kit.sandbox").keys() == {f"kit.sandbox.{name[:-3]}" for name in forms}


def test_a_circle_is_seen(tmp_path: Path):
    files = {
        "__init__.py": "",
        "a.py": "from kit import b",
        "b.py": "def f():\n    from . import c\n",
        "c.py": "import kit.a",
    }
    assert set(find_circle(build_graph(write_tree(tmp_path, files)))) == {"kit.a", "kit.b", "kit.c"}
