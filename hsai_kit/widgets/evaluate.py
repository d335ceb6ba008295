"""The panel that evaluates: assistants and models side by side over labelled rows, and the report of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd

from hsai_kit.assistant import names
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.steps.evaluate import Evaluation, evaluate
from hsai_kit.steps.evaluate.report import report
from hsai_kit.widgets.blocks import Block, frame_table, text
from hsai_kit.widgets.panel import Panel, field, row
from hsai_kit.widgets.view import MessageView

__all__ = ["EvaluatePanel"]

_NO_LABELS = "none: validity, price and time only"
_SHOWN = ["n", "right", "right_low", "right_high", "valid", "usd_per_1000", "seconds_median", "flip_rate"]


class EvaluatePanel(Panel):
    """Measures assistants with models over the same records; `value` is the Evaluation that `evaluate()` returns.

    `hub` and `frame` are a Connection and a DataFrame, or the panels that give them. Right answers are a column of the
    frame or a set that was labelled before. `prompt` is asked by all of them in place of their own.
    """

    value: Evaluation | None

    def __init__(self, hub: Panel | Connection, frame: Any, *, prompt: str | None = None) -> None:
        super().__init__("Evaluate")
        self._hub: Connection | None = None
        self._frame: pd.DataFrame | None = None
        self._prompt = prompt
        self.assistants = field(ipywidgets.SelectMultiple(description="Assistants"))
        self.models = field(ipywidgets.SelectMultiple(description="Models"))
        self.labels = field(ipywidgets.Dropdown(options=[(_NO_LABELS, "")], description="Right answers"))
        self.repeats = field(ipywidgets.BoundedIntText(1, min=1, max=10, description="Ask each so many times"))
        self.agreed = ipywidgets.Checkbox(description="Yes, this may be spent", indent=False)
        self.begin = self.button("Evaluate", self._begin, style="primary")
        self.export = self.button("Save the report", self._export)
        self._found = MessageView()
        choices = row(self.assistants, self.models, self.labels, self.repeats)
        self.fill(choices, self.agreed, row(self.begin, self.export), self._found)
        for control in (self.assistants, self.models):
            control.observe(lambda _: self.refresh(), "value")
        self.next_step("Choose the assistants and models that are to be compared, and the right answers.")
        self.take(hub, self._take_hub)
        self.take(frame, self._take_frame)

    def allowed(self, control: ipywidgets.Widget) -> bool:
        """Evaluate what is chosen; save what was evaluated."""
        if self.busy:
            return False
        if control is self.export:
            return self.value is not None
        return self._hub is not None and self._frame is not None and bool(self.assistants.value)

    def _take_hub(self, hub: Connection | None) -> None:
        self._hub = hub
        if hub is None:
            return
        self.assistants.options = names(hub.workspace)
        self.work("Reading the models …", hub.models, self._take_models)

    def _take_models(self, models: Any) -> None:
        self._remarks.clear()
        self.models.options = [model.id for model in models]
        self._list_labels()

    def _take_frame(self, frame: pd.DataFrame | None) -> None:
        self._frame = frame
        self._list_labels()
        self.refresh()

    def _list_labels(self) -> None:
        kept = self._hub.store.labels.names() if self._hub is not None else []
        columns = [] if self._frame is None else [str(name) for name in self._frame.columns]
        self.labels.options = [
            (_NO_LABELS, ""),
            *((f"labels {name}, {field}", name) for name, field in kept),
            *((f"column {name}", name) for name in columns),
        ]

    def _begin(self) -> None:
        hub, frame = self._hub, self._frame
        if hub is None or frame is None:
            message = "Connect and get records first."
            raise HsaiError(message)
        models: list[str | None] = list(self.models.value) or [None]
        made = [(name, model) for name in self.assistants.value for model in models]
        labels, repeats = self.labels.value or None, int(self.repeats.value)
        agreed = True if self.agreed.value else None
        self._found.clear()
        self.work(
            "Asking …",
            lambda: evaluate(
                hub,
                frame,
                made,
                labels,
                prompt=self._prompt,
                repeats=repeats,
                confirm=agreed,
                wait=False,
            ).result(),
            self._came,
        )

    def _came(self, evaluation: Evaluation) -> None:
        self.value = evaluation
        self._found.show(*_told(evaluation))
        self.next_step("Look at the rows that one gets right and another wrong, and save the report.")
        self.refresh()

    def _export(self) -> None:
        if self.value is None or self._hub is None:
            return
        folder = Path(self._hub.workspace.folder)
        path = report(self.value, title="Evaluation").save(folder / f"{self.value.id}.html")
        self._remarks.show(text(f"Saved as {path}. It stands alone: open it in a browser, or print it.", "good"))


def _told(evaluation: Evaluation) -> list[Block]:
    table = evaluation.table[_SHOWN].dropna(axis=1, how="all")
    shares = [name for name in table.columns if name.startswith(("right", "valid", "flip"))]
    shown = table.assign(**{name: (table[name].astype(float) * 100).round(1) for name in shares})
    shown = shown.rename(columns={name: f"{name.replace('_', ' ')}, %" for name in shares})
    told = [text(note, "warn") for note in evaluation.notes]
    told.append(frame_table(shown, title="Side by side", index="assistant"))
    if evaluation.labelled and len(evaluation.names) > 1:
        told += [text(said) for said in evaluation.compare()["verdict"]]
        flips = evaluation.flips.drop_duplicates("asked").drop(columns="right")
        told.append(frame_table(flips, title="Questions that one gets right and another wrong", index="record"))
    return told
