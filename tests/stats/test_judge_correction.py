"""The corrected rate of a judge that errs in a known way: unbiased where the raw rate is off by ten points."""

from __future__ import annotations

import numpy as np
import pytest

from hsai_kit.stats import Accuracy, accuracy, correct_rate


def simulated(rate, sensitivity, specificity, rated, judged, times=1500, seed=3):
    """Return the corrected shares, the raw ones, and how often the interval held the true rate."""
    draw = np.random.default_rng(seed)
    corrected, raw, held = [], [], 0
    for _ in range(times):
        truth = draw.random(rated + judged) < rate
        said = np.where(truth, draw.random(truth.size) < sensitivity, draw.random(truth.size) >= specificity)
        found = correct_rate(int(said[rated:].sum()), judged, accuracy(truth[:rated].tolist(), said[:rated].tolist()))
        if found is not None:
            corrected.append(found.share)
            raw.append(said[rated:].mean())
            held += found.low <= rate <= found.high
    return np.mean(corrected), np.mean(raw), held / len(corrected)


@pytest.mark.parametrize(
    ("rate", "sensitivity", "specificity", "rated", "judged"),
    [(0.7, 0.95, 0.55, 200, 1000), (0.9, 0.85, 0.8, 300, 2000), (0.5, 0.95, 0.7, 150, 500)],
)
def test_the_corrected_rate_is_unbiased_where_the_raw_one_is_off_by_ten_points(
    rate, sensitivity, specificity, rated, judged
):
    corrected, raw, held = simulated(rate, sensitivity, specificity, rated, judged)
    assert abs(raw - rate) > 0.095
    assert corrected == pytest.approx(rate, abs=0.01)
    assert 0.93 <= held <= 0.97


def test_nothing_follows_from_a_judge_that_guesses():
    guessing = Accuracy(hits=52, positives=100, rejections=51, negatives=100)
    assert not guessing.tells_apart
    assert correct_rate(600, 1000, guessing) is None
    assert correct_rate(600, 1000, Accuracy(hits=100, positives=100, rejections=0, negatives=0)) is None
    assert correct_rate(0, 0, Accuracy(90, 100, 80, 100)) is None


def test_few_labels_give_a_wide_interval_and_not_a_certain_number():
    few, many = (correct_rate(700, 1000, Accuracy(9 * k, 10 * k, 9 * k, 10 * k)) for k in (1, 40))
    assert few.high - few.low > 0.4 > 0.1 > many.high - many.low
