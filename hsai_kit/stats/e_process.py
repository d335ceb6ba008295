"""What may be looked at after every label: e-processes, which bet against a claim and win only where it is wrong.

Whoever bets fairly against a claim that is true becomes 1/alpha times as rich with probability alpha at most, however
often they look (Ville, 1939).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

ALPHA = 0.025
"""How often a decision that goes one way may be wrong; the interval of both ways holds 95 times in 100."""

# Each of these shares of the most that can be staked bets for itself: small ones win late, large ones early.
_STAKES = np.linspace(0.1, 1, 10)
_STEPS = 30


def log_wealth(values: ArrayLike, claim: float) -> float:
    """Return the logarithm of the most that betting against a mean of at most `claim` has come to at any look.

    `values` (0-1) are independent, in the order seen. A bet of fixed stake is a test martingale, and so is the mean of
    several (Waudby-Smith and Ramdas, 2024, "Estimating means of bounded random variables by betting", section 4): the
    claim is refuted at the level alpha where this is at least log(1/alpha).
    """
    x = np.asarray(values, dtype=float)
    return float(_grow(x, np.full(len(x), claim)).max(initial=0.0))


def log_wealth_of_set(values: ArrayLike, weights: ArrayLike, total: float, claim: float) -> float:
    """Return the same for a set of `total` records that is drawn to its end, of which at most `claim` are right.

    Each draw takes a record at random of those that are left, and with it all that ask the same: `values` (0-1) are how
    far such a question is right and `weights` how many records ask it, in the order drawn. What is drawn is certain and
    only the rest is bet on, so heavy questions need no correction.

    Shekhar, Xu, Lipton, Liang and Ramdas (2023), "Risk-limiting financial audits via weighted sampling without
    replacement"; for equal weights Waudby-Smith and Ramdas (2020), "Confidence sequences for sampling without
    replacement".
    """
    x, w = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    right, drawn = np.cumsum(w * x) - w * x, np.cumsum(w) - w
    # What the records that are left are right in on average, were the claim true; below 0 it is refuted for certain.
    rest = (claim * total - right) / (total - drawn)
    grown = np.where(np.minimum.accumulate(rest) < 0, np.inf, _grow(x, np.clip(rest, 1e-9, 1.0)))
    return float(grown.max(initial=0.0))


def lower_bound(values: ArrayLike, alpha: float = ALPHA) -> float:
    """Return what the mean of independent values (0-1, in the order seen) is at least, at every look at once.

    It is the smallest claim of `log_wealth` that is not refuted; 0 where there are no values.

    >>> round(lower_bound([1.0] * 200), 3), round(lower_bound([1.0] * 20), 3)
    (0.975, 0.778)
    """
    return _find_smallest_open(lambda claim: log_wealth(values, claim), alpha)


def lower_bound_of_set(values: ArrayLike, weights: ArrayLike, total: float, alpha: float = ALPHA) -> float:
    """Return what share of a set is right at least, at every look, while it is drawn as in `log_wealth_of_set`.

    It ends at the truth where everything is drawn; 0 where nothing is.

    >>> round(lower_bound_of_set([1.0] * 50, [1] * 50, 60), 3)
    0.955
    """
    known = float(np.dot(np.asarray(values, dtype=float), np.asarray(weights, dtype=float))) / total
    return max(known, _find_smallest_open(lambda claim: log_wealth_of_set(values, weights, total, claim), alpha))


def find_fewest(wanted: float, share: float, total: int, alpha: float = ALPHA) -> int | None:
    """Return how many random draws of a set show that `wanted` are right where `share` are, None where none do.

    The draws are taken to go as they do on average: what is wrong comes evenly, one record a question.

    >>> find_fewest(0.97, 1.0, 2314), find_fewest(0.97, 0.98, 400), find_fewest(0.97, 0.96, 400)
    (161, 372, None)
    """
    values = 1.0 - np.diff(np.floor(np.arange(total + 1) * (1.0 - share) + 0.5))
    low, high = 0, total
    while low < high:
        middle = (low + high) // 2
        shown = lower_bound_of_set(values[:middle], np.ones(middle), total, alpha) >= wanted - 1e-9
        low, high = (low, middle) if shown else (middle + 1, high)
    return low if lower_bound_of_set(values[:low], np.ones(low), total, alpha) >= wanted - 1e-9 else None


def _grow(x: NDArray[np.float64], means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of the wealth after each value, were `means` what each is at most on average."""
    with np.errstate(divide="ignore", over="ignore"):
        gains = np.log1p(_STAKES[:, None] * (x / np.maximum(means, 1e-9) - 1.0))
        return np.asarray(np.logaddexp.reduce(np.cumsum(gains, axis=1)) - np.log(len(_STAKES)), dtype=float)


def _find_smallest_open(grow: Callable[[float], float], alpha: float) -> float:
    """Return the smallest claim that has never reached 1/alpha; wealth falls as the claim grows."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if grow(middle) >= -np.log(alpha) else (low, middle)
    return low
