"""Two assistants on the same rows: McNemar's exact test, Holm's correction, and what so many rows can show at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import binom

# More units than these are counted by the normal approximation, which is the same there to a tenth of a point.
_MOST_UNITS = 20_000


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


def smallest_difference(
    n: int, *, disagree: float = 0.1, power: float = 0.8, alpha: float = 0.05, comparisons: int = 1
) -> float | None:
    """Return the smallest difference in the share right that `n` paired units would show, None where none would.

    It is the difference that McNemar's exact test finds with probability `power` where the two assistants disagree in
    right and wrong on a share `disagree` of the units; with several comparisons `alpha` is divided by their number.
    The power is exact: the test's own rejections, weighed by how many units come to disagree.

    >>> round(smallest_difference(400), 3)
    0.046
    """
    level = alpha / comparisons
    if n < 1 or _power_of_test(n, disagree, disagree, level) < power:
        return None
    low, high = 0.0, disagree
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if _power_of_test(n, disagree, middle, level) >= power else (middle, high)
    return high


def _power_of_test(n: int, disagree: float, difference: float, alpha: float) -> float:
    """Return how often the exact test finds `difference`, over all numbers of units that disagree."""
    scale = max(1.0, n / _MOST_UNITS)
    size = round(n / scale)
    # With many more units the same picture is seen through a narrower window: differences shrink as the root of n.
    seen = min(disagree, difference * float(np.sqrt(scale)))
    least, most = binom.ppf([1e-9, 1 - 1e-9], size, disagree).astype(int)
    discordant = np.arange(least, most + 1)
    # The most wins of the lesser side that still reject: twice its tail is at most alpha.
    lesser = binom.ppf(alpha / 2, discordant, 0.5).astype(int)
    lesser = np.where(2 * binom.cdf(lesser, discordant, 0.5) <= alpha, lesser, lesser - 1)
    better = (disagree + seen) / (2 * disagree)
    rejects = binom.cdf(lesser, discordant, 1 - better) + binom.cdf(lesser, discordant, better)
    return float((binom.pmf(discordant, size, disagree) * np.where(lesser < 0, 0.0, rejects)).sum())
