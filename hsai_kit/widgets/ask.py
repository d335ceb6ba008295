"""The panel that asks: what it will cost, start, pause and stop, and what comes back while it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import pandas as pd

from hsai_kit.assistant.assistant import Assistant, EngineName, load_assistant
from hsai_kit.connection import Connection
from hsai_kit.run import Run
from hsai_kit.runtime.background import Handle
from hsai_kit.steps.ask import RunForecast, forecast_run, open_run, runs, start_ask, start_resume
from hsai_kit.widgets.blocks import Block, bars, frame_table, text
from hsai_kit.widgets.costs import Costs
from hsai_kit.widgets.panel import Panel, field, row, show_if
from hsai_kit.widgets.underway import UnderWay
from hsai_kit.widgets.view import MessageView

__all__ = ["AskPanel"]

_ENGINES: list[tuple[str, EngineName]] = [
    ("Now", "responses"),
    ("As a batch, half price, within a day", "batch"),
    ("Decisions, with probabilities", "decisions"),
]
_NEW = "a new run"


class AskPanel(Panel):
    """Asks the assistant about every record; `value` is the Run that `ask()` returns.

    `hub`, `frame` and `assistant` are a Connection, a DataFrame and an Assistant or its name, or the panels that give
    them. An earlier run of the workspace can be opened instead, and gone on with.
    """

    value: Run | None

    def __init__(self, hub: Panel | Connection | None, frame: Any = None, assistant: Any = None) -> None:
        super().__init__("Ask")
        self._hub: Connection | None = None
        self._frame: pd.DataFrame | None = None
        self._assistant: str | Assistant | None = None
        self._asked: Assistant | None = None
        self._run: Run | None = None
        self.earlier = field(ipywidgets.Dropdown(options=[(_NEW, "")], description="Run"))
        self.engine = field(ipywidgets.Dropdown(options=_ENGINES, description="How"))
        self.costs = Costs(self)
        self.begin = self.button("Start", self._start, style="primary")
        self.going = UnderWay(self, self._advise)
        self.retry = self.button("Ask the failed ones again", self._go_on)
        self._ended = MessageView()
        self.fill(
            row(self.earlier, self.engine, self.costs.budget),
            self.costs.view,
            self.costs.agreed,
            row(self.begin, self.going.pause, self.going.stop, self.retry),
            self.going.bar,
            self.going.numbers,
            self.going.newest,
            self._ended,
        )
        self.engine.observe(lambda _: self._look(), "value")
        self.earlier.observe(lambda _: self.attempt(self._open), "value")
        self._advise()
        self.take(hub, self._take_hub)
        self.take(frame, self._take_frame)
        self.take(assistant, self._take_assistant)

    def allowed(self, control: ipywidgets.Widget) -> bool:
        """Let a run begin once it is known what it would cost, and be paused and stopped while it goes on."""
        if control in (self.going.pause, self.going.stop):
            return self.going.running
        if self.busy or self._hub is None:
            return False
        if control is self.retry:
            return self._run is not None and self._left(self._run) > 0
        return not self.earlier.value and self.costs.known

    def _take_hub(self, hub: Connection | None) -> None:
        self._hub = hub
        self._list_runs()
        self._look()

    def _take_frame(self, frame: pd.DataFrame | None) -> None:
        self._frame = frame
        self._forget_run()
        self._look()

    def _take_assistant(self, assistant: str | Assistant | None) -> None:
        self._assistant = assistant
        if isinstance(assistant, Assistant) and self._assistant is not None:
            self.engine.value = assistant.engine
        self._forget_run()
        self._look()

    def _forget_run(self) -> None:
        """Leave what is shown of a run: records or an assistant came anew, and it is not of these."""
        if not self.going.running:
            self._run = None
            self.going.clear()
            self._ended.clear()

    def _list_runs(self) -> None:
        if self._hub is None:
            return
        listed = runs(self._hub)
        listed = listed[listed["id"].notna()].head(50)
        named = [
            (f"{one.at:%Y-%m-%d %H:%M} {one.assistant}, {one.records:,} records, {one.status}", one.id)
            for one in listed.itertuples()
        ]
        chosen = self.earlier.value
        self.earlier.options = [(_NEW, ""), *named]
        if chosen in dict(map(reversed, named)):  # type: ignore[arg-type]
            self.earlier.value = chosen

    def _look(self) -> None:
        """Work out anew what a run would cost."""
        hub, frame, assistant, engine = self._hub, self._frame, self._assistant, self.engine.value
        if self.going.running:
            return
        if hub is None or frame is None or assistant is None:
            self.costs.look(None)
        else:
            self.costs.look(hub, lambda: _told(forecast_run(hub, frame, assistant, engine=engine)))
        self._advise()

    def ended(self) -> None:
        """Work out the costs anew where that had to wait."""
        if not self.costs.look_again():
            self._advise()
            self.refresh()

    def went_wrong(self, problem: BaseException) -> None:
        """Show an error in words, and no costs that hold no longer."""
        super().went_wrong(problem)
        self.costs.failed()

    def _start(self) -> None:
        hub, frame, assistant = self._hub, self._frame, self._assistant
        if hub is None or frame is None or assistant is None:
            return
        budget, engine, yes = self.costs.usd, self.engine.value, self.costs.yes
        self._asked = load_assistant(hub.workspace, assistant) if isinstance(assistant, str) else assistant
        self._ask_through(lambda: start_ask(hub, frame, assistant, engine=engine, budget_usd=budget, confirm=yes))

    def _go_on(self) -> None:
        hub, run, budget = self._hub, self._run, self.costs.usd
        if hub is not None and run is not None:
            self._asked = run.assistant
            self._ask_through(lambda: start_resume(hub, run, budget_usd=budget))

    def _ask_through(self, begin: Callable[[], Handle[Run]]) -> None:
        self._ended.clear()
        self.work("Getting ready …", begin, self._follow)

    def _follow(self, handle: Handle[Run]) -> None:
        places = self._hub.llm.concurrency if self._hub else 0
        output = self._asked.output if self._asked else None
        self.going.follow(handle, self._came, places=places, output=lambda _: output)

    def _came(self, run: Run) -> None:
        # What it would cost has become what it did cost; what the model does without stays worth knowing.
        self.remark(*(line for line in self.heard if " requests to " not in line))
        self._list_runs()
        self._show_end(run)
        self.value = run

    def _show_end(self, run: Run) -> None:
        self.going.end(well=run.record.status == "done")
        told: list[Block] = [
            bars("How the records ended", [(one.replace("_", " "), n) for one, n in run.counts.items()])
        ]
        failures = run.failures
        if not failures.empty:
            told.append(frame_table(failures, title="Without a usable answer, by reason"))
        if run.record.note:
            told.append(text(run.record.note, "warn"))
        told.append(text(f"{run.costs}. Kept as {run.id}.", "muted"))
        self._ended.show(*told)
        left = self._left(run)
        failed = int(failures.loc[failures["status"] == "failed", "records"].sum()) if not failures.empty else 0
        self.retry.description = (
            "Ask the failed ones again" if failed and left == failed else f"Go on with {left:,} left"
        )
        self._run = run
        self._advise()

    def _open(self) -> None:
        hub, chosen = self._hub, self.earlier.value
        if hub is None or not chosen:
            self._forget_run()
            self._look()
            return
        self.work("Opening the run …", lambda: open_run(hub, chosen), self._opened)

    def _opened(self, run: Run) -> None:
        self._remarks.clear()
        self.going.clear()
        self._show_end(run)
        self.value = run

    @staticmethod
    def _left(run: Run) -> int:
        return len(run.store.answers.find_outstanding(run.id))

    def _advise(self) -> None:
        run, going = self._run, self.going.running
        self.going.show_buttons()
        self.costs.show_yes(there=not going)
        show_if(self.retry, not going and run is not None and self._left(run) > 0)
        if going:
            self.next_step(self.going.advice)
        elif run is not None:
            left = self._left(run)
            self.next_step(
                f"{left:,} questions are left: go on with them, or review what is there."
                if left
                else "Review the answers."
            )
        elif self._hub is None:
            self.next_step("Connect first.")
        elif self._frame is None or self._assistant is None:
            what = "the records" if self._frame is None else "an assistant"
            self.next_step(f"Choose {what} first, or open an earlier run.")
        elif self.problem:
            self.next_step("Mend what is said below.")
        else:
            self.next_step("Read what it will cost, set a budget if you like, and start.")


def _told(found: RunForecast) -> tuple[list[str], bool]:
    return [found.line], found.needs_yes
