"""One pacer for both wires: how many requests at once, how many in a window, and one shared pause.

What an account allows is learned from the headers of its answers; until then a careful guess holds.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

GoOn: TypeAlias = Callable[[], Awaitable[bool]]
"""Waits while work is paused; False says that it was stopped and nothing more may be sent."""

# How many of the last answers count when it is judged how a server is doing.
_MEMORY = 32
# Never longer at a time: somebody may stop the work.
_LOOK_SECONDS = 0.25


class Withdrawal(Exception):
    """The work was stopped before this was sent."""


def backoff(attempt: int, *, first: float = 0.5, most: float = 30.0) -> float:
    """Return the seconds to wait before attempt number `attempt` (1 is the first retry): doubling, bounded."""
    return float(min(most, first * 2 ** (attempt - 1)))


class Window:
    """At most `limit` sends in any `seconds`; `limit` follows what the account is found to allow."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._sent: deque[float] = deque()
        self._held = 0

    def wait(self, sends: int = 1) -> float:
        """Return how many seconds the next `sends` must wait; 0 says that there is room for all of them."""
        now = time.monotonic()
        while self._sent and now - self._sent[0] >= self.seconds:
            self._sent.popleft()
        # More than fit at all could never be sent otherwise.
        too_many = len(self._sent) + self._held + min(sends, self.limit) - self.limit
        if too_many <= 0:
            return 0.0
        # What others hold may be given back at any moment.
        return self._sent[too_many - 1] + self.seconds - now if too_many <= len(self._sent) else _LOOK_SECONDS

    def hold(self, sends: int) -> None:
        """Keep room for `sends` that follow soon."""
        self._held += sends

    def let_go(self, sends: int) -> None:
        """Give back room that was held."""
        self._held -= sends

    def take(self) -> None:
        """Count a send."""
        self._sent.append(time.monotonic())


@dataclass
class Room:
    """Sends that every window keeps room for, so that none of them waits for the windows again."""

    left: int


class Budget:
    """A budget a minute, mirrored from what the answers' headers say is left of it.

    Until the first answer nothing is known and nothing held back. A server that refuses although its headers say
    that there is room counts in shorter spans than a minute: from then on (`tighten`) sends are spread evenly.
    """

    def __init__(self) -> None:
        self.limit: float | None = None
        self._left = math.inf
        self._burst = math.inf
        self._share = 1.0
        self._at = time.monotonic()

    def wait(self, amount: float) -> float:
        """Return how many seconds a send of `amount` must wait; 0 says that there is room."""
        if self.limit is None:
            return 0.0
        self._refill()
        # A single request that is larger than the whole budget could never be sent otherwise.
        needed = min(amount, self.limit, self._burst)
        return 0.0 if self._left >= needed else (needed - self._left) * 60 / (self.limit * self._share)

    def take(self, amount: float) -> None:
        """Take `amount` for a send."""
        self._left -= amount

    def settle(self, reserved: float, used: float) -> None:
        """Give back what was taken and not used."""
        self._left += reserved - used

    def learn(self, limit: float, left: float) -> None:
        """Take over what an answer's headers say; what is in flight is counted here already."""
        self._refill()
        self.limit = limit
        self._left = min(self._left, left, self._burst)

    def tighten(self) -> None:
        """Spread sends evenly from now on: half a second's worth at once, and a little less than what is allowed."""
        if self.limit is not None:
            self._burst = max(1.0, self.limit / 120)
            self._share = 0.97
            self._left = min(self._left, 0.0)

    def _refill(self) -> None:
        now = time.monotonic()
        if self.limit is not None:
            refilled = (now - self._at) * self.limit * self._share / 60
            self._left = min(self._left + refilled, self.limit, self._burst)
        self._at = now


