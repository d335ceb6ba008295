"""Judging what was written: a judge that errs as often as it is said to, and likes what it reads first.

It judges requests with the labels `Record` and `Text to judge`, or `Record`, `First text` and `Second text`. A text is
good where every sentence of it stands in the record, which holds of a scripted summary without a slip.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hsai_kit.sandbox.assistant.record import clean_text, read_record
from hsai_kit.sandbox.assistant.reply import MARK, Reply, draws
from hsai_kit.sandbox.assistant.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

# How often each model passes what is good (sensitivity) and fails what is not (specificity); the last one guesses.
JUDGES = {
    "sandbox-astra": (0.97, 0.92),
    "sandbox-sol": (0.95, 0.80),
    "sandbox-comet": (0.92, 0.75),
    "sandbox-luna": (0.93, 0.65),
    "sandbox-fickle": (0.85, 0.60),
    "sandbox-legacy": (0.70, 0.30),
}
# Of two alike: how often the first is liked better, and then the second; else it is a tie.
_FIRST, _SECOND = 0.45, 0.15
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class JudgeCase:
    """What is to be judged: the record's text, and one text or two."""

    source: str
    texts: tuple[str, ...]

    @property
    def good(self) -> tuple[bool, ...]:
        """Whether each text says nothing but what the record says."""
        return tuple(is_faithful(text, self.source) for text in self.texts)


def read_case(text: str) -> JudgeCase | None:
    """Return what a request wants judged, None where it is another kind of request."""
    if "ext to judge" not in text and "econd text" not in text:
        return None
    fields = {label.casefold(): value for label, value in read_record(text).fields}
    source = fields.get("record", "")
    if "text to judge" in fields:
        return JudgeCase(source, (fields["text to judge"],))
    if {"first text", "second text"} <= fields.keys():
        return JudgeCase(source, (fields["first text"], fields["second text"]))
    return None


def is_faithful(text: str, source: str) -> bool:
    """Whether every sentence of a text stands in its source.

    >>> is_faithful("Ada wants 40 seats.", "Hi. Ada wants 40 seats. Bye."), is_faithful("Ada signed.", "Ada called.")
    (True, False)
    """
    told = _even(source)
    said = filter(None, map(_even, split_sentences(text.replace(MARK, ""))))
    # "by March 1" does not stand in "by March 10".
    return all(re.search(rf"{re.escape(one)}(?!\w)", told) for one in said)


def estimate_quality(model: str, text: str, case: JudgeCase) -> float:
    """How likely the first text is good, by this judge: on the right side of a half as often as `JUDGES` says."""
    luck, sureness, _ = draws(model, "judge", text)
    is_good = case.good[0]
    right = JUDGES.get(model.partition("#")[0], (0.9, 0.7))[0 if is_good else 1]
    says_good = is_good == (luck < right)
    distance = 0.15 + 0.34 * sureness
    return 0.5 + distance if says_good else 0.5 - distance


def rate_level(model: str, text: str, case: JudgeCase, count: int) -> int:
    """Return the place on a scale of `count` levels, the highest for what is good."""
    probability = estimate_quality(model, text, case)
    return min(count - 1, int(probability * count))


def choose_better(model: str, text: str, case: JudgeCase, options: Sequence[str]) -> Reply | None:
    """Say which of two texts is better, None where the options do not tell first from second."""
    first, second = (next((o for o in options if word in o.casefold()), None) for word in ("first", "second"))
    tie = next((option for option in options if option not in {first, second}), None)
    if first is None or second is None:
        return None
    luck, sureness, _ = draws(model, "prefer", text)
    passes, fails = JUDGES.get(model.partition("#")[0], (0.9, 0.7))
    good = case.good
    if good[0] == good[1]:
        chosen = first if luck < _FIRST else second if luck < _FIRST + _SECOND or tie is None else tie
    else:
        better = first if good[0] else second
        chosen = better if luck < (passes + fails) / 2 else first
    confidence = 0.6 + 0.35 * sureness
    others = [option for option in options if option != chosen]
    return Reply(chosen, confidence, tuple((option, (1 - confidence) / len(others)) for option in others))


def _even(text: str) -> str:
    return _SPACES.sub(" ", clean_text(text)).strip(" .\u2026\u2022-").casefold()
