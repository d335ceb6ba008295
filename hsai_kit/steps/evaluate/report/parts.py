"""What a section of a report is made of: figures, tables, charts and texts."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = [
    "Chart",
    "ReportFigure",
    "ReportTable",
    "Section",
    "Words",
    "ends",
    "format_amount",
    "share",
    "shorten_names",
    "with_ends",
]


@dataclass(frozen=True)
class ReportFigure:
    """One number of a report, with its interval where it has one."""

    name: str
    figure: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ReportTable:
    """A table; `numbers` are the places of the columns that are set to the right."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int] = ()
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart as SVG, with what it shows in words for who cannot see it."""

    caption: str
    svg: str
    words: str
    is_small: bool = False


@dataclass(frozen=True)
class Words:
    """A text as it stands, with its title."""

    title: str
    text: str


@dataclass(frozen=True)
class Section:
    """One part of a report; `verdict` is what it comes to, in a sentence or a few."""

    title: str
    verdict: str
    lead: str = ""
    facts: Sequence[tuple[str, str]] = ()
    good: bool | None = None
    charts: Sequence[Chart] = ()
    tables: Sequence[ReportTable] = ()
    words: Sequence[Words] = ()
    figures: Sequence[ReportFigure] = field(default=(), repr=False)
    repeat: str = ""
    scripted: bool = False


_DASH = "\u2013"


def share(value: object, digits: int = 1) -> str:
    """Say a share in percent, a dash where it is not known."""
    number = _number(value)
    return _DASH if number is None else f"{number:.{digits}%}"


def ends(low: object, high: object, digits: int = 1) -> str:
    """Say the ends of a share's interval."""
    first, last = _number(low), _number(high)
    return _DASH if first is None or last is None else f"{100 * first:.{digits}f} to {100 * last:.{digits}f}"


def format_amount(value: object, digits: int = 2, unknown: str = _DASH) -> str:
    """Say a number with its thousands, `unknown` where it is not known."""
    number = _number(value)
    return unknown if number is None else f"{number:,.{digits}f}"


def with_ends(value: object, low: object, high: object, digits: int = 1) -> str:
    """Say a share with the ends of its interval."""
    said = share(value, digits)
    return said if said == _DASH else f"{said} ({ends(low, high, digits)})"


def shorten_names(names: Sequence[str]) -> list[str]:
    """Return names without what all of them have in common: `triage (sol)` and `triage (luna)` are sol and luna.

    >>> shorten_names(["triage (sol)", "triage (luna)"]), shorten_names(["triage (sol)", "states (sol)"])
    (['sol', 'luna'], ['triage (sol)', 'states (sol)'])
    """
    parts = [re.fullmatch(r"(.+) \((.+)\)", name) for name in names]
    heads = {part[1] if part else name for part, name in zip(parts, names, strict=True)}
    if len(names) < 2 or len(heads) > 1:
        return list(names)
    return [part[2] if part else name for part, name in zip(parts, names, strict=True)]


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number
