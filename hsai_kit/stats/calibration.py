"""Whether confidence is worth anything: how often answers of a given confidence are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Bins", "bin_confidences", "calibration_error"]


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
