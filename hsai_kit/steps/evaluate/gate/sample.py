"""The rows that a gate goes by: those that stand for others, with labels that are not the assistant's own answers."""

from __future__ import annotations

import pandas as pd

from hsai_kit.steps.evaluate.experiment.evaluation import Evaluation
from hsai_kit.store import LabelDraw, LabelGround

_DRAWS = [one for one in LabelDraw if one.is_sample]
_GROUNDS = [one for one in LabelGround if one.counts_for_gate]


def take_sample(evaluation: Evaluation, name: str, measure: str) -> pd.DataFrame:
    """Return the rows of an assistant of which `measure` (right or valid) is known and that count for a gate.

    They were drawn at random, or are all that there are; what is right was not approved after the answer was seen.
    """
    rows = evaluation.rows[evaluation.rows["assistant"] == name]
    rows = rows[rows[measure].notna() & rows["draw"].isin(_DRAWS)]
    return rows[rows["ground"].isin(_GROUNDS)] if measure == "right" else rows


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
