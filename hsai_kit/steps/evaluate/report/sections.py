"""What a report tells of each part: an evaluation, a gate, checks, ratings, a judge, an assistant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import pandas as pd

from hsai_kit.errors import EvaluationError
from hsai_kit.run import Run
from hsai_kit.steps.evaluate import evaluate
from hsai_kit.steps.evaluate.experiment.evaluation import Evaluation
from hsai_kit.steps.evaluate.gate.gate import GateVerdict
from hsai_kit.steps.evaluate.report import charts
from hsai_kit.steps.evaluate.report.parts import (
    Chart,
    ReportFigure,
    ReportTable,
    Section,
    ends,
    format_amount,
    share,
    shorten_names,
    with_ends,
)
from hsai_kit.steps.evaluate.report.runs import assistant_text, cut, is_scripted, run_facts, usd
from hsai_kit.steps.evaluate.report.texts import of_checks, of_judge, of_ratings
from hsai_kit.steps.evaluate.repro_code import pasteable, write_call
from hsai_kit.steps.evaluate.texts.judge_result import JudgeCheck, JudgeResult
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.steps.evaluate.texts.text_checks import TextChecks

__all__ = ["Part", "Section", "sections_of"]

Part: TypeAlias = "Evaluation | GateVerdict | TextChecks | RatingSession | JudgeResult | JudgeCheck | Run"


_WRONG = "\u2717 "


def sections_of(part: Part, rows: int) -> Iterator[Section]:
    """Yield the sections that tell a part; raises EvaluationError for what is none."""
    if isinstance(part, Evaluation):
        yield from _of_evaluation(part, rows)
    elif isinstance(part, GateVerdict):
        yield _of_gate(part)
    elif isinstance(part, TextChecks):
        yield of_checks(part, rows)
    elif isinstance(part, RatingSession):
        yield of_ratings(part)
    elif isinstance(part, JudgeCheck):
        yield of_judge(part, rows)
    elif isinstance(part, JudgeResult):
        yield Section("Judge", f"{part!r}.", scripted=is_scripted(part.run))
    elif isinstance(part, Run):
        yield Section("Assistant", "", facts=run_facts(part), words=[assistant_text(part)], scripted=is_scripted(part))
    else:
        message = (
            f"A report cannot tell of a {type(part).__name__}. It takes evaluations, gates' verdicts, runs, and what "
            "check_texts, rate, judge and against return."
        )
        raise EvaluationError(message)


def _of_evaluation(evaluation: Evaluation, rows: int) -> Iterator[Section]:
    table = evaluation.table.reset_index()
    short = dict(zip(evaluation.names, shorten_names(evaluation.names), strict=True))
    known = evaluation.has_labels
    compared = evaluation.compare() if known and len(short) > 1 else None
    shown, drawn = [_figures_table(table, short, known=known)], [_shares_chart(table, short, known=known)]
    verdict = " ".join(evaluation.notes)
    if compared is not None:
        pairs = [f"{short[row['first']]} \u2013 {short[row['second']]}" for _, row in compared.iterrows()]
        said = [
            one if str(row["first"]) in one else f"{pair}: {one}"
            for pair, one, (_, row) in zip(pairs, compared["verdict"], compared.iterrows(), strict=True)
        ]
        verdict = "\n".join([*said, *evaluation.notes])
        drawn.append(_differences_chart(compared, pairs))
        shown.append(_comparison_table(compared, pairs))
        shown += _flips_table(evaluation, short, rows) if rows else ()
    record = evaluation.record
    facts = [
        ("Made", record.at.replace("T", " ").replace("Z", " UTC")),
        ("By", record.who),
        ("Field", record.field),
        ("Right answers from", record.labels or "none"),
        ("Asked", f"{record.repeats} times" if record.repeats > 1 else "once"),
        *([("Rows of one cluster", record.cluster)] if record.cluster else []),
        ("Paid", usd(evaluation.usd)),
    ]
    runs = [one[0] for one in evaluation.runs.values()]
    yield Section(
        "Assistants side by side",
        verdict,
        facts=facts,
        charts=drawn,
        tables=shown,
        figures=list(_evaluation_figures(table)),
        words=[assistant_text(run, name) for name, run in zip(short, runs, strict=True)],
        repeat=_repeated(evaluation),
        scripted=any(map(is_scripted, runs)),
    )
    yield from _of_confidence(evaluation, short)


def _shares_chart(table: pd.DataFrame, short: Mapping[str, str], *, known: bool) -> Chart:
    measure = "right" if known else "valid"
    low, high = table[f"{measure}_low"], table[f"{measure}_high"]
    words = (f"{name}: {with_ends(*values)}" for name, *values in zip(short, table[measure], low, high, strict=True))
    return Chart(
        f"Share {measure}, with the interval that holds it 19 times in 20",
        charts.intervals(list(short.values()), table[measure], low, high, axis=f"share {measure}"),
        "; ".join(words),
    )


def _differences_chart(compared: pd.DataFrame, pairs: list[str]) -> Chart:
    ends = compared["low"], compared["high"]
    axis = "difference (the first minus the second)"
    return Chart(
        "Differences in the share right, on the same records",
        charts.intervals(pairs, compared["difference"], *ends, axis=axis, percent=False, zero=True),
        "; ".join(compared["verdict"]),
    )


def _figures_table(table: pd.DataFrame, short: Mapping[str, str], *, known: bool) -> ReportTable:
    models = any(short[str(row["assistant"])] != row["model"] for _, row in table.iterrows())
    measures = ["right", "valid"] if known else ["valid"]
    columns = ["Assistant", *(["Model"] if models else []), "Records", "Questions"]
    columns += [*(f"{one.capitalize()} (95 %)" for one in measures), "USD per 1,000", "Seconds (95 of 100)"]
    flips = bool(table["flip_rate"].notna().any())
    rows = [
        [
            short[str(row["assistant"])],
            *([str(row["model"])] if models else []),
            format_amount(row["n"], 0),
            format_amount(row["questions"], 0),
            *(with_ends(row[one], row[f"{one}_low"], row[f"{one}_high"]) for one in measures),
            format_amount(row["usd_per_1000"], 3, "unknown"),
            f"{format_amount(row['seconds_median'])} ({format_amount(row['seconds_p95'])})",
            *([share(row["flip_rate"])] if flips else []),
        ]
        for _, row in table.iterrows()
    ]
    columns += ["Changes when asked again"] if flips else []
    return ReportTable(
        "Figures",
        columns,
        rows,
        range(2 if models else 1, len(columns)),
        "Records that ask the same are one question and count as one for the interval, weighted by how many they are.",
    )


def _comparison_table(compared: pd.DataFrame, pairs: list[str]) -> ReportTable:
    rows = [
        [
            pair,
            *(format_amount(row[name], 0) for name in ("units", "both", "only_first", "only_second", "neither")),
            f"{100 * row['difference']:+.1f} ({ends(row['low'], row['high'])})",
            format_amount(row["p_holm"], 4),
        ]
        for pair, (_, row) in zip(pairs, compared.iterrows(), strict=True)
    ]
    columns = ["Pair", "Questions", "Both right", "Only the first", "Only the second", "Neither"]
    return ReportTable(
        "Who is right where the other is not",
        [*columns, "Points (95 %)", "p"],
        rows,
        range(1, 8),
        "p is of McNemar's exact test on independent questions, after Holm's correction for the number of pairs.",
    )


def _flips_table(evaluation: Evaluation, short: Mapping[str, str], most: int) -> Iterator[ReportTable]:
    flips = evaluation.flips.drop_duplicates("asked")
    if flips.empty:
        return
    rows = [
        [
            *(str(one), format_amount(row["records"], 0), cut(row["asked"]), cut(row["expected"]) or "(blank)"),
            *(f"{'' if name in row['right'] else _WRONG}{cut(row[name]) or '(blank)'}" for name in short),
        ]
        for one, row in flips.head(most).iterrows()
    ]
    columns = ["Record", "Ask the same", "Asked", "Right answer", *short.values()]
    note = f"{len(flips) - most:,} more questions are in evaluation.flips." if len(flips) > most else ""
    yield ReportTable("Questions that one gets right and another wrong", columns, rows, [1], note)


def _of_confidence(evaluation: Evaluation, short: Mapping[str, str]) -> Iterator[Section]:
    drawn, rows, figures = [], [], []
    for name, told in short.items():
        try:
            found = evaluation.calibration(name)
        except EvaluationError:
            continue
        words = f"{name}: confidence is off by {share(found.error)} on average"
        drawn.append(Chart(told, charts.reliability(found.curve), words, is_small=True))
        figures.append(ReportFigure(name, "calibration error", found.error))
        for wanted in (0.95, 0.97, 0.99):
            reached = found.threshold_for(wanted)
            where = "no confidence reaches it" if reached is None else f"from {reached.confidence:.3f} on"
            rows.append([told, f"{wanted:.0%}", where, share(None if reached is None else reached.share)])
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


def _of_gate(verdict: GateVerdict) -> Section:
    rows = [["met" if reason.met else "not met", reason.said] for reason in verdict.reasons]
    head = str(verdict).partition("\n")[0]
    return Section("Gate", head, good=verdict.is_passed, tables=[ReportTable("Conditions", ["", "What decided"], rows)])


def _evaluation_figures(table: pd.DataFrame) -> Iterator[ReportFigure]:
    for _, row in table.iterrows():
        for figure in ("right", "valid"):
            if not pd.isna(row[figure]):
                low, high = float(row[f"{figure}_low"]), float(row[f"{figure}_high"])
                yield ReportFigure(str(row["assistant"]), figure, float(row[figure]), low, high)
        for figure in ("usd_per_1000", "seconds_median", "seconds_p95", "flip_rate", "calibration_error"):
            if not pd.isna(row[figure]):
                yield ReportFigure(str(row["assistant"]), figure, float(row[figure]))


def _repeated(evaluation: Evaluation) -> str:
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
