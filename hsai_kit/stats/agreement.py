"""How far people agree beyond chance: Cohen's kappa for two, Krippendorff's alpha for any number and with gaps."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hsai_kit.stats.clusters import SEED

# The ends of a percentile interval settle well before this.
_RESAMPLES = 4_000


@dataclass(frozen=True)
class Agreement:
    """Agreement beyond chance: 1 is total, 0 what chance gives; `n` items that at least two people rated.

    `value` is NaN where it cannot be told: nothing was rated twice, or everybody always said the same one thing.
    """

    measure: Literal["kappa", "alpha"]
    value: float
    low: float
    high: float
    n: int
    raters: int

    def __str__(self) -> str:
        raters = "1 rater" if self.raters == 1 else f"{self.raters} raters"
        return f"{self.short}; {raters}, {self.n:,} items rated by two or more"

    @property
    def short(self) -> str:
        """The measure with its interval."""
        name = "Cohen's kappa" if self.measure == "kappa" else "Krippendorff's alpha"
        if math.isnan(self.value):
            return f"{name} cannot be told"
        return f"{name} {self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def kappa(
    first: Sequence[Hashable], second: Sequence[Hashable], *, order: Sequence[Hashable] = (), level: float = 0.95
) -> Agreement:
    """Return Cohen's kappa of two people over the same items; with `order`, lowest first, weighted by squared steps.

    Cohen (1960, 1968), the same as `sklearn.metrics.cohen_kappa_score`. The interval is the percentile one of a seeded
    bootstrap over items.

    >>> round(kappa(["yes"] * 45 + ["no"] * 55, ["yes"] * 40 + ["no"] * 55 + ["yes"] * 5).value, 3)
    0.798
    """
    n = len(first)
    if not n:
        return Agreement("kappa", math.nan, math.nan, math.nan, n, 2)
    values = list(order) or list(dict.fromkeys([*first, *second]))
    place = {value: index for index, value in enumerate(values)}
    cells = np.zeros((len(values), len(values)))
    np.add.at(cells, ([place[one] for one in first], [place[one] for one in second]), 1)
    places = np.arange(len(values), dtype=float)
    weights = (places[:, None] - places[None, :]) ** 2 if order else 1.0 - np.eye(len(values))
    generator = np.random.default_rng(SEED)
    # Items that were rated alike are alike, so drawing items anew is drawing the cells of the table.
    drawn = generator.multinomial(n, cells.ravel() / n, _RESAMPLES)
    found = _kappas(drawn.reshape(-1, *cells.shape).astype(float), weights)
    value = float(_kappas(cells[None], weights)[0])
    chance = float(cells.sum(1) @ (1.0 - np.eye(len(values))) @ cells.sum(0)) / n**2
    return Agreement("kappa", value, *_ends(value, found, n, chance, level), n, 2)


def alpha(
    ratings: Sequence[Mapping[str, Hashable]], *, order: Sequence[Hashable] = (), level: float = 0.95
) -> Agreement:
    """Return Krippendorff's alpha over items, each with the value that each person gave; not everybody rates all.

    With `order`, lowest first, the values are ordinal. Krippendorff (2011), "Computing Krippendorff's
    Alpha-Reliability"; the interval is the percentile one of a seeded bootstrap over items.

    >>> round(alpha([{"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 1, "b": 2}, {"a": 2, "b": 2, "c": 2}]).value, 3)
    0.556
    """
    twice = [list(one.values()) for one in ratings if len(one) > 1]
    raters = len({rater for one in ratings for rater in one})
    values = list(order) or list(dict.fromkeys(value for one in twice for value in one))
    place = {value: index for index, value in enumerate(values)}
    each = np.zeros((len(twice), len(values), len(values)))
    for item, given in enumerate(twice):
        counts = np.bincount([place[value] for value in given], minlength=len(values)).astype(float)
        each[item] = (np.outer(counts, counts) - np.diag(counts)) / (len(given) - 1)
    n = len(twice)
    if not n:
        return Agreement("alpha", math.nan, math.nan, math.nan, 0, raters)
    generator = np.random.default_rng(SEED)
    drawn = generator.multinomial(n, np.full(n, 1 / n), _RESAMPLES).astype(float)
    pairs = (drawn @ each.reshape(n, -1)).reshape(-1, *each.shape[1:])
    total = each.sum(0)
    value = float(_alphas(total[None], ordinal=bool(order))[0])
    margins, sum_ = total.sum(0), total.sum()
    chance = float(sum_**2 - (margins**2).sum()) / float(sum_ * (sum_ - 1))
    return Agreement("alpha", value, *_ends(value, _alphas(pairs, ordinal=bool(order)), n, chance, level), n, raters)


def _kappas(tables: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    n = tables.sum((1, 2))
    expected = np.einsum("bi,ij,bj->b", tables.sum(2), weights, tables.sum(1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - (tables * weights).sum((1, 2)) * n / expected, dtype=float)


def _alphas(pairs: NDArray[np.float64], *, ordinal: bool) -> NDArray[np.float64]:
    """Return alpha for each table of coincidences."""
    margins = pairs.sum(2)
    n = margins.sum(1)
    if ordinal:
        until = np.cumsum(margins, axis=1) - margins / 2
        differences = (until[:, :, None] - until[:, None, :]) ** 2
    else:
        differences = np.broadcast_to(1.0 - np.eye(pairs.shape[1]), pairs.shape)
    observed = (pairs * differences).sum((1, 2))
    expected = np.einsum("bi,bij,bj->b", margins, differences, margins)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - (n - 1) * observed / expected, dtype=float)


def _ends(value: float, found: NDArray[np.float64], n: int, chance: float, level: float) -> tuple[float, float]:
    """Return the interval; `chance` is how often two ratings would differ by chance alone."""
    if math.isnan(value):
        return math.nan, math.nan
    tail = (1 - level) / 2
    known = found[~np.isnan(found)]
    low, high = np.quantile(known, [tail, 1 - tail]) if len(known) else (value, value)
    if value == 1:
        # Drawn anew, items without a disagreement never have one. So many could differ and still not have shown.
        low = max(-1.0, 1 - (1 - tail ** (1 / n)) / chance)
    return float(low), float(high)
