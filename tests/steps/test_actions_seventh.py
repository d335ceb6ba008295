"""An action is one object in one file: a seventh, made here, is offered, done and taken back like the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

from hsai_kit import open_receipt, plan, read_recipe, then, undo
from hsai_kit.cli import app
from hsai_kit.errors import PushRefused, RecipeError
from hsai_kit.hubspot.rich_text import build_html
from hsai_kit.steps.actions import registry
from hsai_kit.steps.actions.action import as_verb, describe
from hsai_kit.steps.actions.action_input import read_action_input
from hsai_kit.steps.actions.engagement import Engagement, signature
from hsai_kit.steps.actions.plan import ActionRow, ActionVerdict
from hsai_kit.steps.actions.registry import action_types, register

RECIPE = """
[records]
properties = ["city"]

[ask]
assistant = "state-abbreviations"

[[then]]
do = "log_call"
title = "Called about {{ answer }}"
minutes = 5
"""


@pytest.fixture
def log_call() -> Iterator:
    """All that somebody writes who adds an action: its settings, and what each record gets."""

    @register
    @dataclass(frozen=True)
    class LogCall(Engagement):
        """Log a call with each approved record.

        The rest is not for the command line.
        """

        do: ClassVar[str] = "log_call"
        kind: ClassVar[str] = "log_call"
        thing: ClassVar[str] = "a call"
        makes: ClassVar[str] = "calls"
        properties: ClassVar[tuple[str, ...]] = ("hs_call_title", "hs_call_body", "hs_timestamp")

        title: str = field(metadata=describe("Its title.", is_template=True))
        _: KW_ONLY
        minutes: int = field(default=3, metadata=describe("How long it took.", minimum=1))
        tags: str | Sequence[str] = field(default="", metadata=describe("What it was about. Repeat it."))
        name: str = "call"

        def __post_init__(self) -> None:
            super().__post_init__()
            if self.minutes > 90:
                raise PushRefused("minutes is more than 90.")

        def plan(self, hub, checked, frame):
            source = read_action_input(hub, checked, frame)
            return self.plan_creation(source, partial(self.draft, source), "Log a call", f"{self.minutes} minutes.")

        def draft(self, source, ids):
            titles = source.render(self.title, ids)
            rows = {}
            for one in ids:
                mark = self.mark(source, one)
                body = build_html(f"{self.tags}") + signature(source, one, mark)
                values = (titles[one], body, "2026-11-20T09:00:00Z")
                properties = dict(zip(self.properties, values, strict=True))
                rows[one] = ActionRow(one, ActionVerdict.TO_DO, titles[one], mark=mark, properties=properties)
            return rows

    yield as_verb(LogCall)
    del registry._registry["log_call"]


def hsai(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def test_it_is_offered_by_the_command_line_with_its_help(log_call):
    assert "log-call" in hsai("then", "--help")
    page = hsai("then", "log-call", "--help")
    assert "Log a call with each approved record." in page
    assert "The rest is not" not in page
    assert all(said in page for said in ("Its title.", "--minutes", "How long it took.", "--tags", "--only", "--plan"))
    assert "Invalid value for '--minutes'" in hsai("then", "log-call", "Called", "--minutes", "0", code=2)
    assert "Did you mean 'log-call'" in hsai("then", "log-cal", code=2)


def test_it_is_planned_done_once_and_taken_back_from_python(log_call, hub, proposed, colleague):
    checked = proposed()
    checked.approve()
    action = log_call("Called about {{ answer }}", minutes=7)
    assert "Log a call for 3 contacts" in str(plan(hub, checked, action))
    receipt = then(hub, checked, action, confirm=True)
    assert receipt.counts == {"done": 3}
    assert plan(hub, checked, action).counts == {"done already": 3}
    calls = colleague.sees_about(checked.frame.index, "calls")
    ours = {one: [call for call in made if "hsai-" in str(call)] for one, made in calls.items()}
    assert [[call["hs_call_title"] for call in made] for made in ours.values()] == [["Called about TX"]] * 3
    assert undo(hub, receipt, confirm=True).counts == {"taken back": 3}


def test_it_is_done_and_taken_back_from_the_command_line(log_call, hub, proposed, monkeypatch):
    proposed().approve()
    monkeypatch.chdir(hub.workspace.folder)
    words = ("then", "log-call", "Called", "--tags", "one", "--tags", "two")
    assert "Plan: Log a call for 3 contacts" in hsai(*words, "--plan")
    assert "3 done" in hsai(*words, "--yes")
    assert open_receipt(hub).record.kind == "log_call"
    assert "3 taken back" in hsai("undo", "--yes")


def test_it_is_accepted_by_a_recipe_and_what_is_wrong_with_it_is_named(log_call, hub):
    hub.workspace.recipes.mkdir(exist_ok=True)
    file = hub.workspace.recipes / "calls.toml"
    file.write_text(RECIPE, "utf-8")
    action: Any = read_recipe(hub.workspace, "calls").then[0]
    assert (action.do, action.minutes, action.once) == ("log_call", 5, "recipe calls")
    file.write_text(RECIPE.replace("minutes = 5", "minutes = 91"), "utf-8")
    with pytest.raises(RecipeError, match="then: minutes is more than 90"):
        read_recipe(hub.workspace, "calls")
    for wrong in ("once", "minute"):
        file.write_text(RECIPE.replace("minutes = 5", f"{wrong} = 5"), "utf-8")
        with pytest.raises(RecipeError, match=f"then.{wrong}: there is no such setting"):
            read_recipe(hub.workspace, "calls")


def test_the_six_that_come_with_the_kit_are_there_and_update_is_a_push():
    assert list(action_types()) == ["add_to_list", "create_note", "create_task", "log_email", "notify"]
