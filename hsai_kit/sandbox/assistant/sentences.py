"""Sentences: splitting a text into them, dropping those that talk to the model, and picking the most telling."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from hsai_kit.sandbox.assistant.hostile import gives_orders
from hsai_kit.sandbox.assistant.record import clean_text
from hsai_kit.sandbox.assistant.topics import stem

_BREAK = re.compile(r"(?<=[.!?…])[\"'\u201d)]*\s+(?=[\"'“(]?[A-Z0-9À-Þ])|\n+|(?<=[\u3002\uff01\uff1f])")
_BLOCK = re.compile(r"</?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|table|blockquote)\b[^<>]{0,400}>", re.I)
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]+")
_FIGURE = re.compile(
    r"[$€£]\s?\d|\d+(?:[.,]\d+)*\s?(?:%|k\b|m\b|usd\b|eur\b|users\b|seats\b|days\b|licenses\b)|\b\d{2,}\b", re.I
)
_DATE = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d|\b\d{4}-\d\d-\d\d\b|\bq[1-4]\b"
    r"|\bby (?:the )?end of\b"
    r"|\b(?:monday|tuesday|wednesday|thursday|friday|next week|next month|this week|tomorrow|deadline)\b",
    re.I,
)
_ACTION = re.compile(
    r"\b(?:ask|asked|asks|want|wants|wanted|need|needs|needed|will|agreed|decided|request\w*|sign\w*|renew\w*|cancel\w*|"
    r"schedul\w*|send|sent|call(?:ed)?|follow\w* up|propos\w*|approv\w*|reject\w*|must|expects?|plans?|refund\w*|"
    r"escalat\w*|block\w*|upgrad\w*|migrat\w*|complain\w*|confirm\w*|next step\w*)\b",
    re.I,
)
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-zà-ÿ]+(?: [A-Z][a-zà-ÿ]+)*")
_CHATTER = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|day)|thanks|thank you|many thanks|best|regards|cheers|"
    r"sincerely|sent from|on .{5,60} wrote|>|--|confidential|this e-?mail)\b|^.{0,11}$",
    re.I,
)
_ASIDE = re.compile(
    r"^(?:by the way|also\b|btw|p\.?s\.?\b|i also|we also|maybe we could also|one more thing|incidentally)", re.I
)
_STOP_WORDS = """
the and for with that this have has had are was were will would can could our your their his her its from not but
you they she him who whom which what when where been being than then them there here also just very about into over
after before because while some any all each more most other such only own same too out off per via
"""
_STOP = frozenset(_STOP_WORDS.split())


@lru_cache(maxsize=1024)
def split_sentences(text: str) -> tuple[str, ...]:
    """Split a text into its sentences, tags and odd spaces removed."""
    parts = (part.strip(" \t*\u2022\u2013-") for part in _BREAK.split(clean_text(_BLOCK.sub("\n", text))))
    return tuple(part for part in parts if part)


def without_orders(text: str) -> str:
    """Return the text without the sentences that try to instruct whoever reads it."""
    if not gives_orders(text):
        return text
    return "\n".join(sentence for sentence in split_sentences(text) if not gives_orders(sentence))


def without_asides(text: str) -> str:
    """Return the text without what is only said along the way, unless nothing else is there."""
    main = [sentence for sentence in split_sentences(text) if not _ASIDE.match(sentence)]
    return "\n".join(main) or text


def pick_sentences(text: str, count: int, words: int | None = None) -> list[str]:
    """Pick the most telling sentences, in their order: frequent words, figures, names, dates, actions, early place.

    Greetings, signatures and sentences that talk to the model are left out. `words` bounds the total length; the
    first sentence is cut to it if need be.
    """
    everything = [s for s in dict.fromkeys(split_sentences(text)[:2000]) if not gives_orders(s)]
    sentences = [s for s in everything if not _CHATTER.match(s)] or everything
    if not sentences:
        return []
    frequency = Counter(stem_ for s in sentences for stem_ in _content(s))
    ranked = sorted(range(len(sentences)), key=lambda i: -_score(sentences[i], i, frequency))
    picked: list[int] = []
    left = words if words is not None else 10**9
    for index in ranked:
        length = len(sentences[index].split())
        if length <= left and len(picked) < count:
            picked.append(index)
            left -= length
    if not picked:
        return [" ".join(sentences[ranked[0]].split()[:words]).rstrip(",;:") + " …"]
    return [_shorten(sentences[index]) for index in sorted(picked)]


def _content(sentence: str) -> list[str]:
    return [stem(w.lower()) for w in _WORD.findall(sentence) if len(w) > 2 and w.lower() not in _STOP]


def _score(sentence: str, index: int, frequency: Counter[str]) -> float:
    stems = set(_content(sentence))
    score = sum(frequency[s] for s in stems) / (len(stems) + 4) if stems else 0.0
    score += 1.2 * min(len(_FIGURE.findall(sentence)), 2)
    score += 0.9 * (_DATE.search(sentence) is not None)
    score += 0.7 * min(len(_ACTION.findall(sentence)), 3)
    score += 0.4 * min(len(_NAME.findall(sentence)), 2)
    return score + 0.8 / (1 + index) - 0.02 * max(0, len(sentence.split()) - 40)


def _shorten(sentence: str, limit: int = 60) -> str:
    words = sentence.split()
    text = sentence if len(words) <= limit else " ".join(words[:limit]).rstrip(",;:") + " …"
    return text if text[-1] in ".!?…\u3002\uff01\uff1f" else text + "."
