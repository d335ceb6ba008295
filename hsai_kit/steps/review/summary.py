"""What a review comes to, in counts: flags, confidence, the most common changes, decisions so far."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass

import pandas as pd

__all__ = ["Tally", "tally"]

_MOST = 8
# Below the first is what nobody should pass unseen; most answers of a good assistant are above the last.
_EDGES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Tally:
    """Counts of records, each a list of (label, count); `confidence` is by range and empty where it is not known."""

    flags: list[tuple[str, int]]
    confidence: list[tuple[str, int]]
    changes: list[tuple[str, int]]
    decisions: list[tuple[str, int]]


def tally(frame: pd.DataFrame) -> Tally:
    """Count what stands in the frame of a review, as `checked.frame` has it.

    >>> frame = pd.DataFrame({"before": ["Calif.", "CA"], "proposal": ["CA", "CA"], "changes": [True, False],
    ...     "confidence": [0.97, 0.6], "flags": [[], ["low confidence"]], "decision": ["pending", "approved"]})
    >>> tally(frame).changes, tally(frame).confidence
    ([('Calif. → CA', 1)], [('0.50 to 0.70', 1), ('0.95 to 0.99', 1)])
    """
    flags = Counter(flag for flags in frame["flags"] for flag in flags)
    calm = int((frame["flags"].map(len) == 0).sum())
    changing = frame[frame["changes"].fillna(False).astype(bool)]  # noqa: FBT003 -- pandas takes it so
    pairs = Counter(zip(changing["before"].fillna(""), changing["proposal"].astype("string").fillna(""), strict=True))
    return Tally(
        flags=[*([("no flag", calm)] if calm else []), *flags.most_common(_MOST)],
        confidence=_by_range(frame["confidence"]),
        changes=[
            (f"{before or '(blank)'} → {after or 'no proposal'}", n) for (before, after), n in pairs.most_common(_MOST)
        ],
        decisions=[(str(name), int(n)) for name, n in frame["decision"].value_counts().items() if n],
    )


def _by_range(confidence: pd.Series) -> list[tuple[str, int]]:
    known = confidence.dropna().astype(float)
    if known.empty:
        return []
    edges = (0.0, *_EDGES, 1.0)
    labels = [f"{low:.2f} to {high:.2f}" for low, high in itertools.pairwise(edges)]
    counted = pd.cut(known, list(edges), labels=labels, include_lowest=True).value_counts(sort=False)
    return [(str(label), int(count)) for label, count in counted.items() if count]