class Pacer:
    """Lets requests through, `concurrency` at a time, inside `windows` and `budgets`, and none during a pause.

    With `first` it begins with that many at a time. Each answer lets one more through as long as answers stay fast,
    and each refusal eight fewer, so that one refusal in nine is the most that a server has to bear. Refusals that
    meet only some requests make only those wait; where a quarter of all is refused, everybody waits.
    Used on the background loop only, so it needs no locks against other threads.
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
        self._refused = 0.0
        self._seconds = self._fastest = math.inf

    def pause(self, seconds: float) -> None:
        """Hold everything back for `seconds`; a longer pause that is under way stays."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def record_answer(self, seconds: float) -> None:
        """Count a good answer, and let one more through at a time unless answers have become slow."""
        self._refused -= self._refused / _MEMORY
        self._seconds = seconds if self._seconds == math.inf else self._seconds + (seconds - self._seconds) / _MEMORY
        # What was fast once is forgotten slowly: later questions may be longer ones.
        self._fastest = min(self._fastest * 1.001, self._seconds)
        if self._allowed < self._most and self._seconds <= 2 * self._fastest + 0.1:
            self._allowed += 1
            if self._too_many:
                self._too_many -= 1
            else:
                self._places.release()

    def record_refusal(self, seconds: float, *, everybody: bool = False) -> None:
        """Count a refusal that asks for a wait of `seconds`; `everybody` where the account has nothing left.

        That, or a quarter of all being refused, holds everything back for as long and spreads the sends evenly.
        """
        self._refused += (1 - self._refused) / _MEMORY
        fewer = min(8, self._allowed - 1)
        self._allowed -= fewer
        self._too_many += fewer
        if everybody or self._refused > 0.25:
            self.pause(seconds)
            self.requests.tighten()
            self.tokens.tighten()

    async def rest(self, seconds: float, go_on: GoOn | None = None) -> None:
        """Wait `seconds` before something refused is tried again; raises Withdrawal where `go_on` says no meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, _LOOK_SECONDS))
            await _require_go_on(go_on)

    @asynccontextmanager
    async def room(self, sends: int) -> AsyncIterator[Room]:
        """Wait until every window has room for `sends` that belong together, and keep it for them inside the block."""
        async with self._gate:
            while (left := max((window.wait(sends) for window in self.windows), default=0.0)) > 0:
                await asyncio.sleep(min(left, _LOOK_SECONDS))
            for window in self.windows:
                window.hold(sends)
        room = Room(sends)
        try:
            yield room
        finally:
            for window in self.windows:
                window.let_go(room.left)

    def turn(
        self, tokens: float = 0, go_on: GoOn | None = None, *, room: Room | None = None
    ) -> AbstractAsyncContextManager[None]:
        """Hold one place: wait for it, for the end of any pause, and for room in every window and budget.

        `go_on` is asked before the place is used and while it is waited for; raises Withdrawal where it says no. What
        has `room` waits for the end of a pause only, and never behind others that wait for the windows.
        """
        return Turn(self, tokens, go_on) if room is None or not room.left else self._use_room(room, go_on)

    @asynccontextmanager
    async def _use_room(self, room: Room, go_on: GoOn | None) -> AsyncIterator[None]:
        await self.rest(self._paused_until - time.monotonic(), go_on)
        room.left -= 1
        for window in self.windows:
            window.let_go(1)
            window.take()
        yield

    async def take(self, tokens: float, go_on: GoOn | None) -> None:
        """Take a place as `turn` does; whoever took one gives it back."""
        await self._places.acquire()
        while self._too_many:
            # Fewer are allowed by now than when this place was made: it is gone.
            self._too_many -= 1
            await self._places.acquire()
        try:
            # One by one, so that hundreds that wait for the same moment do not all wake up for it.
            async with self._gate:
                await self._wait_for_room(tokens, go_on)
        except BaseException:
            self.give_back()
            raise

    def give_back(self) -> None:
        """Give a place back, unless fewer are allowed by now."""
        if self._too_many:
            self._too_many -= 1
        else:
            self._places.release()

    async def _wait_for_room(self, tokens: float, go_on: GoOn | None) -> None:
        while True:
            await _require_go_on(go_on)
            left = max(
                self._paused_until - time.monotonic(),
                self.requests.wait(1),
                self.tokens.wait(tokens),
                *(window.wait() for window in self.windows),
            )
            if left <= 0:
                break
            # Never long at a time: the next answer may bring better news, and somebody may stop the work.
            await asyncio.sleep(min(left, _LOOK_SECONDS))
        self.requests.take(1)
        self.tokens.take(tokens)
        for window in self.windows:
            window.take()


class Turn(AbstractAsyncContextManager[None]):
    """One place of a pacer, held inside an `async with` block.

    A class, since a generator for each of ten thousand requests costs as much as parsing their answers.
    """

    __slots__ = ("_go_on", "_pacer", "_tokens")

    def __init__(self, pacer: Pacer, tokens: float, go_on: GoOn | None) -> None:
        self._pacer, self._tokens, self._go_on = pacer, tokens, go_on

    async def __aenter__(self) -> None:
        await self._pacer.take(self._tokens, self._go_on)

    async def __aexit__(self, *_: object) -> None:
        self._pacer.give_back()


async def _require_go_on(go_on: GoOn | None) -> None:
    if go_on and not await go_on():
        raise Withdrawal
