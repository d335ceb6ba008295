"""Two assistants on the same rows: the two-by-two table, McNemar's exact test, and Holm's correction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import binom

__all__ = ["TwoByTwoTable", "holm", "mcnemar", "mean_difference", "two_by_two"]


@dataclass(frozen=True)
class TwoByTwoTable:
    """How many units both get right, only the first, only the second, and neither."""

    both: int
    only_first: int
    only_second: int
    neither: int


def two_by_two(first: ArrayLike, second: ArrayLike) -> TwoByTwoTable:
    """Count units by who gets them right; `first` and `second` are shares right (0-1) for each unit.

    Mostly a unit is right or wrong. Where it stands for rows of which some are right, whoever has more of them right
    counts as right and the other as wrong, so that the test is the sign test on units; equal ones go by the half.
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    same = np.isclose(a, b, rtol=0, atol=1e-12)
    return TwoByTwoTable(
        both=int((same & (a >= 0.5)).sum()),
        only_first=int((~same & (a > b)).sum()),
        only_second=int((~same & (a < b)).sum()),
        neither=int((same & (a < 0.5)).sum()),
    )


def mcnemar(only_first: ArrayLike, only_second: ArrayLike) -> NDArray[np.float64]:
    """Return the two-sided p-value of McNemar's exact test from the units that only one of two gets right.

    It is the binomial test of a fair coin on those units (`statsmodels.stats.contingency_tables.mcnemar` with
    `exact=True`); 1 where there are none. Takes numbers or arrays.

    >>> float(mcnemar(10, 1)).__round__(4)
    0.0117
    """
    b, c = np.asarray(only_first), np.asarray(only_second)
    return np.asarray(np.minimum(1.0, 2 * binom.cdf(np.minimum(b, c), b + c, 0.5)), dtype=float)


def mean_difference(differences: ArrayLike, weights: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """Return the weighted mean of paired differences (-1 to 1, one for each unit) and the ends of its interval.

    Bonett and Price (2012), which adds one unit to each side of the disagreement and so stays honest where hardly
    anything differs: a bootstrap of rows without any difference would be sure of 0 whatever their number. Here the
    two added units have a typical weight, and the variance is that between weighted units.
    """
    d, w = np.asarray(differences, dtype=float), np.asarray(weights, dtype=float)
    total = float(w.sum())
    typical = float((w * w).sum()) / total
    around = float((w * d).sum()) / (total + 2 * typical)
    spread = float((w * w * (d - around) ** 2).sum()) + typical**2 * ((1 - around) ** 2 + (1 + around) ** 2)
    half = float(ndtri(0.5 + level / 2)) * spread**0.5 / (total + 2 * typical)
    return float((w * d).sum() / total), max(-1.0, around - half), min(1.0, around + half)


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p-values corrected for being several, by Holm (1979): the share of false alarms among all stays below.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(1.0, steps)
    return corrected
