"""All panels on one page, each fed by the one before."""

from __future__ import annotations

import ipywidgets

from hsai_kit.widgets.ask import AskPanel
from hsai_kit.widgets.assistant import AssistantPanel
from hsai_kit.widgets.connect import ConnectPanel
from hsai_kit.widgets.push import PushPanel
from hsai_kit.widgets.receipt_view import AnyReceipt
from hsai_kit.widgets.records import RecordsPanel
from hsai_kit.widgets.review import ReviewPanel

__all__ = ["App"]


class App(ipywidgets.VBox):
    """The whole job by clicks: connect → records → assistant → ask → review → push; `value` is the last Receipt.

    `sandbox` and `workspace` are for the ConnectPanel; each panel is there by its name: `App().records.value`
    is the DataFrame.
    """

    def __init__(self, *, sandbox: bool | None = None, workspace: str | None = None) -> None:
        self.connect = ConnectPanel(sandbox=sandbox, workspace=workspace)
        self.records = RecordsPanel(self.connect)
        self.assistant = AssistantPanel(self.connect, self.records)
        self.ask = AskPanel(self.connect, self.records, self.assistant)
        self.review = ReviewPanel(self.ask)
        self.push = PushPanel(self.connect, self.review)
        super().__init__([self.connect, self.records, self.assistant, self.ask, self.review, self.push])
        self.add_class("hsai-app")

    @property
    def value(self) -> AnyReceipt | None:
        """The receipt of the last push or undo, None before there is one."""
        return self.push.value
