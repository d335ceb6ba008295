"""Agreement between people, against other implementations and published figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from hsai_kit.stats import alpha, kappa

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", example C: four people, twelve items, gaps.
_PUBLISHED = {
    "a": "1 2 3 3 2 1 4 1 2 . . .",
    "b": "1 2 3 3 2 2 4 1 2 5 . 3",
    "c": ". 3 3 3 2 3 4 2 2 5 1 .",
    "d": "1 2 3 3 2 4 4 1 2 5 1 .",
}
_ITEMS = [
    {who: int(row.split()[item]) for who, row in _PUBLISHED.items() if row.split()[item] != "."} for item in range(12)
]


def two_people(n, right, seed=7):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 3, n)
    return [list(np.where(draw.random(n) < right, truth, draw.integers(0, 3, n)).tolist()) for _ in range(2)]


def test_kappa_is_that_of_statsmodels():
    first, second = two_people(200, 0.7)
    table = np.zeros((3, 3))
    np.add.at(table, (first, second), 1)
    assert kappa(first, second).value == pytest.approx(cohens_kappa(table).kappa, abs=1e-9)
    weighted = cohens_kappa(table, weights=np.arange(3), wt="quadratic").kappa
    assert kappa(first, second, order=[0, 1, 2]).value == pytest.approx(weighted, abs=1e-9)


def test_alpha_is_that_of_the_published_example():
    assert alpha(_ITEMS).value == pytest.approx(0.743, abs=5e-4)
    assert alpha(_ITEMS, order=[1, 2, 3, 4, 5]).value == pytest.approx(0.815, abs=5e-4)
    assert alpha(_ITEMS).n == 11, "an item that one person rated tells nothing of agreement"


def test_total_agreement_over_few_items_is_not_taken_for_certain():
    few, many = kappa([1, 0] * 5, [1, 0] * 5), kappa([1, 0] * 200, [1, 0] * 200)
    assert (few.value, few.high) == (1, 1)
    assert few.low < 0.5 < 0.95 < many.low


def test_agreement_that_cannot_be_told_is_said_so():
    assert math.isnan(kappa(["yes"] * 20, ["yes"] * 20).value)
    assert "cannot be told" in str(kappa(["yes"] * 20, ["yes"] * 20))
    assert "cannot be told" in str(alpha([{"a": 1}, {"b": 2}]))
    assert "cannot be told" in str(alpha([]))
    assert "cannot be told" in str(kappa([], []))


@pytest.mark.parametrize(("n", "right"), [(60, 0.9), (150, 0.8)])
def test_the_interval_holds_the_true_agreement_19_times_of_20(n, right):
    draw = np.random.default_rng(5)
    passed = 0.6 * right + 0.4 * (1 - right)
    chance = passed**2 + (1 - passed) ** 2
    true = (right**2 + (1 - right) ** 2 - chance) / (1 - chance)
    held = 0
    for _ in range(400):
        truth = draw.random(n) < 0.6
        first, second = (np.where(draw.random(n) < right, truth, ~truth).tolist() for _ in range(2))
        found = kappa(first, second)
        held += found.low <= true <= found.high
    assert 0.93 <= held / 400 <= 0.98
