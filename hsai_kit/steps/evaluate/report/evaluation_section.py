"""What a report tells of an evaluation: the assistants side by side, who is better, and what confidence is worth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from hsai_kit.errors import EvaluationError
from hsai_kit.steps.evaluate import evaluate
from hsai_kit.steps.evaluate.experiment.evaluation import Evaluation
from hsai_kit.steps.evaluate.experiment.result_rows import describe_grounds
from hsai_kit.steps.evaluate.report import charts
from hsai_kit.steps.evaluate.report.cells import interval, moment, shorten_names, usd
from hsai_kit.steps.evaluate.report.section import (
    ReportFigure,
    Section,
    is_scripted,
    list_figures,
    list_rows,
    write_assistants,
)
from hsai_kit.steps.evaluate.repro_code import pasteable, write_call

_MEASURES = ("right", "valid", "usd_per_1000", "seconds_median", "seconds_p95", "flip_rate", "calibration_error")


def describe_evaluation(evaluation: Evaluation, rows: int) -> Iterator[Section]:
    """Yield the section of an evaluation, and that of its confidence where it has any."""
    short = dict(zip(evaluation.names, shorten_names(evaluation.names), strict=True))
    table, runs = evaluation.table, {name: runs[0] for name, runs in evaluation.runs.items()}
    measure = "right" if evaluation.has_labels else "valid"
    assistants = [{"short": short[str(row["assistant"])], **row} for row in list_rows(table)]
    low, high = table[f"{measure}_low"], table[f"{measure}_high"]
    values = {
        "facts": _list_facts(evaluation),
        "assistants": assistants,
        "has_labels": evaluation.has_labels,
        "has_models": list(short.values()) != table["model"].tolist(),
        "has_repeats": bool(table["flip_rate"].notna().any()),
        "shares": charts.intervals([*short.values()], table[measure], low, high, axis=f"share {measure}"),
        "shares_in_words": "; ".join(f"{row['assistant']}: {interval(row, measure)}" for row in assistants),
        "texts": write_assistants(runs),
        **_compare(evaluation, short, rows),
    }
    figures = [one for one in list_figures(table, *_MEASURES) if not math.isnan(one.value)]
    scripted = any(map(is_scripted, runs.values()))
    yield Section("Assistants side by side", "evaluation", values, figures, _repeat_code(evaluation), scripted)
    yield from _describe_confidence(evaluation, short)


def _list_facts(evaluation: Evaluation) -> dict[str, str]:
    record = evaluation.record
    facts = {
        "Made": moment(record.at),
        "By": record.who,
        "Field": record.field,
        "Right answers from": record.labels or "none",
        "How they came to be": describe_grounds(evaluation.rows) or "",
        "Asked": f"{record.repeats} times" if record.repeats > 1 else "once",
        "Rows of one cluster": record.cluster,
        "Paid": usd(evaluation.usd),
    }
    return {name: value for name, value in facts.items() if value}


def _compare(evaluation: Evaluation, short: Mapping[str, str], rows: int) -> dict[str, object]:
    """Return who is better and where they differ, as the template shows it; no pairs where nothing can be compared."""
    if not evaluation.has_labels or len(short) < 2:
        return {"verdict": " ".join(evaluation.notes), "pairs": [], "flips": []}
    compared = evaluation.compare()
    pairs = [
        {"pair": f"{short[str(row['first'])]} \u2013 {short[str(row['second'])]}", **row} for row in list_rows(compared)
    ]
    verdicts = [
        str(row["verdict"]) if str(row["first"]) in str(row["verdict"]) else f"{row['pair']}: {row['verdict']}"
        for row in pairs
    ]
    flips = evaluation.flips.drop_duplicates("asked")
    return {
        "verdict": "\n".join([*verdicts, *evaluation.notes]),
        "pairs": pairs,
        "differences": charts.intervals(
            [str(row["pair"]) for row in pairs],
            compared["difference"],
            compared["low"],
            compared["high"],
            axis="difference (the first minus the second)",
            percent=False,
            zero=True,
        ),
        "flips": list_rows(flips.head(rows)),
        "more_flips": max(0, len(flips) - rows),
    }


def _describe_confidence(evaluation: Evaluation, short: Mapping[str, str]) -> Iterator[Section]:
    assistants: list[dict[str, object]] = []
    figures = []
    for name, called in short.items():
        try:
            found = evaluation.calibration(name)
        except EvaluationError:
            continue
        thresholds = {wanted: found.threshold_for(wanted) for wanted in (0.95, 0.97, 0.99)}
        chart = charts.reliability(found.curve)
        assistants.append(
            {"name": name, "short": called, "chart": chart, "error": found.error, "thresholds": thresholds}
        )
        figures.append(ReportFigure(name, "calibration error", found.error))
    if assistants:
        yield Section("What confidence is worth", "confidence", {"assistants": assistants}, figures)


def _repeat_code(evaluation: Evaluation) -> str:
    record, run = evaluation.record, next(iter(evaluation.runs.values()))[0].record
    engines = {runs[0].record.engine for runs in evaluation.runs.values()}
    again = write_call(
        evaluate,
        "hub",
        "frame",
        "evaluation.assistants",
        "evaluation.labels",
        field=record.field,
        repeats=record.repeats,
        cluster=record.cluster or None,
        engine=run.engine if len(engines) == 1 else None,
    )
    # Without labels nothing else tells which of the pulled records were meant.
    rows = "" if evaluation.has_labels else "\nframe = frame.loc[evaluation.rows['record_id'].unique()]"
    pulled = f"frame = open_pull(hub, {run.pull_id!r}){rows}\n" if run.pull_id else ""
    opened = f"evaluation = open_evaluation(hub, {evaluation.id!r})\n"
    return pasteable(f"{opened}{pulled}{again}  # asks only what is not known yet")
