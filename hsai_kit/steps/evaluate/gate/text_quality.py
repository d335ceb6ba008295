"""How often an assistant's texts are good, as a gate reads it: by people, or by a judge held against them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import pandas as pd

from hsai_kit.errors import EvaluationError
from hsai_kit.stats import wilson
from hsai_kit.steps.evaluate.experiment.evaluation import Evaluation
from hsai_kit.steps.evaluate.gate.conditions import GateCondition, GateRule
from hsai_kit.steps.evaluate.texts.judge_result import JudgeCheck
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.store import RatingKind

TextEvidence: TypeAlias = JudgeCheck | RatingSession


def check_texts(
    evaluation: Evaluation, name: str, evidence: TextEvidence | None, wanted: float
) -> Iterator[GateCondition]:
    """Yield whether the texts that `name` wrote in an evaluation are good often enough, at the interval's lower end.

    Raises EvaluationError for what tells nothing of that: a judge that nobody checked, and pairs.
    """
    if evidence is None:
        said = (
            f"Nothing tells how often the texts of {name} are good: rate(hub, run), and judge(\u2026, texts=session)."
        )
        yield GateCondition(GateRule.MIN_GOOD, met=False, said=said)
        return
    if not isinstance(evidence, JudgeCheck | RatingSession):
        message = (
            f"texts is a {type(evidence).__name__}, which passes no gate. It takes what people rated (rate) or a judge "
            "held against them: judge(\u2026).against(session)."
        )
        raise EvaluationError(message)
    session = evidence.session if isinstance(evidence, JudgeCheck) else evidence
    if session.record.kind is RatingKind.PAIRS:
        message = (
            "Of two texts people said which is better, which does not tell whether it is good. Let them rate the texts "
            "of one assistant: rate(hub, run)."
        )
        raise EvaluationError(message)
    variant, strange, of = _variant(evaluation, name, evidence)
    if strange:
        said = (
            f"{strange:,} of the {of:,} texts that were rated or judged are none that {name} wrote in this evaluation, "
            "so they tell nothing of it. Rate and judge those that it wrote."
        )
        yield GateCondition(GateRule.MIN_GOOD, met=False, said=said)
    elif isinstance(evidence, RatingSession) or not evidence.table.loc[variant, "judged"]:
        yield _by_people(session, session.names[0] if len(session.names) == 1 else variant, wanted)
    else:
        yield from _by_judge(evidence, variant, wanted)


def _variant(evaluation: Evaluation, name: str, evidence: TextEvidence) -> tuple[str, int, int]:
    """Return which variant is the assistant's, how many of its texts the assistant did not write, and of how many."""
    wrote = {
        (row.record_id, " ".join(value.split()))
        for run in evaluation.runs[name]
        for row in run.results()
        for value in row.fields.values()
        if isinstance(value, str)
    }
    found = []
    for variant, texts in _texts(evidence).items():
        strange = sum((record, " ".join(text.split())) not in wrote for record, text in texts)
        found.append((strange / max(1, len(texts)), variant, strange, len(texts)))
    _, variant, strange, of = min(found)
    return variant, strange, of


def _texts(evidence: TextEvidence) -> dict[str, set[tuple[str, str]]]:
    """Return the texts of each variant with the ids of their records."""
    session = evidence.session if isinstance(evidence, JudgeCheck) else evidence
    read = evidence.judged.texts if isinstance(evidence, JudgeCheck) else {}
    called = evidence.judged.match_variants(session) if isinstance(evidence, JudgeCheck) else {}
    found = {variant: set(frame["text"].dropna().items()) for variant, frame in read.items()}
    for one in session.items:
        found.setdefault(called.get(one.variant, one.variant), set()).add((one.record_id, one.texts[0]))
    return found


def _by_people(session: RatingSession, variant: str, wanted: float) -> GateCondition:
    verdicts = session.verdicts
    mine = verdicts[verdicts["variant"] == variant]
    if mine.empty:
        return GateCondition(
            GateRule.MIN_GOOD, met=False, said=f"Nobody has rated a text of {variant} yet: RatingPanel(session)."
        )
    # On what people are split, nobody can say that it is good.
    split = int(mine["verdict"].isna().sum())
    decided = len(mine) - split
    share = float(session.results.loc[variant, "share"]) * decided / len(mine) if decided else 0.0
    low = wilson(share, len(mine))[0]
    even = f" (evenly split on {split:,}, which do not count as good)" if split else ""
    said = f"Good: {share:.1%} of the {len(mine):,} texts that people rated{even}"
    return _condition(said, share, low, wanted, "Rate more of them.")


def _by_judge(checked: JudgeCheck, variant: str, wanted: float) -> Iterator[GateCondition]:
    frame = checked.judged.frame
    model = checked.judged.run.record.model
    waiting = int((checked.judged.run.answers["status"] == "skipped").sum())
    if waiting:
        yield GateCondition(
            GateRule.COMPLETE, met=False, said=f"{model} has not judged {waiting:,} texts yet; the same call goes on."
        )
    row = checked.table.loc[variant]
    if pd.isna(row["corrected"]):
        yield GateCondition(GateRule.MIN_GOOD, met=False, said=f"No verdict on texts: {checked.why_not(variant)}.")
        return
    missing = int(frame["verdict"][frame["variant"] == variant].isna().sum()) - waiting
    judged = int(row["judged"])
    # What the judge failed on may be anything, so it counts as not good.
    kept = judged / (judged + max(0, missing))
    share, low = float(row["corrected"]) * kept, float(row["low"]) * kept
    people = f"; people say {row['people']:.1%} of the {row['rated']:.0f} that they rated"
    failed = f", {missing:,} that it failed on counted as not good" if missing > 0 else ""
    said = f"Good: {share:.1%} of the {judged:,} texts that only {model} read, corrected by ratings{failed}{people}"
    yield _condition(said, share, low, wanted, "Rate more texts, or let a better judge read them.")


def _condition(said: str, share: float, low: float, wanted: float, way: str) -> GateCondition:
    said = f"{said}. Surely at least {low:.1%}; {wanted:.1%} is asked for."
    if low < wanted:
        said += " The figure itself falls short." if share <= wanted else f" The figure itself would do. {way}"
    return GateCondition(GateRule.MIN_GOOD, met=low >= wanted, said=said)
