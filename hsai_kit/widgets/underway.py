"""Questions under way: a button that pauses and one that stops, a bar, the numbers, and the newest answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import ipywidgets

from hsai_kit.assistant.output_schema import Output, as_words
from hsai_kit.runtime.background import Handle
from hsai_kit.runtime.progress import Progress
from hsai_kit.widgets.blocks import facts, table
from hsai_kit.widgets.panel import Panel, show_if
from hsai_kit.widgets.view import MessageView

__all__ = ["UnderWay"]

T = TypeVar("T")


class UnderWay:
    """The parts of a panel in which its questions are watched and held, each a control that the panel places.

    `on_change` is called when they begin, pause or are to stop.
    """

    def __init__(self, panel: Panel, on_change: Callable[[], None]) -> None:
        self._panel = panel
        self._on_change = on_change
        self._handle: Handle[Any] | None = None
        self._paused = False
        self._stopping = False
        self._places = 0
        self._output: Callable[[str], Output | None] = lambda _: None
        self.pause = panel.button("Pause", self._pause)
        self.stop = panel.button("Stop", self._stop, style="warning")
        self.bar = ipywidgets.IntProgress(max=1)
        self.numbers = MessageView()
        self.newest = MessageView()
        show_if(self.bar, there=False)
        self.show_buttons()

    @property
    def running(self) -> bool:
        """True while questions are being asked."""
        return self._handle is not None and not self._handle.done

    @property
    def advice(self) -> str:
        """What to know while it goes on."""
        if self._stopping:
            return "Stopping after what is in flight; once more breaks that off, and it may be paid for nothing."
        if self._paused:
            return "Paused: nothing more is sent until you go on."
        return "Asking. Every answer is kept as it comes; you can stop at any time."

    def follow(
        self, handle: Handle[T], came: Callable[[T], object], *, places: int, output: Callable[[str], Output | None]
    ) -> None:
        """Show how far `handle` is until it ends, then `came(result)`; `output` gives what reads a run's answers."""
        self._handle, self._places, self._output = handle, places, output
        self._paused = self._stopping = False
        self.bar.bar_style = ""
        show_if(self.bar)
        self._panel.watch(handle, lambda: self._tick(handle.progress), came)
        self._on_change()

    def end(self, *, well: bool) -> None:
        """Leave the bar standing at its end, green or orange."""
        self.bar.bar_style = "success" if well else "warning"

    def clear(self) -> None:
        """Leave what is shown."""
        for view in (self.numbers, self.newest):
            view.clear()
        show_if(self.bar, there=False)

    def show_buttons(self) -> None:
        """Show the buttons while there is something to hold."""
        if not self.running:
            self.pause.description, self.stop.description = "Pause", "Stop"
        for button in (self.pause, self.stop):
            show_if(button, self.running)

    def _tick(self, progress: Progress) -> None:
        self.bar.max, self.bar.value = max(1, progress.total or 1), progress.done
        self.numbers.show(
            facts(
                [
                    ("Asked", f"{progress.done:,}" + (f" of {progress.total:,}" if progress.total is not None else "")),
                    ("Spent", "price unknown" if progress.usd is None else f"{progress.usd:,.4f} USD"),
                    ("Time left", _span(progress.seconds_left) if self.running else "nothing"),
                    ("Rate", f"{progress.rate:,.1f} a second"),
                    ("In flight", f"{min(progress.in_flight, self._places):,}"),
                    *([("Note", progress.note)] if progress.note else []),
                ]
            )
        )
        output = self._output(progress.run_id)
        rows = [(asked, _read(output, answer, asked)) for asked, answer in reversed(list(progress.newest))]
        self.newest.show(*([table(("asked", "answered"), rows, title="Newest answers")] if rows else []))

    def _pause(self) -> None:
        if self._handle is None:
            return
        self._paused = not self._paused
        (self._handle.pause if self._paused else self._handle.resume)()
        self.pause.description = "Go on" if self._paused else "Pause"
        self._on_change()

    def _stop(self) -> None:
        if self._handle is None:
            return
        self._handle.cancel(drain=not self._stopping)
        self._stopping = True
        self.stop.description = "Stop at once"
        self._on_change()


def _read(output: Output | None, answer: str, asked: str) -> str:
    if output is None:
        return answer
    return as_words(output.read(answer, asked).value) or "(no usable answer)"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "not known yet"
    return f"{seconds:,.0f} s" if seconds < 90 else f"{seconds / 60:,.0f} min"
