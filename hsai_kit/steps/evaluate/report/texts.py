"""What a report tells of written texts: checks, people's ratings, and a judge held against people."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from hsai_kit.steps.evaluate.report import charts, parts
from hsai_kit.steps.evaluate.report.parts import Chart, Numbers, ReportTable, Section
from hsai_kit.steps.evaluate.repro_code import pasteable
from hsai_kit.steps.evaluate.texts.judge_result import JudgeCheck
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.steps.evaluate.texts.text_checks import CHECKS, TextChecks
from hsai_kit.store import RatingKind

_MEASURES = {
    RatingKind.PAIRS: "preferred",
    RatingKind.PASS: "that passes",
    RatingKind.LEVELS: "in the upper half of the scale",
}


def describe_checks(checks: TextChecks, rows: int) -> Section:
    """Tell what the checks found, with examples."""
    frame, counts, findings = checks.frame, checks.counts[checks.counts["texts"] > 0], checks.findings
    clean = parts.format_share(checks.clean / max(1, len(frame)))
    found = [str(name) for name in counts.index]
    table = parts.build_table(
        "What was found",
        {
            "Check": found,
            "What it means": [CHECKS[name] for name in found],
            "Texts": parts.amounts(counts["texts"]),
            "Share (95 %)": parts.intervals(counts, "share"),
        },
    )
    chart = Chart(
        "Texts with a finding",
        charts.bars(found, counts["share"], counts["high"], axis="share of texts") if found else "",
        "; ".join(f"{name}: {parts.format_share(row['share'])}" for name, row in counts.iterrows()),
    )
    first = findings.head(rows)
    examples = parts.build_table(
        "Texts with findings",
        {
            "Record": list(map(str, first.index)),
            "Findings": ["\n".join(one) for one in first["findings"]],
            "Text": [parts.clip(one) for one in first["text"]],
            "Record's text": [parts.clip(one) for one in first["source"]],
        },
        f"{len(findings) - rows:,} more are in checks.findings." if len(findings) > rows else "",
    )
    medians = {"Words": "words", "Sentences": "sentences", "Reading ease": "reading_ease"}
    return Section(
        f"Checks of {checks.name}",
        f"{checks.clean:,} of {len(frame):,} texts ({clean}) have no finding.",
        facts=[
            ("Texts", f"{len(frame):,}"),
            *((f"{name}, median", parts.format_amount(frame[column].median(), 0)) for name, column in medians.items()),
        ],
        charts=[chart] if found else [],
        tables=[table, *([examples] if len(first) else [])] if found else [],
        figures=list(parts.list_figures(checks.counts, "share")),
        repeat=pasteable(f"checks = {checks.repeat}"),
    )


def describe_ratings(session: RatingSession) -> Section:
    """Tell what people said, and how far they agree."""
    results = session.results
    names = [str(name) for name in results.index]
    label = _MEASURES[session.record.kind]
    columns = {
        "Text": names,
        "Rated": parts.amounts(results["rated"]),
        f"Share {label} (95 %)": parts.intervals(results, "share"),
    }
    if "mean" in results:
        columns["Mean level"] = parts.amounts(results["mean"], 2)
    chart = Chart(
        f"Share {label}",
        charts.intervals(names, results["share"], results["low"], results["high"], axis=f"share {label}"),
        session.verdict,
    )
    return Section(
        f"People's ratings of {', '.join(session.names)}",
        session.verdict,
        facts=[
            ("Question", session.record.question),
            ("Raters", ", ".join(session.raters) or "nobody yet"),
            ("Agreement", str(session.agreement())),
            ("Made", parts.format_moment(session.record.at)),
        ],
        charts=[chart],
        tables=[parts.build_table("What people say", columns)],
        figures=list(parts.list_figures(results, "share")),
        repeat=pasteable(f"session = open_rating(hub, {session.id!r})"),
    )


def describe_judge(check: JudgeCheck, rows: int) -> Section:
    """Tell what a judge is worth, and the rates that follow; its own rate is not told."""
    table, judged = check.table, check.judged
    names = [str(name) for name in table.index]
    chart = Chart(
        "People's verdict, and the corrected one where only the judge saw the text",
        charts.intervals(
            names * 2,
            [*table["people"], *table["corrected"]],
            [*table["people_low"], *table["low"]],
            [*table["people_high"], *table["high"]],
            axis="share",
            kinds=["people"] * len(table) + ["corrected judge"] * len(table),
        ),
        check.verdict,
    )
    facts = [
        *parts.list_run_facts(judged.run),
        ("Rated by people too", f"{len(check.both):,}"),
        ("Agreement with people", check.agreement.short),
    ]
    if judged.kind is RatingKind.PAIRS:
        facts.append(
            ("Order decided", f"in {parts.format_share(judged.inconsistent, 0)} of the pairs, which count as ties")
        )
    return Section(
        f"{judged.run.record.model} as judge of {', '.join(judged.names)}",
        check.verdict,
        facts=facts,
        good=None if check.tells_apart else False,
        charts=[chart],
        tables=[_rates_table(table), *_differences_table(check.disagreements.head(rows))],
        words=[parts.build_assistant_text(judged.run, "The judge")],
        figures=list(parts.list_figures(table, "people", "corrected", "sensitivity", "specificity")),
        repeat=pasteable(f"checked = {judged.repeat}.against(open_rating(hub, {check.session.id!r}))"),
        scripted=parts.is_scripted(judged.run),
    )


def _rates_table(table: pd.DataFrame) -> ReportTable:
    corrected = Numbers(
        parts.format_interval(row, "corrected") if pd.notna(row["corrected"]) else "no verdict"
        for _, row in table.iterrows()
    )
    return parts.build_table(
        "What follows, and how sure it is",
        {
            "Text": list(map(str, table.index)),
            "Rated": parts.amounts(table["rated"]),
            "People say": parts.intervals(table, "people"),
            "Only judged": parts.amounts(table["judged"]),
            "Corrected": corrected,
            "Sensitivity": parts.intervals(table, "sensitivity", 0),
            "Specificity": parts.intervals(table, "specificity", 0),
        },
        "Corrected is what people would say of the texts that only the judge saw (Rogan and Gladen); its interval "
        "carries what is not known of the judge as well (Lang and Reiczigel). The judge's own rate is not told.",
    )


def _differences_table(differ: pd.DataFrame) -> Iterator[ReportTable]:
    if differ.empty:
        return
    headings = {
        "Record": "record_id",
        "People": "people",
        "Judge": "judge",
        "Text": "text",
        "Record's text": "source",
    }
    yield parts.build_table(
        "Where judge and people differ",
        {heading: [parts.clip(one) for one in differ[column]] for heading, column in headings.items()},
        "These show what the judge's criterion has to make clear.",
    )
