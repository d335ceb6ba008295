"""What a report tells of written texts: checks, people's ratings, and a judge held against people."""

from __future__ import annotations

from hsai_kit.steps.evaluate.report import charts
from hsai_kit.steps.evaluate.report.cells import amount, moment, share
from hsai_kit.steps.evaluate.report.section import (
    Section,
    is_scripted,
    list_figures,
    list_rows,
    list_run_facts,
    write_assistants,
)
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
    medians = {"Words": "words", "Sentences": "sentences", "Reading ease": "reading_ease"}
    names = list(map(str, counts.index))
    values = {
        "checks": checks,
        "facts": {"Texts": f"{len(frame):,}"}
        | {f"{name}, median": amount(frame[column].median()) for name, column in medians.items()},
        "counts": list_rows(counts),
        "meanings": CHECKS,
        "chart": charts.bars(names, counts["share"], counts["high"], axis="share of texts") if names else "",
        "chart_in_words": "; ".join(f"{name}: {share(counts.loc[name, 'share'])}" for name in names),
        "findings": list_rows(findings.head(rows)),
        "more_findings": len(findings) - rows,
    }
    figures = list(list_figures(checks.counts, "share"))
    return Section(f"Checks of {checks.name}", "checks", values, figures, pasteable(f"checks = {checks.repeat}"))


def describe_ratings(session: RatingSession) -> Section:
    """Tell what people said, and how far they agree."""
    results, measure = session.results, _MEASURES[session.record.kind]
    names = list(map(str, results.index))
    values = {
        "session": session,
        "measure": measure,
        "facts": {
            "Question": session.record.question,
            "Raters": ", ".join(session.raters) or "nobody yet",
            "Agreement": str(session.agreement()),
            "Made": moment(session.record.at),
        },
        "results": list_rows(results),
        "has_levels": "mean" in results,
        "chart": charts.intervals(names, results["share"], results["low"], results["high"], axis=f"share {measure}"),
    }
    title = f"People's ratings of {', '.join(session.names)}"
    repeat = pasteable(f"session = open_rating(hub, {session.id!r})")
    return Section(title, "ratings", values, list(list_figures(results, "share")), repeat)


def describe_judge(check: JudgeCheck, rows: int) -> Section:
    """Tell what a judge is worth, and the rates that follow; its own rate is not told."""
    table, judged = check.table, check.judged
    facts = list_run_facts(judged.run) | {
        "Rated by people too": f"{len(check.both):,}",
        "Agreement with people": check.agreement.short,
    }
    if judged.kind is RatingKind.PAIRS:
        facts["Order decided"] = f"in {share(judged.inconsistent, 0)} of the pairs, which count as ties"
    values = {
        "check": check,
        "facts": facts,
        "rates": list_rows(table),
        "disagreements": list_rows(check.disagreements.head(rows)),
        "texts": write_assistants({"The judge": judged.run}),
        "chart": charts.intervals(
            [*map(str, table.index)] * 2,
            [*table["people"], *table["corrected"]],
            [*table["people_low"], *table["low"]],
            [*table["people_high"], *table["high"]],
            axis="share",
            kinds=["people"] * len(table) + ["corrected judge"] * len(table),
        ),
    }
    return Section(
        f"{judged.run.record.model} as judge of {', '.join(judged.names)}",
        "judge",
        values,
        list(list_figures(table, "people", "corrected", "sensitivity", "specificity")),
        pasteable(f"checked = {judged.repeat}.against(open_rating(hub, {check.session.id!r}))"),
        is_scripted(judged.run),
    )
