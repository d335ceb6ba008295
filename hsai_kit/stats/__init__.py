"""Numbers that hold: intervals, paired tests, resampling and calibration; pure functions over arrays, no I/O."""

from __future__ import annotations

from hsai_kit.stats.agreement import Agreement, alpha, kappa
from hsai_kit.stats.bootstrap import RESAMPLES, SEED, bootstrap
from hsai_kit.stats.calibration import Bins, binned, calibration_error
from hsai_kit.stats.judge_correction import Accuracy, accuracy, corrected_rate
from hsai_kit.stats.pairs import Table, holm, mcnemar, paired_difference, two_by_two
from hsai_kit.stats.power import smallest_difference
from hsai_kit.stats.proportions import Rate, fewest_for, rate, wilson
from hsai_kit.stats.units import per_unit, units

__all__ = [
    "RESAMPLES",
    "SEED",
    "Accuracy",
    "Agreement",
    "Bins",
    "Rate",
    "Table",
    "accuracy",
    "alpha",
    "binned",
    "bootstrap",
    "calibration_error",
    "corrected_rate",
    "fewest_for",
    "holm",
    "kappa",
    "mcnemar",
    "paired_difference",
    "per_unit",
    "rate",
    "smallest_difference",
    "two_by_two",
    "units",
    "wilson",
]
