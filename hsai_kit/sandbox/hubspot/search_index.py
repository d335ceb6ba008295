"""What search sees: the records as they were a moment ago.

Held in memory, because a scan over parsed records takes a tenth of the time that json_extract takes over
their rows, and because a lag needs the former state anyway.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from hsai_kit.sandbox.hubspot.catalog import Kind
    from hsai_kit.sandbox.hubspot.records import Records, Row


class Change(NamedTuple):
    """One write: `before` is None for a new record, `after` for one that is gone."""

    kind: str
    id: int
    before: Row | None
    after: Row | None


class SearchIndex:
    """The live records of each type, read when a type is first searched and kept up with every write."""

    def __init__(self, records: Records, clock: Callable[[], float] = time.monotonic) -> None:
        self._records = records
        self._clock = clock
        self._live: dict[str, dict[int, Row]] = {}
        self._noted: list[Change] = []
        self._unseen: deque[tuple[float, Change]] = deque()

    def forget(self) -> None:
        """Read everything anew when it is next searched."""
        self._live = {}
        self._noted = []
        self._unseen.clear()

    def note(self, kind: Kind, number: int, before: Row | None, after: Row | None) -> None:
        """Remember a write until it is known whether it holds."""
        self._noted.append(Change(kind.name, number, before, after))

    def discard(self) -> None:
        """Drop the writes noted last: they were taken back."""
        self._noted = []

    def commit(self, lag: float) -> None:
        """Take in the writes noted last; search sees them after `lag` seconds."""
        self._drop_seen()
        due = self._clock() + lag
        for change in self._noted:
            self._unseen.append((due, change))
            live = self._live.get(change.kind)
            if live is None:
                continue
            if change.after is None:
                live.pop(change.id, None)
            else:
                live[change.id] = change.after
        self._noted = []

    def visible(self, kind: Kind) -> Collection[Row]:
        """Return the records of a type as search sees them now, in no particular order."""
        self._drop_seen()
        live = self._live.get(kind.name)
        if live is None:
            live = self._live[kind.name] = {row.id: row for row in self._records.live(kind)}
        former: dict[int, Row | None] = {}
        for _, change in self._unseen:
            if change.kind == kind.name:
                former.setdefault(change.id, change.before)
        if not former:
            return live.values()
        seen = [row for number, row in live.items() if number not in former]
        return seen + [row for row in former.values() if row is not None]

    def _drop_seen(self) -> None:
        now = self._clock()
        while self._unseen and self._unseen[0][0] <= now:
            self._unseen.popleft()
