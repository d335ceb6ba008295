"""Paired comparisons: as scipy and statsmodels have them, with no more false alarms than they admit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap as scipys_bootstrap
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from hsai_kit.stats import (
    bin_confidences,
    bootstrap,
    calibration_error,
    holm,
    mcnemar,
    mean_difference,
    smallest_difference,
    two_by_two,
)


@pytest.mark.parametrize("table", [(90, 10, 1, 5), (0, 0, 0, 0), (3, 4, 4, 9), (900, 0, 6, 3), (1, 300, 250, 1)])
def test_mcnemar_is_the_exact_one_of_statsmodels(table):
    both, first, second, neither = table
    theirs = statsmodels_mcnemar([[both, first], [second, neither]], exact=True).pvalue if first + second else 1.0
    assert float(mcnemar(first, second)) == pytest.approx(theirs, abs=1e-9)


def test_holm_is_that_of_statsmodels():
    generator = np.random.default_rng(1)
    for size in (1, 2, 6, 15):
        p = generator.random(size) ** 3
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-9)


def test_the_bootstrap_is_that_of_scipy_with_the_same_draws():
    generator = np.random.default_rng(2)
    values, records = generator.random((50, 2)), generator.integers(1, 9, 50).astype(float)
    ours = bootstrap(values, records, resamples=1000, seed=3)
    for column in (0, 1):
        theirs = scipys_bootstrap(
            (values[:, column] * records, records),
            lambda value, weight, axis: value.sum(axis) / weight.sum(axis),
            paired=True,
            vectorized=True,
            method="percentile",
            n_resamples=1000,
            rng=np.random.default_rng(3),
        ).confidence_interval
        assert ours[:, column] == pytest.approx([theirs.low, theirs.high], abs=1e-9)


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(4).random(300)
    assert np.array_equal(bootstrap(values, np.ones(300)), bootstrap(values, np.ones(300)))


def test_the_paired_difference_is_bonett_and_prices():
    first, second, n = 13, 5, 200
    differences = np.r_[np.ones(first), -np.ones(second), np.zeros(n - first - second)]
    p, q = (first + 1) / (n + 2), (second + 1) / (n + 2)
    half = 1.959963984540054 * ((p + q - (p - q) ** 2) / (n + 2)) ** 0.5
    assert mean_difference(differences, np.ones(n)) == pytest.approx((0.04, p - q - half, p - q + half), abs=1e-9)


def test_ten_rows_without_a_difference_do_not_prove_that_there_is_none():
    _, low, high = mean_difference(np.zeros(10), np.ones(10))
    assert low < -0.2
    assert high > 0.2


@pytest.mark.parametrize("most", [1, 10])
def test_the_interval_of_a_paired_difference_holds_the_truth_93_to_97_times_in_100(most):
    generator = np.random.default_rng(12)
    held = 0
    for _ in range(4000):
        luck = generator.random((300, 2))
        differences = (luck[:, 0] < 0.90).astype(float) - (luck[:, 1] < 0.86)
        _, low, high = mean_difference(differences, generator.integers(1, most + 1, 300))
        held += low <= 0.04 <= high
    assert 0.93 <= held / 4000 <= 0.97


def test_the_bootstrap_interval_of_a_difference_holds_the_truth_93_to_97_times_in_100():
    # Two assistants that are right 90 and 86 times in 100, with questions that up to ten records ask.
    generator = np.random.default_rng(8)
    held = 0
    for seed in range(600):
        records = generator.integers(1, 11, 300).astype(float)
        luck = generator.random((300, 2))
        differences = (luck[:, 0] < 0.90).astype(float) - (luck[:, 1] < 0.86)
        (low,), (high,) = bootstrap(differences, records, resamples=500, seed=seed)
        held += low <= 0.04 <= high
    assert 0.93 <= held / 600 <= 0.97


@pytest.mark.parametrize(("n", "disagree"), [(100, 0.2), (400, 0.05), (1000, 0.1)])
def test_equal_assistants_are_called_different_at_most_5_times_in_100(n, disagree):
    generator = np.random.default_rng(9)
    discordant = generator.binomial(n, disagree, 20_000)
    first = generator.binomial(discordant, 0.5)
    assert (mcnemar(first, discordant - first) < 0.05).mean() <= 0.05


def test_several_equal_assistants_are_called_different_at_most_5_times_in_100_after_holm():
    generator = np.random.default_rng(10)
    right = generator.random((2000, 4, 200)) < 0.8
    pairs = [(one, other) for one in range(4) for other in range(one + 1, 4)]
    wins = np.stack([(right[:, a] & ~right[:, b]).sum(1) for a, b in pairs], 1)
    losses = np.stack([(~right[:, a] & right[:, b]).sum(1) for a, b in pairs], 1)
    p = mcnemar(wins, losses)
    alarms = (p < 0.05).any(axis=1).mean()
    corrected = np.mean([(holm(row) < 0.05).any() for row in p])
    assert alarms > 0.08
    assert corrected <= 0.05


@pytest.mark.parametrize(("n", "comparisons"), [(300, 1), (1000, 3)])
def test_the_smallest_difference_is_found_as_often_as_promised(n, comparisons):
    difference = smallest_difference(n, disagree=0.1, comparisons=comparisons)
    generator = np.random.default_rng(11)
    discordant = generator.binomial(n, 0.1, 20_000)
    better = generator.binomial(discordant, (0.1 + difference) / 0.2)
    found = mcnemar(better, discordant - better) <= 0.05 / comparisons
    assert found.mean() == pytest.approx(0.8, abs=0.02)


def test_a_handful_of_rows_shows_no_difference_at_all():
    assert smallest_difference(20) is None
    assert smallest_difference(0) is None


def test_more_rows_show_smaller_differences():
    found = [smallest_difference(n) for n in (200, 1000, 5000, 50_000)]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.006


def test_a_unit_of_which_a_part_is_right_goes_to_whoever_has_the_larger_part():
    table = two_by_two([1, 1, 0.7, 0, 0.2], [1, 0, 0.3, 1, 0.2])
    assert (table.both, table.only_first, table.only_second, table.neither) == (1, 2, 1, 1)


def test_the_calibration_error_is_the_gap_between_confidence_and_right_weighted_by_records():
    confidence, right, records = [0.95, 0.95, 0.55], [1, 0, 1], [3, 1, 4]
    assert calibration_error(confidence, right, records) == pytest.approx(abs(3.8 - 3) / 8 + abs(2.2 - 4) / 8)
    assert bin_confidences([0, 0.1, 0.999, 1]).bin.tolist() == [0, 1, 9, 9]
