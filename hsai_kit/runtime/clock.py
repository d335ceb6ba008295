"""A clock for how old something is that was read elsewhere: it goes on while the computer sleeps."""

from __future__ import annotations

import sys
import time

# Linux: CLOCK_MONOTONIC stops during sleep, CLOCK_BOOTTIME does not. macOS: Python's monotonic clock stops, and the
# system's CLOCK_MONOTONIC does not. Windows: the monotonic clock counts sleep already.
_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)
if _CLOCK is None and sys.platform == "darwin":
    _CLOCK = time.CLOCK_MONOTONIC


def read_clock() -> float:
    """Return seconds on a clock that never goes back and, where the system has one, runs during sleep."""
    if _CLOCK is not None:
        try:
            return time.clock_gettime(_CLOCK)
        except OSError:
            # A kernel or a container without that clock.
            return time.monotonic()
    return time.monotonic()
