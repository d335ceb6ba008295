"""A text held against its source: what it says that the source does not, and what of the source it leaves out."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from hsai_kit.text_facts.dates import Clock, Day, find_dates, find_times, weekday_of
from hsai_kit.text_facts.figures import Figure, Identifier, find_figures, find_identifiers
from hsai_kit.text_facts.names import find_names, words_of
from hsai_kit.text_facts.readability import find_links, language_of

Fact = Literal["name", "amount", "figure", "date", "link"]
FACTS: tuple[Fact, ...] = ("name", "amount", "figure", "date", "link")
_WORDS = re.compile(r"[^\W\d_]+", re.UNICODE)
# So many and fewer are often counted by whoever writes: "both calls", "three open points".
_MOST_COUNTED = 10
_PHONE = re.compile(r"(?<![\w.,$€£])\+?\(?\d{2,4}\)?(?:[ /.()-]{1,2}\d{2,8}){2,5}(?!\w)")


@dataclass(frozen=True)
class Claims:
    """What a text says, by kind."""

    text: str
    links: list[str]
    days: list[Day]
    times: list[Clock]
    phones: list[str]
    identifiers: list[Identifier]
    figures: list[Figure]

    @cached_property
    def names(self) -> list[str]:
        """The names; in German, where every noun is capitalized, only those after a title."""
        return find_names(self.text, titled_only=language_of(self.text) == "de")

    @cached_property
    def words(self) -> set[str]:
        """The words without case."""
        return words_of(self.text)

    @cached_property
    def plain(self) -> str:
        """The text without case and odd spaces."""
        return _normalize(self.text)

    @cached_property
    def letters(self) -> str:
        """The text's letters and digits alone."""
        return re.sub(r"[\W_]", "", self.plain)


@lru_cache(maxsize=4096)
def read_claims(text: str) -> Claims:
    """Read a text once: links, dates, times, phone numbers, identifiers and figures, each out of what is left."""
    links = find_links(text)
    rest = text
    for link in links:
        rest = rest.replace(link, " ")
    days, rest = find_dates(rest)
    times, rest = find_times(rest)
    phones = _PHONE.findall(rest)
    rest = _PHONE.sub(" ", rest)
    identifiers = find_identifiers(rest)
    for one in identifiers:
        rest = rest.replace(one.text, " ")
    return Claims(text, links, days, times, phones, identifiers, find_figures(rest))


def find_unfounded(text: str, source: str, known: Collection[str] = ()) -> list[tuple[Fact, str]]:
    """Return what `text` says and `source` does not, as (kind, words), in the order of the kinds.

    A figure, date or name counts as said however it is spelled. `known` are names and links that may stand in a text
    although no record holds them, such as one's own company. Small counts in words are let through.

    >>> find_unfounded("Ada wants 1.2k USD by May 4.", "Ada Sample: $1,200 before 2026-05-03.")
    [('date', 'May 4')]
    """
    mine, theirs = read_claims(text), read_claims("\n".join([source, *known]))
    found: list[tuple[Fact, str]] = [("name", name) for name in mine.names if not _has_name(name, theirs)]
    found += [(_kind(one), one.text) for one in mine.figures if not _has_figure(one, theirs)]
    found += [("figure", one.text) for one in mine.identifiers if one.key not in theirs.letters]
    found += [("figure", one) for one in mine.phones if not _has_phone(one, theirs)]
    found += [("date", one.text) for one in mine.days if not _has_day(one, theirs)]
    found += [("date", one.text) for one in mine.times if not one.stands_in(theirs.times)]
    found += [("date", word) for word in _find_strange_weekdays(mine, theirs)]
    found += [("link", link) for link in mine.links if link.casefold().rstrip("/") not in theirs.plain]
    return list(dict.fromkeys(found))


def says(text: str, fact: Fact, source: str) -> list[tuple[str, bool]]:
    """Return each fact of a kind that `source` holds, and whether `text` says it.

    >>> says("Ada wants 1.2k USD.", "amount", "Ada Sample: $1,200 before 2026-05-03, not $900.")
    [('$1,200', True), ('$900', False)]
    """
    mine, theirs = read_claims(text), read_claims(source)
    if fact == "name":
        return [(name, _has_name(name, mine)) for name in dict.fromkeys(theirs.names)]
    if fact == "date":
        return [(day.text, _has_day(day, mine)) for day in dict.fromkeys(theirs.days)]
    if fact == "link":
        return [(link, link.casefold() in mine.plain) for link in dict.fromkeys(theirs.links)]
    figures = [one for one in theirs.figures if _kind(one) == fact and not one.in_words]
    return [(one.text, _has_figure(one, mine)) for one in dict.fromkeys(figures)]


def _kind(figure: Figure) -> Fact:
    return "figure" if figure.unit in {"", "%"} else "amount"


def _has_figure(figure: Figure, theirs: Claims) -> bool:
    if figure.in_words and max(figure.values) <= _MOST_COUNTED:
        return True
    if figure.stands_in(theirs.figures) or _word_for_word(figure.text, theirs):
        return True
    # A year, a day or a part of an identifier may be named by itself.
    digits = figure.text
    return digits.isdecimal() and re.search(rf"(?<!\d)(?<!\d[.,])0*{digits}(?!\d|[.,]\d)", theirs.text) is not None


def _has_day(day: Day, theirs: Claims) -> bool:
    return day.stands_in(theirs.days) or _word_for_word(day.text, theirs)


def _has_name(name: str, theirs: Claims) -> bool:
    return all(_has_word(word, theirs) for word in _WORDS.findall(name) if len(word) > 1) or _word_for_word(
        name, theirs
    )


def _has_word(word: str, theirs: Claims) -> bool:
    word = word.casefold()
    if not words_of(word).isdisjoint(theirs.words):
        return True
    # German of Germany, Weber's of Weber, and PO of purchase order.
    stem = word[: max(4, len(word) - 2)]
    if len(word) >= 4 and any(other.startswith(stem) for other in theirs.words):
        return True
    return len(word) <= 4 and word in _initials(theirs.plain)


@lru_cache(maxsize=4096)
def _initials(plain: str) -> str:
    return "".join(word[0] for word in _WORDS.findall(plain))


def _has_phone(phone: str, theirs: Claims) -> bool:
    return re.sub(r"\D", "", phone).lstrip("0") in re.sub(r"\D", "", theirs.text)


def _find_strange_weekdays(mine: Claims, theirs: Claims) -> list[str]:
    known = {place for word in theirs.words if (place := weekday_of(word)) is not None}
    known |= {place for day in theirs.days for place in day.weekdays}
    return [
        word for word in _WORDS.findall(mine.text) if (place := weekday_of(word)) is not None and place not in known
    ]


def _word_for_word(part: str, theirs: Claims) -> bool:
    wanted = re.escape(_normalize(part))
    return re.search(rf"(?<![\w.,]){wanted}(?![\w%]|[.,]\d)", theirs.plain) is not None


def _normalize(text: str) -> str:
    return " ".join(text.casefold().replace("\u2019", "'").split())
