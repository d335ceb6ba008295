"""A hard cap on what a run may spend: reserved before each question, settled by what it really used."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hsai_kit.connection import Connection
from hsai_kit.errors import RunError
from hsai_kit.llm.client import Attempts
from hsai_kit.llm.costs import format_usd
from hsai_kit.llm.engine import Engine
from hsai_kit.runtime.console import many
from hsai_kit.store import Answer, AnswerStatus
from hsai_kit.store.expenses import ExpenseTable

_LOOKS, _LOOK_SECONDS = 40, 0.05


def check_budget(usd: float | None, *engines: Engine) -> None:
    """Raise RunError for a cap that is no amount of money, or that could not be kept: a price is not known."""
    known = isinstance(usd, int | float) and not isinstance(usd, bool) and math.isfinite(usd) and usd > 0
    if usd is not None and not known:
        message = f"budget_usd is {usd!r}. Give the most that the run may cost in USD as a number above 0, such as 5."
        raise RunError(message)
    if usd is not None:
        for engine in engines:
            check_price(engine, "ask without budget_usd")


def check_price(engine: Engine, otherwise: str) -> None:
    """Raise RunError where the price of what is asked is not known; `otherwise` is how to do without a budget."""
    if engine.most_usd("") is None:
        message = (
            f"The price of {engine.model} is not known, so a budget cannot be kept. Write what it costs into "
            f'hsai.toml, as [openai.prices."{engine.model}"] with input and output in USD per million tokens (and '
            f"decisions for that engine); or {otherwise}, or choose a model whose price is known."
        )
        raise RunError(message)


@dataclass(frozen=True)
class MonthBudget:
    """What hsai.toml lets the whole workspace spend in a month, held before each send across all processes."""

    ledger: ExpenseTable
    usd: float

    @classmethod
    def find(cls, hub: Connection) -> MonthBudget | None:
        """Return the workspace's, or None where it has none, or nothing costs anything."""
        usd = hub.workspace.settings.budget.usd_per_month
        return None if usd is None or hub.is_scripted else cls(hub.store.expenses, usd)

    @property
    def room(self) -> float:
        """What may still be spent this month, USD."""
        return self.usd - sum(self.ledger.read_month())

    def describe(self) -> str:
        """Say how much of it is used."""
        spent, held = self.ledger.read_month()
        more = f", and up to {format_usd(held)} USD are held for what is in flight or was lost" if held else ""
        return f"{format_usd(spent)} of this month's {format_usd(self.usd)} USD are spent{more}"

    async def wait_for_others(self) -> bool:
        """Wait for what other sessions hold, and tell whether any of it came back; a killed one gives nothing back."""
        before = self.ledger.read_month()
        for _ in range(_LOOKS):
            if not before[1]:
                break
            await asyncio.sleep(_LOOK_SECONDS)
            if self.ledger.read_month() != before:
                return True
        return False

    def explain_reached(self, left: int) -> str:
        """Say that no more may be sent, and the way out."""
        return (
            f"The month's budget is reached with {many(left, 'question')} left: {self.describe()}. Raise usd_per_month "
            "under [budget] in hsai.toml and resume the run, or resume it next month (UTC)."
        )


@dataclass(frozen=True)
class Reservation:
    """USD that are reserved, and by what the month's budget knows them."""

    usd: float
    hold: int | None = None


class Cap:
    """At most `usd` in all, counting what the run paid before; the most that a question can cost is reserved for it.

    With a `month` the same is held there. Raises RunError where the model's price is not known: a cap on it could not
    be kept.
    """

    def __init__(
        self, usd: float | None, spent: float, engine: Engine, month: MonthBudget | None = None, run_id: str = ""
    ) -> None:
        check_budget(usd, engine)
        self.usd = usd
        self.month = month
        self.is_month_reached = False
        self._run_id = run_id
        self._spent = spent
        self._reserved = 0.0
        self._held = 0
        self._settled = asyncio.Condition()

    async def reserve(self, most: float) -> Reservation | None:
        """Reserve the most that a question can cost, in USD; None where a budget is reached.

        While others are in flight their reservations may come back, so they are waited for before saying no.
        """
        async with self._settled:
            while (found := self._find_room(most)) is None:
                if self._reserved > 0 or self._held:
                    await self._settled.wait()
                elif self.month is None or not await self.month.wait_for_others():
                    return None
            self._reserved += most
            self._held += found.hold is not None
        return found

    async def settle(self, reserved: float, paid: float | None) -> None:
        """Replace a reservation by what was paid; an unknown amount counts as all that was reserved."""
        async with self._settled:
            self._reserved = max(0.0, self._reserved - reserved)
            if self._reserved < 1e-12:
                self._reserved = 0.0
            self._spent += reserved if paid is None else paid
            self._settled.notify_all()

    async def release(self, reservations: Sequence[Reservation]) -> None:
        """Let the month's budget go of what is settled, once what was paid is kept."""
        holds = [one.hold for one in reservations if one.hold is not None]
        if self.month is not None and holds:
            self.month.ledger.release(holds)
            async with self._settled:
                self._held -= len(holds)
                self._settled.notify_all()

    def _find_room(self, most: float) -> Reservation | None:
        self.is_month_reached = False
        if self.usd is not None and self._spent + self._reserved + most > self.usd:
            return None
        if self.month is None or most <= 0:
            return Reservation(most)
        hold = self.month.ledger.hold(self._run_id, most, self.month.usd)
        self.is_month_reached = hold is None
        return None if hold is None else Reservation(most, hold)


class Purse:
    """What one question may cost while it is asked: what `most` returns, in USD, for each attempt that was lost.

    With a `cap` that much is reserved in it before each attempt.
    """

    def __init__(self, most: Callable[[], float | None], cap: Cap | None = None) -> None:
        self.attempts = Attempts(self._renew if cap else None)
        self._most = most  # worked out where it is needed: of ten thousand questions few are lost
        self._cap = cap
        self._made: list[Reservation] = []
        self._reserved = 0.0

    async def reserve(self) -> bool:
        """Reserve enough for an attempt; False where the budget is reached."""
        if self._cap is None:
            return True
        made = await self._cap.reserve(self._most() or 0.0)
        if made is not None:
            self._made.append(made)
        self._reserved = made.usd if made else 0.0
        return made is not None

    async def settle(self, question: str, answer: Answer | None) -> Answer | None:
        """Give back what an attempt did not cost, and return the answer with what all of them may have cost."""
        if self._cap is not None:
            await self._cap.settle(self._reserved, 0.0 if answer is None else answer.usd)
        return self.add_lost(question, answer)

    async def close(self) -> None:
        """Let go of what was held, now that what was paid is kept."""
        if self._cap is not None:
            await self._cap.release(self._made)
            self._made.clear()

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
