"""The rows that a gate goes by: those that stand for others, with labels that are not the assistant's own answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from hsai_kit.stats import fewest_for
from hsai_kit.stats.e_process import find_fewest, lower_bound_of_set
from hsai_kit.steps.evaluate.experiment.comparison import rate_rows
from hsai_kit.steps.evaluate.experiment.evaluation import Evaluation
from hsai_kit.store import LabelDraw, LabelGround


class GateTarget(StrEnum):
    """What a gate judges: the records that were evaluated, as for a clean-up, or those that are still to come."""

    THESE = "these records"
    COMING = "records to come"


@dataclass(frozen=True)
class ShareBound:
    """A share as a gate reads it, and what it is at least; `about` says of which records and how that is known."""

    share: float
    low: float
    about: str
    rows: pd.DataFrame


_DRAWS = [one for one in LabelDraw if one.is_sample]
_GROUNDS = [one for one in LabelGround if one.counts_for_gate]


def take_sample(evaluation: Evaluation, name: str, measure: str) -> pd.DataFrame:
    """Return the rows of an assistant of which `measure` (right or valid) is known and that count for a gate.

    They were drawn at random, or are all that there are; what is right was not approved after the answer was seen.
    """
    rows = evaluation.rows[evaluation.rows["assistant"] == name]
    rows = rows[rows[measure].notna() & rows["draw"].isin(_DRAWS)]
    return rows[rows["ground"].isin(_GROUNDS)] if measure == "right" else rows


def bound_share(evaluation: Evaluation, name: str, measure: str, target: GateTarget) -> ShareBound | None:
    """Return the share right or valid with what it is at least, None where no row counts for it."""
    if target is GateTarget.THESE:
        return _bound_these(evaluation, name, measure)
    rows = take_sample(evaluation, name, measure)
    if rows.empty:
        return None
    found = rate_rows(rows, measure)
    return ShareBound(found.share, found.low, "records to come, from a sample of fixed size", rows)


def _bound_these(evaluation: Evaluation, name: str, measure: str) -> ShareBound | None:
    """Bound the share of the records that were evaluated: what is labeled is known, and only the rest is estimated.

    A question that is labeled is known for all records that ask it, whatever chose it. The rest is estimated from
    rows that were drawn at random, by a bound that holds at every look (`lower_bound_of_set`). Each question counts
    with all its records: with those alone that were labeled, up to 23 in 100 passed wrongly in a simulation.
    """
    rows = evaluation.rows[evaluation.rows["assistant"] == name]
    rows = rows[rows[measure].notna() & (rows["ground"].isin(_GROUNDS) | (measure == "valid"))]
    total = evaluation.record.records
    if rows.empty or not total:
        return None
    records = rows.groupby("record_id", sort=False)[measure].mean().astype(float).to_frame("share")
    given = evaluation.store.evaluations.rows(evaluation.id)
    labels = [given[str(one)] for one in records.index]
    questions = (
        records.assign(
            question=[one.question if one.question_records > 1 else f"record {one.record_id}" for one in labels],
            records=[one.question_records for one in labels],
            is_drawn=[one.draw is LabelDraw.RANDOM for one in labels],
            at=[one.at for one in labels],
        )
        .groupby("question")
        .agg(share=("share", "mean"), records=("records", "first"), is_drawn=("is_drawn", "any"), at=("at", "min"))
    )
    weights = questions["records"]
    known = int(weights.sum())
    if known == total:
        share = float((questions["share"] * weights).sum()) / total
        return ShareBound(share, share, f"these {total:,} records, of which all are known", rows)
    # As they were labeled; of those of one moment the order is one that no answer decides.
    drawn = questions[questions["is_drawn"]].sort_values("at", kind="stable")
    if drawn.empty:
        return None
    others = questions[~questions["is_drawn"]]
    sure, rest = float((others["share"] * others["records"]).sum()), total - int(others["records"].sum())
    low = lower_bound_of_set(drawn["share"], drawn["records"], rest)
    right = sure + float((drawn["share"] * drawn["records"]).sum())
    share = (right + (total - known) * float(drawn["share"].mean())) / total
    about = f"these {total:,} records, of which {known:,} are known; it may be looked at after every label"
    return ShareBound(share, (sure + rest * low) / total, about, rows)


def count_needed(evaluation: Evaluation, found: ShareBound, wanted: float, target: GateTarget) -> int | None:
    """Return about how many random labels in all would show that `wanted` is reached, None where none would."""
    if found.share <= wanted:
        return None
    if target is GateTarget.THESE:
        return find_fewest(wanted, found.share, evaluation.record.records)
    return fewest_for(wanted, found.share)


def explain_no_sample(evaluation: Evaluation, name: str, measure: str) -> str:
    """Say why no row counts, and the way to some that do."""
    rows = evaluation.rows[evaluation.rows["assistant"] == name]
    if measure == "right" and not rows["ground"].isin(_GROUNDS).any():
        return (
            f"All labels are answers that somebody approved after seeing them, which tells nothing of how often {name} "
            "is right. Label some rows without looking at an answer."
        )
    return (
        f"The labeled rows were chosen and not drawn, so they do not stand for the others, and how often {name} is "
        f"{measure} stays open. Label all rows of a table, or rows drawn at random, with the word random in a column "
        "draw of the labels."
    )
