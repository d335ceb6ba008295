"""What texts are about, by weighted words: the tables behind triage, priorities, moods and yes-or-no."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from hsai_kit.sandbox.assistant.topic_words import TOPIC_WORDS

_WORD = re.compile(r"[^\W_][\w%'\u2019-]*|[$€£]")
_ENDINGS = ("ingly", "edly", "ing", "ies", "ied", "ed", "es", "s", "ly")


@dataclass(frozen=True)
class Topic:
    """One idea: the stems an option for it is called by, and those that texts about it use."""

    names: frozenset[str]
    strong: frozenset[str]
    weak: frozenset[str]


def stem_words(phrase: str) -> str:
    """Cut each word of a phrase to its stem, which is enough to find "invoices" by "invoice"."""
    return " ".join(stem(word) for word in _WORD.findall(phrase.lower()))


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """Return the word without its commonest endings."""
    if len(word) < 4:
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + ("y" if ending in ("ies", "ied") else "")
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


@lru_cache(maxsize=4096)
def terms_of(text: str) -> Counter[str]:
    """How often each stem and each pair and triple of neighboring stems occurs."""
    stems = [stem(word.strip("'\u2019-")) for word in _WORD.findall(text.lower())]
    found = Counter(stems)
    found.update(f"{a} {b}" for a, b in pairwise(stems))
    found.update(f"{a} {b} {c}" for a, b, c in zip(stems, stems[1:], stems[2:], strict=False))
    return found


def weight_of(topic: Topic, terms: Counter[str]) -> float:
    """How much a text speaks of a topic; a word said twice counts one and a half times."""
    total = 0.0
    for words, weight in ((topic.strong, 2.0), (topic.weak, 1.0)):
        for word in words & terms.keys():
            total += weight * (1.5 if terms[word] > 1 else 1.0)
    return total


def topics_for(name: str) -> tuple[Topic, ...]:
    """Find the topics that an option or a question of this name is about.

    >>> topics_for("Billing & invoices") == (TOPICS["billing"],)
    True
    """
    terms = terms_of(name.replace("_", " "))
    return tuple(topic for topic in TOPICS.values() if topic.names & terms.keys())


def _read_topics(table: str) -> dict[str, Topic]:
    topics: dict[str, Topic] = {}
    for block in table.strip().split("\n\n"):
        names, strong, weak = re.split(r"\n  [>.] ", block)
        key, _, names = names.partition(" = ")
        topics[key] = Topic(*(frozenset(map(stem_words, part.split(","))) for part in (names, strong, weak)))
    return topics


TOPICS: dict[str, Topic] = _read_topics(TOPIC_WORDS)
