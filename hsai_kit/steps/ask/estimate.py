"""What a run will take before it is sent: requests, tokens, USD and time; what is not known is said."""

from __future__ import annotations

from dataclasses import dataclass

from hsai_kit.assistant.assistant import EngineName
from hsai_kit.connection import Connection
from hsai_kit.llm.engine import Engine
from hsai_kit.runtime.console import many


@dataclass(frozen=True)
class DurationEstimate:
    """Seconds that a run takes at the account's limits, and at the pace of its answers; None where not known.

    `low` and `high` bound the first, since tokens are only guessed before a run.
    """

    low: float | None = None
    high: float | None = None
    paced: float | None = None

    def describe(self) -> str:
        """Say it in a few words, with what is not known of it."""
        if self.low is None or self.high is None:
            if self.paced is None:
                return "minutes known after the first answers"
            return f"{describe_minutes(self.paced, self.paced)} if the account's limits allow"
        if self.paced is None:
            at_least = describe_minutes(self.low, self.low)
            return f"{at_least} at the account's limits" if self.low < 60 else f"at least {at_least} by its limits"
        return describe_minutes(max(self.low, self.paced), max(self.high, self.paced))


@dataclass(frozen=True)
class Estimate:
    """What a run would do: counts, and tokens and USD as ranges (USD None where the model's price is not known)."""

    records: int
    questions: int
    known: int
    ruled: int
    skipped: int
    requests: int
    tokens_low: int
    tokens_high: int
    usd_low: float | None
    usd_high: float | None
    takes: DurationEstimate | None = None

    def describe(self, model: str, *, scripted: bool = False) -> str:
        """Say it in one line for the person who is about to spend it."""
        parts = [f"{many(self.records, 'record')} → {many(self.questions, 'question')}", f"{self.known:,} known"]
        if self.ruled:
            parts.insert(1, f"{many(self.ruled, 'record')} by rule")
        line = f"{', '.join(parts)} → {many(self.requests, 'request')}"
        if scripted:
            long = (
                f", {self.takes.describe()}" if self.takes and (self.takes.high or 0) >= 60 else ""
            )  # a script is quick
            return f"{line} to the sandbox's scripted assistant {model} (no language model, costs nothing){long}"
        tokens = f"about {self.tokens_low:,} to {self.tokens_high:,} tokens"
        parts = [f"{line} to {model}", tokens, describe_usd(self.usd_low, self.usd_high)]
        return ", ".join([*parts, self.takes.describe()] if self.takes else parts)


def describe_usd(low: float | None, high: float | None) -> str:
    """Say an amount or a range of USD in words; unknown is said, never 0."""
    if low is None or high is None:
        return "price unknown"
    if high < 0.01:
        return "less than 0.01 USD"
    if f"{low:,.2f}" == f"{high:,.2f}":
        return f"about {high:,.2f} USD"
    return f"about {low:,.2f} to {high:,.2f} USD"


def estimate_duration(
    hub: Connection, engine: Engine, name: EngineName, requests: int, tokens: tuple[float, float]
) -> DurationEstimate | None:
    """Work out how long so many requests and tokens (from, to) take, from what earlier answers told.

    None where nothing is sent, or in jobs, which take up to a day whatever is in them.
    """
    if name == "batch" or not requests:
        return None
    limits = hub.llm.limits or hub.store.model_facts.read_limits(hub.llm.base_url, engine.model)
    seconds = hub.store.answers.median_seconds(engine.model, name)
    paced = None if seconds is None else max(seconds, requests * seconds / hub.llm.concurrency)
    if limits.requests is None and limits.tokens is None:
        return DurationEstimate(paced=paced)
    low, high = (
        max(
            requests * 60 / limits.requests if limits.requests else 0.0,
            amount * 60 / limits.tokens if limits.tokens else 0.0,
        )
        for amount in tokens
    )
    return DurationEstimate(low, high, paced)


def describe_minutes(low: float, high: float) -> str:
    """Say seconds in minutes or hours, as a range where it is one.

    >>> describe_minutes(20, 50), describe_minutes(100, 100), describe_minutes(30, 200), describe_minutes(9000, 14000)
    ('less than a minute', 'about 2 minutes', 'about 1 to 3 minutes', 'about 2.5 to 3.9 hours')
    """
    if high < 60:
        return "less than a minute"
    if high >= 5400:
        first, last, unit = f"{low / 3600:,.1f}", f"{high / 3600:,.1f}", "hours"
    else:
        first, last = f"{max(1, low / 60):,.0f}", f"{high / 60:,.0f}"
        unit = "minute" if last == "1" else "minutes"
    return f"about {last} {unit}" if first == last else f"about {first} to {last} {unit}"
