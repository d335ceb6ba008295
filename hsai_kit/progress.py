"""How far a piece of work is, and one line that shows it in a terminal or a notebook."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

__all__ = ["Progress", "quiet", "say", "shown"]

_quiet = 0


@dataclass
class Progress:
    """What is being done, how much of it there is (None: not known yet) and how much is done."""

    label: str
    total: int | None = None
    done: int = 0
    note: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds_left(self) -> float | None:
        """Seconds to go at the rate so far; None where that cannot be told."""
        elapsed = time.monotonic() - self.started
        if not self.total or not self.done or elapsed <= 0:
            return None
        return max(0, self.total - self.done) * elapsed / self.done


@contextmanager
def quiet() -> Iterator[None]:
    """Show no lines of progress or advice inside this block: a panel or a report draws its own."""
    global _quiet
    _quiet += 1
    try:
        yield
    finally:
        _quiet -= 1


def say(text: str) -> None:
    """Print a line for the person who runs this, unless inside `quiet()`."""
    if _quiet:
        return
    # A scheduled script's output can be in an encoding without arrows, which must not end the work.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), flush=True)


@contextmanager
def shown(progress: Progress) -> Iterator[Callable[[], None]]:
    """Show `progress` as one line while the block runs; yields what redraws it (at most 4 times a second).

    Nothing is drawn where nobody watches: output that is piped or captured stays clean.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if _quiet or not (console.is_terminal or console.is_jupyter):
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
        task = line.add_task(progress.label, total=progress.total, note="")

        def refresh() -> None:
            line.update(
                task,
                description=progress.label,
                total=progress.total,
                completed=progress.done,
                note=progress.note,
            )

        try:
            yield refresh
        finally:
            refresh()
