"""What a run proposes for one field, as columns: what rows share is kept once, so that 100,000 of them are quick."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from hsai_kit.assistant.output_schema import Value
from hsai_kit.hubspot.dtypes import as_hubspot
from hsai_kit.run import RowResult, Run, dtype_of

Places: TypeAlias = np.ndarray[Any, np.dtype[np.intp]]
Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]


class Proposals:
    """The rows of a run in the order of a review: those that want eyes first.

    `ends[place]` is where a row's outcome stands in `values`, `texts`, `flags` and `results`; `before` and `ids` are by
    place. Flagged rows come first, then changes from the least sure on, then what stays as it is.
    """

    def __init__(self, run: Run, field: str, to: str | None) -> None:
        self.kind = run.assistant.output.fields[field]
        ids, ends, self.results = run.outcomes()
        pulled: dict[str, str | None] = {}
        if to and run.record.pull_id:
            pulled = run.store.pulls.values(run.record.pull_id, to)
        self.values: list[Value] = [one.fields.get(field) for one in self.results]
        self.texts = np.array([as_hubspot(value) for value in self.values], dtype=object)
        self.flags = [_own(one, field) for one in self.results]
        shared = np.asarray(ends, dtype=np.intp)
        before = np.array([pulled.get(one) or "" for one in ids], dtype=object)
        known = np.array([value is not None for value in self.values], dtype=bool)
        sure = np.array([np.nan if one.confidence is None else one.confidence for one in self.results], dtype=float)
        calm = np.array([not flags for flags in self.flags], dtype=bool)
        # A blank differs from nothing: it never overwrites.
        differs = known[shared] & (self.texts[shared] != before)
        keys = (np.nan_to_num(sure, nan=np.inf)[shared], ~differs, calm[shared])
        order = np.lexsort(keys)
        self.ids = [ids[place] for place in order]
        self.place = {one: place for place, one in enumerate(self.ids)}
        self.ends: Places = shared[order]
        self.before = before[order]
        self.known: Mask = known[self.ends]
        self.differs: Mask = differs[order]
        self.confidence: np.ndarray[Any, np.dtype[np.float64]] = sure[self.ends]

    def __len__(self) -> int:
        return len(self.ids)

    def outcome(self, place: int) -> RowResult:
        """Return how the row at a place ended."""
        return self.results[int(self.ends[place])]

    def why(self, place: int) -> str:
        """Return in words why a row has no proposal."""
        one = self.outcome(place)
        return ", ".join(self.flags[self.ends[place]]) or one.reason or one.status.value

    def frame(self) -> pd.DataFrame:
        """Return the columns that no decision changes: before, proposal, confidence, status, flags, reason."""
        rows = [self.results[end] for end in self.ends]
        columns = {
            "before": pd.array([text or pd.NA for text in self.before], dtype="string"),
            "proposal": self.column([self.values[end] for end in self.ends]),
            "confidence": pd.array([one.confidence for one in rows], dtype="Float64"),
            "status": pd.array([one.status.value for one in rows], dtype="string"),
            "flags": pd.Series([list(self.flags[end]) for end in self.ends], dtype=object).array,
            "reason": pd.array([one.reason for one in rows], dtype="string"),
        }
        return pd.DataFrame(columns, index=pd.Index(self.ids, dtype="string", name="record_id"))

    def column(self, values: list[Value]) -> pd.api.extensions.ExtensionArray:
        """Return values of the field as a typed column."""
        return pd.array(values, dtype=dtype_of(self.kind))


def _own(one: RowResult, field: str) -> tuple[str, ...]:
    """Return the flags of a row that concern a field or all of them."""
    own = f"{field}: "
    return tuple(flag.removeprefix(own) for flag in one.flags if ": " not in flag or flag.startswith(own))
