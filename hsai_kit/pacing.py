"""One pacer for both wires: how many requests at once, how many in a window, and one shared pause.

What an account allows is learned from the headers of its answers; until then a careful guess holds.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Pacer", "Window", "backoff"]


def backoff(attempt: int, *, first: float = 0.5, most: float = 30.0) -> float:
    """Return the seconds to wait before attempt number `attempt` (1 is the first retry): doubling, bounded."""
    return float(min(most, first * 2 ** (attempt - 1)))


class Window:
    """At most `limit` sends in any `seconds`; `limit` follows what the account is found to allow."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._sent: deque[float] = deque()

    def wait(self) -> float:
        """Return how many seconds the next send must wait; 0 takes the place."""
        now = time.monotonic()
        while self._sent and now - self._sent[0] >= self.seconds:
            self._sent.popleft()
        if len(self._sent) < self.limit:
            self._sent.append(now)
            return 0.0
        return self._sent[0] + self.seconds - now


class Pacer:
    """Lets requests through, `concurrency` at a time, inside `windows`, and none during a pause.

    Used on the background loop only, so it needs no locks.
    """

    def __init__(self, concurrency: int, windows: tuple[Window, ...] = ()) -> None:
        self.windows = windows
        self._places = asyncio.Semaphore(concurrency)
        self._paused_until = 0.0

    def pause(self, seconds: float) -> None:
        """Hold everything back for `seconds`; a longer pause that is under way stays."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold one place: wait for it, for the end of any pause, and for room in every window."""
        async with self._places:
            await self._cleared()
            yield

    async def _cleared(self) -> None:
        # A pause may be set while waiting for a window, so look again until nothing holds.
        while (left := self._paused_until - time.monotonic()) > 0:
            await asyncio.sleep(left)
        for window in self.windows:
            while (left := window.wait()) > 0:
                await asyncio.sleep(left)
        if self._paused_until > time.monotonic():
            await self._cleared()
