"""What a report tells of written texts: checks, people's ratings, and a judge held against people."""

from __future__ import annotations

import pandas as pd

from hsai_kit.steps.evaluate.report import charts
from hsai_kit.steps.evaluate.report.parts import (
    Chart,
    ReportFigure,
    ReportTable,
    Section,
    format_amount,
    share,
    with_ends,
)
from hsai_kit.steps.evaluate.report.runs import assistant_text, cut, is_scripted, run_facts
from hsai_kit.steps.evaluate.repro_code import pasteable
from hsai_kit.steps.evaluate.texts.judge_result import JudgeCheck
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.steps.evaluate.texts.text_checks import CHECKS, TextChecks

__all__ = ["of_checks", "of_judge", "of_ratings"]


_MEASURED = {"pairs": "preferred", "pass": "that passes", "levels": "in the upper half of the scale"}


def of_checks(checks: TextChecks, rows: int) -> Section:
    """Tell what the checks found, with examples."""
    counts = checks.counts[checks.counts["texts"] > 0]
    clean = int((checks.frame["findings"].map(len) == 0).sum())
    verdict = f"{clean:,} of {len(checks.frame):,} texts ({share(clean / max(1, len(checks.frame)))}) have no finding."
    table = ReportTable(
        "What was found",
        ["Check", "What it means", "Texts", "Share (95 %)"],
        [
            [
                str(name),
                CHECKS[str(name)],
                format_amount(row["texts"], 0),
                with_ends(row["share"], row["low"], row["high"]),
            ]
            for name, row in counts.iterrows()
        ],
        [2, 3],
    )
    drawn = [
        Chart(
            "Texts with a finding",
            charts.bars([str(name) for name in counts.index], counts["share"], counts["high"], axis="share of texts"),
            "; ".join(f"{name}: {share(row['share'])}" for name, row in counts.iterrows()),
        )
    ]
    found = checks.findings.head(rows)
    examples = ReportTable(
        "Texts with findings",
        ["Record", "Findings", "Text", "Record's text"],
        [[str(one), "\n".join(row["findings"]), cut(row["text"]), cut(row["source"])] for one, row in found.iterrows()],
        note=f"{len(checks.findings) - rows:,} more are in checks.findings." if len(checks.findings) > rows else "",
    )
    frame = checks.frame
    facts = [
        ("Texts", f"{len(frame):,}"),
        ("Words, median", format_amount(frame["words"].median(), 0)),
        ("Sentences, median", format_amount(frame["sentences"].median(), 0)),
        ("Reading ease, median", format_amount(frame["reading_ease"].median(), 0)),
    ]
    figures = [
        ReportFigure(str(name), "share", float(row["share"]), float(row["low"]), float(row["high"]))
        for name, row in checks.counts.iterrows()
    ]
    return Section(
        f"Checks of {checks.name}",
        verdict,
        facts=facts,
        charts=drawn if len(counts) else [],
        tables=[table, *([examples] if len(found) else [])] if len(counts) else [],
        figures=figures,
        repeat=pasteable(f"checks = {checks.repeat}"),
    )


def of_ratings(session: RatingSession) -> Section:
    """Tell what people said, and how far they agree."""
    results = session.results
    names = [str(name) for name in results.index]
    label = _MEASURED[session.record.kind]
    table = ReportTable(
        "What people say",
        ["Text", "Rated", f"Share {label} (95 %)", *(["Mean level"] if "mean" in results else [])],
        [
            [
                name,
                format_amount(row["rated"], 0),
                with_ends(row["share"], row["low"], row["high"]),
                *([format_amount(row["mean"])] if "mean" in results else []),
            ]
            for name, row in results.iterrows()
        ],
        range(1, 4),
    )
    drawn = Chart(
        f"Share {label}",
        charts.intervals(names, results["share"], results["low"], results["high"], axis=f"share {label}"),
        session.verdict,
    )
    facts = [
        ("Question", session.record.question),
        ("Raters", ", ".join(session.raters) or "nobody yet"),
        ("Agreement", str(session.agreement())),
        ("Made", session.record.at.replace("T", " ").replace("Z", " UTC")),
    ]
    figures = [
        ReportFigure(name, "share", float(row["share"]), float(row["low"]), float(row["high"]))
        for name, row in results.iterrows()
    ]
    return Section(
        f"People's ratings of {', '.join(session.names)}",
        session.verdict,
        facts=facts,
        charts=[drawn],
        tables=[table],
        figures=figures,
        repeat=pasteable(f"session = open_rating(hub, {session.id!r})"),
    )


