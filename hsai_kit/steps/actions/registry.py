"""The list of all actions: what the command line, recipes and forms offer."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import TypeVar

from hsai_kit.steps.actions.action import Action

A = TypeVar("A", bound=Action)

_registry: dict[str, type[Action]] = {}


def register(action: type[A]) -> type[A]:
    """Add an action to those that the command line, recipes and forms offer."""
    _registry[action.do] = action
    return action


def action_types() -> Mapping[str, type[Action]]:
    """Return every action by what it is called in recipes: one for each module of this folder that registers one."""
    package = importlib.import_module(__package__ or "")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{__package__}.{module.name}")
    return dict(sorted(_registry.items()))
