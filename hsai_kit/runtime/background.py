"""The one event loop of the kit, on its own daemon thread, safe to call from a notebook, a script or a widget.

A notebook's kernel thread already runs a loop of its own, so nothing here ever touches the caller's loop:
work goes in by `start` and comes back through a `Handle`. A whole step is started by `in_background`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import inspect
import threading
import time
import warnings
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar, copy_context
from typing import Any, Generic, ParamSpec, TypeVar

from hsai_kit.errors import CallWithdrawn, WorkStopped
from hsai_kit.runtime.control import Control as Control
from hsai_kit.runtime.control import set_work
from hsai_kit.runtime.progress import Progress, show_progress

P = ParamSpec("P")
T = TypeVar("T")

# The step in the background that this code is a part of.
_step: ContextVar[Control | None] = ContextVar("step", default=None)

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


class Handle(Generic[T]):
    """Work under way: `.progress`, `.pause()`, `.resume()`, `.cancel()`, `.done`, `.result()`."""

    def __init__(self, future: concurrent.futures.Future[T], control: Control) -> None:
        self._future = future
        self._control = control

    def __await__(self) -> Generator[Any, None, T]:
        """Wait for the result without blocking the loop, as `await handle`."""
        return asyncio.wrap_future(self._future).__await__()

    @property
    def progress(self) -> Progress:
        """How far the work is; read it as often as you like."""
        return self._control.progress

    @property
    def done(self) -> bool:
        """True once the work has ended, well or not."""
        return self._future.done()

    def pause(self) -> None:
        """Send nothing more until `resume()`; what is in flight is kept."""
        self._control.pause()

    def resume(self) -> None:
        """Go on after `pause()`."""
        self._control.resume()

    def cancel(self, *, drain: bool = True) -> None:
        """Stop after what is in flight; everything answered or written so far is kept.

        `drain=False` breaks off questions in flight instead of waiting for their answers: those are asked again, and
        perhaps paid again, when the run goes on. Writes to HubSpot are never broken off.
        """
        (self._control.stop if drain else self._control.cut)()

    def result(self, timeout: float | None = None) -> T:
        """Wait at most `timeout` seconds and return the result, or raise what the work raised or TimeoutError."""
        _refuse_own_thread()
        return self._future.result(timeout)

    def wait(self, afterwards: str = "Run the same again.") -> T:
        """Block with a progress line until done; Ctrl-C stops the work, keeps what it has, then raises WorkStopped.

        `afterwards` is the sentence that tells how to go on after that. A second Ctrl-C breaks off what is in
        flight.
        """
        _refuse_own_thread()
        if (step := _step.get()) is not None:
            # Whoever started the step holds its handle, and stops and watches this work through it.
            step.join(self._control)
            return self._future.result()
        try:
            return self._watch()
        except KeyboardInterrupt:
            self.cancel()
            self.progress.note = "stopping: waiting for what is in flight"
        try:
            with contextlib.suppress(CallWithdrawn):
                self._watch()
        except KeyboardInterrupt:
            self.cancel(drain=False)
            with contextlib.suppress(KeyboardInterrupt):
                concurrent.futures.wait([self._future], timeout=_CUT_SECONDS)
        of = f" of {self.progress.total:,}" if self.progress.total else ""
        message = f"Stopped after {self.progress.done:,}{of}. {afterwards}"
        raise WorkStopped(message)

    def _watch(self) -> T:
        with show_progress(lambda: self.progress) as refresh:
            return _wait_for(self._future, refresh)


def in_background(step: Callable[P, T]) -> Callable[P, Handle[T]]:
    """Return the function that starts `step` in the background: the same arguments, and a handle at once."""

    @functools.wraps(step)
    def start_step(*args: P.args, **kwargs: P.kwargs) -> Handle[T]:
        control, future = Control(Progress("Working")), concurrent.futures.Future[T]()
        future.set_running_or_notify_cancel()

        def work() -> None:
            _step.set(control)
            # The cell or button that began it ends first: each of its messages would wait for a turn beside planning.
            time.sleep(0.05)
            try:
                future.set_result(step(*args, **kwargs))
            except BaseException as problem:  # noqa: BLE001 -- raised where the result is waited for
                future.set_exception(problem)

        threading.Thread(target=copy_context().run, args=(work,), name="hsai_kit step", daemon=True).start()
        return Handle(future, control)

    name, signature = step.__name__, inspect.signature(step)
    returned = f"Handle[{inspect.formatannotation(signature.return_annotation)}]".replace("'", "")
    start_step.__name__ = start_step.__qualname__ = f"start_{name}"
    start_step.__signature__ = signature.replace(return_annotation=returned)  # type: ignore[attr-defined]
    start_step.__doc__ = (
        f"Start what `{name}` does, with its arguments, and return a handle at once.\n\n"
        "The handle has `.progress`, `.pause()`, `.resume()`, `.cancel()`, `.done` and `.result()`, which raises what\n"
        f"`{name}` raises. Nobody can be asked in the background, so what asks first needs `confirm=`."
    )
    return start_step


def is_in_background() -> bool:
    """Tell whether this is a part of a step that was started by `in_background`: nobody can be asked there."""
    return _step.get() is not None


def accept_wait(step: Callable[P, T]) -> Callable[P, T]:
    """Let a step take 0.1's `wait=` for one more release, with a DeprecationWarning."""

    @functools.wraps(step)
    def call(*args: P.args, **kwargs: P.kwargs) -> Any:
        wait = kwargs.pop("wait", None)
        if wait is None:
            return step(*args, **kwargs)
        message = "wait= will be removed: call {0}(...) to wait, and start_{0}(...) for a handle at once."
        warnings.warn(message.format(step.__name__), DeprecationWarning, stacklevel=2)
        return step(*args, **kwargs) if wait else in_background(step)(*args, **kwargs)

    return call


