"""Rows that share a question or a company are one cluster: which rows are independent, and the cluster bootstrap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

RESAMPLES, SEED = 10_000, 20_260_101
# Drawn at once; memory stays small whatever the number of units.
_AT_ONCE = 4_000_000


def cluster_rows(*keys: Sequence[object]) -> NDArray[np.int64]:
    """Return the unit (0, 1, …) of each row: rows that have any of the keys in common, also by way of others, are one.

    A row whose key is missing (None or NA) shares it with no other.

    >>> cluster_rows(["q1", "q1", "q2", "q3"], ["Acme", "Acme", "Acme", None]).tolist()
    [0, 0, 0, 1]
    """
    columns = [pd.factorize(np.asarray(key, dtype=object))[0] for key in keys]
    n = len(columns[0])
    if len(columns) == 1 and (columns[0] >= 0).all():
        return np.asarray(columns[0], dtype=np.int64)
    rows: list[NDArray[np.int64]] = []
    nodes: list[NDArray[np.int64]] = []
    size = n
    for codes in columns:
        known = np.flatnonzero(codes >= 0)
        rows.append(known)
        nodes.append(codes[known] + size)
        size += int(codes.max(initial=-1)) + 1
    row, node = np.concatenate(rows), np.concatenate(nodes)
    graph = coo_array((np.ones(len(row), dtype=bool), (row, node)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1][:n]
    return np.asarray(pd.factorize(labels)[0], dtype=np.int64)


def average_clusters(unit: NDArray[np.int64], values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of `values` (a column for each measure) in each unit, and how many rows each unit has."""
    v = np.asarray(values, dtype=float)
    flat = v.ndim == 1
    v = v[:, None] if flat else v
    counts = np.bincount(unit).astype(float)
    means = np.column_stack([np.bincount(unit, column) / counts for column in v.T])
    return (means[:, 0] if flat else means), counts


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
