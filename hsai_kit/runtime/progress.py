"""How far a piece of work is, and one line that shows it in a terminal or a notebook."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from hsai_kit.screen_text import make_printable

# Of the context and not of the process: work that a panel starts stays quiet while cells go on printing.
_listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


@dataclass
class Progress:
    """What is being done, how much of it there is (None: not known yet) and how much is done.

    A run also tells its own id, how many questions are in flight, what it paid so far (USD, None where a price is not
    known) and its newest answers, each with the text that was asked.
    """

    label: str
    total: int | None = None
    done: int = 0
    note: str = ""
    started: float = field(default_factory=time.monotonic)
    run_id: str = ""
    in_flight: int = 0
    usd: float | None = 0.0
    newest: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=8))

    @property
    def rate(self) -> float:
        """How much is done in a second, on average since the start."""
        elapsed = time.monotonic() - self.started
        return self.done / elapsed if elapsed > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds to go at the rate so far; None where that cannot be told."""
        elapsed = time.monotonic() - self.started
        if not self.total or not self.done or elapsed <= 0:
            return None
        return max(0, self.total - self.done) * elapsed / self.done


@contextmanager
def quiet() -> Iterator[None]:
    """Show no lines of progress or advice inside this block, nor from work that is started in it."""
    with redirect_advice(lambda _: None):
        yield


@contextmanager
def redirect_advice(listener: Callable[[str], None]) -> Iterator[None]:
    """Pass lines of advice to `listener` instead of printing them, also from work that is started in this block."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def say(text: str) -> None:
    """Print a line for the person who runs this, unless inside `quiet()` or `heard()`."""
    text = make_printable(text)
    if (listener := _listener.get()) is not None:
        listener(text)
        return
    # A scheduled script's output can be in an encoding without arrows, which must not end the work.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(_wrap(text.encode(encoding, "replace").decode(encoding)), flush=True)


def _wrap(text: str) -> str:
    """Break long lines between words where a person reads them in a terminal; files and notebooks get them whole."""
    if not sys.stdout.isatty():
        return text
    width = shutil.get_terminal_size().columns
    # Line by line: a plan has several, and its indented samples are read as columns.
    return "\n".join(_wrap_line(line, width) for line in text.split("\n"))


def _wrap_line(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    parts = textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(parts) or line


@contextmanager
def show_progress(read: Callable[[], Progress]) -> Iterator[Callable[[], None]]:
    """Show the progress that `read` returns as one line while the block runs; yields what redraws it.

    Nothing is drawn where nobody watches: output that is piped or captured stays clean.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if _listener.get() is not None or not (console.is_terminal or console.is_jupyter):
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Line

    columns = (
        # Labels and notes hold what a caller typed, and brackets in that are no styles.
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Line(*columns, refresh_per_second=3, console=console) as line:
        task = line.add_task("", note="")

        def refresh() -> None:
            progress = read()
            line.update(
                task,
                description=make_printable(progress.label),
                total=progress.total,
                completed=progress.done,
                note=make_printable(progress.note),
            )

        refresh()
        try:
            yield refresh
        finally:
            refresh()
            # In a notebook, rich leaves the line as its last tick found it.
            line.refresh()
