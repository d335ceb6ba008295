"""HubSpot's rate windows: requests per ten seconds and token, per day, and searches per second."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.errors import ErrorCategory, HubSpotError

if TYPE_CHECKING:
    from collections.abc import Callable

TEN_SECONDS = 10.0


class RateLimitPolicy(StrEnum):
    """Which limit a request ran into."""

    TEN_SECONDLY = "TEN_SECONDLY_ROLLING"
    SECONDLY = "SECONDLY"  # the search's alone
    DAILY = "DAILY"


@dataclass(slots=True)
class HubSpotLimits:
    """What a portal allows (hubspot-facts.md, "Limits"); None switches a limit off.

    `search_lag` is the time in seconds until search sees a change, `search_results` how many records one query shows.
    """

    per_ten_seconds: float | None = 190
    daily: float | None = 625_000
    search_per_second: float | None = 5
    search_lag: float | None = 0.3
    search_results: float | None = 10_000


class RollingWindow:
    """At most `limit` takes within any `seconds`, by a clock that never goes back."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._taken: deque[float] = deque()

    def take(self, limit: float) -> bool:
        """Take one place; False, and none taken, if the window is full."""
        now = self._clock()
        while self._taken and self._taken[0] <= now - self._seconds:
            self._taken.popleft()
        if len(self._taken) >= limit:
            return False
        self._taken.append(now)
        return True

    def __len__(self) -> int:
        return len(self._taken)


class RateWindows:
    """Counts requests and refuses those beyond a limit with a 429, which has no Retry-After."""

    def __init__(self, today: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = HubSpotLimits()
        self._today = today
        self._clock = clock
        self._by_app: dict[int, RollingWindow] = {}
        self._search = RollingWindow(1.0, clock)
        self._day = ""
        self._used_today = 0

    def set_limits(self, **limits: Any) -> None:
        """Change some limits; what has been used of them so far is forgotten.

        Raises ValueError for a name that is none and a value that is no number from 0 up.
        """
        for name, value in limits.items():
            if name not in HubSpotLimits.__slots__:
                message = f"There is no HubSpot limit {name!r}. There are: {', '.join(HubSpotLimits.__slots__)}."
                raise ValueError(message)
            if value is not None and (not isinstance(value, int | float) or not value >= 0):
                message = f"{name} is a number from 0 up, or None for no limit, not {value!r}."
                raise ValueError(message)
        for name, value in limits.items():
            setattr(self.limits, name, value)
        self.clear()

    def reset(self) -> None:
        """Back to the default limits, with nothing used."""
        self.limits = HubSpotLimits()
        self.clear()

    def clear(self) -> None:
        """Forget what has been used."""
        self._by_app = {}
        self._search = RollingWindow(1.0, self._clock)
        self._used_today = 0

    @property
    def requests_today(self) -> int:
        """Requests since the account's midnight, searches included."""
        today = self._today()
        if today != self._day:
            self._day, self._used_today = today, 0
        return self._used_today

    def admit(self, app_id: int) -> dict[str, str]:
        """Count an ordinary request and return the headers its answer carries."""
        self._admit_daily()
        window = self._by_app.setdefault(app_id, RollingWindow(TEN_SECONDS, self._clock))
        most = self.limits.per_ten_seconds
        if most is not None and not window.take(most):
            raise self.build_refusal(RateLimitPolicy.TEN_SECONDLY)
        self._used_today += 1
        return self._headers(len(window))

    def admit_search(self) -> dict[str, str]:
        """Count a search, which has a window of its own; its answer carries no rate headers."""
        self._admit_daily()
        most = self.limits.search_per_second
        if most is not None and not self._search.take(most):
            raise self.build_refusal(RateLimitPolicy.SECONDLY)
        self._used_today += 1
        return {}

    def build_refusal(self, policy: RateLimitPolicy) -> HubSpotError:
        """Make the 429 of a policy."""
        headers = {} if policy is RateLimitPolicy.SECONDLY else self._headers(int(self.limits.per_ten_seconds or 0))
        if policy is RateLimitPolicy.DAILY:
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = "0"
        return HubSpotError(
            429,
            f"You have reached your {policy.lower()} limit.",
            ErrorCategory.RATE_LIMITS,
            extra={"errorType": "RATE_LIMIT", "policyName": policy},
            headers=headers,
        )

    def _admit_daily(self) -> None:
        most = self.limits.daily
        if most is not None and self.requests_today >= most:
            raise self.build_refusal(RateLimitPolicy.DAILY)

    def _headers(self, taken: int) -> dict[str, str]:
        headers: dict[str, str] = {}
        most, daily = self.limits.per_ten_seconds, self.limits.daily
        if most is not None:
            headers["X-HubSpot-RateLimit-Max"] = str(int(most))
            headers["X-HubSpot-RateLimit-Remaining"] = str(max(0, int(most) - taken))
            headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = "10000"
        if daily is not None:
            headers["X-HubSpot-RateLimit-Daily"] = str(int(daily))
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(max(0, int(daily) - self.requests_today))
        return headers
