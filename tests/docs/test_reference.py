"""The tables of the documentation are complete: commands, exit codes, public names, and every key of every file."""

from __future__ import annotations

import dataclasses
import inspect
import pkgutil
import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomlkit
import typer.main
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import hsai_kit
from hsai_kit import Gate, workspace
from hsai_kit.assistant import assistant, output_schema
from hsai_kit.cli import app
from hsai_kit.cli.exit_codes import ExitCode
from hsai_kit.steps.recipe import schema

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(path for path in sorted(DOCS.rglob("*.md")) if "_build" not in path.parts),
]
COMMANDS: dict[str, Any] = vars(typer.main.get_command(app))["commands"]
NEEDED = object()
EXTRAS = ("app", "docs", "notify", "report")

FILES = {
    "`[openai]`": workspace.OpenAISettings,
    '`[openai.prices."MODEL"]`': workspace.OwnPrice,
    "`[hubspot]`": workspace.HubSpotSettings,
    "`[review]`": workspace.ReviewSettings,
    "`[push]`": workspace.PushSettings,
    "`[budget]`": workspace.BudgetSettings,
    "`[files]`": workspace.FileSettings,
    "`[store]`": workspace.StoreSettings,
    "At its top": assistant.Assistant,
    '`[output]` with `kind = "text"`': output_schema.Text,
    '`[output]` with `kind = "number"`': output_schema.Number,
    '`[output]` with `kind = "yes_no"`': output_schema.YesNo,
    '`[output]` with `kind = "choice"`': output_schema.Choice,
    '`[output]` with `kind = "fields"`': output_schema.Fields,
    "`[lookup]`": assistant.Lookup,
    "`[[examples]]`": assistant.Example,
    "`[source]`": assistant.AssistantOrigin,
    "The recipe itself": schema.Recipe,
    "`[records]` and `[evaluate.records]`": schema.RecordsSection,
    "`[ask]`": schema.AskSection,
    "`[evaluate]`": schema.EvaluateSection,
    "`[evaluate.against.NAME]`": schema.AssistantChoice,
    "`[evaluate.judge]`": schema.JudgeSection,
    "`[evaluate.gate]`": Gate,
    "`[review]` of a recipe": schema.ReviewSection,
    "`[push]` of a recipe": schema.PushSection,
    **{
        f'`[[then]]` with `do = "{name}"`': getattr(hsai_kit, name)
        for name in ("create_task", "create_note", "log_email", "add_to_list", "notify")
    },
}


def keys_of(form: Any) -> dict[str, object]:
    """Return the keys of a section with their defaults, from what reads it."""
    if isinstance(form, type) and issubclass(form, BaseModel):
        return {
            name: NEEDED if field.default is PydanticUndefined else field.default
            for name, field in form.model_fields.items()
        }
    if dataclasses.is_dataclass(form):
        return {one.name: one.default for one in dataclasses.fields(form)}
    return {
        name: NEEDED if one.default is inspect.Parameter.empty else one.default
        for name, one in inspect.signature(form).parameters.items()
        if name != "once"  # a recipe sets it itself
    }


def as_written(default: object) -> str:
    if default is NEEDED:
        return "*needed*"
    if default is None:
        return "*none*"
    if isinstance(default, output_schema.Output):
        default = default.shape.model_dump(exclude_none=True)
    if isinstance(default, BaseModel):
        default = {}
    if isinstance(default, dict):
        table = tomlkit.inline_table()
        table.update(default)
        return f"`{table.as_string()}`"
    return f"`{tomlkit.item(list(default) if isinstance(default, tuple) else default).as_string()}`"


def tables_of(page: str) -> dict[str, dict[str, str]]:
    """Return for each heading of a page its table: first column without its backticks → second column."""
    found = {}
    for part in re.split(r"^#{2,3} ", (DOCS / page).read_text("utf-8"), flags=re.MULTILINE)[1:]:
        heading, _, rest = part.partition("\n")
        found[heading] = dict(re.findall(r"^\| `?([\w -]+?)`? \| (.+?) \|", rest, re.MULTILINE))
        found[heading].pop("key", None)
    return found


@pytest.mark.parametrize("heading", FILES)
def test_every_key_of_a_file_has_its_line_with_its_default_and_no_other_has(heading):
    expected = {name: as_written(default) for name, default in keys_of(FILES[heading]).items()}
    found = {name: cell for name, cell in tables_of("settings.md")[heading].items() if set(name) != {"-"}}
    assert found == expected


def test_every_section_of_the_settings_has_its_table():
    assert {name for name in tables_of("settings.md") if name.startswith("`[")} - {"`[[then]]`"} <= set(FILES)
    for name in workspace.Settings.model_fields:
        assert f"`[{name}]`" in FILES


def test_every_command_is_a_row_of_the_table_and_the_other_way_round():
    rows = dict(re.findall(r"^\| `hsai ([a-z-]+)` \| (.+) \|$", (DOCS / "command-line.md").read_text("utf-8"), re.M))
    assert set(rows) == set(COMMANDS)
    for name, what in rows.items():
        assert set(re.findall(r"--[a-z-]+", what)) <= options_of(COMMANDS[name])


def test_every_exit_code_is_in_the_table_and_the_other_way_round():
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", (DOCS / "command-line.md").read_text("utf-8"), re.MULTILINE)
    assert [int(code) for code, _ in rows] == [code.value for code in ExitCode]
    for code, meaning in rows:
        words = ExitCode(int(code)).name.casefold().split("_")
        assert {word for word in words if len(word) > 3} <= set(re.findall(r"\w+", meaning.casefold())), code


