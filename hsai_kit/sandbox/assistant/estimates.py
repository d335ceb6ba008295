"""Yes-or-no statements and ordered scales: how likely, and how much."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from hsai_kit.sandbox.assistant.record import clean_text, read_record
from hsai_kit.sandbox.assistant.regions import locate
from hsai_kit.sandbox.assistant.reply import Judgment, settle
from hsai_kit.sandbox.assistant.sentences import without_orders
from hsai_kit.sandbox.assistant.state_field import NOWHERE
from hsai_kit.sandbox.assistant.text_judge import estimate_quality, rate_level, read_case
from hsai_kit.sandbox.assistant.topics import TOPICS, Topic, count_terms, find_topics, stem, weigh_topic

if TYPE_CHECKING:
    from collections.abc import Sequence

_REGION = re.compile(
    r"\b(?:u\.?s\.?|us|united states|american)\b.{0,30}\b(?:state|region|territory)\b"
    r"|\b(?:valid|recogni[sz]able|real)\b.{0,20}\bstate\b|\bin the (?:us|usa|united states)\b",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not|no|never|isn't|doesn't|without|neither|outside)\b", re.IGNORECASE)
_SCALES = (
    (("urgent", "priority", "urgency", "severity", "important", "escalat", "critical"), ("urgent",), ("low",)),
    (("satisf", "sentiment", "happy", "mood", "positive", "tone", "nps"), ("positive",), ("negative",)),
    (("risk", "churn", "negative", "angry", "frustrat"), ("cancellation", "negative"), ("positive",)),
    (("spam", "junk"), ("spam",), ("sales", "support")),
    (("fit", "intent", "quality", "interest", "buy", "lead", "sales", "hot", "qualif"), ("sales",), ("spam", "low")),
)  # fmt: skip


def estimate_probability(model: str, instructions: str, text: str) -> float:
    """How likely the statement in `instructions` is true of the record in `text`, between 0 and 1.

    >>> estimate_probability("sandbox-luna", "The customer asks for a refund.", "Please refund the invoice.") > 0.7
    True
    """
    if (case := read_case(text)) is not None and len(case.texts) == 1:
        return estimate_quality(model, text, case)
    probability, difficulty = judge_predicate(instructions, text)
    is_likely = probability >= 0.5
    judgment = Judgment(
        (("yes" if is_likely else "no", max(probability, 1 - probability)),),
        difficulty,
        ("no",) if is_likely else ("yes",),
    )
    reply = settle(model, f"{instructions}\n{text}", judgment)
    confidence = reply.confidence if reply.confidence is not None else 0.5
    return confidence if reply.text == "yes" else 1 - confidence


@lru_cache(maxsize=8192)
def judge_predicate(statement: str, text: str) -> tuple[float, float]:
    """Return the statement's probability by the evidence, and how easily one errs about it."""
    record = read_record(text)
    body = clean_text(without_orders(record.text))
    is_denied = _NOT.search(statement) is not None
    if _REGION.search(statement):
        code, weight = locate(text).codes[0]
        found = weight if code != NOWHERE else 1 - weight
        probability = 0.02 + 0.96 * found
        return (1 - probability if is_denied else probability), 0.02
    terms = count_terms(body)
    asked = count_terms(statement)
    topics = find_topics(statement)
    score = max((weigh_topic(topic, terms) for topic in topics), default=0.0)
    words = {word for word in asked if " " not in word and len(word) > 3} - _FILLER
    if words:
        score += 4.0 * len(words & terms.keys()) / len(words)
    probability = 1 / (1 + math.exp(-(score - 1.6) * 1.3))
    probability = min(0.985, max(0.015, probability))
    return (1 - probability if is_denied else probability), 0.03


def estimate_levels(model: str, instructions: str, text: str, levels: Sequence[str]) -> tuple[float, ...]:
    """How likely each of the ordered levels is for the record, summing to 1; the lowest level comes first.

    >>> shares = estimate_levels("sandbox-luna", "Urgency", "Our site is down, urgent!", ["low", "mid", "high"])
    >>> shares.index(max(shares))
    2
    """
    if (case := read_case(text)) is not None and len(case.texts) == 1:
        level = rate_level(model, text, case, len(levels))
        return tuple(0.7 if place == level else 0.3 / (len(levels) - 1) for place in range(len(levels)))
    position, certainty = _position(f"{instructions} {' '.join(levels)}", text)
    if _is_descending(levels):
        position = 1 - position
    last = len(levels) - 1
    width = 0.35 + (1 - certainty) * 0.9
    raw = [math.exp(-(((index - position * last) / width) ** 2) / 2) for index in range(last + 1)]
    total = sum(raw)
    best = max(range(last + 1), key=lambda index: raw[index])
    near = [index for index in (best - 1, best + 1) if 0 <= index <= last]
    judgment = Judgment(((str(best), 1.0),), 0.04, tuple(str(index) for index in near))
    shift = int(settle(model, f"{instructions}\n{text}", judgment).text) - best
    shares = [0.98 * value / total + 0.02 / (last + 1) for value in raw]
    if shift:
        shares[best], shares[best + shift] = shares[best + shift], shares[best]
    return tuple(shares)


@lru_cache(maxsize=8192)
def _position(question: str, text: str) -> tuple[float, float]:
    """Say where a text stands between the low and the high end of what is asked, and how sure that is, both 0 to 1."""
    terms = count_terms(clean_text(without_orders(read_record(text).text)))
    lowered = question.lower()
    high, low = next(
        ((high, low) for words, high, low in _SCALES if any(word in lowered for word in words)),
        (("positive", "sales"), ("negative", "spam")),
    )
    up = max(weigh_topic(topic, terms) for topic in _topics(high))
    down = max(weigh_topic(topic, terms) for topic in _topics(low))
    position = (up + 1.0) / (up + down + 2.0)
    return position, min(1.0, (up + down) / 6.0)


def _topics(names: tuple[str, ...]) -> list[Topic]:
    return [TOPICS[name] for name in names]


def _is_descending(levels: Sequence[str]) -> bool:
    ends = (TOPICS["urgent"], TOPICS["positive"])
    return any(topic in find_topics(levels[0]) for topic in ends) and not any(
        topic in find_topics(levels[-1]) for topic in ends
    )


_FILLER_WORDS = """
that this record contact customer compan messag text person from about writ ask want mention say stat tru fals
whether does with have they their likel true false state ticket lead email request wants need tell
"""
_FILLER = frozenset(stem(word) for word in _FILLER_WORDS.split())
