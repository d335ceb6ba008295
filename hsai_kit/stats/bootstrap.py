"""The bootstrap over units, for weighted means and their differences."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["RESAMPLES", "SEED", "bootstrap"]

RESAMPLES, SEED = 10_000, 20_260_101
# Drawn at once; memory stays small whatever the number of units.
_AT_ONCE = 4_000_000


def bootstrap(
    values: ArrayLike,
    weights: ArrayLike,
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> NDArray[np.float64]:
    """Return the percentile interval of each column's weighted mean: lower ends in row 0, upper ends in row 1.

    `values` has a row for each unit and a column for each measure; the same resamples serve all columns, so that
    differences of paired values are differences on the same rows. NA in a column makes its interval NA. The draws are
    those of `scipy.stats.bootstrap(..., paired=True, method="percentile")`, which takes seconds for many measures.
    """
    v = np.asarray(values, dtype=float)
    v = v[:, None] if v.ndim == 1 else v
    w = np.asarray(weights, dtype=float)
    n, measures = v.shape
    if n == 0:
        return np.full((2, measures), np.nan)
    table = np.column_stack([v * w[:, None], w])
    generator = np.random.default_rng(seed)
    batch = max(1, min(resamples, _AT_ONCE // n))
    means = np.empty((resamples, measures))
    for start in range(0, resamples, batch):
        rows = min(batch, resamples - start)
        drawn = generator.integers(0, n, (rows, n))
        # How often each unit was drawn, so that all measures are one matrix product.
        drawn += np.arange(rows)[:, None] * n
        counts = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)
        # As floats, since the product of whole numbers and floats is a slow one.
        sums = counts.astype(np.float64) @ table
        means[start : start + rows] = sums[:, :-1] / sums[:, -1:]
    return np.asarray(np.percentile(means, [50 - 50 * level, 50 + 50 * level], axis=0), dtype=float)
