"""Answering closed questions: one of the given options, with how sure the assistant is."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from hsai_kit.sandbox.assistant import abroad
from hsai_kit.sandbox.assistant.hostile import REFUSAL, gives_orders, must_refuse
from hsai_kit.sandbox.assistant.options import find_none_option, read_region_options
from hsai_kit.sandbox.assistant.record import clean_text, read_record
from hsai_kit.sandbox.assistant.region_names import make_key
from hsai_kit.sandbox.assistant.regions import locate, read_evidence
from hsai_kit.sandbox.assistant.reply import Judgment, Reply, settle
from hsai_kit.sandbox.assistant.sentences import without_asides, without_orders
from hsai_kit.sandbox.assistant.state_field import NOWHERE
from hsai_kit.sandbox.assistant.text_judge import choose_better, estimate_quality, rate_level, read_case
from hsai_kit.sandbox.assistant.topics import TOPICS, count_terms, find_topics, stem, weigh_topic

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

    from hsai_kit.sandbox.assistant.options import RegionOptions
    from hsai_kit.sandbox.assistant.text_judge import JudgeCase

_YES = frozenset({"yes", "true", "y", "1"})
_NO = frozenset({"no", "false", "n", "0"})
_MIDDLE = ("normal", "neutral")
_EXAMPLE = re.compile(r"^\W*(.{1,80}?)['\"”]?\s*(?:->|=>|→|⇒)\s*['\"“]?([^'\"”\n]{1,60}?)['\"”.]?\s*$", re.MULTILINE)


def answer_choice(
    model: str,
    instructions: str,
    text: str,
    options: Sequence[str],
    descriptions: Mapping[str, str] | None = None,
) -> Reply:
    """Choose one of the options for the record in `text`.

    Regions go by tables, close matching and the rest of the record; other options by weighted words, by their
    descriptions and by likeness. What the record itself says to the reader is never obeyed. The reply's text is
    always one of the options, unless it is a refusal.

    >>> answer_choice("sandbox-sol", "", "State: Calif.", ["CA", "NV", "UNKNOWN"]).text
    'CA'
    """
    known = tuple(sorted((descriptions or {}).items()))
    return _answer(model, instructions, text, tuple(options), known)


@lru_cache(maxsize=32768)
def _answer(
    model: str, instructions: str, text: str, options: tuple[str, ...], descriptions: tuple[tuple[str, str], ...]
) -> Reply:
    if must_refuse(text):
        return Reply(REFUSAL, None, refusal=True)
    if (case := read_case(text)) is not None and (judged_reply := _judge_case(model, text, case, options)) is not None:
        return judged_reply
    return settle(model, text, judge_choice(instructions, text, options, descriptions))


def _judge_case(model: str, text: str, case: JudgeCase, options: tuple[str, ...]) -> Reply | None:
    """Judge a written text by the options: which of two, yes or no, or a level from the lowest to the highest."""
    if len(case.texts) > 1:
        return choose_better(model, text, case, options)
    yes = next((option for option in options if make_key(option) in _YES), None)
    no = next((option for option in options if make_key(option) in _NO), None)
    if yes is not None and no is not None:
        likely = estimate_quality(model, text, case)
        chosen, other = (yes, no) if likely >= 0.5 else (no, yes)
        return Reply(chosen, max(likely, 1 - likely), ((other, min(likely, 1 - likely)),))
    level = options[rate_level(model, text, case, len(options))]
    return Reply(level, 0.7, tuple((option, 0.3 / (len(options) - 1)) for option in options if option != level))


def judge_choice(
    instructions: str,
    text: str,
    options: tuple[str, ...],
    descriptions: tuple[tuple[str, str], ...] = (),
) -> Judgment:
    """Say what the evidence tells, before any model's own mistakes."""
    shown = _match_example(instructions, text, options)
    if shown is not None:
        return Judgment(((shown, 1.0),), 0.004, options[:3])
    regions = read_region_options(options)
    if regions is not None:
        return _judge_region(text, options, regions)
    return _judge_topic(instructions, text, options, dict(descriptions))


def _match_example(instructions: str, text: str, options: tuple[str, ...]) -> str | None:
    """Find the answer which the instructions themselves give for exactly this record, as "Calif. -> CA"."""
    examples = _read_examples(instructions)
    if not examples:
        return None
    record = read_record(text)
    values = [clean_text(value) for _, value in record.fields] or [clean_text(record.rest)]
    if not values or len([value for value in values if value]) != 1:
        return None
    answer = examples.get(make_key("".join(values)))
    return answer if answer in options else None


@lru_cache(maxsize=256)
def _read_examples(instructions: str) -> dict[str, str]:
    return {make_key(match[1]): match[2].strip() for match in _EXAMPLE.finditer(instructions) if make_key(match[1])}


