"""What an analyst clicks: panels, the review grid and their parts. No logic: that is in the steps they show.

from hsai_kit.widgets import App
App()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hsai_kit.widgets.app import App
    from hsai_kit.widgets.ask import AskPanel
    from hsai_kit.widgets.assistant import AssistantPanel
    from hsai_kit.widgets.connect import ConnectPanel
    from hsai_kit.widgets.evaluate import EvaluatePanel
    from hsai_kit.widgets.gate import GatePanel
    from hsai_kit.widgets.grid import Grid, ReviewGrid
    from hsai_kit.widgets.guard import KeyGuard
    from hsai_kit.widgets.labeling import LabelPanel
    from hsai_kit.widgets.push import PushPanel
    from hsai_kit.widgets.rating import RatingPanel
    from hsai_kit.widgets.records import RecordsPanel
    from hsai_kit.widgets.review import ReviewPanel
    from hsai_kit.widgets.secret import SecretField
    from hsai_kit.widgets.view import MessageView

__all__ = [
    "App",
    "AskPanel",
    "AssistantPanel",
    "ConnectPanel",
    "EvaluatePanel",
    "GatePanel",
    "Grid",
    "KeyGuard",
    "LabelPanel",
    "MessageView",
    "PushPanel",
    "RatingPanel",
    "RecordsPanel",
    "ReviewGrid",
    "ReviewPanel",
    "SecretField",
]

_HOMES = {
    "App": "app",
    "AskPanel": "ask",
    "AssistantPanel": "assistant",
    "ConnectPanel": "connect",
    "EvaluatePanel": "evaluate",
    "GatePanel": "gate",
    "Grid": "grid",
    "KeyGuard": "guard",
    "LabelPanel": "labeling",
    "MessageView": "view",
    "PushPanel": "push",
    "RatingPanel": "rating",
    "RecordsPanel": "records",
    "ReviewGrid": "grid",
    "ReviewPanel": "review",
    "SecretField": "secret",
}


def __getattr__(name: str) -> object:
    # Loaded when first used: a grid below a cell needs none of the panels.
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"hsai_kit.widgets.{_HOMES[name]}"), name)
