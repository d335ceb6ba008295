"""What a report tells of each part: an evaluation, a gate, checks, ratings, a judge, an assistant."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import pandas as pd

from hsai_kit.errors import EvaluationError
from hsai_kit.run import Run
from hsai_kit.steps.evaluate import evaluate
from hsai_kit.steps.evaluate.experiment.evaluation import Evaluation
from hsai_kit.steps.evaluate.gate.gate import GateVerdict
from hsai_kit.steps.evaluate.report import charts, parts
from hsai_kit.steps.evaluate.report.parts import Chart, Numbers, ReportFigure, ReportTable, Section
from hsai_kit.steps.evaluate.report.texts import describe_checks, describe_judge, describe_ratings
from hsai_kit.steps.evaluate.repro_code import pasteable, write_call
from hsai_kit.steps.evaluate.texts.judge_result import JudgeCheck, JudgeResult
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.steps.evaluate.texts.text_checks import TextChecks

Part: TypeAlias = "Evaluation | GateVerdict | TextChecks | RatingSession | JudgeResult | JudgeCheck | Run"
_WRONG = "\u2717 "


def sections_of(part: Part, rows: int) -> Iterator[Section]:
    """Yield the sections that tell a part; raises EvaluationError for what is none."""
    match part:
        case Evaluation():
            yield _describe_evaluation(part, rows)
            yield from _describe_confidence(part)
        case GateVerdict():
            yield _describe_gate(part)
        case TextChecks():
            yield describe_checks(part, rows)
        case RatingSession():
            yield describe_ratings(part)
        case JudgeCheck():
            yield describe_judge(part, rows)
        case JudgeResult():
            yield Section("Judge", f"{part!r}.", scripted=parts.is_scripted(part.run))
        case Run():
            facts, words = parts.list_run_facts(part), [parts.build_assistant_text(part)]
            yield Section("Assistant", "", facts=facts, words=words, scripted=parts.is_scripted(part))
        case _:
            message = (
                f"A report cannot tell of a {type(part).__name__}. It takes evaluations, gates' verdicts, runs, and "
                "what check_texts, rate, judge and against return."
            )
            raise EvaluationError(message)


def _describe_evaluation(evaluation: Evaluation, rows: int) -> Section:
    table, record = evaluation.table, evaluation.record
    short = parts.shorten_names(evaluation.names)
    shown, drawn = [_figures_table(evaluation, short)], [_shares_chart(evaluation, short)]
    verdicts: list[str] = []
    if evaluation.has_labels and len(short) > 1:
        compared = evaluation.compare()
        known = dict(zip(evaluation.names, short, strict=True))
        pairs = [
            f"{known[one]} \u2013 {known[two]}" for one, two in zip(compared["first"], compared["second"], strict=True)
        ]
        verdicts = [
            verdict if first in verdict else f"{pair}: {verdict}"
            for pair, first, verdict in zip(pairs, compared["first"], compared["verdict"], strict=True)
        ]
        drawn.append(_differences_chart(compared, pairs))
        shown.append(_comparison_table(compared, pairs))
        shown += _flips_table(evaluation, short, rows) if rows else ()
    runs = [one[0] for one in evaluation.runs.values()]
    measures = ("right", "valid", "usd_per_1000", "seconds_median", "seconds_p95", "flip_rate", "calibration_error")
    return Section(
        "Assistants side by side",
        ("\n" if verdicts else " ").join([*verdicts, *evaluation.notes]),
        facts=[
            ("Made", parts.format_moment(record.at)),
            ("By", record.who),
            ("Field", record.field),
            ("Right answers from", record.labels or "none"),
            ("Asked", f"{record.repeats} times" if record.repeats > 1 else "once"),
            *([("Rows of one cluster", record.cluster)] if record.cluster else []),
            ("Paid", parts.format_usd(evaluation.usd)),
        ],
        charts=drawn,
        tables=shown,
        figures=[one for one in parts.list_figures(table, *measures) if not math.isnan(one.value)],
        words=[parts.build_assistant_text(run, name) for name, run in zip(evaluation.names, runs, strict=True)],
        repeat=_repeat_code(evaluation),
        scripted=any(map(parts.is_scripted, runs)),
    )


def _shares_chart(evaluation: Evaluation, short: Sequence[str]) -> Chart:
    measure, table = "right" if evaluation.has_labels else "valid", evaluation.table
    return Chart(
        f"Share {measure}, with the interval that holds it 19 times in 20",
        charts.intervals(
            short, table[measure], table[f"{measure}_low"], table[f"{measure}_high"], axis=f"share {measure}"
        ),
        "; ".join(f"{name}: {parts.format_interval(row, measure)}" for name, row in table.iterrows()),
    )


def _differences_chart(compared: pd.DataFrame, pairs: Sequence[str]) -> Chart:
    ends = compared["low"], compared["high"]
    axis = "difference (the first minus the second)"
    return Chart(
        "Differences in the share right, on the same records",
        charts.intervals(pairs, compared["difference"], *ends, axis=axis, percent=False, zero=True),
        "; ".join(compared["verdict"]),
    )


def _figures_table(evaluation: Evaluation, short: Sequence[str]) -> ReportTable:
    table = evaluation.table
    columns: dict[str, Sequence[str]] = {"Assistant": short}
    if list(short) != table["model"].tolist():
        columns["Model"] = table["model"].tolist()
    columns |= {"Records": parts.amounts(table["n"]), "Questions": parts.amounts(table["questions"])}
    for measure in ("right", "valid") if evaluation.has_labels else ("valid",):
        columns[f"{measure.capitalize()} (95 %)"] = parts.intervals(table, measure)
    columns["USD per 1,000"] = parts.amounts(table["usd_per_1000"], 3, "unknown")
    seconds = zip(table["seconds_median"], table["seconds_p95"], strict=True)
    columns["Seconds (95 of 100)"] = Numbers(
        f"{parts.format_amount(one)} ({parts.format_amount(most)})" for one, most in seconds
    )
    if table["flip_rate"].notna().any():
        columns["Changes when asked again"] = Numbers(map(parts.format_share, table["flip_rate"]))
    note = (
        "Records that ask the same are one question and count as one for the interval, weighted by how many they are."
    )
    return parts.build_table("Figures", columns, note)


def _comparison_table(compared: pd.DataFrame, pairs: Sequence[str]) -> ReportTable:
    points = (
        f"{100 * row['difference']:+.1f} ({parts.format_ends(row['low'], row['high'])})"
        for _, row in compared.iterrows()
    )
    columns = {
        "Pair": pairs,
        "Questions": parts.amounts(compared["units"]),
        "Both right": parts.amounts(compared["both"]),
        "Only the first": parts.amounts(compared["only_first"]),
        "Only the second": parts.amounts(compared["only_second"]),
        "Neither": parts.amounts(compared["neither"]),
        "Points (95 %)": Numbers(points),
        "p": parts.amounts(compared["p_holm"], 4),
    }
    note = "p is of McNemar's exact test on independent questions, after Holm's correction for the number of pairs."
    return parts.build_table("Who is right where the other is not", columns, note)


def _flips_table(evaluation: Evaluation, short: Sequence[str], most: int) -> Iterator[ReportTable]:
    flips = evaluation.flips.drop_duplicates("asked")
    if flips.empty:
        return
    first = flips.head(most)
    columns: dict[str, Sequence[str]] = {
        "Record": list(map(str, first.index)),
        "Ask the same": parts.amounts(first["records"]),
        "Asked": [parts.clip(one) for one in first["asked"]],
        "Right answer": [parts.clip(one) or "(blank)" for one in first["expected"]],
    }
    for name, called in zip(evaluation.names, short, strict=True):
        answers = zip(first[name], first["right"], strict=True)
        columns[called] = [f"{'' if name in right else _WRONG}{parts.clip(one) or '(blank)'}" for one, right in answers]
    note = f"{len(flips) - most:,} more questions are in evaluation.flips." if len(flips) > most else ""
    yield parts.build_table("Questions that one gets right and another wrong", columns, note)


def _describe_confidence(evaluation: Evaluation) -> Iterator[Section]:
    drawn, figures = [], []
    rows: list[tuple[str, ...]] = []
    for name, called in zip(evaluation.names, parts.shorten_names(evaluation.names), strict=True):
        try:
            found = evaluation.calibration(name)
        except EvaluationError:
            continue
        words = f"{name}: confidence is off by {parts.format_share(found.error)} on average"
        drawn.append(Chart(called, charts.reliability(found.curve), words, is_small=True))
        figures.append(ReportFigure(name, "calibration error", found.error))
        for wanted in (0.95, 0.97, 0.99):
            reached = found.threshold_for(wanted)
            where = "no confidence reaches it" if reached is None else f"from {reached.confidence:.3f} on"
            rows.append(
                (called, f"{wanted:.0%}", where, parts.format_share(None if reached is None else reached.share))
            )
    if drawn:
        columns = ["Assistant", "Right at least, for sure", "Confidence", "Share of rows let through"]
        yield Section(
            "What confidence is worth",
            "",
            "On the dashed line, answers are right as often as their confidence says. Larger points stand for more "
            "records, and the lines are the intervals that hold the true share 19 times in 20.",
            charts=drawn,
            tables=[ReportTable("Thresholds, judged on the interval's lower end", columns, rows, [1, 3])],
            figures=figures,
        )


def _describe_gate(verdict: GateVerdict) -> Section:
    rows = [["met" if reason.met else "not met", reason.said] for reason in verdict.reasons]
    head = str(verdict).partition("\n")[0]
    return Section("Gate", head, good=verdict.is_passed, tables=[ReportTable("Conditions", ["", "What decided"], rows)])


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