def start(work: Callable[[Control], Coroutine[Any, Any, T]], progress: Progress | None = None) -> Handle[T]:
    """Start `work(control)` on the background loop and return at once with its handle."""
    control = Control(progress or Progress("Working"))

    async def do_work() -> T:
        set_work(control)
        return await work(control)

    return Handle(asyncio.run_coroutine_threadsafe(do_work(), _background_loop()), control)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run one short coroutine on the background loop and wait for its result, without a progress line."""
    try:
        _refuse_own_thread()
    except RuntimeError:
        coroutine.close()
        raise
    future = asyncio.run_coroutine_threadsafe(coroutine, _background_loop())
    try:
        return _wait_for(future)
    except KeyboardInterrupt:
        future.cancel()
        raise


def follow(
    handle: Handle[T], tick: Callable[[], object], end: Callable[[Handle[T]], object], *, seconds: float = 0.25
) -> Handle[None]:
    """Call `tick` every `seconds` while the work of `handle` goes on, and then `end(handle)` once; returns at once.

    Both are called from a thread of their own, so that they may read files or wait for other work.
    """

    async def watch(control: Control) -> None:
        while not handle.done and not control.is_stopping:
            await asyncio.to_thread(tick)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not handle.done:
                        await asyncio.sleep(0.02)
        await asyncio.to_thread(end, handle)

    return start(watch)


_THREAD_NAME = "hsai_kit loop"
# What a broken-off run may take to write down how it ended.
_CUT_SECONDS = 2.0


def _wait_for(future: concurrent.futures.Future[T], refresh: Callable[[], None] = lambda: None) -> T:
    while not future.done():
        # A short wait, again and again: Windows cannot interrupt a long one with Ctrl-C.
        concurrent.futures.wait([future], timeout=0.1)
        refresh()
    return future.result()


def _refuse_own_thread() -> None:
    if threading.current_thread().name == _THREAD_NAME:
        message = "the background loop would wait for itself: await the coroutine instead"
        raise RuntimeError(message)


def _background_loop() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name=_THREAD_NAME, daemon=True).start()
        return _loop
