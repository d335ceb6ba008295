"""All panels on one page, each fed by the one before."""

from __future__ import annotations

import ipywidgets

from hsai_kit.widgets.ask import AskPanel
from hsai_kit.widgets.assistant import AssistantPanel
from hsai_kit.widgets.connect import ConnectPanel
from hsai_kit.widgets.evaluate import EvaluatePanel
from hsai_kit.widgets.gate import GatePanel
from hsai_kit.widgets.guard import KeyGuard
from hsai_kit.widgets.labeling import LabelPanel
from hsai_kit.widgets.panel import show_if
from hsai_kit.widgets.push import PushPanel
from hsai_kit.widgets.rating import RatingPanel
from hsai_kit.widgets.receipt_view import AnyReceipt
from hsai_kit.widgets.records import RecordsPanel
from hsai_kit.widgets.review import ReviewPanel

__all__ = ["App"]

_JOB, _EVALUATION = "Ask, review, push", "Evaluate before it is automated"


class App(ipywidgets.VBox):
    """The whole job by clicks: connect → records → assistant → ask → review → push; `value` is the last Receipt.

    From the assistant on there are two ways, of which one is shown: the job, and label → evaluate → gate, with texts
    rated by people. `sandbox` and `workspace` are for the ConnectPanel; each panel is there by its name:
    `App().records.value` is the DataFrame.
    """

    def __init__(self, *, sandbox: bool | None = None, workspace: str | None = None) -> None:
        self.connect = ConnectPanel(sandbox=sandbox, workspace=workspace)
        self.records = RecordsPanel(self.connect)
        self.assistant = AssistantPanel(self.connect, self.records)
        self.ask = AskPanel(self.connect, self.records, self.assistant)
        self.review = ReviewPanel(self.ask)
        self.push = PushPanel(self.connect, self.review)
        self.label = LabelPanel(self.connect, self.records, self.assistant)
        self.evaluate = EvaluatePanel(self.connect, self.records, self.assistant, self.label)
        self.rate = RatingPanel(self.connect, self.ask)
        self.gate = GatePanel(self.evaluate, self.rate)
        self.way = ipywidgets.ToggleButtons(options=[_JOB, _EVALUATION])
        self.way.add_class("hsai-way")
        self._ways = {
            _JOB: ipywidgets.VBox([self.ask, self.review, self.push]),
            _EVALUATION: ipywidgets.VBox([self.label, self.evaluate, self.rate, self.gate]),
        }
        for box in self._ways.values():
            box.add_class("hsai-stack")
        shared = [self.connect, self.records, self.assistant]
        super().__init__([KeyGuard(), *shared, self.way, *self._ways.values()])
        self.add_class("hsai-app")
        self.way.observe(lambda _: self._show(), "value")
        self._show()

    @property
    def value(self) -> AnyReceipt | None:
        """The receipt of the last push or undo, None before there is one."""
        return self.push.value

    def _show(self) -> None:
        for name, box in self._ways.items():
            show_if(box, name == self.way.value)
