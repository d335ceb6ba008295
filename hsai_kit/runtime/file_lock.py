"""Keeping something to one session: the system lets go of a file's lock where its holder is killed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout


@contextlib.contextmanager
def hold_lock(path: Path, otherwise: Exception) -> Iterator[None]:
    """Be the only session, of all processes, that is in such a block over `path`; raises `otherwise` where one is."""
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise otherwise from None
    try:
        yield
    finally:
        # Before it is let go of, so that nobody locks a file that is about to vanish; Windows only can afterwards.
        with contextlib.suppress(OSError):
            path.unlink()
        lock.release()
