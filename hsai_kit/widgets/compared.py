"""What an evaluation says, as a panel shows it: the table, who is better, and where they differ."""

from __future__ import annotations

import pandas as pd

from hsai_kit.assistant.output_schema import as_words
from hsai_kit.steps.evaluate import Evaluation
from hsai_kit.widgets.blocks import Block, frame_table, text

__all__ = ["flipped", "told"]

_SHOWN = ["n", "right", "right_low", "right_high", "valid", "usd_per_1000", "seconds_median", "flip_rate"]
_HEADS = {
    "n": "records",
    "right": "right, %",
    "right_low": "at least",
    "right_high": "at most",
    "valid": "valid, %",
    "usd_per_1000": "USD per 1,000",
    "seconds_median": "seconds",
    "flip_rate": "changes, %",
}


def told(evaluation: Evaluation) -> list[Block]:
    """Return the table in percent and USD, what is to be known of it, and who is better."""
    seconds = evaluation.table["seconds_median"].astype(float).round(2)
    table = evaluation.table[_SHOWN].assign(seconds_median=seconds).dropna(axis=1, how="all")
    shares = [name for name in table.columns if name.startswith(("right", "valid", "flip"))]
    shown = table.assign(**{name: (table[name].astype(float) * 100).round(1) for name in shares}).rename(columns=_HEADS)
    blocks = [text(note, "warn") for note in evaluation.notes]
    blocks.append(frame_table(shown, title="Side by side", index="assistant"))
    if evaluation.has_labels:
        blocks.append(
            text("At least and at most: the share right among all such records lies between, 95 in 100.", "muted")
        )
        if len(evaluation.names) > 1:
            blocks += [text(said) for said in evaluation.compare()["verdict"]]
            if flipped(evaluation) is None:
                blocks.append(text("There is no question that one gets right and another wrong.", "muted"))
    return blocks


def flipped(evaluation: Evaluation) -> pd.DataFrame | None:
    """Return a row for each question that one gets right (✓) and another wrong (✕), None where there is none."""
    if not evaluation.has_labels or len(evaluation.names) < 2:
        return None
    flips = evaluation.flips.drop_duplicates("asked")
    if flips.empty:
        return None
    marked = {
        name: [
            f"{'✓' if name in right else '✕'} {'(blank)' if pd.isna(answer) else as_words(answer)}"
            for answer, right in zip(flips[name], flips["right"], strict=True)
        ]
        for name in evaluation.names
    }
    names = {"asked": "Asked", "expected": "Right answer", "records": "Records"}
    return flips.assign(**marked).drop(columns="right").rename(columns=names).rename_axis("Record")
