"""What a judge's verdicts are worth: how often people agree, and the rate that follows once that is allowed for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri

from hsai_kit.stats.proportions import Rate


@dataclass(frozen=True)
class Accuracy:
    """How a judge's yes and no compare with people's: of `positives` items that people passed it passed `hits`.

    Of the `negatives` that people failed it failed `rejections`.
    """

    hits: int
    positives: int
    rejections: int
    negatives: int

    @property
    def sensitivity(self) -> Rate:
        """The share of what people passed that the judge passed too, with Wilson's interval."""
        return Rate.of(self.hits, self.positives)

    @property
    def specificity(self) -> Rate:
        """The share of what people failed that the judge failed too, with Wilson's interval."""
        return Rate.of(self.rejections, self.negatives)

    @property
    def informedness(self) -> Rate:
        """Sensitivity + specificity - 1 (Youden's J): 0 is chance, 1 is never wrong.

        The interval is Newcombe's for the difference of two independent shares (1998, method 10).
        """
        yes, no = self.sensitivity, self.specificity
        false_yes = Rate(1 - no.share, 1 - no.high, 1 - no.low, no.n)
        if math.isnan(yes.share) or math.isnan(no.share):
            return Rate(math.nan, -1.0, 1.0, 0)
        middle = yes.share - false_yes.share
        low = middle - math.hypot(yes.share - yes.low, false_yes.high - false_yes.share)
        high = middle + math.hypot(yes.high - yes.share, false_yes.share - false_yes.low)
        return Rate(middle, max(-1.0, low), min(1.0, high), min(yes.n, no.n))

    @property
    def tells_apart(self) -> bool:
        """True where the judge is better than chance: the interval of its informedness lies above 0."""
        return self.informedness.low > 0


def accuracy(people: list[bool], judge: list[bool]) -> Accuracy:
    """Compare a judge's verdicts with people's about the same items.

    >>> accuracy([True, True, False, False], [True, False, False, True])
    Accuracy(hits=1, positives=2, rejections=1, negatives=2)
    """
    pairs = list(zip(people, judge, strict=True))
    return Accuracy(
        hits=sum(person and model for person, model in pairs),
        positives=sum(person for person, _ in pairs),
        rejections=sum(not person and not model for person, model in pairs),
        negatives=sum(not person for person, _ in pairs),
    )


def correct_rate(passed: int, judged: int, known: Accuracy, level: float = 0.95) -> Rate | None:
    """Return the share that people would pass, from the judge's `passed` of `judged`; None where it cannot tell.

    The point is Rogan and Gladen's (1978): (rate + specificity - 1) / (sensitivity + specificity - 1). The interval is
    Lang and Reiczigel's (2014), which carries what is not known of all three: the judged sample, and the two samples of
    people's labels. None where the judge is not better than chance, since then nothing follows from what it says.

    >>> rate = correct_rate(700, 1000, Accuracy(90, 100, 80, 100))
    >>> round(rate.share, 3), round(rate.low, 3), round(rate.high, 3)
    (0.714, 0.639, 0.803)
    """
    if not judged or not known.tells_apart:
        return None
    yes, no = known.sensitivity.share, known.specificity.share
    share = (passed / judged + no - 1) / (yes + no - 1)
    z = float(ndtri(0.5 + level / 2))
    # Half a success and half a failure more in each sample keep the variance of a perfect one from being none.
    n, n_yes, n_no = judged + z * z, known.positives + 2, known.negatives + 2
    rate = (passed + z * z / 2) / n
    yes, no = (known.hits + 1) / n_yes, (known.rejections + 1) / n_no
    apart = yes + no - 1
    if apart <= 0:
        return None
    middle = (rate + no - 1) / apart
    shift = 2 * z * z * (middle * yes * (1 - yes) / n_yes - (1 - middle) * no * (1 - no) / n_no)
    spread = rate * (1 - rate) / n + middle**2 * yes * (1 - yes) / n_yes + (1 - middle) ** 2 * no * (1 - no) / n_no
    half = z * math.sqrt(spread) / apart
    low, high = _within(middle + shift - half), _within(middle + shift + half)
    share = _within(share)
    return Rate(share, min(low, share), max(high, share), judged)


def _within(share: float) -> float:
    return min(1.0, max(0.0, share))
