"""Which rows are independent of each other: rows that share a question or a company are one unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["per_unit", "units"]


def units(*keys: Sequence[object]) -> NDArray[np.int64]:
    """Return the unit (0, 1, …) of each row: rows that have any of the keys in common, also by way of others, are one.

    A row whose key is missing (None or NA) shares it with no other.

    >>> units(["q1", "q1", "q2", "q3"], ["Acme", "Acme", "Acme", None]).tolist()
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


def per_unit(unit: NDArray[np.int64], values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of `values` (a column for each measure) in each unit, and how many rows each unit has."""
    v = np.asarray(values, dtype=float)
    flat = v.ndim == 1
    v = v[:, None] if flat else v
    counts = np.bincount(unit).astype(float)
    means = np.column_stack([np.bincount(unit, column) / counts for column in v.T])
    return (means[:, 0] if flat else means), counts
