"""What work on the background loop looks at between two requests: a stop, a pause, and its progress."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar

from hsai_kit.runtime.progress import Progress


class Control:
    """What the work looks at between two requests: stop asked for, pause asked for, and its progress."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        # Threading events, not asyncio ones: buttons and Ctrl-C set them from another thread.
        self._stop = threading.Event()
        self._paused = threading.Event()
        self._cutting = threading.Event()
        self._on_cut: list[tuple[asyncio.AbstractEventLoop, Callable[[], object]]] = []
        self._led: list[Control] = []
        self.keeps_reads = False
        """True where a stop lets what is being read come to its end: what was written has to be looked at."""

    @property
    def is_stopping(self) -> bool:
        """True once a stop was asked for: what is in flight is finished, nothing new is sent."""
        return self._stop.is_set()

    @property
    def is_cutting(self) -> bool:
        """True once what is in flight is to be broken off as well."""
        return self._cutting.is_set()

    def stop(self) -> None:
        """Ask the work to end after what is in flight."""
        self._stop.set()
        for led in self._led:
            led.stop()

    def cut(self) -> None:
        """Ask the work to end at once: what is in flight is broken off, and may have been paid for nothing."""
        self.stop()
        if not self._cutting.is_set():
            self._cutting.set()
            for loop, callback in self._on_cut:
                loop.call_soon_threadsafe(callback)
            for led in self._led:
                led.cut()

    def on_cut(self, callback: Callable[[], object]) -> None:
        """Call `callback` on the running loop when a cut is asked for, also if it was asked for before."""
        self._on_cut.append((asyncio.get_running_loop(), callback))
        if self._cutting.is_set():
            callback()

    def pause(self) -> None:
        """Ask the work to send nothing more until `resume`."""
        self._paused.set()
        self.progress.note = "paused"
        for led in self._led:
            led.pause()

    def resume(self) -> None:
        """Let paused work go on."""
        self._paused.clear()
        self.progress.note = ""
        for led in self._led:
            led.resume()

    async def gate(self) -> bool:
        """Wait while paused; return False where the work should stop instead of sending more."""
        while self._paused.is_set() and not self.is_stopping:
            await asyncio.sleep(0.05)
        return not self.is_stopping

    def join(self, led: Control) -> None:
        """Make other work a part of this one: stopped and paused alike, with one progress."""
        self.progress = led.progress
        self._led.append(led)
        # What was asked for before there was anything to pass it on to.
        if self._cutting.is_set():
            led.cut()
        elif self.is_stopping:
            led.stop()
        elif self._paused.is_set():
            led.pause()


# The work that this code is a part of.
_work: ContextVar[Control | None] = ContextVar("work", default=None)


def set_work(control: Control) -> None:
    """Say whose work begins here, so that `may_read` knows of it."""
    _work.set(control)


async def may_read() -> bool:
    """Tell whether the work that this is a part of still wants the answers to what it reads."""
    control = _work.get()
    return control is None or not (control.is_cutting or (control.is_stopping and not control.keeps_reads))
