"""Numbers that hold: intervals, paired tests, resampling and calibration; pure functions over arrays, no I/O."""

from __future__ import annotations

from hsai_kit.stats.agreement import Agreement, alpha, kappa
from hsai_kit.stats.judge_correction import Accuracy, accuracy, correct_rate
from hsai_kit.stats.pairs import TwoByTwoTable, holm, mcnemar, mean_difference, smallest_difference, two_by_two
from hsai_kit.stats.proportions import Bins, Rate, bin_confidences, calibration_error, fewest_for, rate, wilson
from hsai_kit.stats.units import RESAMPLES, SEED, bootstrap, per_unit, units

__all__ = [
    "RESAMPLES",
    "SEED",
    "Accuracy",
    "Agreement",
    "Bins",
    "Rate",
    "TwoByTwoTable",
    "accuracy",
    "alpha",
    "bin_confidences",
    "bootstrap",
    "calibration_error",
    "correct_rate",
    "fewest_for",
    "holm",
    "kappa",
    "mcnemar",
    "mean_difference",
    "per_unit",
    "rate",
    "smallest_difference",
    "two_by_two",
    "units",
    "wilson",
]
