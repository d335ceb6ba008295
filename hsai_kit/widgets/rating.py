"""The panel in which people rate texts, blind and by keyboard."""

from __future__ import annotations

from typing import Any

import ipywidgets

from hsai_kit.assistant.assistant import Assistant
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.run import Run
from hsai_kit.steps.ask import open_run
from hsai_kit.steps.evaluate.texts.human_rating import open_rating, rate
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.widgets.blocks import facts, frame_table, text
from hsai_kit.widgets.card import CardView
from hsai_kit.widgets.decks import RatedTexts
from hsai_kit.widgets.panel import Panel, field, row, show_if
from hsai_kit.widgets.view import MessageView

__all__ = ["RatingPanel"]

_NEW, _NOTHING = "a new one", "nothing: rate one by one"
_MOST = 50


class RatingPanel(Panel):
    """Shows texts one after the other to whoever names themselves; `value` is the RatingSession of `rate()`.

    `hub` is that session; or a Connection or ConnectPanel, and the texts are chosen here among those that runs wrote.
    `run` is an AskPanel whose runs are then offered as they come. What came out is shown once the rater has rated all,
    so that nobody knows before.
    """

    value: RatingSession | None

    def __init__(self, hub: Panel | Connection | RatingSession | None, run: Panel | Run | None = None) -> None:
        super().__init__("Rate")
        self._hub: Connection | None = None
        self.earlier = field(ipywidgets.Dropdown(options=[(_NEW, "")], description="Rating"))
        self.first = field(ipywidgets.Dropdown(options=[("none yet", "")], description="Texts of"))
        self.second = field(ipywidgets.Dropdown(options=[(_NOTHING, "")], description="Compared with"))
        self.graded = field(
            ipywidgets.Dropdown(options=[("yes or no", False), ("a grade, 1 to 5", True)], description="Said by")
        )
        self.many = field(ipywidgets.BoundedIntText(60, min=1, max=100_000, description="How many, drawn by chance"))
        self.begin = self.button("Rate blind", self._begin, style="primary")
        self.rater = field(ipywidgets.Text(description="Who rates", continuous_update=False))
        self.cards = CardView(on_change=self._changed)
        self._result = MessageView()
        for control in (self.first, self.second):
            control.add_class("hsai-broad")
        self._choices = ipywidgets.VBox(
            [row(self.earlier, self.graded, self.many), row(self.first, self.second), row(self.begin)]
        )
        self._choices.add_class("hsai-stack")
        self._table = ipywidgets.VBox([row(self.rater), self.cards, self._result])
        self._table.add_class("hsai-stack")
        self.fill(self._choices, self._table)
        self.rater.observe(lambda _: self.attempt(self._other), "value")
        self.earlier.observe(lambda _: self.attempt(self._chosen), "value")
        self.second.observe(lambda _: show_if(self.graded, not self.second.value), "value")
        if isinstance(hub, RatingSession):
            show_if(self._choices, there=False)
            self._show(hub)
        else:
            self._chosen()
            self.take(hub, self._take_hub)
            self.take(run, lambda _: self._list())

    def allowed(self, control: ipywidgets.Widget) -> bool:  # noqa: ARG002 -- there is one
        """Begin once there is something to rate."""
        return not self.busy and bool(self.earlier.value or self.first.value)

    def _take_hub(self, hub: Connection | None) -> None:
        self._hub = hub
        self._list()
        self._chosen()

    def _list(self) -> None:
        """List the runs that wrote texts, and what was rated before."""
        if self._hub is None:
            return
        store = self._hub.store
        written = [
            (f"{one.at[:16].replace('T', ' ')} {one.assistant} with {one.model}", one.id)
            for one in store.runs.all()
            if any(
                kind.kind == "text" for kind in Assistant.model_validate_json(one.assistant_json).output.fields.values()
            )
        ][-_MOST:][::-1]
        rated = [(f"{one.at[:16].replace('T', ' ')} {' and '.join(one.names)}", one.id) for one in store.ratings.all()]
        _offer(self.first, written or [("none yet", "")])
        _offer(self.second, [(_NOTHING, ""), *written])
        _offer(self.earlier, [(_NEW, ""), *rated[:_MOST]])
        self._advise()
        self.refresh()

    def _chosen(self) -> None:
        """Show what a new rating needs, or go on with an earlier one."""
        new = not self.earlier.value
        for control in (self.first, self.second, self.many):
            show_if(control, new)
        show_if(self.graded, new and not self.second.value)
        self.begin.description = "Rate blind" if new else "Go on rating"
        if self.value is not None:
            self.value = None
        show_if(self._table, there=False)
        self._advise()
        self.refresh()

    def _begin(self) -> None:
        hub, earlier = self._hub, self.earlier.value
        if hub is None:
            return
        if earlier:
            self.work("Opening it …", lambda: open_rating(hub, earlier), self._show)
            return
        chosen = [one for one in (self.first.value, self.second.value) if one]
        if len(set(chosen)) < len(chosen):
            message = "Both are the same run. Choose another one to compare it with, or nothing."
            raise HsaiError(message)
        many, graded = int(self.many.value), bool(self.graded.value) and len(chosen) == 1

        def begun() -> RatingSession:
            runs = [open_run(hub, one) for one in chosen]
            text = next((name for name, kind in runs[0].assistant.output.fields.items() if kind.kind == "text"), None)
            return rate(hub, _named(runs), n=many, levels=graded, text=text)

        self.work("Drawing texts …", begun, self._show)

    def _show(self, session: RatingSession) -> None:
        self.remark(*self.heard)
        self.value = session
        show_if(self._table)
        if self.rater.value != session.rater:
            self.rater.value = session.rater
        else:
            self._other()

    def _other(self) -> None:
        if self.value is not None:
            self.cards.show(RatedTexts(self.value, self.rater.value.strip() or self.value.rater))
            self._changed()

    def _changed(self) -> None:
        session, deck = self.value, self.cards.deck
        done, total = deck.count() if deck is not None else (0, 0)
        self._result.clear()
        if session is not None and done == total:
            agreement = [("Agreement", str(session.agreement()))] if len(session.raters) > 1 else []
            table = frame_table(session.results.reset_index(), title="What came out")
            self._result.show(text(session.verdict), *([facts(agreement)] if agreement else []), table)
        self._advise()

    def _advise(self) -> None:
        if self.value is None:
            if self._hub is None:
                self.next_step("Connect first.")
            elif not self.first.value and not self.earlier.value:
                self.next_step("Ask for summaries or drafts first: no run of this workspace has written texts yet.")
            else:
                self.next_step("For summaries and drafts: have them read by people who do not know whose they are.")
            return
        done, total = self.cards.deck.count() if self.cards.deck is not None else (0, 0)
        self.next_step(
            "Click into the card and press the key of your answer. Every answer is kept as you give it."
            if done < total
            else "Everything is rated. Another person can go on under their own name."
        )


def _named(runs: list[Run]) -> Any:
    if len(runs) == 1:
        return runs[0]
    names = [f"{run.record.assistant} with {run.record.model}" for run in runs]
    if len(set(names)) < len(names):
        names = [f"{name}, {run.record.assistant_version[:6]}, {run.id}" for name, run in zip(names, runs, strict=True)]
    return dict(zip(names, runs, strict=True))


def _offer(control: ipywidgets.Dropdown, options: list[tuple[str, str]]) -> None:
    """List other options and keep what was chosen, where it is still there."""
    if list(control.options) != options:
        chosen = control.value
        control.options = options
        if chosen in dict(map(reversed, options)):  # type: ignore[arg-type]
            control.value = chosen
