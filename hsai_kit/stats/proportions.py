"""Shares with their intervals, also where some rows are not independent of each other, and shares by confidence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri


@dataclass(frozen=True)
class Rate:
    """A share (0-1) with the ends of its interval; `n` is how many independent rows it is worth."""

    share: float
    low: float
    high: float
    n: float

    @classmethod
    def of(cls, hits: int, n: int) -> Rate:
        """Return the share of `hits` among `n` independent rows with Wilson's interval; NaN where there are none."""
        return cls(hits / n, *wilson(hits / n, n), n) if n else cls(math.nan, 0.0, 1.0, 0)


def wilson(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return the ends of Wilson's score interval for a share seen in `n` rows; all of 0-1 where there are none.

    Wilson (1927), as `scipy.stats.binomtest(...).proportion_ci(method="wilson")`, but `n` need not be whole.

    >>> [round(end, 4) for end in wilson(0.98, 200)]
    [0.9497, 0.9922]
    """
    if n <= 0:
        return 0.0, 1.0
    z = float(ndtri(0.5 + level / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Rounding must not make a perfect score fall short of 1.
    return (0.0 if share <= 0 else max(0.0, middle - half)), (1.0 if share >= 1 else min(1.0, middle + half))


def rate(values: ArrayLike, weights: ArrayLike, level: float = 0.95) -> Rate:
    """Return the weighted share of `values` (0-1, one for each independent unit) with its interval.

    `weights` say how many records each unit stands for. The interval is Wilson's for the number of independent rows
    that have the variance seen between units (the ratio estimator's; Korn and Graubard, 1998, use such an effective
    size). That variance alone would be 0 for a perfect score, so it is taken with z² more units of a typical weight,
    half of them right, which is what Wilson's own interval adds. Units that are all right or wrong and weigh the same
    give exactly Wilson's interval.
    """
    x, w = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    total = float(w.sum())
    if not total:
        return Rate(math.nan, 0.0, 1.0, 0.0)
    share = float(np.clip((w * x).sum() / total, 0, 1))
    added = float(ndtri(0.5 + level / 2)) ** 2
    typical = float((w * w).sum()) / total
    shrunk = ((w * x).sum() + added / 2 * typical) / (total + added * typical)
    # `added` units, half of them right and half wrong, each a half away from the middle they pull to.
    spread = float((w * w * (x - shrunk) ** 2).sum())
    spread += added / 2 * typical**2 * ((1 - shrunk) ** 2 + shrunk**2)
    worth = float(shrunk * (1 - shrunk) * (total + added * typical) ** 2 / spread) - added
    low, high = wilson(share, worth, level)
    return Rate(share, low, high, worth)


def fewest_for(wanted: float, share: float = 1.0, level: float = 0.95) -> int:
    """Return how many independent rows with this share right have an interval whose lower end reaches `wanted`.

    `share` has to be above `wanted`. It is Wilson's interval solved for the number of rows.

    >>> fewest_for(0.995), fewest_for(0.97, 0.98)
    (765, 1118)
    """
    z = float(ndtri(0.5 + level / 2))
    return math.ceil(z * z * wanted * (1 - wanted) / (share - wanted) ** 2)


@dataclass(frozen=True)
class Bins:
    """Units sorted into bins by confidence: which bin each is in, and the bins' edges."""

    bin: NDArray[np.int64]
    edges: NDArray[np.float64]


def bin_confidences(confidence: ArrayLike, bins: int = 10) -> Bins:
    """Sort confidences (0-1) into equal steps; 1 belongs to the highest."""
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, np.asarray(confidence, dtype=float), side="right") - 1, 0, bins - 1)
    return Bins(place.astype(np.int64), edges)


def calibration_error(confidence: ArrayLike, right: ArrayLike, weights: ArrayLike, bins: int = 10) -> float:
    """Return the expected calibration error: by how much confidence and share right differ, weighted over bins.

    Naeini, Cooper and Hauskrecht (2015); 0 is perfect, NaN where nothing has a confidence.
    """
    c, r, w = (np.asarray(one, dtype=float) for one in (confidence, right, weights))
    if not len(c):
        return float("nan")
    place = bin_confidences(c, bins).bin
    gaps = np.abs(np.bincount(place, w * c, bins) - np.bincount(place, w * r, bins))
    return float(gaps.sum() / w.sum())
