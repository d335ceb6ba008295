"""What search does not see yet: the writes of the last moments."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from hsai_kit.sandbox.hubspot.catalog import ObjectKind
    from hsai_kit.sandbox.hubspot.records import RecordRow


class LagEntry(NamedTuple):
    """One write; `before` is the record as search still shows it, None for a new one."""

    kind: str
    id: int
    before: RecordRow | None


class SearchLag:
    """The records as they were before writes that are too young for search."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._noted: list[LagEntry] = []
        self._waiting: deque[tuple[float, LagEntry]] = deque()

    def forget(self) -> None:
        """Let search see everything."""
        self._noted = []
        self._waiting.clear()

    def note(self, kind: ObjectKind, number: int, before: RecordRow | None) -> None:
        """Remember a write until it is known whether it holds."""
        self._noted.append(LagEntry(kind.name, number, before))

    def discard(self) -> None:
        """Drop the writes noted last: they were taken back."""
        self._noted = []

    def commit(self, lag: float) -> None:
        """Hide the writes noted last from search for `lag` seconds."""
        due = self._clock() + lag
        if lag:
            self._waiting.extend((due, write) for write in self._noted)
        self._noted = []

    def former(self, kind: ObjectKind) -> dict[int, RecordRow | None]:
        """Return how search sees the records whose last change it does not see, by id."""
        now = self._clock()
        while self._waiting and self._waiting[0][0] <= now:
            self._waiting.popleft()
        found: dict[int, RecordRow | None] = {}
        for _, write in self._waiting:
            if write.kind == kind.name:
                found.setdefault(write.id, write.before)
        return found
