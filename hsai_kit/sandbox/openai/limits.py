"""Budgets per minute, their headers, and the settings that a test can turn."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from time import monotonic
from typing import Any

from hsai_kit.sandbox.openai.batch_clock import BatchStatus
from hsai_kit.sandbox.openai.wire import OpenAIError

ENDINGS = (BatchStatus.COMPLETED, BatchStatus.EXPIRED, BatchStatus.FAILED)


class Quota(StrEnum):
    """What is left of the account's money."""

    OK = "ok"
    INSUFFICIENT = "insufficient_quota"
    HARD_LIMIT = "billing_hard_limit_reached"


@dataclass
class OpenAISettings:
    """What can be set: budgets per minute (None: no limit), the account's quota, and how batches go.

    `batch_seconds` is how long a batch takes, `batch_end` how it ends, and `batch_failures` the share of its
    lines, 0 to 1, that end with a server error.
    """

    requests_per_minute: float | None = 6_000
    tokens_per_minute: float | None = 4_000_000
    quota: str = Quota.OK
    batch_seconds: float = 2.0
    batch_end: str = BatchStatus.COMPLETED
    batch_failures: float = 0.0

    def replace(self, changes: dict[str, Any]) -> OpenAISettings:
        """Return the settings with changes; ValueError for a name or a value that does not exist."""
        known = [field.name for field in fields(self)]
        for name, value in changes.items():
            if name not in known:
                message = f"There is no limit {name!r}. Limits: {', '.join(known)}."
                raise ValueError(message)
            _check(name, value)
        return OpenAISettings(**{**asdict(self), **changes})


def _check(name: str, value: Any) -> None:
    words = {"quota": tuple(Quota), "batch_end": ENDINGS}.get(name)
    if words is not None:
        if value not in words:
            message = f"{name} is one of {', '.join(words)}, not {value!r}."
            raise ValueError(message)
        return
    is_budget = name.endswith("_per_minute")
    if value is None and is_budget:
        return
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or value < 0 or (is_budget and value < 1) or (name == "batch_failures" and value > 1):
        message = f"{name} cannot be {value!r}."
        raise ValueError(message)


class Bucket:
    """A budget that refills all the time, a minute's worth in a minute; the clock is in seconds."""

    def __init__(self, per_minute: float) -> None:
        self.capacity = per_minute
        self._level = per_minute
        self._at = monotonic()

    def level(self) -> float:
        """Tell what is left now."""
        now = monotonic()
        self._level = min(self.capacity, self._level + (now - self._at) * self.capacity / 60)
        self._at = now
        return self._level

    def wait_for(self, amount: float) -> float:
        """Tell in how many seconds so much will be there, 0 if it is."""
        return max(0.0, (amount - self.level()) * 60 / self.capacity)

    def take(self, amount: float) -> None:
        """Use some of it."""
        self._level = self.level() - amount


class OpenAILimits:
    """The two budgets of the account, over all of its keys, and its quota."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Go back to the defaults, with full budgets."""
        self.settings = OpenAISettings()
        self._fill()

    def set(self, changes: dict[str, Any]) -> None:
        """Change some settings; a changed budget starts full."""
        before = self.settings
        self.settings = before.replace(changes)
        if {"requests_per_minute", "tokens_per_minute"} & changes.keys():
            self._fill()

    def admit(self) -> None:
        """Let a request pass, or raise the 429 that stops it before any work."""
        if self.settings.quota != Quota.OK:
            raise build_quota_error(self.settings.quota)
        if self._requests is not None:
            wait = self._requests.wait_for(1)
            if wait > 0:
                raise build_rate_limit_error("requests", wait, self._requests.capacity)

    def take(self, tokens: int) -> None:
        """Charge one request and its tokens, or raise the 429 for tokens without charging anything."""
        if self._tokens is not None and tokens:
            if tokens > self._tokens.capacity:
                message = (
                    f"This request is too large for the limit of tokens per minute: limit {self._tokens.capacity:.0f}, "
                    f"requested {tokens}. Waiting does not help; make it shorter."
                )
                raise OpenAIError(429, message, code="rate_limit_exceeded", kind="tokens")
            wait = self._tokens.wait_for(tokens)
            if wait > 0:
                raise build_rate_limit_error("tokens", wait, self._tokens.capacity)
            self._tokens.take(tokens)
        if self._requests is not None:
            self._requests.take(1)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """List the x-ratelimit-* headers; none for a budget without a limit."""
        headers = []
        for name, bucket in ((b"requests", self._requests), (b"tokens", self._tokens)):
            if bucket is not None:
                level = bucket.level()
                full = format_duration((bucket.capacity - level) * 60 / bucket.capacity)
                headers += [
                    (b"x-ratelimit-limit-" + name, b"%d" % bucket.capacity),
                    (b"x-ratelimit-remaining-" + name, b"%d" % max(0, level)),
                    (b"x-ratelimit-reset-" + name, full.encode()),
                ]
        return headers

    def _fill(self) -> None:
        requests, tokens = self.settings.requests_per_minute, self.settings.tokens_per_minute
        self._requests = None if requests is None else Bucket(requests)
        self._tokens = None if tokens is None else Bucket(tokens)


def build_rate_limit_error(what: str, wait: float, limit: float) -> OpenAIError:
    """Make the 429 for which waiting helps; `wait` in seconds."""
    message = (
        f"The limit of {what} per minute ({limit:.0f}) is reached in the organization 'sandbox'. "
        f"Please try again in {format_duration(wait)}."
    )
    headers = {"retry-after": str(math.ceil(wait)), "retry-after-ms": str(math.ceil(wait * 1000))}
    return OpenAIError(429, message, code="rate_limit_exceeded", kind=what, headers=headers)


def build_quota_error(quota: str) -> OpenAIError:
    """Make the 429 for which waiting does not help."""
    if quota == Quota.INSUFFICIENT:
        message = "The quota of this account is used up. Check the plan and the billing details."
        return OpenAIError(429, message, code=quota, kind=quota)
    message = "The billing hard limit of this account is reached."
    return OpenAIError(429, message, code=quota, kind="billing_limit_user_error")


def format_duration(seconds: float) -> str:
    """Write a duration as the headers do.

    >>> format_duration(0.12), format_duration(1), format_duration(360), format_duration(72.5)
    ('120ms', '1s', '6m0s', '1m12.5s')
    """
    milliseconds = math.ceil(seconds * 1000 - 1e-6)
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text