def of_judge(checked: JudgeCheck, rows: int) -> Section:
    """Tell what a judge is worth, and the rates that follow; its own rate is not told."""
    table = checked.table
    judged = checked.judged
    figures = ReportTable(
        "What follows, and how sure it is",
        ["Text", "Rated", "People say", "Only judged", "Corrected", "Sensitivity", "Specificity"],
        [
            [
                str(name),
                format_amount(row["rated"], 0),
                with_ends(row["people"], row["people_low"], row["people_high"]),
                format_amount(row["judged"], 0),
                with_ends(row["corrected"], row["low"], row["high"]) if pd.notna(row["corrected"]) else "no verdict",
                with_ends(row["sensitivity"], row["sensitivity_low"], row["sensitivity_high"], 0),
                with_ends(row["specificity"], row["specificity_low"], row["specificity_high"], 0),
            ]
            for name, row in table.iterrows()
        ],
        range(1, 7),
        "Corrected is what people would say of the texts that only the judge saw (Rogan and Gladen); its interval "
        "carries what is not known of the judge as well (Lang and Reiczigel). The judge's own rate is not told.",
    )
    drawn = [
        Chart(
            "People's verdict, and the corrected one where only the judge saw the text",
            charts.intervals(
                [str(name) for name in table.index] * 2,
                [*table["people"], *table["corrected"]],
                [*table["people_low"], *table["low"]],
                [*table["people_high"], *table["high"]],
                axis="share",
                kinds=["people"] * len(table) + ["corrected judge"] * len(table),
            ),
            checked.verdict,
        )
    ]
    differ = checked.disagreements.head(rows)
    tables = [figures]
    if len(differ):
        tables.append(
            ReportTable(
                "Where judge and people differ",
                ["Record", "People", "Judge", "Text", "Record's text"],
                [
                    [row["record_id"], row["people"], row["judge"], cut(row["text"]), cut(row["source"])]
                    for _, row in differ.iterrows()
                ],
                note="These show what the judge's criterion has to make clear.",
            )
        )
    facts = [
        *run_facts(judged.run),
        ("Rated by people too", f"{len(checked.both):,}"),
        ("Agreement with people", checked.agreement.short),
    ]
    if judged.kind == "pairs":
        facts.append(("Order decided", f"in {share(judged.inconsistent, 0)} of the pairs, which count as ties"))
    return Section(
        f"{judged.run.record.model} as judge of {', '.join(judged.names)}",
        checked.verdict,
        facts=facts,
        good=None if checked.tells_apart else False,
        charts=drawn,
        tables=tables,
        words=[assistant_text(judged.run, "The judge")],
        figures=[
            ReportFigure(str(name), figure, float(row[figure]), float(row[low]), float(row[high]))
            for name, row in table.iterrows()
            for figure, low, high in (
                ("people", "people_low", "people_high"),
                ("corrected", "low", "high"),
                ("sensitivity", "sensitivity_low", "sensitivity_high"),
                ("specificity", "specificity_low", "specificity_high"),
            )
        ],
        repeat=pasteable(f"checked = {judged.repeat}.against(open_rating(hub, {checked.session.id!r}))"),
        scripted=is_scripted(judged.run),
    )
