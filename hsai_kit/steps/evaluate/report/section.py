"""The sections of a report: a template with what it shows, the figures in it, and the code that makes them again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import pandas as pd
import tomlkit
from jinja2 import Environment, PackageLoader, StrictUndefined

from hsai_kit.llm.prices import SANDBOX_PREFIX, per_million
from hsai_kit.run import Run
from hsai_kit.steps.evaluate.report.cells import FILTERS, find_ends, moment, to_number, usd


@dataclass(frozen=True)
class ReportFigure:
    """One number of a report, with its interval where it has one."""

    name: str
    figure: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Section:
    """One part of a report: `values` is what its template shows, `repeat` the code that makes them again."""

    title: str
    template: str
    values: Mapping[str, object] = field(repr=False)
    figures: Sequence[ReportFigure] = field(default=(), repr=False)
    repeat: str = ""
    scripted: bool = False

    @property
    def body(self) -> str:
        """The section as HTML, without its title."""
        return templates().get_template(f"{self.template}.html").render(self.values)


@cache
def templates() -> Environment:
    """Return the templates of reports, in which all text is escaped."""
    environment = Environment(
        loader=PackageLoader("hsai_kit.steps.evaluate.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= FILTERS
    return environment


def list_rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of a table as a template reads them, the index among the columns."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.reset_index().to_dict("records")]


def list_figures(table: pd.DataFrame, *measures: str) -> Iterator[ReportFigure]:
    """Yield what stands in the columns of a table whose index has the names, with intervals where there are any."""
    for name, row in zip(map(str, table.index), list_rows(table), strict=True):
        for measure in measures:
            low, high = map(to_number, find_ends(row, measure))
            value = to_number(row[measure])
            yield ReportFigure(name, measure, math.nan if value is None else value, low, high)


def list_run_facts(run: Run) -> dict[str, str]:
    """Return who was asked, when, and at what price."""
    record = run.record
    prices = per_million(record.model, record.own_price)
    cost = "unknown" if prices is None else f"{prices[0]:g} USD in, {prices[1]:g} USD out"
    return {
        "Assistant": f"{record.assistant} (version {record.assistant_version})",
        "Model": record.model,
        "Engine": record.engine,
        "Price per million tokens": "none, the sandbox's script" if is_scripted(run) else cost,
        "Run": record.id,
        "Made": moment(record.at),
        "Paid": usd(run.usd),
    }


def write_assistants(runs: Mapping[str, Run]) -> dict[str, str]:
    """Return the assistants of runs as they were, in the form of their files, each by a title with its name."""
    written = {}
    for name, run in runs.items():
        content = run.assistant.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        content |= {"prompt": run.record.prompt, "model": run.record.model}
        content["output"] = run.assistant.output.shape.model_dump(mode="json", exclude_none=True)
        title = f"{name}: the assistant's text, version {run.record.assistant_version}"
        written[title] = tomlkit.dumps(content).strip()
    return written


def is_scripted(run: Run) -> bool:
    """Tell whether the sandbox's script answered, which is no language model."""
    return run.record.model.startswith(SANDBOX_PREFIX)
