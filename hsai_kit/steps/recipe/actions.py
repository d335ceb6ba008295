"""What a recipe's [[then]] says: tasks, notes, lists and messages, checked before anything is pulled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError, validate_call

from hsai_kit.assistants.prompt import Template
from hsai_kit.connection import Connection
from hsai_kit.credentials.notify_addresses import find_address
from hsai_kit.errors import PushRefused
from hsai_kit.hubspot.objects import find_object_type
from hsai_kit.hubspot.owners import read_owners
from hsai_kit.runtime import background
from hsai_kit.steps.actions import add_to_list, create_note, create_task, log_email, notify
from hsai_kit.steps.actions.action import Action, AddToList, Notify, Task
from hsai_kit.steps.actions.assignee import Assigner
from hsai_kit.steps.actions.lists import open_list
from hsai_kit.workspace import sentence

__all__ = ["check_actions", "read_actions"]

# What every record has besides its columns and the fields of its answer.
_KNOWN = ("answer", "owner", "link", "record_id")
_ACTIONS: Mapping[str, Callable[..., Action]] = {
    one.__name__: one for one in (create_task, create_note, log_email, add_to_list, notify)
}


def read_actions(given: object, recipe: str) -> tuple[Action, ...]:
    """Return the actions of a recipe, each done once about a record whatever run of the recipe it is in.

    `given` is a section, or several. Raises ValueError that names the section, the setting and the way out.
    """
    sections = [given] if isinstance(given, Mapping) else given
    if not isinstance(sections, Sequence) or not all(isinstance(one, Mapping) for one in sections):
        message = "then: should be a section, [then], or several of them, [[then]]"
        raise ValueError(message)
    actions: list[Action] = []
    for number, section in enumerate(sections, 1):
        place = "then" if len(sections) == 1 else f"then {number}"
        made = _action(section, place, recipe)
        if any((made.kind, made.name) == (one.kind, one.name) for one in actions):
            message = (
                f"{place}: there is a {section['do']} called {made.name!r} already, and a record gets each only once. "
                'Give this one a name of its own, such as name = "second"'
            )
            raise ValueError(message)
        actions.append(made)
    return tuple(actions)


def check_actions(hub: Connection, actions: Sequence[Action], object_type: str, columns: Sequence[str]) -> None:
    """Raise what is wrong with actions before anything is paid for: nobody of that name, no such list, address, token.

    `columns` are those that their texts may name.
    """
    for action in actions:
        for text in _texts(action):
            Template(text).tokens(dict.fromkeys([*columns, *_KNOWN]))
        if isinstance(action, Notify):
            find_address(action.to)
        elif isinstance(action, AddToList):
            open_list(hub, action, background.run(find_object_type(hub.hubspot, object_type)))
        elif isinstance(action, Task):
            Assigner(background.run(read_owners(hub.hubspot)), action.assignee, action.otherwise)


def _texts(action: Action) -> list[str]:
    named = [getattr(action, name, None) for name in ("subject", "body", "message")]
    return [*filter(None, named), *(f"{{{{ {column} }}}}" for column in action.only)]


def _action(section: Mapping[str, Any], place: str, recipe: str) -> Action:
    settings = dict(section)
    do = settings.pop("do", None)
    if do not in _ACTIONS:
        what = "is missing" if do is None else f"is {do!r}"
        hint = "; properties are written by [push]" if do in {"update", "push"} else ""
        message = f"{place}.do: {what}; it is one of {', '.join(_ACTIONS)}{hint}"
        raise ValueError(message)
    try:
        return replace(validate_call(_ACTIONS[do])(**settings), once=f"recipe {recipe}")
    except ValidationError as problem:
        message = "; ".join(f"{place}.{clause}" for clause in sentence(problem).split("; "))
    except PushRefused as problem:
        message = f"{place}: {problem}"
    raise ValueError(message)
