"""An assistant over a few records: the prompt as it will be asked, and ten answers."""

from __future__ import annotations

import pandas as pd

from hsai_kit.assistant.assistant import Assistant
from hsai_kit.assistant.prompt import Prompt
from hsai_kit.connection import Connection
from hsai_kit.run import Run
from hsai_kit.steps.ask import ask, pick_different
from hsai_kit.widgets.blocks import Block, code, frame_table, text

__all__ = ["TRIED", "previewed", "tried"]

TRIED = 10
"""How many records a try asks about."""

_PREVIEWED = 5


def previewed(prompt: str, frame: pd.DataFrame) -> list[Block]:
    """Return the prompt as it will be asked about the first records; raises PromptError."""
    asked = Prompt(prompt).preview(frame, _PREVIEWED)["prompt"]
    shown = {one: "(blank: not asked)" if pd.isna(said) else str(said) for one, said in asked.items()}
    return [
        text("Asked of the first five records:", "muted"),
        *(code(said, f"record {one}", beside=True) for one, said in shown.items()),
    ]


def tried(hub: Connection, frame: pd.DataFrame, made: Assistant) -> list[Block]:
    """Ask about records that are different questions and return what came back, beside what was read."""
    some = pick_different(frame, str(made.prompt), TRIED)
    return _told(ask(hub, some, made), some)


def _told(run: Run, asked: pd.DataFrame) -> list[Block]:
    answers = run.answers[[*run.fields, "confidence", "status", "flags", "reason"]]
    answers = answers.loc[:, answers.astype("string").fillna("").ne("").any()]
    tokens = Prompt(run.record.prompt).tokens(list(map(str, asked.columns)))
    shown = asked.set_axis(answers.index)[tokens].add_prefix("record: ").join(answers)
    return [
        frame_table(shown, title=f"Tried on {len(shown)} different records", most=TRIED),
        text(str(run.costs), "muted"),
    ]
