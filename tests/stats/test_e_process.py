"""Bounds that may be looked at after every label: wrong in 2.5 of 100 runs at most, and exact where all is drawn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hsai_kit.stats.e_process import find_fewest, log_wealth, log_wealth_of_set, lower_bound, lower_bound_of_set

REFUTED = np.log(1 / 0.025)


@pytest.mark.parametrize("bar", [0.8, 0.9, 0.97])
def test_who_looks_after_every_label_passes_wrongly_in_at_most_2_5_of_100(bar):
    generator = np.random.default_rng(1)
    wrong = sum(log_wealth((generator.random(600) < bar).astype(float), bar) >= REFUTED for _ in range(1500))
    # 1.1 points are 2.7 standard errors of 1,500 runs.
    assert wrong / 1500 <= 0.025 + 0.011


def test_the_bound_at_an_earlier_look_never_takes_back_what_it_said():
    values = (np.random.default_rng(2).random(300) < 0.95).astype(float)
    ends = [lower_bound(values[:n]) for n in range(10, 301, 30)]
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(ends))


@pytest.mark.parametrize(("bar", "truth", "most"), [(0.90, 0.95, 280), (0.97, 0.99, 500), (0.97, 1.0, 190)])
def test_it_takes_about_as_many_labels_as_announced(bar, truth, most):
    generator = np.random.default_rng(3)
    passed = sum(log_wealth((generator.random(most) < truth).astype(float), bar) >= REFUTED for _ in range(300))
    assert passed / 300 >= 0.5


def draw(generator: np.random.Generator, weights: np.ndarray, n: int) -> np.ndarray:
    """Draw questions as records at random bring them: heavy ones first, none twice."""
    return np.argsort(generator.exponential(size=len(weights)) / weights)[:n]


WEIGHTS = {
    "equal": np.ones(800),
    "5 questions are 30 %": np.r_[np.full(5, 60.0), np.ones(700)],
    "20 questions are 60 %": np.r_[np.full(20, 30.0), np.ones(400)],
    "Pareto": np.ceil(np.random.default_rng(0).pareto(1.1, 500) + 1),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_set_with_heavy_questions_passes_wrongly_in_at_most_2_5_of_100(name):
    generator, weights = np.random.default_rng(4), WEIGHTS[name]
    wrong = 0
    for _ in range(800):
        values = (generator.random(len(weights)) < 0.9).astype(float)
        truth = float((weights * values).sum() / weights.sum())
        order = draw(generator, weights, 250)
        # The claim is that at most the truth is right, which is true.
        wrong += log_wealth_of_set(values[order], weights[order], float(weights.sum()), truth + 1e-9) >= REFUTED
    # 1.5 points are 2.7 standard errors of 800 runs.
    assert wrong / 800 <= 0.025 + 0.015


@pytest.mark.parametrize("name", WEIGHTS)
def test_what_is_drawn_to_its_end_is_certain(name):
    generator, weights = np.random.default_rng(5), WEIGHTS[name]
    values = (generator.random(len(weights)) < 0.98).astype(float)
    order = draw(generator, weights, len(weights))
    truth = float((weights * values).sum() / weights.sum())
    assert lower_bound_of_set(values[order], weights[order], float(weights.sum())) == pytest.approx(truth, abs=1e-6)


def test_a_part_of_a_set_says_more_than_as_many_of_an_endless_one():
    assert lower_bound_of_set(np.ones(300), np.ones(300), 400) > lower_bound(np.ones(300))
    assert lower_bound_of_set([], [], 10) == lower_bound([]) == 0.0


def test_what_is_announced_as_needed_is_needed_and_enough():
    needed = find_fewest(0.97, 1.0, 2314)
    assert lower_bound_of_set(np.ones(needed), np.ones(needed), 2314) >= 0.97
    assert lower_bound_of_set(np.ones(needed - 1), np.ones(needed - 1), 2314) < 0.97
    assert find_fewest(0.97, 0.96, 400) is None
