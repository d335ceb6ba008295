"""A report: one HTML file that stands alone, with what was measured, by whom, how sure it is and how to repeat it."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pandas as pd
from jinja2 import Environment

from hsai_kit.errors import EvaluationError
from hsai_kit.llm.prices import price_list
from hsai_kit.steps.evaluate.report.parts import Section
from hsai_kit.steps.evaluate.report.sections import Part, sections_of

__all__ = ["Report", "report"]

_PACKAGES = ("hsai_kit", "openai", "pandas", "scipy", "altair")


def report(*parts: Part, title: str = "Evaluation", rows: int = 20) -> Report:
    """Put what was measured into one report: `report(evaluation, verdict, checks, session, …).save("report.html")`.

    `parts` are, in the order in which they are to stand: an Evaluation, a gate's verdict, what `check_texts`, `rate`,
    `judge` and `judged.against` return, and runs, of which the assistant's text is shown. `rows` is how many records
    are shown with their text where assistants, people or checks differ (0 leaves record texts out).

    Raises EvaluationError for anything else.
    """
    if not parts:
        message = "A report needs something to tell: report(evaluation), or what check_texts, rate or judge return."
        raise EvaluationError(message)
    return Report(title, tuple(section for part in parts for section in sections_of(part, rows)))


@dataclass(frozen=True)
class Report:
    """A report before it is written: `.save(path)`, `.html`, and `.frame` with its figures."""

    title: str
    sections: tuple[Section, ...]

    def __repr__(self) -> str:
        return f"Report({self.title!r}: {', '.join(section.title for section in self.sections)}; .save(path) writes it)"

    @property
    def frame(self) -> pd.DataFrame:
        """Every figure of the report: `section`, `name`, `figure`, `value`, `low`, `high` (NA where it has no ends)."""
        rows = [
            (section.title, figure.name, figure.figure, figure.value, figure.low, figure.high)
            for section in self.sections
            for figure in section.figures
        ]
        columns = ["section", "name", "figure", "value", "low", "high"]
        kinds = {**dict.fromkeys(columns[:3], "string"), **dict.fromkeys(columns[3:], "Float64")}
        return pd.DataFrame(rows, columns=columns).astype(kinds)

    @property
    def html(self) -> str:
        """The whole report as one page: no script, and nothing that is loaded from anywhere."""
        page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        here = files("hsai_kit.steps.evaluate.report")
        return page.from_string((here / "page.html").read_text("utf-8")).render(
            title=self.title,
            sections=self.sections,
            style=(here / "page.css").read_text("utf-8"),
            made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            facts=_facts(),
            scripted=any(section.scripted for section in self.sections),
        )

    def save(self, path: str | Path) -> Path:
        """Write the report and return the file's path; open it in any browser, or print it."""
        target = Path(path)
        target.write_text(self.html, "utf-8")
        return target


def _facts() -> Sequence[tuple[str, str]]:
    return [
        *((name, version(name)) for name in _PACKAGES),
        ("Python", platform.python_version()),
        ("Prices", price_list()),
    ]
