"""What is decided about proposals at this moment, by anybody, kept in step with the store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import assert_never

import numpy as np

from hsai_kit.assistant.output_schema import Choice, Kind, Number, Text, Value, YesNo
from hsai_kit.errors import ReviewError
from hsai_kit.run import Run
from hsai_kit.steps.review.proposals import Mask, Places, Proposals
from hsai_kit.store import Decision, DecisionUndo

_DECISIONS = tuple(Decision)


class ReviewDecisions:
    """Decisions by place: `code` (the order of Decision), the `value` let through, `who` and `at` (UTC, ISO 8601).

    Every decision goes into the store as it is made. `on_change` are called after each, also when a colleague's
    decisions came in.
    """

    def __init__(self, run: Run, field: str, proposals: Proposals) -> None:
        self.run = run
        self.field = field
        self.proposals = proposals
        size = len(proposals)
        self.code = np.zeros(size, dtype=np.int8)
        self.value = np.full(size, None, dtype=object)
        self.who = np.full(size, None, dtype=object)
        self.at = np.full(size, None, dtype=object)
        self.on_change: list[Callable[[], None]] = []
        self._last = 0
        self._lock = threading.Lock()
        self.refresh()

    def __str__(self) -> str:
        return format_counts(self.counts())

    def refresh(self) -> None:
        """Read what was decided since, here or by anybody else."""
        # A grid may be clicked while a cell decides: kernels hear clicks on a thread of their own.
        with self._lock:
            self._last, new = self.run.store.decisions.since(self.run.id, self.field, self._last)
            for made in new:
                place = self.proposals.place.get(made.record_id)
                if place is not None:
                    self.code[place] = _DECISIONS.index(made.decision)
                    self.value[place], self.who[place], self.at[place] = made.value, made.reviewer, made.decided_at
        if new:
            for callback in tuple(self.on_change):
                callback()

    def decision(self, place: int) -> Decision:
        """Return the decision about the row at a place."""
        return _DECISIONS[int(self.code[place])]

    def mask(self, *wanted: Decision) -> Mask:
        """Tell which rows have one of these decisions."""
        return np.isin(self.code, [_DECISIONS.index(one) for one in wanted])

    def counts(self, places: Places | None = None) -> dict[Decision, int]:
        """Return how many rows, of all or of some, have which decision; decisions without rows are left out."""
        numbers = np.bincount(self.code if places is None else self.code[places], minlength=len(_DECISIONS))
        return {decision: int(count) for decision, count in zip(_DECISIONS, numbers, strict=True) if count}

    def approve(self, places: Places) -> int:
        """Approve proposals as they are, but for rows without one, and return how many."""
        usable = places[self.proposals.known[places]]
        values, ends = self.proposals.values, self.proposals.ends
        return self._decide(Decision.APPROVED, usable, (values[ends[place]] for place in usable))

    def approve_undecided(self, places: Places) -> tuple[int, dict[Decision, int]]:
        """Approve proposals but where somebody edited or rejected; return how many, and how many were left so."""
        self.refresh()
        decided = self.mask(Decision.EDITED, Decision.REJECTED)[places]
        return self.approve(places[~decided]), self.counts(places[decided])

    def edit(self, places: Places, value: Value) -> int:
        """Let `value` through instead of the proposals; raises ReviewError where the output would not allow it."""
        read = self.proposals.kind.read(value, str(value)).value
        if read is None or isinstance(read, dict):
            raise ReviewError(_refusal(self.proposals.kind, value))
        return self._decide(Decision.EDITED, places, (read for _ in places))

    def reject(self, places: Places) -> int:
        """Reject proposals."""
        return self._decide(Decision.REJECTED, places, (None for _ in places))

    def reset(self, places: Places) -> int:
        """Take decisions back to pending."""
        return self._decide(Decision.PENDING, places, (None for _ in places))

    def undo(self) -> DecisionUndo | None:
        """Take back what this reviewer decided last."""
        undone = self.run.store.decisions.undo_last(self.run.id, self.field, self.run.reviewer)
        self.refresh()
        return undone

    def _decide(self, decision: Decision, places: Places, values: Iterable[Value]) -> int:
        if len(places):
            rows = zip((self.proposals.ids[place] for place in places), values, strict=True)
            self.run.store.decisions.add(self.run.id, self.field, decision, rows, self.run.reviewer)
            self.refresh()
        return len(places)


def format_counts(counts: Mapping[Decision, int]) -> str:
    """Return how many rows have which decision, in words, the most common first."""
    pairs = sorted(counts.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{count:,} {decision}" for decision, count in pairs)


def _refusal(kind: Kind, value: object) -> str:
    cut = repr(value) if len(repr(value)) <= 60 else f"{str(value)[:60]!r} …"
    if isinstance(kind, Choice):
        form = f"one of {', '.join(option for option in kind.options if option != kind.none_option)}"
    elif isinstance(kind, Text):
        form = "text that is not blank"
    elif isinstance(kind, Number):
        form = "a number"
    elif isinstance(kind, YesNo):
        form = "True or False"
    else:
        assert_never(kind)
    return f"{cut} cannot be written: it has to be {form}. To write nothing, reject the rows."
