"""The conditions of a gate: each held against what the figures make sure, and told in a sentence with the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from hsai_kit.errors import EvaluationError
from hsai_kit.runtime.console import many
from hsai_kit.steps.evaluate.experiment.evaluation import Evaluation
from hsai_kit.steps.evaluate.experiment.result_rows import describe_grounds
from hsai_kit.steps.evaluate.gate.sample import GateTarget, ShareBound, bound_share, count_needed, explain_no_sample


class GateRule(StrEnum):
    """What a gate can ask for; `complete` is asked by every gate: nothing is left unasked."""

    COMPLETE = "complete"
    MIN_RIGHT = "min_right"
    MIN_VALID = "min_valid"
    MIN_GOOD = "min_good"
    MAX_USD_PER_1000 = "max_usd_per_1000"
    NO_WORSE_THAN = "no_worse_than"
    MUST_PASS = "must_pass"  # noqa: S105 -- records that must be right, no password


@dataclass(frozen=True)
class GateCondition:
    """One condition of a gate, whether it is met, and the figures that decided it in a sentence."""

    condition: GateRule
    met: bool
    said: str


def check_complete(evaluation: Evaluation, names: Sequence[str | None]) -> GateCondition | None:
    """Return what is not met where rows were not asked, None where all were."""
    rows = evaluation.rows[evaluation.rows["assistant"].isin(names)]
    left = int(rows["valid"].isna().sum())
    said = f"{left:,} rows were not asked yet; the same call goes on."
    return GateCondition(GateRule.COMPLETE, met=False, said=said) if left else None


def check_share(evaluation: Evaluation, name: str, rule: GateRule, wanted: float, target: GateTarget) -> GateCondition:
    """Hold the lower end of the share right or valid against the one that is asked for."""
    measure = rule.removeprefix("min_")
    if pd.isna(evaluation.table.loc[name, measure]):
        said = f"Nothing tells how often {name} is {measure}: evaluate it with labels."
        return GateCondition(rule, met=False, said=said)
    found = bound_share(evaluation, name, measure, target)
    if found is None:
        return GateCondition(rule, met=False, said=explain_no_sample(evaluation, name, measure))
    said = f"{measure.capitalize()}: {found.share:.1%}, surely at least {found.low:.1%}; {wanted:.1%} is asked for."
    if found.low < wanted:
        said += _advise(found, wanted, count_needed(evaluation, found, wanted, target))
    records, grounds = found.rows["record_id"].nunique(), describe_grounds(found.rows) if measure == "right" else None
    said += f" That is of {found.about}. Checked on {many(records, 'record')}{f' ({grounds})' if grounds else ''}."
    return GateCondition(rule, met=found.low >= wanted, said=said)


def check_price(evaluation: Evaluation, name: str, most: float) -> GateCondition:
    """Hold the upper end of the price against the most that is asked for."""
    price, high = evaluation.table["usd_per_1000"][name], evaluation.usd_at_most(name)
    if high is None:
        said = f"The price of {name} is not known, so it cannot be held against {most:,.2f} USD."
        return GateCondition(GateRule.MAX_USD_PER_1000, met=False, said=said)
    said = f"Price: {price:,.4f} USD for 1,000 records, surely at most {high:,.4f}; up to {most:,.2f} is asked for."
    return GateCondition(GateRule.MAX_USD_PER_1000, met=high <= most, said=said)


def check_baseline(evaluation: Evaluation, name: str, baseline: str, margin: float) -> GateCondition:
    """Hold the lower end of the difference to another assistant against the margin."""
    if name == baseline:
        message = f"{name} cannot be judged against itself. Name another assistant in no_worse_than."
        raise EvaluationError(message)
    pair = evaluation.compare(baseline).set_index("first").loc[name]
    low, high, difference = (100 * float(pair[one]) for one in ("low", "high", "difference"))
    said = (
        f"Right against {baseline}: {difference:+.1f} points ({low:+.1f} to {high:+.1f}); "
        f"at most {100 * margin:.1f} points worse is asked for."
    )
    return GateCondition(GateRule.NO_WORSE_THAN, met=low >= -100 * margin, said=said)


def check_must_pass(evaluation: Evaluation, name: str, records: Sequence[str]) -> GateCondition:
    """Look whether records that have to be right every time are."""
    rows = evaluation.rows[evaluation.rows["assistant"] == name]
    right = rows.groupby("record_id")["right"].agg(lambda column: bool(column.fillna(value=False).all()))
    wrong = [one for one in records if not right.get(one, False)]
    said = f"All {len(records):,} rows that must be right are."
    if wrong:
        unmeasured = [one for one in wrong if one not in right.index]
        why = f", of which {len(unmeasured):,} were not measured" if unmeasured else ""
        named = ", ".join(wrong[:5]) + (" …" if len(wrong) > 5 else "")
        said = f"{len(wrong):,} of {len(records):,} rows that must be right are not{why}: {named}."
    return GateCondition(GateRule.MUST_PASS, met=not wrong, said=said)


def _advise(found: ShareBound, wanted: float, needed: int | None) -> str:
    if found.share <= wanted:
        return " The figure itself falls short."
    questions = found.rows["unit"].nunique()
    if needed is None or needed <= questions:
        return " The figure itself would do, but a few questions that many records ask decide it. Label others as well."
    return (
        f" The figure itself would do, but {questions:,} independent questions are too few: it takes about {needed:,}."
    )
