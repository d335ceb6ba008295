"""The panel in which people give right answers, one question after the other, by keyboard."""

from __future__ import annotations

from typing import Any

import ipywidgets
import pandas as pd
import traitlets

from hsai_kit.assistant.assistant import Assistant, load_assistant
from hsai_kit.connection import Connection
from hsai_kit.steps.evaluate import LabelSession, label
from hsai_kit.widgets.card import CardView
from hsai_kit.widgets.decks import OpenQuestions
from hsai_kit.widgets.panel import Panel, field, row, show_if

__all__ = ["LabelPanel"]


class LabelPanel(Panel):
    """Asks for the right answer to one question after the other; `value` is the Labelling that `label()` returns.

    `hub` is that Labelling; or, with `frame` and `assistant`, a Connection, records and an assistant or its name, or
    the panels that give them, and the set gets its name here. `given` counts what was decided here, so that others can
    follow.
    """

    value: LabelSession | None
    given = traitlets.Int(0)

    def __init__(self, hub: Panel | Connection | LabelSession | None, frame: Any = None, assistant: Any = None) -> None:
        super().__init__("Label")
        self._hub: Connection | None = None
        self._frame: pd.DataFrame | None = None
        self._assistant: Assistant | None = None
        self.name = field(ipywidgets.Text(description="Keep under the name", placeholder="such as states"))
        self.measured = field(ipywidgets.Dropdown(options=[""], description="Field"))
        self.begin = self.button("Give right answers", self._begin, style="primary")
        self.cards = CardView(on_change=self._decided)
        self._table = ipywidgets.VBox([self.cards])
        self._choices = row(self.name, self.measured, self.begin)
        self.fill(self._choices, self._table)
        self.name.observe(lambda _: self.refresh(), "value")
        if isinstance(hub, LabelSession):
            self._show(hub)
        else:
            self._leave()
            self.take(hub, self._take_hub)
            self.take(frame, self._take_frame)
            self.take(assistant, self._take_assistant)

    def allowed(self, control: ipywidgets.Widget) -> bool:  # noqa: ARG002 -- there is one
        """Begin once there are questions and a name for their answers."""
        there = self._hub is not None and self._frame is not None and self._assistant is not None
        return not self.busy and there and bool(self.name.value.strip())

    def _take_hub(self, hub: Connection | None) -> None:
        self._hub = hub
        self._leave()

    def _take_frame(self, frame: pd.DataFrame | None) -> None:
        self._frame = frame
        self._leave()

    def _take_assistant(self, assistant: str | Assistant | None) -> None:
        if isinstance(assistant, str) and self._hub is not None:
            assistant = load_assistant(self._hub.workspace, assistant)
        before, self._assistant = self._assistant, assistant if isinstance(assistant, Assistant) else None
        fields = list(self._assistant.output.fields) if self._assistant is not None else [""]
        if list(self.measured.options) != fields:
            self.measured.options = fields
        if self._assistant is not None and self.name.value in ("", before.name if before is not None else ""):
            self.name.value = self._assistant.name
        self._leave()

    def _leave(self) -> None:
        """Leave what is being labelled: it is not of these records or this prompt."""
        self.value = None
        show_if(self._table, there=False)
        show_if(self.measured, len(self.measured.options) > 1)
        self._advise()
        self.refresh()

    def _begin(self) -> None:
        hub, frame, assistant = self._hub, self._frame, self._assistant
        if hub is not None and frame is not None and assistant is not None:
            name, of = self.name.value.strip(), self.measured.value or None
            self.work("Reading the questions …", lambda: label(hub, frame, assistant, name, field=of), self._show)

    def _show(self, labelling: LabelSession) -> None:
        self.remark()
        self.cards.show(OpenQuestions(labelling))
        show_if(self._choices, self._hub is not None)
        show_if(self._table)
        self.value = labelling
        self._decided()

    def _decided(self) -> None:
        self.given += 1
        self._advise()

    def _advise(self) -> None:
        if self.value is not None and self.cards.deck is not None:
            done, total = self.cards.deck.count()
            left = total - done
            self.next_step(
                f"Give the right answer, most common questions first; stop whenever you like. {left:,} are left."
                if left
                else "Every question has its right answer. Go on and evaluate."
            )
        elif self._hub is None:
            self.next_step("Connect first.")
        elif self._frame is None:
            self.next_step("Pull the records first whose right answers you know or can find out.")
        elif self._assistant is None:
            self.next_step("Choose the assistant first whose questions are to be answered.")
        else:
            self.next_step("Skip this where a column holds the right answers. Otherwise give some here, by keyboard.")
