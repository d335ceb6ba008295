"""The public names: exactly those that are listed, and light to import."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hsai_kit
from hsai_kit import widgets

# A type checker reads the stub beside the module, which lists the names by importing them.
PUBLIC: list[str] = vars(hsai_kit)["__all__"]


def child(code: str) -> list[object]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    told: list[object] = json.loads(done.stdout)
    return told


def test_every_listed_name_resolves_to_something_with_that_name_and_a_docstring():
    assert sorted(PUBLIC) == PUBLIC
    for name in PUBLIC:
        found = getattr(hsai_kit, name)
        assert found.__name__ == name
        assert found.__doc__


def test_the_names_that_are_listed_are_those_that_type_checkers_read_and_each_lives_there():
    stub = ast.parse(Path(hsai_kit.__file__).with_suffix(".pyi").read_text("utf-8"))
    homes = {one.name: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for one in node.names}
    assert sorted(homes) == PUBLIC
    for name, home in homes.items():
        assert getattr(hsai_kit, name).__module__.startswith(f"hsai_kit.{home}")


def test_the_panels_that_are_listed_can_be_loaded():
    listed: list[str] = vars(widgets)["__all__"]
    assert "ReviewGrid" in listed
    for name in listed:
        assert getattr(widgets, name).__name__ == name


def test_an_old_name_works_for_one_release_and_says_the_new_one():
    with pytest.warns(DeprecationWarning, match="left_out is called records_left_out now"):
        assert hsai_kit.left_out is hsai_kit.records_left_out  # type: ignore[attr-defined]
    assert "left_out" not in dir(hsai_kit)


def test_the_version_is_the_one_that_the_package_is_built_with():
    assert re.fullmatch(r"\d+\.\d+\.\d+", hsai_kit.__version__)
    project = tomllib.loads((Path(hsai_kit.__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "hsai_kit/__init__.py"


def test_a_star_import_and_completion_give_the_listed_names():
    code = "import json\nscope = {}\nexec('from hsai_kit import *', scope)\nprint(json.dumps(list(scope)))"
    assert set(child(code)) == {"__builtins__", *PUBLIC}
    assert dir(hsai_kit) == PUBLIC


def test_what_is_seldom_wanted_is_not_imported_with_the_verbs():
    code = (
        "import json, sys\n"
        "from hsai_kit import ask, connect, pull, push, review, undo\n"
        "heavy = {'openai', 'IPython', 'altair', 'scipy', 'statsmodels'}\n"
        "print(json.dumps(sorted(heavy & set(sys.modules))))"
    )
    assert child(code) == []


def test_a_verb_is_still_a_verb_after_its_module_was_imported():
    code = (
        "import json, hsai_kit.steps.ask, hsai_kit.steps.push, hsai_kit.steps.connect, hsai_kit.assistant.prompt\n"
        "from hsai_kit import ask, connect, push, plan\n"
        "print(json.dumps([callable(one) for one in (ask, connect, push, plan, hsai_kit.ask, hsai_kit.assistants)]))"
    )
    assert child(code) == [True] * 6


def test_a_function_is_found_where_a_room_has_its_name():
    code = (
        "import json, hsai_kit.assistant.assistant\n"
        "from hsai_kit import assistants, ask\n"
        "again = __import__('hsai_kit').assistants\n"
        "print(json.dumps([callable(one) for one in (assistants, again)]))"
    )
    assert child(code) == [True] * 2


def test_a_name_that_does_not_exist_is_an_ordinary_attribute_error():
    with pytest.raises(AttributeError, match="'hsai_kit' has no attribute 'pul'"):
        hsai_kit.pul  # type: ignore[attr-defined]  # noqa: B018 -- looking it up is the test


def test_the_import_alone_brings_in_none_of_the_heavy_packages():
    code = "import json, sys, hsai_kit\nprint(json.dumps(sorted(name.partition('.')[0] for name in sys.modules)))"
    loaded = child(code)
    assert "hsai_kit" in loaded
    heavy = {"pandas", "numpy", "openai", "hubspot", "pydantic", "jinja2", "rich", "keyring", "IPython", "starlette"}
    assert not heavy & set(loaded)


def test_help_of_the_command_line_needs_neither_pandas_nor_the_clients():
    code = "import json, sys, hsai_kit.cli\nprint(json.dumps(sorted(name.partition('.')[0] for name in sys.modules)))"
    loaded = child(code)
    assert not {"pandas", "openai", "hubspot"} & set(loaded)