def options_of(command: Any) -> set[str]:
    names = command.list_commands(None) if hasattr(command, "list_commands") else ()
    inner = (command, *(command.get_command(None, name) for name in names))
    parameters = [parameter for one in inner for parameter in one.params]
    return {option for one in parameters for option in (*one.opts, *one.secondary_opts)}


def test_every_command_and_option_that_a_page_names_exists():
    for page in PAGES:
        for name, rest in re.findall(r"\bhsai ([a-z][a-z-]*)([^\n`]*)", page.read_text("utf-8")):
            where = f"{page.name}: hsai {name}{rest}"
            assert name in COMMANDS, where
            assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest)) <= options_of(COMMANDS[name]), where


def test_every_public_name_is_in_the_reference_and_the_other_way_round():
    named = re.findall(r"^\.\. auto\w+:: hsai_kit\.(\w+)$", (DOCS / "reference.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == vars(hsai_kit)["__all__"]


def test_every_page_of_the_how_to_is_in_its_table():
    table = re.findall(r"^\| \[.+?\]\(([\w-]+)\.md\)", (DOCS / "how-to" / "index.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(table) == sorted(path.stem for path in (DOCS / "how-to").glob("*.md") if path.stem != "index")


def test_every_notebook_is_in_the_table_of_the_notebooks_and_the_other_way_round():
    table = re.findall(r"^\| `(\w+\.ipynb)` \|", (DOCS / "notebooks.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(table) == sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_every_assistant_that_comes_with_a_workspace_is_in_the_settings():
    shipped = {path.stem for path in (ROOT / "hsai_kit" / "starter" / "assistants").glob("*.toml")}
    assert shipped <= set(tables_of("settings.md")["An assistant"])


def test_every_bench_is_named_in_contributing():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for path in (ROOT / "tests" / "bench").glob("*.py"):
        if '__name__ == "__main__"' in path.read_text("utf-8"):
            assert f"python tests/bench/{path.name}" in text


def test_what_a_built_page_would_load_from_outside_is_found_and_links_are_not():
    found = runpy.run_path(str(DOCS / "_extensions" / "outside_check.py"))["find_outside"]
    page = """<a href="https://a.example/">a</a> <img src="_static/b.png"> <link rel="canonical" href="https://c.example/">
    <script src="https://d.example/e.js"></script> <link rel="stylesheet" href="//f.example/g.css">"""
    assert found(page) == ["https://d.example/e.js", "//f.example/g.css"]
    assert found("@import url(https://h.example/i.css); a { background: url(j.png) }") == ["https://h.example/i.css"]


def test_the_readme_fits_on_a_screen_and_holds_each_of_its_two_commands_once():
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 120
    assert lines.count('python -m pip install -e ".[report]" && hsai demo') == 1
    assert lines.count('python -m pip install -e ".[test]" && pytest -n 3') == 1


def test_the_rooms_that_are_drawn_and_listed_are_those_of_the_tree():
    tree = {
        path.stem
        for path in (ROOT / "hsai_kit").iterdir()
        if not path.name.startswith(("_", ".")) and (path.suffix == ".py" or any(path.rglob("*.*")))
    }
    page = (DOCS / "architecture.md").read_text("utf-8")
    rooms = page.split("| room | what is in it |")[1].split("\n\n")[0]
    listed = {name.removesuffix("/").removesuffix(".py") for name in re.findall(r"`(\w+(?:/|\.py))`", rooms)}
    drawn = set(re.findall(r'class="head"[^>]*>(\w+)<', (DOCS / "drawings" / "rooms.svg").read_text("utf-8")))
    assert listed == tree
    assert drawn == tree


def test_every_file_that_the_architecture_or_contributing_names_is_there():
    for page in (DOCS / "architecture.md", DOCS / "sandbox.md", ROOT / "CONTRIBUTING.md"):
        for name in re.findall(r"`((?:\w+/)+\w*(?:\.\w+)?)`", page.read_text("utf-8")):
            assert (ROOT / name).exists() or (ROOT / "hsai_kit" / name).exists(), f"{page.name}: {name}"


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = {
        re.match(r"[\w-]+(?:\[\w+\])?", one)[0]
        for one in sum((extras[name] for name in EXTRAS), project["dependencies"])
    }
    table = (DOCS / "architecture.md").read_text("utf-8").split("## Dependencies, each with its reason")[1]
    rows = re.findall(r"^\| (`.+?) \| (.+) \|$", table, re.MULTILINE)
    assert {name for names, _ in rows for name in re.findall(r"`([^`]+)`", names)} - set(EXTRAS) == needed
    assert all(len(reason) > 12 for _, reason in rows)


def test_what_the_reference_and_the_architecture_name_is_there():
    named = re.findall(r"^\.\. auto\w+:: (hsai_kit[\w.]+)$", (DOCS / "reference.md").read_text("utf-8"), re.MULTILINE)
    assert len(named) > 60
    for name in named:
        pkgutil.resolve_name(name)
    for path in re.findall(r"`((?:\w+/)+\w+\.py)`", (DOCS / "architecture.md").read_text("utf-8")):
        assert (ROOT / "hsai_kit" / path).is_file() or (ROOT / path).is_file(), path
