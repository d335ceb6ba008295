"""What a section of a report is made of: figures, tables, charts and texts, and what it tells of a run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import tomlkit

from hsai_kit.llm.prices import SANDBOX_PREFIX, per_million
from hsai_kit.run import Run

_DASH = "\u2013"
# What a reader takes in of a text in a table; the whole of it is in the workspace.
_CELL = 600


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


class Numbers(list[str]):
    """The cells of a column that is set to the right."""


def build_table(caption: str, columns: Mapping[str, Sequence[str]], note: str = "") -> ReportTable:
    """Return a table of its columns; those that are Numbers are set to the right."""
    numbers = [place for place, cells in enumerate(columns.values()) if isinstance(cells, Numbers)]
    return ReportTable(caption, list(columns), list(zip(*columns.values(), strict=True)), numbers, note)


def amounts(values: Iterable[object], digits: int = 0, unknown: str = _DASH) -> Numbers:
    """Return numbers as cells."""
    return Numbers(format_amount(one, digits, unknown) for one in values)


def intervals(table: pd.DataFrame, measure: str, digits: int = 1) -> Numbers:
    """Return the shares in a column of a table as cells, each with the ends of its interval."""
    return Numbers(format_interval(row, measure, digits) for _, row in table.iterrows())


def list_figures(table: pd.DataFrame, *measures: str) -> Iterator[ReportFigure]:
    """Yield what stands in the columns of a table whose index has the names, with intervals where there are any."""
    for name, row in table.iterrows():
        for measure in measures:
            ends = (_number(end) for end in _ends(row, measure))
            value = _number(row[measure])
            yield ReportFigure(str(name), measure, math.nan if value is None else value, *ends)


def format_share(value: object, digits: int = 1) -> str:
    """Say a share in percent, a dash where it is not known."""
    number = _number(value)
    return _DASH if number is None else f"{number:.{digits}%}"


def format_ends(low: object, high: object, digits: int = 1) -> str:
    """Say the ends of a share's interval."""
    first, last = _number(low), _number(high)
    return _DASH if first is None or last is None else f"{100 * first:.{digits}f} to {100 * last:.{digits}f}"


def format_interval(row: pd.Series, measure: str, digits: int = 1) -> str:
    """Say a share with the ends of its interval."""
    share = format_share(row[measure], digits)
    return share if share == _DASH else f"{share} ({format_ends(*_ends(row, measure), digits)})"


def format_amount(value: object, digits: int = 2, unknown: str = _DASH) -> str:
    """Say a number with its thousands, `unknown` where it is not known."""
    number = _number(value)
    return unknown if number is None else f"{number:,.{digits}f}"


def format_usd(usd: float | None) -> str:
    """Say what was paid; unknown is said, never 0."""
    return "price unknown" if usd is None else f"{usd:,.4f} USD" if usd else "nothing"


def format_moment(at: str) -> str:
    """Say when something was made."""
    return at.replace("T", " ").replace("Z", " UTC")


def clip(value: object) -> str:
    """Return a text as long as a table cell shows it."""
    text = "" if value is None or value is pd.NA or value != value else str(value)
    return text if len(text) <= _CELL else f"{text[:_CELL].rstrip()} …"


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


def list_run_facts(run: Run) -> list[tuple[str, str]]:
    """Return who was asked, when, and at what price."""
    record = run.record
    prices = per_million(record.model, record.own_price)
    cost = "unknown" if prices is None else f"{prices[0]:g} USD in, {prices[1]:g} USD out"
    return [
        ("Assistant", f"{record.assistant} (version {record.assistant_version})"),
        ("Model", record.model),
        ("Engine", record.engine),
        ("Price per million tokens", "none, the sandbox's script" if is_scripted(run) else cost),
        ("Run", record.id),
        ("Made", format_moment(record.at)),
        ("Paid", format_usd(run.usd)),
    ]


def build_assistant_text(run: Run, name: str = "") -> Words:
    """Return the assistant as it was, in the form of its file."""
    content = run.assistant.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    content["prompt"] = run.record.prompt
    content["model"] = run.record.model
    content["output"] = run.assistant.output.shape.model_dump(mode="json", exclude_none=True)
    title = f"{name or run.record.assistant}: the assistant's text, version {run.record.assistant_version}"
    return Words(title, tomlkit.dumps(content).strip())


def is_scripted(run: Run) -> bool:
    """Tell whether the sandbox's script answered, which is no language model."""
    return run.record.model.startswith(SANDBOX_PREFIX)


def _ends(row: pd.Series, measure: str) -> tuple[object, object]:
    """Return the ends of the interval of a measure: those of its own name, else those of the whole row."""
    if measure in {"share", "corrected"}:
        return row["low"], row["high"]
    return row.get(f"{measure}_low"), row.get(f"{measure}_high")


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number
