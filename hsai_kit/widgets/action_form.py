"""What is to be done with approved answers, as a form: write them into properties, or a task, a note, a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import ipywidgets
import pandas as pd

from hsai_kit.errors import PushRefused
from hsai_kit.steps.actions import Action, add_to_list, create_note, create_task, update
from hsai_kit.steps.actions.create_task import RECORD_OWNER
from hsai_kit.steps.plans.reviews import ReviewLike
from hsai_kit.steps.push.targets import destination_in
from hsai_kit.widgets.blocks import text
from hsai_kit.widgets.panel import field, row, show_if
from hsai_kit.widgets.prompt_field import PromptField
from hsai_kit.widgets.view import MessageView

__all__ = ["ActionForm", "Given", "Wanted", "words_of"]

Given: TypeAlias = ReviewLike | Sequence[ReviewLike]
Wanted: TypeAlias = Action

_KINDS = [
    ("Write into a property", "update"),
    ("Then create a task", "create_task"),
    ("Then create a note", "create_note"),
    ("Then add to a list", "add_to_list"),
]
_OWNER, _NAMED, _TURNS = RECORD_OWNER, "named", "turns"
_ASSIGNEES = [("the record's owner", _OWNER), ("a person I name", _NAMED), ("several, who take turns", _TURNS)]
_WHO = {_OWNER: "Where there is no owner", _NAMED: "Who", _TURNS: "Who takes turns"}
_HINTS = {_OWNER: "nobody: left alone", _NAMED: "name or e-mail", _TURNS: "names, e-mails or team: …"}
_KNOWN_WORDS = ("answer", "owner", "link", "record_id")


class ActionForm(ipywidgets.VBox):
    """The form; `action()` is what it says, as `then()` takes it. `on_kind` is called when another kind is chosen."""

    def __init__(self, to: str, on_kind: Callable[[], object]) -> None:
        super().__init__()
        self.add_class("hsai-stack")
        self.kind = field(ipywidgets.Dropdown(options=_KINDS, description="What to do"))
        self.to = field(ipywidgets.Text(value=to, description="To the property", placeholder="as the assistant says"))
        self.subject = field(ipywidgets.Text(description="Subject", placeholder="such as Answer {{ firstname }}"))
        self.body = PromptField(label="Text. Type {{ for a property", value="{{ answer }}", columns=_KNOWN_WORDS)
        self.assignee = field(ipywidgets.Dropdown(options=_ASSIGNEES, description="For"))
        self.people = field(ipywidgets.Text())
        self.due_in = field(ipywidgets.BoundedIntText(2, min=0, max=1000, description="Due in business days"))
        self.priority = field(ipywidgets.Dropdown(options=["none", "low", "medium", "high"], description="Priority"))
        types = [("to-do", "todo"), ("call", "call"), ("e-mail", "email")]
        self.type = field(ipywidgets.Dropdown(options=types, description="Type"))
        self.list = field(ipywidgets.Dropdown(options=[("", "")], description="List"))
        self._people_there = MessageView()
        self._task = ipywidgets.VBox([row(self.assignee, self.people, self.due_in, self.priority), self._people_there])
        self._task.add_class("hsai-stack")
        self._text = ipywidgets.VBox([self.body])
        self.children = (row(self.kind, self.to, self.subject, self.type, self.list), self._text, self._task)
        self.kind.observe(lambda _: self._fit(), "value")
        self.kind.observe(lambda _: on_kind(), "value")
        self.assignee.observe(lambda _: self._fit(), "value")
        self._fit()

    @property
    def wants(self) -> str:
        """What has to be read from the portal before it can be filled in: owners, lists, or "" for nothing."""
        if self.kind.value == "create_task" and not self.people_there:
            return "owners"
        return "lists" if self.kind.value == "add_to_list" and len(self.list.options) < 2 else ""

    @property
    def people_there(self) -> str:
        """Who can be named, in words, "" before `offer_people`."""
        return self._people_there.words

    def offer_words(self, columns: Sequence[str]) -> None:
        """Offer the names of columns while a text is written."""
        self.body.columns = list(dict.fromkeys([*_KNOWN_WORDS, *columns]))

    def offer_people(self, owners: pd.DataFrame) -> None:
        """Show who is there, as text that is in no trait: they are people's names."""
        names = ", ".join(f"{one.name} ({one.email})" for one in owners.head(20).itertuples())
        more = f" and {len(owners) - 20:,} others" if len(owners) > 20 else ""
        teams = ", ".join(sorted({f"team: {team}" for listed in owners["teams"] for team in listed}))
        self._people_there.show(text(f"In this portal: {names}{more}. {teams}".strip(), "muted"))

    def offer_lists(self, lists: pd.DataFrame) -> None:
        """Offer the lists that records can be added to."""
        open_ones = lists[lists["kind"] != "dynamic"]
        self.list.options = [("choose one", ""), *((one.name, str(one.id)) for one in open_ones.itertuples())]

    def action(self) -> Wanted:
        """Return what the form says; raises PushRefused with a sentence about what is missing."""
        kind = self.kind.value
        if kind == "update":
            return update(destination_in(self.to.value))
        if kind == "create_note":
            return create_note(self.body.value)
        if kind == "add_to_list":
            if not self.list.value:
                message = "Choose the list first. A static one can be made in HubSpot (Lists → Create list → Static)."
                raise PushRefused(message)
            return add_to_list(self.list.value)
        people = [one.strip() for one in self.people.value.split(",") if one.strip()]
        by_owner = self.assignee.value == _OWNER
        if not by_owner and not people:
            message = "Say who gets the tasks: a name, an e-mail address or a team, such as team: Sales."
            raise PushRefused(message)
        return create_task(
            self.subject.value,
            self.body.value,
            assignee=RECORD_OWNER if by_owner else people,
            otherwise=people or None if by_owner else None,
            due_in=self.due_in.value,
            priority=self.priority.value,
            type=self.type.value,
        )

    def _fit(self) -> None:
        kind, who = self.kind.value, self.assignee.value
        self.people.description, self.people.placeholder = _WHO[who], _HINTS[who]
        for control, there in (
            (self.to, kind == "update"),
            (self.subject, kind == "create_task"),
            (self.type, kind == "create_task"),
            (self.list, kind == "add_to_list"),
            (self._text, kind in {"create_task", "create_note"}),
            (self._task, kind == "create_task"),
        ):
            show_if(control, there)


def words_of(checked: Given | None) -> list[str]:
    """Return the columns that a text about reviewed answers may name: those of the answers, and those pulled."""
    one = checked[0] if isinstance(checked, Sequence) else checked
    if one is None:
        return []
    pull = one.run.store.pulls.get(one.run.record.pull_id) if one.run.record.pull_id else None
    return [*one.run.fields, *(pull.properties if pull else ())]