def _judge_region(text: str, options: tuple[str, ...], regions: RegionOptions) -> Judgment:
    finding = locate(text)
    nowhere = regions.none
    if regions.abroad is not None:
        country = abroad.classify_country(read_evidence(read_record(text)).country)
        if country == abroad.ABROAD or nowhere is None:
            nowhere = regions.abroad
    weights: dict[str, float] = {}
    for code, weight in finding.codes:
        option = regions.by_code.get(code) if code != NOWHERE else nowhere
        option = option if option is not None else nowhere
        if option is not None:
            weights[option] = weights.get(option, 0.0) + weight
    if not weights:  # nothing fits and no option says so: a guess, and known to be one
        return Judgment(((options[0], 0.3),), 0.2, options[1:4])
    ranked = tuple(sorted(weights.items(), key=lambda pair: -pair[1]))
    return Judgment(ranked, finding.difficulty, regions.rivals(finding.codes[0][0]))


def _judge_topic(instructions: str, text: str, options: tuple[str, ...], descriptions: dict[str, str]) -> Judgment:
    record = read_record(text)
    body = clean_text(without_orders(record.text))
    none = find_none_option(options)
    if not body:
        return _judge_blank(options, none, is_hostile=gives_orders(record.text))
    yes_or_no = {make_key(option): option for option in options}
    if len(options) <= 3 and yes_or_no.keys() & _YES and yes_or_no.keys() & _NO:
        return _judge_yes(instructions, text, yes_or_no, none)
    terms = count_terms(without_asides(body))
    scores = {
        option: _score(option, descriptions.get(option) or _find_description(instructions, option), body, terms)
        for option in options
        if option != none
    }
    top = max(scores.values())
    if top < 0.5:
        return _judge_blank(options, none, is_hostile=False)
    if none is not None:
        scores[none] = max(0.8, weigh_topic(TOPICS["anything else"], terms))
    exponents = {option: math.exp(min(score or -2.0, 9.0) - min(top, 9.0)) for option, score in scores.items()}
    total = sum(exponents.values())
    ranked = tuple(sorted(((o, e / total) for o, e in exponents.items()), key=lambda pair: -pair[1]))
    return Judgment(ranked[:6], 0.02 + 0.05 / (1 + top), tuple(option for option, _ in ranked[1:4]))


def _judge_yes(instructions: str, text: str, options: dict[str, str], none: str | None) -> Judgment:
    from hsai_kit.sandbox.assistant.estimates import judge_predicate

    probability, difficulty = judge_predicate(instructions, text)
    yes = next(options[key] for key in options if key in _YES)
    no = next(options[key] for key in options if key in _NO)
    ranked = sorted(((yes, probability), (no, 1 - probability)), key=lambda pair: -pair[1])
    return Judgment(tuple(ranked), difficulty, (none,) if none is not None else ())


def _score(option: str, description: str, body: str, terms: Counter[str]) -> float:
    name = option.replace("_", " ").replace("-", " ")
    score = max((weigh_topic(topic, terms) for topic in find_topics(f"{name} {option}")), default=0.0)
    own = count_terms(name).keys() & terms.keys()
    score += 1.5 * len([term for term in own if len(term) > 2])
    if description:
        told = {term for term in count_terms(description) if " " not in term and len(term) > 3} - _COMMON
        score += 1.2 * len(told & terms.keys())
    if len(body) <= 60:
        likeness = fuzz.WRatio(option.casefold(), body.casefold()) / 100
        score += 6.0 * max(0.0, likeness - 0.75) / 0.25
    return score


def _judge_blank(options: tuple[str, ...], none: str | None, *, is_hostile: bool) -> Judgment:
    """Judge a record that tells nothing: the none-like option, else the middle one, else a guess."""
    if none is not None:
        return Judgment(((none, 0.97 if is_hostile else 0.75),), 0.0 if is_hostile else 0.03, options[:2])
    if is_hostile:
        spam = next((option for option in options if TOPICS["spam"] in find_topics(option)), None)
        if spam is not None:
            return Judgment(((spam, 0.9),), 0.0)
    for name in _MIDDLE:
        middle = next((option for option in options if TOPICS[name] in find_topics(option)), None)
        if middle is not None:
            return Judgment(((middle, 0.6),), 0.05, options[:2])
    share = 1 / len(options)
    return Judgment(tuple((option, share) for option in options[:6]), 0.0)


@lru_cache(maxsize=2048)
def _find_description(instructions: str, option: str) -> str:
    """Find what the instructions say about an option on a line of its own, as "billing: invoices and refunds"."""
    pattern = rf"^\W*{re.escape(option)}\W*\s*(?::|=|\u2013|\u2014|-)\s+(.+)$"
    match = re.search(pattern, instructions, re.IGNORECASE | re.MULTILINE)
    return match[1] if match else ""


_COMMON_WORDS = """
about also anyth been clearly could customer does from have inform into mention message more other person record
should someon someth that their them then there they this what when which will with would your
"""
_COMMON = frozenset(stem(word) for word in _COMMON_WORDS.split())
