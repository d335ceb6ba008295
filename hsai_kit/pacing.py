"""One pacer for both wires: how many requests at once, how many in a window, and one shared pause.

What an account allows is learned from the headers of its answers; until then a careful guess holds.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Budget", "Pacer", "Window", "backoff"]


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


class Budget:
    """A budget a minute, mirrored from what the answers' headers say is left of it.

    Until the first answer nothing is known and nothing held back. A server that refuses although its headers say
    that there is room counts in shorter spans than a minute: from then on (`tighten`) sends are spread evenly.
    """

    def __init__(self) -> None:
        self.limit: float | None = None
        self._left = math.inf
        self._burst = math.inf
        self._at = time.monotonic()

    def wait(self, amount: float) -> float:
        """Return how many seconds a send of `amount` must wait; 0 takes it."""
        if self.limit is None:
            return 0.0
        self._refill()
        # A single request that is larger than the whole budget could never be sent otherwise.
        needed = min(amount, self.limit, self._burst)
        if self._left >= needed:
            self._left -= amount
            return 0.0
        return (needed - self._left) * 60 / self.limit

    def settle(self, reserved: float, used: float) -> None:
        """Give back what was reserved and not used."""
        self._left += reserved - used

    def learn(self, limit: float, left: float) -> None:
        """Take over what an answer's headers say; what is in flight is counted here already."""
        self._refill()
        self.limit = limit
        self._left = min(self._left, left, self._burst)

    def tighten(self) -> None:
        """Spread sends evenly from now on: half a second's worth at once, at most."""
        if self.limit is not None:
            self._burst = max(1.0, self.limit / 120)
            self._left = min(self._left, 0.0)

    def _refill(self) -> None:
        now = time.monotonic()
        if self.limit is not None:
            self._left = min(self._left + (now - self._at) * self.limit / 60, self.limit, self._burst)
        self._at = now


class Pacer:
    """Lets requests through, `concurrency` at a time, inside `windows` and `budgets`, and none during a pause.

    With `first` it begins with that many at a time and lets one more through for each answer, up to `concurrency`;
    a `slower` halves them. Used on the background loop only, so it needs no locks against other threads.
    """

    def __init__(self, concurrency: int, windows: tuple[Window, ...] = (), *, first: int | None = None) -> None:
        self.windows = windows
        self.requests = Budget()
        self.tokens = Budget()
        self._most = concurrency
        self._allowed = min(first or concurrency, concurrency)
        self._places = asyncio.Semaphore(self._allowed)
        self._too_many = 0
        self._gate = asyncio.Lock()
        self._paused_until = 0.0

    def pause(self, seconds: float) -> None:
        """Hold everything back for `seconds`; a longer pause that is under way stays."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    @property
    def paused(self) -> bool:
        """True while a pause holds."""
        return self._paused_until > time.monotonic()

    def faster(self) -> None:
        """Let one more through at a time, up to the most."""
        if self._allowed < self._most:
            self._allowed += 1
            if self._too_many:
                self._too_many -= 1
            else:
                self._places.release()

    def slower(self) -> None:
        """Let half as many through at a time; those in flight go on."""
        fewer = self._allowed // 2 if self._allowed > 1 else 0
        self._allowed -= fewer
        self._too_many += fewer

    @asynccontextmanager
    async def turn(self, tokens: float = 0) -> AsyncIterator[None]:
        """Hold one place: wait for it, for the end of any pause, and for room in every window and budget."""
        await self._places.acquire()
        try:
            # One by one, so that hundreds that wait for the same moment do not all wake up for it.
            async with self._gate:
                await self._cleared(tokens)
            yield
        finally:
            if self._too_many:
                self._too_many -= 1
            else:
                self._places.release()

    async def _cleared(self, tokens: float) -> None:
        await self._resumed()
        for window in self.windows:
            while (left := window.wait()) > 0:
                await asyncio.sleep(left)
        # Never longer than a second at a time: the next answer may bring better news.
        while (left := self.requests.wait(1)) > 0:
            await asyncio.sleep(min(left, 1.0))
        while (left := self.tokens.wait(tokens)) > 0:
            await asyncio.sleep(min(left, 1.0))
        # A pause may have been set while waiting for a window or a budget.
        await self._resumed()

    async def _resumed(self) -> None:
        while (left := self._paused_until - time.monotonic()) > 0:
            await asyncio.sleep(left)
