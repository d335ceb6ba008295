"""What a recipe's [[then]] says: tasks, notes, lists and messages, checked before anything is pulled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hsai_kit.assistant.prompt import Template
from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.hubspot.objects import find_object_type
from hsai_kit.runtime import background
from hsai_kit.steps.actions.action import Action
from hsai_kit.steps.actions.registry import action_types
from hsai_kit.workspace import explain_validation

# What every record has besides its columns and the fields of its answer.
_KNOWN = ("answer", "owner", "link", "record_id")


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
        made = _read_action(section, place, recipe)
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
    kind = background.run(find_object_type(hub.hubspot, object_type)) if actions else None
    for action in actions:
        for text in action.texts:
            Template(text).tokens(dict.fromkeys([*columns, *_KNOWN]))
        if kind is not None:
            action.check(hub, kind)


def _read_action(section: Mapping[str, Any], place: str, recipe: str) -> Action:
    settings, known = dict(section), action_types()
    do = settings.pop("do", None)
    if do not in known:
        what = "is missing" if do is None else f"is {do!r}"
        hint = "; properties are written by [push]" if do in {"update", "push"} else ""
        message = f"{place}.do: {what}; it is one of {', '.join(known)}{hint}"
        raise ValueError(message)
    try:
        return TypeAdapter(known[do]).validate_python(settings).limit_to_once(f"recipe {recipe}")
    except ValidationError as problem:
        message = "; ".join(f"{place}.{clause}" for clause in explain_validation(problem).split("; "))
    except PushRefused as problem:
        message = f"{place}: {problem}"
    raise ValueError(message)
