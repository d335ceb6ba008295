"""A report: one HTML file that stands alone, with what was measured, by whom, how sure it is and how to repeat it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from hsai_kit.errors import EvaluationError
from hsai_kit.llm.prices import price_list
from hsai_kit.run import Run
from hsai_kit.runtime.extras import require_extra
from hsai_kit.runtime.private_files import keep_private
from hsai_kit.steps.evaluate.experiment.evaluation import Evaluation
from hsai_kit.steps.evaluate.gate.gate import GateVerdict
from hsai_kit.steps.evaluate.report.evaluation_section import describe_evaluation
from hsai_kit.steps.evaluate.report.section import Section, is_scripted, list_run_facts, templates, write_assistants
from hsai_kit.steps.evaluate.report.text_sections import describe_checks, describe_judge, describe_ratings
from hsai_kit.steps.evaluate.texts.judge_result import JudgeCheck, JudgeResult
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.steps.evaluate.texts.text_checks import TextChecks

__all__ = ["Report", "report"]

Part: TypeAlias = "Evaluation | GateVerdict | TextChecks | RatingSession | JudgeResult | JudgeCheck | Run"
_PACKAGES = ("hsai_kit", "openai", "pandas", "scipy", "altair")


def report(*parts: Part, title: str = "Evaluation", rows: int = 20) -> Report:
    """Put what was measured into one report: `report(evaluation, verdict, checks, session, …).save("report.html")`.

    `parts` are, in the order in which they are to stand: an Evaluation, a gate's verdict, what `check_texts`, `rate`,
    `judge` and `judged.against` return, and runs, of which the assistant's text is shown. `rows` is how many records
    are shown with their text where assistants, people or checks differ (0 leaves record texts out).

    Raises EvaluationError for anything else, and PackageMissing where the extra `report` is not installed.
    """
    require_extra("vl_convert", "report", "A report")
    if not parts:
        message = "A report needs something to tell: report(evaluation), or what check_texts, rate or judge return."
        raise EvaluationError(message)
    return Report(title, tuple(section for part in parts for section in _describe(part, rows)))


def _describe(part: Part, rows: int) -> Iterator[Section]:
    """Yield the sections that tell a part; raises EvaluationError for what is none."""
    match part:
        case Evaluation():
            yield from describe_evaluation(part, rows)
        case GateVerdict():
            yield Section("Gate", "gate", {"verdict": part})
        case TextChecks():
            yield describe_checks(part, rows)
        case RatingSession():
            yield describe_ratings(part)
        case JudgeCheck():
            yield describe_judge(part, rows)
        case JudgeResult():
            yield Section("Judge", "verdict", {"verdict": f"{part!r}."}, scripted=is_scripted(part.run))
        case Run():
            values = {"facts": list_run_facts(part), "texts": write_assistants({part.record.assistant: part})}
            yield Section("Assistant", "assistant", values, scripted=is_scripted(part))
        case _:
            message = (
                f"A report cannot tell of a {type(part).__name__}. It takes evaluations, gates' verdicts, runs, and "
                "what check_texts, rate, judge and against return."
            )
            raise EvaluationError(message)


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
        versions = {name: version(name) for name in _PACKAGES}
        return (
            templates()
            .get_template("page.html")
            .render(
                title=self.title,
                sections=self.sections,
                made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
                versions={**versions, "Python": platform.python_version(), "Prices": price_list()},
            )
        )

    def save(self, path: str | Path) -> Path:
        """Write the report and return the file's path; open it in any browser, or print it."""
        target = Path(path)
        keep_private(target).write_text(self.html, "utf-8")
        return target
