"""The panel that asks: what it will cost, start, pause and stop, and what comes back while it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import pandas as pd

from hsai_kit.assistant import Assistant, load
from hsai_kit.background import Handle
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.llm.engine import EngineName
from hsai_kit.output import as_words
from hsai_kit.progress import Progress
from hsai_kit.run import Run
from hsai_kit.steps.ask import Forecast, ask, forecast, open_run, resume, runs
from hsai_kit.widgets.blocks import Block, bars, facts, frame_table, table, text
from hsai_kit.widgets.panel import Panel, field, row
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
        self._forecast: Forecast | None = None
        self._handle: Handle[Run] | None = None
        self._asked: Assistant | None = None
        self._run: Run | None = None
        self._stale = False
        self._paused = False
        self._stopping = False
        self.earlier = field(ipywidgets.Dropdown(options=[(_NEW, "")], description="Run"))
        self.engine = field(ipywidgets.Dropdown(options=_ENGINES, description="How"))
        self.budget = field(ipywidgets.Text(description="Budget in USD", placeholder="no cap", continuous_update=False))
        self.agreed = ipywidgets.Checkbox(description="Yes, this may be spent", indent=False)
        self.begin = self.button("Start", self._start, style="primary")
        self.pause = self.button("Pause", self._pause)
        self.stop = self.button("Stop", self._stop, style="warning")
        self.retry = self.button("Ask the failed ones again", self._go_on)
        self._costs = MessageView()
        self._bar = ipywidgets.IntProgress(max=1)
        self._bar.add_class("hsai-hidden")
        self._numbers = MessageView()
        self._newest = MessageView()
        self._ended = MessageView()
        self.fill(
            row(self.earlier, self.engine, self.budget),
            self._costs,
            self.agreed,
            row(self.begin, self.pause, self.stop, self.retry),
            self._bar,
            self._numbers,
            self._newest,
            self._ended,
        )
        self.engine.observe(lambda _: self._look(), "value")
        self.agreed.observe(lambda _: self.refresh(), "value")
        self.earlier.observe(lambda _: self.attempt(self._open), "value")
        self._advise()
        self.take(hub, self._take_hub)
        self.take(frame, self._take_frame)
        self.take(assistant, self._take_assistant)

    @property
    def running(self) -> bool:
        """True while questions are being asked."""
        return self._handle is not None and not self._handle.done

    def allowed(self, control: ipywidgets.Widget) -> bool:
        """Let a run begin once it is known what it would cost, and be paused and stopped while it goes on."""
        if control in (self.pause, self.stop):
            return self.running
        if self.busy or self._hub is None:
            return False
        if control is self.retry:
            return self._run is not None and self._left(self._run) > 0
        known = self._forecast is not None and (not self._forecast.needs_yes or self.agreed.value)
        return not self.earlier.value and known

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
        if not self.running:
            self._run = None
            for view in (self._numbers, self._newest, self._ended):
                view.clear()
            self._show_if(self._bar, there=False)

    @property
    def _places(self) -> int:
        return self._hub.llm.concurrency if self._hub else 0

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
        """Work out anew what a run would cost; while that is being done, another wish for it waits."""
        if self.running:
            return
        self._forecast = None
        hub, frame, assistant = self._hub, self._frame, self._assistant
        if hub is None or frame is None or assistant is None:
            self._costs.clear()
            self._advise()
            return
        if self.busy:
            self._stale = True
            return
        engine = self.engine.value
        self.work("Counting questions …", lambda: forecast(hub, frame, assistant, engine=engine), self._looked)

    def _looked(self, found: Forecast) -> None:
        self._forecast = found
        self._remarks.clear()
        self._costs.show(text(found.line))
        threshold = self._hub.workspace.settings.openai.ask_above_usd if self._hub else 0.0
        self.agreed.description = f"Yes, this may be spent (above {threshold:,.2f} USD this workspace asks)"
        self._show_if(self.agreed, found.needs_yes)
        self._advise()

    def ended(self) -> None:
        """Work out the costs anew where that had to wait."""
        if self._stale and not self.busy:
            self._stale = False
            self._look()
        else:
            self._advise()
            self.refresh()

    def went_wrong(self, problem: BaseException) -> None:
        """Show an error in words, and no costs that hold no longer."""
        super().went_wrong(problem)
        if self._forecast is None:
            self._costs.clear()

    def _start(self) -> None:
        hub, frame, assistant = self._hub, self._frame, self._assistant
        if hub is None or frame is None or assistant is None:
            return
        budget, engine = self._budget(), self.engine.value
        yes = True if self.agreed.value else None
        self._asked = load(hub.workspace, assistant) if isinstance(assistant, str) else assistant
        self._ask_through(lambda: ask(hub, frame, assistant, engine=engine, budget_usd=budget, confirm=yes, wait=False))

    def _go_on(self) -> None:
        hub, run, budget = self._hub, self._run, self._budget()
        if hub is not None and run is not None:
            self._asked = run.assistant
            self._ask_through(lambda: resume(hub, run, budget_usd=budget, wait=False))

    def _ask_through(self, begin: Callable[[], Handle[Run]]) -> None:
        self._paused = self._stopping = False
        self._ended.clear()
        self.agreed.value = False
        self.work("Getting ready …", begin, self._follow)

    def _follow(self, handle: Handle[Run]) -> None:
        self._handle = handle
        self._bar.bar_style = ""
        self._show_if(self._bar, there=True)
        self.watch(handle, lambda: self._tick(handle.progress), self._came)
        self._advise()

    def _tick(self, progress: Progress) -> None:
        self._bar.max, self._bar.value = max(1, progress.total or 1), progress.done
        left = progress.seconds_left
        self._numbers.show(
            facts(
                [
                    ("Asked", f"{progress.done:,}" + (f" of {progress.total:,}" if progress.total is not None else "")),
                    ("Spent", "price unknown" if progress.usd is None else f"{progress.usd:,.4f} USD"),
                    ("Time left", _span(left) if self.running else "nothing"),
                    ("Rate", f"{progress.rate:,.1f} a second"),
                    ("In flight", f"{min(progress.in_flight, self._places):,}"),
                    *([("Note", progress.note)] if progress.note else []),
                ]
            )
        )
        output = self._asked.output if self._asked else None
        rows = [
            (asked, (as_words(output.read(answer, asked).value) or "(no usable answer)") if output else answer)
            for asked, answer in reversed(list(progress.newest))
        ]
        self._newest.show(*([table(("asked", "answered"), rows, title="Newest answers")] if rows else []))

    def _came(self, run: Run) -> None:
        self._handle = None
        # What it would cost has become what it did cost; what the model does without stays worth knowing.
        self._remarks.show(*(text(line, "muted") for line in self._heard if " requests to " not in line))
        self._list_runs()
        self._show_end(run)
        self.value = run

    def _show_end(self, run: Run) -> None:
        self._bar.bar_style = "success" if run.record.status == "done" else "warning"
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
        self._show_if(self.retry, left > 0)
        self._run = run
        self._advise()

    def _open(self) -> None:
        hub, chosen = self._hub, self.earlier.value
        if hub is None or not chosen:
            self._ended.clear()
            self._look()
            return
        self.work("Opening the run …", lambda: open_run(hub, chosen), self._opened)

    def _opened(self, run: Run) -> None:
        self._remarks.clear()
        self._numbers.clear()
        self._newest.clear()
        self._show_end(run)
        self.value = run

    def _pause(self) -> None:
        if self._handle is None:
            return
        self._paused = not self._paused
        (self._handle.pause if self._paused else self._handle.resume)()
        self.pause.description = "Go on" if self._paused else "Pause"
        self._advise()

    def _stop(self) -> None:
        if self._handle is None:
            return
        self._handle.cancel(drain=not self._stopping)
        self._stopping = True
        self.stop.description = "Stop at once"
        self._advise()

    def _budget(self) -> float | None:
        said = self.budget.value.strip().replace(",", ".")
        try:
            return float(said) if said else None
        except ValueError:
            message = f"The budget {said!r} is no amount. Write USD as a number, such as 5, or leave it empty."
        raise HsaiError(message)

    @staticmethod
    def _left(run: Run) -> int:
        return len(run.store.runs.outstanding(run.id))

    def _show_if(self, control: ipywidgets.Widget, there: bool) -> None:  # noqa: FBT001
        (control.remove_class if there else control.add_class)("hsai-hidden")

    def _advise(self) -> None:
        run, going = self._run, self.running
        if not going:
            self.pause.description, self.stop.description = "Pause", "Stop"
        self._show_if(self.pause, going)
        self._show_if(self.stop, going)
        self._show_if(self.retry, not going and run is not None and self._left(run) > 0)
        self._show_if(self.agreed, not going and self._forecast is not None and self._forecast.needs_yes)
        if going:
            stopping = "Stopping after what is in flight; once more breaks that off, and it may be paid for nothing."
            self.next_step(
                stopping if self._stopping else "Asking. Every answer is kept as it comes; you can stop at any time."
            )
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
        else:
            self.next_step("Read what it will cost, set a budget if you like, and start.")


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "not known yet"
    return f"{seconds:,.0f} s" if seconds < 90 else f"{seconds / 60:,.0f} min"
