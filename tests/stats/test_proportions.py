"""Intervals: those of scipy and statsmodels where these have them, and as often right as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from hsai_kit.stats import cluster_rows, fewest_for, rate, wilson

CASES = [(0, 5), (1, 7), (49, 50), (50, 50), (970, 1000), (3, 2000), (1999, 2000)]


@pytest.mark.parametrize(("right", "n"), CASES)
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_the_interval_is_wilsons_as_scipy_and_statsmodels_have_it(right, n, level):
    ours = wilson(right / n, n, level)
    theirs = binomtest(right, n).proportion_ci(level, method="wilson")
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert ours == pytest.approx(proportion_confint(right, n, 1 - level, method="wilson"), abs=1e-9)


@pytest.mark.parametrize(("right", "n"), CASES)
def test_units_of_the_same_weight_give_exactly_that_interval(right, n):
    values = np.arange(n) < right
    for weight in (1, 7):
        found = rate(values, np.full(n, weight))
        assert (found.low, found.high) == pytest.approx(wilson(right / n, n), abs=1e-9)
        assert found.n == pytest.approx(n)


def test_nothing_measured_is_nothing_known():
    assert wilson(0, 0) == (0.0, 1.0)
    assert (rate([], []).low, rate([], []).high) == (0.0, 1.0)


def test_as_many_perfect_rows_as_are_asked_for_reach_the_wanted_share_and_one_less_does_not():
    for share in (0.9, 0.97, 0.995):
        n = fewest_for(share)
        assert wilson(1, n)[0] >= share > wilson(1, n - 1)[0]
    n = fewest_for(0.97, 0.98)
    assert wilson(0.98, n)[0] >= 0.97 > wilson(0.98, n - 1)[0]


def covered(draw, truth, times=4000):
    """Tell how often the interval holds the true share."""
    found = [rate(*draw()) for _ in range(times)]
    return np.mean([one.low <= truth <= one.high for one in found])


@pytest.mark.parametrize(("share", "n"), [(0.8, 100), (0.8, 400), (0.9, 150), (0.95, 300), (0.97, 1000)])
def test_the_95_percent_interval_holds_the_true_share_93_to_97_times_in_100(share, n):
    generator = np.random.default_rng(5)
    assert 0.93 <= covered(lambda: (generator.random(n) < share, np.ones(n)), share) <= 0.97


@pytest.mark.parametrize("share", [0.8, 0.9, 0.95])
def test_it_does_so_where_a_few_questions_stand_for_many_records(share):
    generator = np.random.default_rng(6)

    def draw():
        records = np.minimum(np.ceil(generator.pareto(1.5, 400) + 1), 30)
        return generator.random(400) < share, records

    assert 0.925 <= covered(draw, share, 3000) <= 0.975


def test_rows_of_one_company_are_no_more_than_they_are_worth():
    # Each company is right or wrong as a whole: a thousand rows are worth a hundred.
    generator = np.random.default_rng(7)
    company = np.repeat(np.arange(100), 10)
    naive = clustered = 0
    for _ in range(1500):
        right = (generator.random(100) < 0.85)[company]
        low, high = wilson(right.mean(), 1000)
        naive += low <= 0.85 <= high
        found = rate(right[::10], np.bincount(company))
        clustered += found.low <= 0.85 <= found.high
    assert naive / 1500 < 0.6
    assert 0.93 <= clustered / 1500 <= 0.97


def test_one_more_wrong_row_never_raises_the_lower_end():
    records = np.r_[np.full(20, 48.0), np.ones(40)]
    right = np.ones(60)
    lows = []
    for wrong in range(59, 39, -1):
        lows.append(rate(right, records).low)
        right[wrong] = 0
    assert lows == sorted(lows, reverse=True)


def test_rows_are_one_unit_when_a_chain_of_questions_and_companies_joins_them():
    assert cluster_rows(["a", "a", "b", "c"]).tolist() == [0, 0, 1, 2]
    assert cluster_rows(["a", "a", "b", "c"], ["x", "y", "y", None]).tolist() == [0, 0, 0, 1]
    assert cluster_rows(["a", "b", None, None], ["x", "y", "z", "z"]).tolist() == [0, 1, 2, 2]
