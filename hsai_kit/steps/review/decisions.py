"""What is decided about proposals at this moment, by anybody, kept in step with the store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import numpy as np

from hsai_kit.assistants.output_schema import Choice, Number, Text, Value, YesNo
from hsai_kit.errors import ReviewError
from hsai_kit.run import Run
from hsai_kit.steps.review.proposals import Places, Proposals
from hsai_kit.store import Undone

__all__ = ["DECISIONS", "ReviewDecisions"]

DECISIONS = ("pending", "approved", "edited", "rejected")
_CODE = {name: code for code, name in enumerate(DECISIONS)}


class ReviewDecisions:
    """Decisions by place: `code` into DECISIONS, the `value` let through, `who` and `at` (UTC, ISO 8601).

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

    def refresh(self) -> None:
        """Read what was decided since, here or by anybody else."""
        # A grid may be clicked while a cell decides: kernels hear clicks on a thread of their own.
        with self._lock:
            self._last, made = self.run.store.decisions.since(self.run.id, self.field, self._last)
            for record_id, decision, value, who, at in made:
                place = self.proposals.place.get(record_id)
                if place is not None:
                    self.code[place] = _CODE[decision]
                    self.value[place], self.who[place], self.at[place] = value, who, at
        if made:
            for told in tuple(self.on_change):
                told()

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are in which state, most first; states without rows are left out."""
        numbers = np.bincount(self.code, minlength=len(DECISIONS))
        named = [(name, int(count)) for name, count in zip(DECISIONS, numbers, strict=True) if count]
        return dict(sorted(named, key=lambda pair: -pair[1]))

    def approve(self, places: Places) -> int:
        """Approve proposals as they are, but for rows without one, and return how many."""
        usable = places[self.proposals.known[places]]
        values, ends = self.proposals.values, self.proposals.ends
        return self._decide("approved", usable, (values[ends[place]] for place in usable))

    def edit(self, places: Places, value: Value) -> int:
        """Let `value` through instead of the proposals; raises ReviewError where the output would not allow it."""
        read = self.proposals.kind.read(value, str(value))
        if read.value is None:
            raise ReviewError(_refusal(self.proposals.kind, value))
        fixed = None if isinstance(read.value, dict) else read.value
        return self._decide("edited", places, (fixed for _ in places))

    def reject(self, places: Places) -> int:
        """Reject proposals."""
        return self._decide("rejected", places, (None for _ in places))

    def reset(self, places: Places) -> int:
        """Take decisions back to pending."""
        return self._decide("pending", places, (None for _ in places))

    def undo(self) -> Undone | None:
        """Take back what this reviewer decided last."""
        undone = self.run.store.decisions.undo_last(self.run.id, self.field, self.run.reviewer)
        self.refresh()
        return undone

    def _decide(self, decision: str, places: Places, values: Iterable[Value]) -> int:
        if len(places):
            rows = zip((self.proposals.ids[place] for place in places), values, strict=True)
            self.run.store.decisions.add(self.run.id, self.field, decision, rows, self.run.reviewer)
            self.refresh()
        return len(places)


def _refusal(kind: Text | Number | YesNo | Choice, value: object) -> str:
    said = repr(value) if len(repr(value)) <= 60 else f"{str(value)[:60]!r} …"
    if isinstance(kind, Choice):
        allowed = [option for option in kind.options if option != kind.none_option]
        return f"{said} cannot be written: it has to be one of {', '.join(allowed)}. To write nothing, reject the rows."
    if isinstance(kind, Text):
        return f"{said} cannot be written: it has to be text that is not blank. To write nothing, reject the rows."
    form = "a number" if isinstance(kind, Number) else "True or False"
    return f"{said} cannot be written: it has to be {form}. To write nothing, reject the rows."
