"""Days, months and times in a text, whatever their spelling: May 3, 3.5.2026, 2026-05-03, 3pm."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

_MONTHS = {name: place for place, names in enumerate((
    "january jan januar", "february feb februar", "march mar märz", "april apr", "may mai", "june jun juni",
    "july jul juli", "august aug", "september sep sept", "october oct oktober okt", "november nov",
    "december dec dezember dez",
), 1) for name in names.split()}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
# "May" and "March" by themselves are other words as well.
_BEFORE_A_MONTH = (
    "in|by|until|till|since|of|during|early|late|mid|end of|next|last|this|from|before|after|im|bis|ab|Ende|Anfang|seit"
)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?P<y>{_YEAR})(?P<by>[-/.])(?P<m>\d\d)(?P=by)(?P<d>\d\d)(?=\D|$|T)",
        rf"\b(?P<name>{_MONTH})\.?[ \u00a0](?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,?[ \u00a0](?P<y>{_YEAR})\b)?",
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)?[ \u00a0](?:of )?(?P<name>{_MONTH})\b\.?(?:,?[ \u00a0](?P<y>{_YEAR}))?",
        rf"\b(?P<name>{_MONTH})\.?,?[ \u00a0](?P<y>{_YEAR})\b",
        r"\b(?P<a>\d{1,2})(?P<by>[-/.])(?P<b>\d{1,2})(?P=by)(?P<y>\d{4}|(?<!-)\d{2})\b",
        rf"\b(?:{_BEFORE_A_MONTH})[ -](?P<name>(?-i:{'|'.join(name.capitalize() for name in _MONTHS)}))\b(?! \d)",
    )
)
_TIME = re.compile(
    r"\b(?P<h>[01]?\d|2[0-3])(?::(?P<m>[0-5]\d))(?:[ \u00a0]?(?P<half>[ap])\.?m\b\.?)?|"
    r"\b(?P<h2>1[0-2]|0?[1-9])[ \u00a0]?(?P<half2>[ap])\.?m\b\.?|\b(?P<h3>[01]?\d|2[0-3])[ \u00a0](?:Uhr|o'clock)\b",
    re.IGNORECASE,
)
_WEEKDAYS = (
    "monday montag", "tuesday dienstag", "wednesday mittwoch", "thursday donnerstag", "friday freitag",
    "saturday samstag sonnabend", "sunday sonntag",
)  # fmt: skip


@dataclass(frozen=True)
class Day:
    """A date as it stands in a text, with each (year, month, day) it may mean; None for what it does not say."""

    text: str
    meanings: frozenset[tuple[int | None, int, int | None]]

    def stands_in(self, others: list[Day]) -> bool:
        """Tell whether one of `others` says this; a year may be added to it, a day or a month may not."""
        return any(_agree(mine, theirs) for other in others for mine in self.meanings for theirs in other.meanings)

    @property
    def weekdays(self) -> set[int]:
        """The weekdays (0 is Monday) that the date may be, where it tells its year."""
        return {date(year, month, day).weekday() for year, month, day in self.meanings if year and day}


@dataclass(frozen=True)
class Clock:
    """A time of day as it stands in a text, in minutes after midnight; without am or pm it may be either."""

    text: str
    minutes: frozenset[int]

    def stands_in(self, others: list[Clock]) -> bool:
        """Tell whether one of `others` may be the same time."""
        return any(self.minutes & other.minutes for other in others)


def find_dates(text: str) -> tuple[list[Day], str]:
    """Return the dates of a text, and the text without them.

    >>> days, rest = find_dates("Signed on 3 May 2026, ends 2027-05-02.")
    >>> sorted(max(day.meanings) for day in days), rest
    ([(2026, 5, 3), (2027, 5, 2)], 'Signed on  , ends  .')
    """
    found: list[Day] = []

    def take(match: re.Match[str]) -> str:
        meanings = _meanings(match.groupdict())
        if not meanings:
            return match[0]
        found.append(Day(match[0], frozenset(meanings)))
        return " "

    for pattern in _PATTERNS:
        text = pattern.sub(take, text)
    return found, text


def find_times(text: str) -> tuple[list[Clock], str]:
    """Return the times of day of a text, and the text without them."""
    found = []

    def take(match: re.Match[str]) -> str:
        hour = int(match["h"] or match["h2"] or match["h3"])
        half = (match["half"] or match["half2"] or "").lower()
        minutes = int(match["m"] or 0)
        hours = {hour % 12 + 12 * (half == "p")} if half else {hour, (hour + 12) % 24} if hour <= 12 else {hour}
        found.append(Clock(match[0].rstrip("."), frozenset(one * 60 + minutes for one in hours)))
        return " "

    return found, _TIME.sub(take, text)


def weekday_of(word: str) -> int | None:
    """Return which weekday (0 is Monday) a word names, None for another word."""
    return next((place for place, names in enumerate(_WEEKDAYS) if word.casefold() in names.split()), None)


def _meanings(parts: dict[str, Any]) -> set[tuple[int | None, int, int | None]]:
    year = int(parts["y"]) if parts.get("y") else None
    if year is not None and year < 100:
        year += 2000
    day = int(parts["d"]) if parts.get("d") else None
    if name := parts.get("name"):
        return _real({(year, _MONTHS[name.casefold()], day)})
    if month := parts.get("m"):
        return _real({(year, int(month), day)})
    first, second = int(parts.get("a") or 0), int(parts.get("b") or 0)
    return _real({(year, first, second), (year, second, first)})


def _real(meanings: set[tuple[int | None, int, int | None]]) -> set[tuple[int | None, int, int | None]]:
    kept = set()
    for year, month, day in meanings:
        try:
            date(year or 2024, month, day or 1)
        except ValueError:
            continue
        kept.add((year, month, day))
    return kept


def _agree(mine: tuple[int | None, int, int | None], theirs: tuple[int | None, int, int | None]) -> bool:
    if mine[1] != theirs[1] or (mine[2] is not None and mine[2] != theirs[2]):
        return False
    return mine[0] is None or theirs[0] is None or mine[0] == theirs[0]
