"""A hard cap on what a run may spend: reserved before each question, settled by what it really used."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace

from hsai_kit.errors import RunError
from hsai_kit.llm.client import Attempts
from hsai_kit.llm.engine import Engine
from hsai_kit.store import Answer, AnswerStatus


def check_budget(usd: float | None, *engines: Engine) -> None:
    """Raise RunError for a cap that is no amount of money, or that could not be kept: a price is not known."""
    known = isinstance(usd, int | float) and not isinstance(usd, bool) and math.isfinite(usd) and usd > 0
    if usd is not None and not known:
        message = f"budget_usd is {usd!r}. Give the most that the run may cost in USD as a number above 0, such as 5."
        raise RunError(message)
    for engine in engines:
        if usd is not None and engine.usd(engine.most("")) is None:
            message = (
                f"The price of {engine.model} is not known, so a budget cannot be kept. Write what it costs into "
                f'hsai.toml, as [openai.prices."{engine.model}"] with input and output in USD per million tokens (and '
                "decisions for that engine); or ask without budget_usd, or choose a model whose price is known."
            )
            raise RunError(message)


class Cap:
    """At most `usd` in all, counting what the run paid before; the most that a question can cost is reserved for it.

    Raises RunError where the model's price is not known: a cap on it could not be kept.
    """

    def __init__(self, usd: float, spent: float, engine: Engine) -> None:
        check_budget(usd, engine)
        self.usd = usd
        self._spent = spent
        self._reserved = 0.0
        self._settled = asyncio.Condition()

    async def reserve(self, most: float) -> bool:
        """Reserve the most that a question can cost, in USD; False where the budget is reached.

        While others are in flight their reservations may come back, so they are waited for before saying no.
        """
        async with self._settled:
            while self._spent + self._reserved + most > self.usd:
                if self._reserved <= 0:
                    return False
                await self._settled.wait()
            self._reserved += most
        return True

    async def settle(self, reserved: float, paid: float | None) -> None:
        """Replace a reservation by what was paid; an unknown amount counts as all that was reserved."""
        async with self._settled:
            self._reserved = max(0.0, self._reserved - reserved)
            if self._reserved < 1e-12:
                self._reserved = 0.0
            self._spent += reserved if paid is None else paid
            self._settled.notify_all()


class Purse:
    """What one question may cost while it is asked: what `most` returns, in USD, for each attempt that was lost.

    With a `cap` that much is reserved in it before each attempt.
    """

    def __init__(self, most: Callable[[], float | None], cap: Cap | None = None) -> None:
        self.attempts = Attempts(self._renew if cap else None)
        self._most = most  # worked out where it is needed: of ten thousand questions few are lost
        self._cap = cap
        self._reserved = 0.0

    async def reserve(self) -> bool:
        """Reserve enough for an attempt; False where the budget is reached."""
        if self._cap is None:
            return True
        most = self._most() or 0.0
        is_reserved = await self._cap.reserve(most)
        self._reserved = most if is_reserved else 0.0
        return is_reserved

    async def settle(self, question: str, answer: Answer | None) -> Answer | None:
        """Give back what an attempt did not cost, and return the answer with what all of them may have cost."""
        if self._cap is not None:
            await self._cap.settle(self._reserved, 0.0 if answer is None else answer.usd)
        return self.add_lost(question, answer)

    def add_lost(self, question: str, answer: Answer | None) -> Answer | None:
        """Return an answer with what lost attempts at it may have cost; a failed one where there is none."""
        usd = self.attempts.lost * (self._most() or 0.0) if self.attempts.lost else 0.0
        if not usd:
            return answer
        if answer is None:
            reason = "The answer was lost on its way and may have been paid for; resume asks again."
            return Answer(question, AnswerStatus.FAILED, reason=reason, usd=usd)
        return replace(answer, usd=None if answer.usd is None else answer.usd + usd)

    async def _renew(self) -> bool:
        if self._cap is not None:
            await self._cap.settle(self._reserved, None)
        return await self.reserve()


class CostTracker:
    """What a run has paid so far, what it will have paid at this rate, and what it saves.

    `spared` counts the records that need no question of their own: from memory, by rule, or sharing one.
    """

    def __init__(self, before: float, to_ask: int, spared: int) -> None:
        self.usd: float | None = before
        self._before = before
        self._to_ask = to_ask
        self._spared = spared
        self._asked = 0

    def add(self, usd: float | None) -> None:
        """Count one answer."""
        self._asked += 1
        self.usd = None if usd is None or self.usd is None else self.usd + usd

    def describe(self) -> str:
        """Say what was spent and what all of it will cost, as far as it can be told."""
        if self.usd is None:
            return "price unknown"
        if not self._asked or not self.usd:
            return ""
        each = (self.usd - self._before) / self._asked
        saved = f", saves about {each * self._spared:,.2f} USD" if self._spared else ""
        return f"{self.usd:,.2f} of about {self._before + each * self._to_ask:,.2f} USD{saved}"
