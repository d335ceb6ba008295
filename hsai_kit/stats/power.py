"""What a number of rows can show at all, told before money is spent on them."""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

__all__ = ["smallest_difference"]

# More units than these are counted by the normal approximation, which is the same there to a tenth of a point.
_MOST = 20_000


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
    if n < 1 or _power(n, disagree, disagree, level) < power:
        return None
    low, high = 0.0, disagree
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if _power(n, disagree, middle, level) >= power else (middle, high)
    return high


def _power(n: int, disagree: float, difference: float, alpha: float) -> float:
    """Return how often the exact test finds `difference`, over all numbers of units that disagree."""
    scale = max(1.0, n / _MOST)
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
