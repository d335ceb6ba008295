"""What every panel has: a heading, one line that says what to do next, errors in words, and work that never blocks."""

from __future__ import annotations

import asyncio
import html
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import ipywidgets
import traitlets

from hsai_kit.errors import HsaiError, WorkStopped
from hsai_kit.runtime.background import Handle, follow, start
from hsai_kit.runtime.progress import redirect_advice
from hsai_kit.widgets.blocks import Tone, text
from hsai_kit.widgets.guard import KeyGuard
from hsai_kit.widgets.view import MessageView

__all__ = ["Panel", "field", "row", "show_if"]

T = TypeVar("T")


class Panel(ipywidgets.VBox):
    """One step as something to click; `value` is the same object that the step's verb returns, None until there is one.

    Nothing that a record says is ever in a trait of a panel's widgets: it is shown by message views alone.
    """

    value = traitlets.Any(default_value=None, allow_none=True)

    def __init__(self, title: str) -> None:
        super().__init__()
        self._heading = ipywidgets.HTML(f"<h3>{html.escape(title)}</h3>")
        self._advice = MessageView()
        self._problem = MessageView(urgent=True)
        self._remarks = MessageView()
        self._heard: list[str] = []
        self._working = 0
        self._unsettled = 0
        self._lock = threading.Lock()
        self._controls: list[ipywidgets.Widget] = []
        self.add_class("hsai-panel")

    def fill(self, *body: ipywidgets.Widget) -> None:
        """Show the heading, the line of advice, `body`, and below it what was said and what went wrong."""
        self.children = (KeyGuard(), self._heading, self._advice, *body, self._remarks, self._problem)

    @property
    def busy(self) -> bool:
        """True while something that was clicked is still being done."""
        return self._working > 0

    @property
    def problem(self) -> str:
        """What went wrong last, in words; "" after something went well."""
        return self._problem.words

    @property
    def advice(self) -> str:
        """The line that says what to do next."""
        return self._advice.words

    def settle(self, seconds: float = 60) -> None:
        """Wait until nothing is being done any more; raises TimeoutError after `seconds`."""
        ends = time.monotonic() + seconds
        while self._unsettled:
            if time.monotonic() > ends:
                message = f"the panel is still busy after {seconds:g} seconds"
                raise TimeoutError(message)
            time.sleep(0.01)

    def next_step(self, said: str) -> None:
        """Say in one line what to do next."""
        self._advice.show(text(said, "next"))

    @property
    def heard(self) -> list[str]:
        """What the verbs have said in the work that was begun last."""
        return self._heard

    def remark(self, *said: str, tone: Tone = "muted") -> None:
        """Say something below the controls, in place of what was said there."""
        self._remarks.show(*(text(line, tone) for line in said))

    def went_wrong(self, problem: BaseException) -> None:
        """Show an error in words, never as a stack."""
        if isinstance(problem, HsaiError | WorkStopped):
            said = " ".join([str(problem), *getattr(problem, "__notes__", [])])
        else:
            # The message of an error that nobody expected may hold anything, a key too.
            where = traceback.extract_tb(problem.__traceback__)[-1:]
            place = f" in {where[0].name}" if where else ""
            said = f"That went wrong: {type(problem).__name__}{place}. What was kept until then is safe; try it again."
        self._problem.show(text(said, "bad"))

    def attempt(self, act: Callable[[], object]) -> None:
        """Do something short; what it raises is shown here, since a callback's error shows nowhere else."""
        self._problem.clear()
        try:
            act()
        except Exception as problem:  # noqa: BLE001 -- shown in words
            self.went_wrong(problem)

    def button(self, label: str, act: Callable[[], object], *, style: str = "", tooltip: str = "") -> ipywidgets.Button:
        """Return a button that does `act` when it is clicked and is barred while the panel works."""
        made = ipywidgets.Button(description=label, button_style=style, tooltip=tooltip or label)
        made.layout.width = "auto"
        made.on_click(lambda _: self.attempt(act))
        self._controls.append(made)
        return made

    def work(self, label: str, function: Callable[[], T], then: Callable[[T], object] = lambda _: None) -> None:
        """Do `function` and then `then(result)` on a thread of their own, so that the notebook goes on.

        What the verbs say meanwhile is shown below the controls, what they raise as an error in words.
        """
        said = self._heard = []

        def hear(line: str) -> None:
            said.append(line)
            self.remark(*said[-4:])

        def all_of_it() -> None:
            try:
                then(function())
            except (Exception, WorkStopped) as problem:  # noqa: BLE001 -- shown in words
                # What was under way is no longer; what was said until then stays worth knowing.
                self.remark(*said[-4:])
                self.went_wrong(problem)
            finally:
                self._done()

        self._begun(label)
        with redirect_advice(hear):
            start(lambda _: asyncio.to_thread(all_of_it))

    def watch(self, handle: Handle[T], tick: Callable[[], object], then: Callable[[T], object]) -> None:
        """Follow work under way: `tick` at most four times a second, `then(result)` at its end."""

        def end(ended: Handle[T]) -> None:
            try:
                tick()
                then(ended.result(0))
            except (Exception, WorkStopped) as problem:  # noqa: BLE001 -- shown in words
                self.went_wrong(problem)
            finally:
                self._done()

        self._begun("")
        follow(handle, tick, end)

    def take(self, source: Panel | Any, use: Callable[[Any], object]) -> None:
        """Use `source` now, or, where it is a panel, its value as often as it gets one."""
        if not isinstance(source, Panel):
            if source is not None:
                self.attempt(lambda: use(source))
            return
        source.observe(lambda change: self.attempt(lambda: use(change["new"])), "value")
        if source.value is not None:
            self.attempt(lambda: use(source.value))

    def allowed(self, control: ipywidgets.Widget) -> bool:  # noqa: ARG002 -- panels say more about theirs
        """Tell whether a control may be used now: while the panel works, none may."""
        return not self.busy

    def refresh(self) -> None:
        """Bar or free every control as `allowed` says."""
        for control in self._controls:
            control.disabled = not self.allowed(control)

    def _begun(self, label: str) -> None:
        with self._lock:
            self._working += 1
            self._unsettled += 1
        self._problem.clear()
        if label:
            self.remark(label)
        self.refresh()

    def _done(self) -> None:
        with self._lock:
            self._working -= 1
        try:
            self.refresh()
            self.ended()
        finally:
            with self._lock:
                self._unsettled -= 1

    def ended(self) -> None:
        """Do what is to be done whenever a piece of work has ended; panels say what."""


def field(control: T, *, wide: bool = False) -> T:
    """Let a stock control stand under its own label, as wide as there is room."""
    control.add_class("hsai-field")  # type: ignore[attr-defined]
    if wide:
        control.add_class("hsai-wide")  # type: ignore[attr-defined]
    return control


def row(*controls: ipywidgets.Widget | Sequence[ipywidgets.Widget]) -> ipywidgets.Box:
    """Let controls stand beside each other, and below each other where there is no room."""
    box = ipywidgets.Box(list(controls))
    box.add_class("hsai-row")
    return box


def show_if(control: ipywidgets.Widget, there: bool = True) -> None:  # noqa: FBT001, FBT002 -- it reads as a sentence
    """Show a control or leave no trace of it; an anywidget keeps its first classes, so put it into a box."""
    (control.remove_class if there else control.add_class)("hsai-hidden")
