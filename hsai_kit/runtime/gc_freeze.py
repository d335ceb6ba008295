"""Python's garbage collector, kept from holding a notebook while a run goes on."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_using = 0


@contextlib.contextmanager
def freeze_collector() -> Iterator[None]:
    """Let the collector look only at objects made from here on; the last one to leave gives it back all of them.

    The objects of a run make the collector go through all that a notebook holds, and no thread runs meanwhile: buttons
    and other cells would stand still for 100 ms and more. Objects that nothing refers to are freed as ever; only
    cycles that were there before wait until the end. It may be entered many times at once, from any thread.
    """
    global _using
    with _lock:
        _using += 1
        if _using == 1:
            gc.freeze()
    try:
        yield
    finally:
        with _lock:
            _using -= 1
            if not _using:
                gc.unfreeze()
