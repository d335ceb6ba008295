"""Faults on demand: their words, and which request gets which.

A fault is one string, `api:kind[:option=value]...`, such as `openai:rate_limit:rate=0.05:retry_after=1`.
The answers themselves are given in `middleware.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from random import Random
from typing import Any

APIS = ("hubspot", "openai")
OWN_KINDS = {
    "hubspot": ("ten_secondly", "secondly", "daily", "423", "477", "521", "524", "414"),
    "openai": ("rate_limit", "insufficient_quota", "billing_hard_limit_reached", "401"),
}
ANY_KIND_OPTIONS = ("rate", "count", "after", "path", "method")
DEFAULT_PATHS = {"secondly": "/search"}  # HubSpot's limit per second is the search's alone


class FaultKind(StrEnum):
    """The faults that both APIs can have; `OWN_KINDS` are those of one alone."""

    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE_PAGE = "503_html"
    RESET = "reset"
    STALL = "stall"
    CUT = "cut"
    COMMIT_THEN_STALL = "commit_then_stall"
    LATENCY = "latency"


DEFAULT_SECONDS: dict[str, float] = {FaultKind.STALL: 60.0, FaultKind.COMMIT_THEN_STALL: 60.0, FaultKind.LATENCY: 1.0}


class FaultSpecError(ValueError):
    """A fault nobody knows; the message lists what there is."""


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """One fault as asked for.

    rate: share of the matching requests, 0 to 1. count: how often at most. after: how many matching requests
    pass first. path: part of the path under the API's host. seconds, jitter, retry_after: seconds.
    """

    api: str
    kind: str
    rate: float = 1.0
    count: int | None = None
    after: int = 0
    path: str = ""
    method: str = ""
    seconds: float = 0.0
    jitter: float = 0.0
    retry_after: float = 1.0

    def to_json(self) -> dict[str, Any]:
        """Show the fault as the control address lists it, where an API is called a side."""
        return {"side" if one.name == "api" else one.name: getattr(self, one.name) for one in fields(self)}

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is of those that this fault may strike."""
        return self.path in path and self.method in ("", method)


def parse_fault(text: str) -> FaultSpec:
    """Read `api:kind[:option=value]...`.

    Raises FaultSpecError with a sentence that lists the APIs, kinds or options there are.

    >>> parse_fault("hubspot:stall:seconds=5:count=1").seconds
    5.0
    """
    api, _, rest = text.partition(":")
    kind, *options = rest.split(":")
    if api not in APIS:
        raise _error(text, f"there is no API {api!r}", "APIs", APIS)
    kinds = (*FaultKind, *OWN_KINDS[api])
    if kind not in kinds:
        raise _error(text, f"{api} has no fault {kind!r}", "Kinds", kinds)
    values: dict[str, Any] = {}
    if kind in DEFAULT_SECONDS:
        values["seconds"] = DEFAULT_SECONDS[kind]
    if kind in DEFAULT_PATHS:
        values["path"] = DEFAULT_PATHS[kind]
    allowed = _options_of(api, kind)
    for option in options:
        name, equals, value = option.partition("=")
        if name not in allowed or not equals:
            raise _error(text, f"{kind} has no option {option!r}", "Options", [f"{one}=…" for one in allowed])
        values[name] = _value(text, name, value)
    return FaultSpec(api, kind, **values)


def _options_of(api: str, kind: str) -> tuple[str, ...]:
    if kind == FaultKind.LATENCY:
        return (*ANY_KIND_OPTIONS, "seconds", "jitter")
    if kind in DEFAULT_SECONDS:
        return (*ANY_KIND_OPTIONS, "seconds")
    if kind in OWN_KINDS[api]:
        return (*ANY_KIND_OPTIONS, "retry_after")
    return ANY_KIND_OPTIONS


def _error(text: str, problem: str, what: str, known: tuple[str, ...] | list[str]) -> FaultSpecError:
    return FaultSpecError(f"Fault {text!r}: {problem}. {what}: {', '.join(known)}.")


def _value(text: str, name: str, value: str) -> Any:
    if name == "path":
        return value
    if name == "method":
        return value.upper()
    whole = name in ("count", "after")
    try:
        number = int(value) if whole else float(value)
    except ValueError:
        number = -1
    highest = 1 if name == "rate" else float("inf")
    if not 0 <= number <= highest or number == float("inf"):
        kind = "a number from 0 to 1" if name == "rate" else f"{'a whole' if whole else 'a'} number from 0 up"
        message = f"Fault {text!r}: {name} must be {kind}, not {value!r}."
        raise FaultSpecError(message)
    return number


class _FaultState:
    """One fault with its own random numbers and its own tally."""

    def __init__(self, spec: FaultSpec, seed: str) -> None:
        self.spec = spec
        self.random = Random(seed)
        self.seen = 0
        self.struck = 0

    def draws(self, method: str, path: str) -> bool:
        """Whether this request's lot falls on it; draws once for each matching request."""
        if not self.spec.matches(method, path):
            return False
        self.seen += 1
        if self.seen <= self.spec.after or self.struck == self.spec.count:
            return False
        return self.random.random() < self.spec.rate


class Faults:
    """The faults and the latency of one API.

    Every fault sees every request that matches it. Where several would strike one request the first given
    does; delays add up and come before it.
    """

    def __init__(self, api: str, seed: int) -> None:
        self._api = api
        self._seed = seed
        self.clear()
        self.set_latency(0.0)

    def add(self, spec: FaultSpec) -> None:
        """Arm one more; the same words again are a second, independent fault."""
        words = ", ".join(f"{name}={value!r}" for name, value in spec.to_json().items())
        # The seed of its random numbers must not change with a name in this module.
        self._armed.append(_FaultState(spec, f"{self._seed}:{len(self._armed)}:FaultSpec({words})"))

    def clear(self) -> None:
        """Disarm all faults; the latency of `set_latency` stays."""
        self._armed: list[_FaultState] = []

    def set_latency(self, seconds: float, jitter: float = 0.0) -> None:
        """Delay every request by `seconds`, give or take `jitter`, both in seconds."""
        if not (0 <= seconds < float("inf") and 0 <= jitter < float("inf")):
            message = f"Latency and jitter are seconds from 0 up, not {seconds!r} and {jitter!r}."
            raise ValueError(message)
        self._latency = (seconds, jitter)
        self._random = Random(f"{self._seed}:{self._api}:latency")

    def draw(self, method: str, path: str) -> tuple[float, FaultSpec | None]:
        """For one request the delay in seconds and the fault that strikes it, if any."""
        delay = _spread(self._random, *self._latency)
        struck: FaultSpec | None = None
        for armed in self._armed:
            if not armed.draws(method, path):
                continue
            if armed.spec.kind == FaultKind.LATENCY:
                armed.struck += 1
                delay += _spread(armed.random, armed.spec.seconds, armed.spec.jitter)
            elif struck is None:
                armed.struck += 1
                struck = armed.spec
        return delay, struck

    def describe(self) -> list[dict[str, Any]]:
        """List the armed faults with how many requests each has seen and struck."""
        return [armed.spec.to_json() | {"seen": armed.seen, "struck": armed.struck} for armed in self._armed]


def _spread(random: Random, seconds: float, jitter: float) -> float:
    return max(0.0, seconds + random.uniform(-jitter, jitter)) if jitter else seconds
