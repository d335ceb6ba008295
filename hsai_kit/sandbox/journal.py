"""What each API was asked and how it answered: counts per route, and the newest requests."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.routing import Match, Route

from hsai_kit.sandbox.faults import FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.routing import BaseRoute
    from starlette.types import Scope

KEPT_REQUESTS = 2_000
KEPT_BODY_BYTES = 262_144  # a full batch of 100 records is about a tenth of it; uploads are not kept
KEPT_ROUTES = 500
KEPT_ANSWERED = 200_000
NO_ANSWER = "no answer"


@dataclass(slots=True, eq=False)
class JournalEntry:
    """One request; `status` stays None until an answer begins, and for ever where none did."""

    method: str
    path: str
    query: str
    body: bytes
    epoch: int
    at: float = field(default_factory=time.time)
    status: int | None = None
    fault: str | None = None
    answer: bytearray = field(default_factory=bytearray)

    def to_json(self) -> dict[str, Any]:
        """Show the entry as JSON; a body that is no JSON, or was too large to keep, is null."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "body": _read_json(self.body),
            "at": self.at,
            "fault": self.fault,
        }

    def to_exchange(self) -> dict[str, Any]:
        """Show the entry with the body of its answer, null where that is no JSON."""
        return {**self.to_json(), "answer": _read_json(self.answer)}


def _read_json(body: bytes | bytearray) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None


class Journal:
    """Counts all requests of one API by route and status, and keeps the newest 2,000."""

    def __init__(self, template: Callable[[str, str], str]) -> None:
        self._template = template
        self._entries: deque[JournalEntry] = deque(maxlen=KEPT_REQUESTS)
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._answered: set[int] = set()
        self._whole: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._epoch = 0
        self.kept_exchanges = 0
        self._exchanges: defaultdict[tuple[str, int | None], list[JournalEntry]] = defaultdict(list)

    def begin(self, method: str, path: str, query: str, body: bytes) -> JournalEntry:
        """Note a request that has arrived whole."""
        kept = body if len(body) <= KEPT_BODY_BYTES else b""
        entry = JournalEntry(method, path, query, kept, self._epoch)
        self._entries.append(entry)
        return entry

    def end(self, entry: JournalEntry) -> None:
        """Count a request that is over; one from before the last `clear` is not counted any more."""
        if self.kept_exchanges and entry.fault is None:
            self._keep_exchange(entry)
        if entry.epoch != self._epoch:
            return
        route = f"{entry.method} {self._template(entry.method, entry.path)}"
        if route not in self._counts and len(self._counts) >= KEPT_ROUTES:
            route = "other routes"
        self._counts[route][NO_ANSWER if entry.status is None else str(entry.status)] += 1
        if entry.method == "POST" and entry.body and entry.status == HTTPStatus.OK and entry.fault != FaultKind.CUT:
            self._count_whole(route, hash((entry.path, entry.body)))

    def counts(self) -> dict[str, dict[str, int]]:
        """How many requests of each route ended with which status."""
        return {route: dict(statuses) for route, statuses in self._counts.items()}

    def count_answered(self) -> dict[str, dict[str, int]]:
        """For each route of POSTs, how many got their first whole answer (`once`), and how many another (`again`).

        A request is the same where its path and its body are; whole is a 200 that was not cut off.
        """
        return {route: {"once": seen["once"], "again": seen["again"]} for route, seen in self._whole.items()}

    def requests(self, last: int) -> list[dict[str, Any]]:
        """List the newest `last` requests, newest last, those still under way included."""
        entries = list(self._entries)
        return [entry.to_json() for entry in entries[max(len(entries) - last, 0) :]]

    def exchanges(self) -> list[dict[str, Any]]:
        """List the requests that were kept with their answers, at most `kept_exchanges` of a route and status."""
        return [entry.to_exchange() for entries in self._exchanges.values() for entry in entries]

    def clear(self) -> None:
        """Forget all requests but the kept exchanges; those under way will not be counted."""
        self._entries.clear()
        self._counts.clear()
        self._answered.clear()
        self._whole.clear()
        self._epoch += 1

    def _keep_exchange(self, entry: JournalEntry) -> None:
        kept = self._exchanges[(f"{entry.method} {self._template(entry.method, entry.path)}", entry.status)]
        if len(kept) < self.kept_exchanges:
            kept.append(entry)

    def _count_whole(self, route: str, request: int) -> None:
        known = request in self._answered
        if known or len(self._answered) < KEPT_ANSWERED:
            self._answered.add(request)
            self._whole[route]["again" if known else "once"] += 1


def build_route_templates(routes: Iterable[BaseRoute]) -> Callable[[str, str], str]:
    """Make a function from method and path to the route's own spelling, `/crm/v3/objects/{object_type}`.

    The path itself where no route takes it. Faults answer without routing, hence not from the scope.
    """
    known = list(routes)

    @lru_cache(maxsize=8_192)
    def template(method: str, path: str) -> str:
        scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
        return _find(known, scope) or path

    return template


def _find(routes: Iterable[BaseRoute], scope: Scope) -> str | None:
    other_method: str | None = None
    for route in routes:
        match, _ = route.matches(scope)
        if match is Match.FULL and isinstance(route, Route):
            return route.path
        if match is Match.PARTIAL and isinstance(route, Route) and other_method is None:
            other_method = route.path
    return other_method
