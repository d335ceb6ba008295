"""Numbers that hold: intervals, paired tests, resampling and calibration; pure functions over arrays, no I/O."""

from __future__ import annotations

from hsai_kit.stats.agreement import Agreement, alpha, kappa
from hsai_kit.stats.clusters import RESAMPLES, SEED, average_clusters, bootstrap, cluster_rows
from hsai_kit.stats.judge_correction import Accuracy, accuracy, correct_rate
from hsai_kit.stats.pairs import TwoByTwoTable, holm, mcnemar, mean_difference, smallest_difference, two_by_two
from hsai_kit.stats.proportions import Bins, Rate, bin_confidences, calibration_error, fewest_for, rate, wilson

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
    "average_clusters",
    "bin_confidences",
    "bootstrap",
    "calibration_error",
    "cluster_rows",
    "correct_rate",
    "fewest_for",
    "holm",
    "kappa",
    "mcnemar",
    "mean_difference",
    "rate",
    "smallest_difference",
    "two_by_two",
    "wilson",
]
