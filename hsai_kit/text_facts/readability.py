"""How a text reads: words, sentences, reading ease, language, links, and what was meant to be filled in and was not."""

from __future__ import annotations

import re
from functools import lru_cache

_LINK = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"')\]]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w@.])(?:[\w-]+\.)+(?:com|org|net|io|de|ai|"
    r"co|eu|uk|app|dev|info|biz)\b(?:/[^\s<>\"')\]]*)?",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"\{\{[^{}]*\}\}|\{%.*?%\}|\{[a-z_ .]{2,40}\}|\[(?:your|my|our|the|insert|add|enter|name|first|last|customer|"
    r"client|company|contact|date|amount|link|product|recipient|sender|phone|e-?mail|title|topic|tbd|xx+)[^\[\]\n]{0,40}\]|"
    r"<(?:name|first ?name|company|date|amount|insert[^<>]*|your [^<>]*)>|\bX{3,}\b|_{3,}|\bTODO\b|\bTBD\b|"
    r"\blorem ipsum\b|%[A-Z_]{3,}%|\*\|[A-Z_]+\|\*",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|\d[\d.,]*")
_END = re.compile(r"(?<=[.!?\u2026\u3002])[\"'\u201d)]*\s+(?=[\"'\u201c(]?[^\W_a-z])|\n+")
_NO_END = re.compile(
    r"\b(?:mr|mrs|ms|dr|prof|no|nr|st|inc|ltd|co|corp|e\.g|i\.e|approx|vs|ca|z\.b|d\.h)\.$", re.IGNORECASE
)
_VOWELS = re.compile(r"[aeiouyàáâäæèéêëìíîïòóôöùúûüœ]+", re.IGNORECASE)
# Flesch 1948 for English, Amstad 1978 for German: a constant, and what a word a sentence and a syllable a word cost.
_EASE = {"en": (206.835, 1.015, 84.6), "de": (180.0, 1.0, 58.5)}
# Under this, what is written says too little of its language.
_TELLING_WORDS = 8


def word_count(text: str) -> int:
    """Return how many words and numbers a text has."""
    return len(_WORD.findall(text))


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text; a line's end ends one too.

    >>> sentences_of("Mr. Weber called. He wants 2.5 seats!")
    ['Mr. Weber called.', 'He wants 2.5 seats!']
    """
    found: list[str] = []
    for part in filter(None, (part.strip() for part in _END.split(text))):
        if found and _NO_END.search(found[-1]):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return found


def reading_ease(text: str, language: str = "en") -> float | None:
    """Return the Flesch reading ease: about 60 to 70 is plain, under 30 is for experts; None but for en and de.

    Syllables are counted as groups of vowels, which is within a few points for business prose.
    """
    words = [word for word in _WORD.findall(text) if not word[0].isdigit()]
    if language not in _EASE or not words:
        return None
    constant, per_word, per_syllable = _EASE[language]
    syllables = sum(_syllables(word, language) for word in words)
    sentences = max(1, len(sentences_of(text)))
    return round(constant - per_word * len(words) / sentences - per_syllable * syllables / len(words), 1)


def language_of(text: str) -> str | None:
    """Return the ISO 639-1 code of a text's language, None where it is too short to tell.

    >>> language_of("Wir melden uns in der nächsten Woche mit dem Angebot."), language_of("Ok")
    ('de', None)
    """
    plain = " ".join(word for word in _WORD.findall(_LINK.sub(" ", text)) if not word[0].isdigit())
    return _classify(plain) if len(plain.split()) >= _TELLING_WORDS else None


def find_links(text: str) -> list[str]:
    """Return the web and e-mail addresses of a text."""
    return [match[0].rstrip(".,;:!?") for match in _LINK.finditer(text)]


def find_placeholders(text: str) -> list[str]:
    """Return what was meant to be filled in and was not.

    >>> find_placeholders("Dear [First Name], your offer of {{ amount }} ends on XXX.")
    ['[First Name]', '{{ amount }}', 'XXX']
    """
    return [match[0] for match in _PLACEHOLDER.finditer(text)]


def _syllables(word: str, language: str) -> int:
    count = len(_VOWELS.findall(word))
    if language == "en" and re.search(r"[^aeiouyl]e$|[^aeiou]es$|[^aeioutd]ed$", word, re.IGNORECASE):
        count -= 1
    return max(1, count)


@lru_cache(maxsize=8192)
def _classify(text: str) -> str:
    # The model of 97 languages is read once, in a tenth of a second, and comes with the package.
    import py3langid

    return str(py3langid.classify(text)[0])
