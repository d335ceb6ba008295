"""What confidence is worth: how often answers are right above each threshold, and how many rows that lets through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from hsai_kit.errors import EvaluationError
from hsai_kit.stats import bin_confidences, calibration_error, rate, wilson
from hsai_kit.steps.evaluate.experiment.comparison import UnitMeasures


@dataclass(frozen=True)
class Threshold:
    """A confidence from which on answers are right as often as wanted, and what it lets through.

    `share` of the rows pass (0-1), `right` of those are right, with the 95 % interval `low` to `high`.
    """

    confidence: float
    share: float
    right: float
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"From confidence {self.confidence:.3f} on, {self.right:.1%} are right "
            f"({self.low:.1%} to {self.high:.1%}), which lets {self.share:.1%} of the rows through."
        )


class Calibration:
    """The confidence of one assistant against right and wrong: `.curve`, `.thresholds`, `.threshold_for(precision)`.

    Rows with the same question have one confidence and count as one, weighted by how many records they stand for.
    """

    def __init__(self, name: str, units: UnitMeasures, rows: int) -> None:
        if not len(units.records):
            message = (
                f"{name} tells no confidence for labeled rows, so it cannot be judged. Closed answers (a choice) have "
                "one where the model gives probabilities; engine='decisions' always does."
            )
            raise EvaluationError(message)
        self.name = name
        self._units = pd.DataFrame({"confidence": units.confidence, "right": units.right, "records": units.records})
        self._rows = rows

    def __repr__(self) -> str:
        return f"Calibration({self.name}, off by {self.error:.1%} on average)"

    @property
    def error(self) -> float:
        """The expected calibration error: by how much confidence and share right differ on average (0 is perfect)."""
        units = self._units
        return calibration_error(units["confidence"], units["right"], units["records"])

    @property
    def curve(self) -> pd.DataFrame:
        """The reliability curve in ten steps of confidence, steps without rows left out.

        Columns: `from`, `to`, `records`, `confidence` (the mean), `right` with `low` and `high` (95 %).
        """
        bins = bin_confidences(self._units["confidence"])
        steps = []
        for step, part in self._units.groupby(bins.bin):
            found = rate(part["right"], part["records"])
            low_edge, high_edge = bins.edges[int(str(step)) : int(str(step)) + 2]
            mean = float(np.average(part["confidence"], weights=part["records"]))
            steps.append((low_edge, high_edge, part["records"].sum(), mean, found.share, found.low, found.high))
        return pd.DataFrame(steps, columns=["from", "to", "records", "confidence", "right", "low", "high"])

    @cached_property
    def thresholds(self) -> pd.DataFrame:
        """What each confidence that occurs would let through as a threshold, highest first.

        Columns: `confidence`, `share` (of all rows, those without a confidence included), `records`, `right` (of those
        that pass) with `low` and `high` (95 %).
        """
        ranked = self._units.sort_values("confidence", ascending=False, kind="stable")
        weights, right = ranked["records"].to_numpy(), ranked["right"].to_numpy()
        passed, squares = np.cumsum(weights), np.cumsum(weights**2)
        shares = np.clip(np.cumsum(weights * right) / passed, 0, 1)
        last = ~ranked["confidence"].duplicated(keep="last").to_numpy()
        ends = [wilson(share, total**2 / square) for share, total, square in zip(shares, passed, squares, strict=True)]
        frame = pd.DataFrame(
            {
                "confidence": ranked["confidence"].to_numpy(),
                "share": passed / self._rows,
                "records": passed,
                "right": shares,
                "low": [low for low, _ in ends],
                "high": [high for _, high in ends],
            }
        )
        return frame[last].reset_index(drop=True)

    def threshold_for(self, precision: float, *, on: str = "low") -> Threshold | None:
        """Return the lowest confidence from which on answers are right as often as `precision` (0-1), None if none is.

        Judged on the interval's lower end; with `on="right"` on the share itself, which is luck as often as not.
        """
        if on not in {"low", "right"}:
            message = f"on is {on!r}; it is 'low' (the interval's lower end) or 'right' (the share itself)."
            raise EvaluationError(message)
        reaching = self.thresholds[self.thresholds[on] >= precision]
        if reaching.empty:
            return None
        best = reaching.iloc[-1]
        return Threshold(*(float(best[name]) for name in ("confidence", "share", "right", "low", "high")))
