"""People's judgment of written texts, blind: which of two is better, is it good enough, or how good by a scale."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import EvaluationError
from hsai_kit.run import Run
from hsai_kit.runtime.progress import say
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.steps.evaluate.texts.text_checks import texts_of
from hsai_kit.store import RatingItem, RatingKind

__all__ = ["LEVELS", "Kind", "Texts", "check_levels", "kind_of", "open_rating", "rate", "texts_by_name"]

Kind = Literal["pairs", "pass", "levels"]
Texts: TypeAlias = "Run | pd.DataFrame | Mapping[str, Run | pd.DataFrame]"
_QUESTIONS = {
    "pairs": "Which of the two would you rather send on?",
    "pass": "Is everything in the text true to the record, and is what matters there?",
    "levels": "How good is the text?",
}
LEVELS = {
    "1": "wrong or useless",
    "2": "needs rewriting",
    "3": "needs a correction",
    "4": "good, small flaws",
    "5": "could go out as it is",
}
_SEED = 20_260_101


def rate(
    hub: Connection,
    texts: Texts,
    question: str | None = None,
    *,
    levels: Mapping[int, str] | Mapping[str, str] | bool = False,
    n: int | None = 60,
    seed: int = _SEED,
    text: str | None = None,
    source: str | Sequence[str] | None = None,
) -> RatingSession:
    """Put texts before people, blind, and return the session; it is kept in the workspace, with every rating.

    `texts` is a run or a DataFrame (columns `text` and `source`, or as named), or two of them by name. Of two, people
    say which is better, without knowing whose it is: `rate(hub, {"old": run, "new": other})`. Of one, they say yes or
    no to `question`; with `levels` (True, or what each level means, lowest first) they give a grade. `n` rows are drawn
    by `seed` (None: all). Each rater gets an order of their own, of the texts and of the two sides, and the same one
    whenever they come back. Pairs of equal texts need no eyes and are left out.

    Raises EvaluationError where there is nothing to rate.
    """
    named = texts_by_name(texts, text, source)
    kind = kind_of(named, levels)
    meant = check_levels(levels) if kind == "levels" else {}
    items = _items(named, kind, n, seed)
    if not items:
        message = "There is nothing to rate: no record has a text of each, or all pairs are the same."
        raise EvaluationError(message)
    made = hub.store.ratings.begin(
        items,
        who=hub.workspace.reviewer,
        kind=RatingKind(kind),
        question=question or _QUESTIONS[kind],
        levels=meant,
        names=list(named),
        seed=seed,
    )
    return open_rating(hub, made)


def open_rating(hub: Connection, rating_id: str | None = None) -> RatingSession:
    """Return an earlier rating of this workspace by its id, or the newest one."""
    wanted = rating_id or hub.store.ratings.latest()
    if wanted is None:
        message = f"There are no ratings in {hub.workspace.folder} yet. Make one with rate()."
        raise EvaluationError(message)
    return RatingSession(hub.store, wanted, rater=hub.workspace.reviewer)


def kind_of(named: Mapping[str, object], levels: object) -> Kind:
    """Say how texts are judged; raises EvaluationError for more than two to be compared."""
    if len(named) > 2 and not levels:
        message = f"{len(named)} texts cannot be compared at once. Rate them two at a time, or one by one with levels."
        raise EvaluationError(message)
    return "levels" if levels else "pairs" if len(named) == 2 else "pass"


def check_levels(levels: object) -> dict[str, str]:
    """Return a scale, lowest first, each level with what it means; raises EvaluationError where it is none."""
    meant = {str(key): said for key, said in levels.items()} if isinstance(levels, Mapping) else dict(LEVELS)
    if not 2 <= len(meant) <= 9:
        message = f"A scale has 2 to 9 levels, and this has {len(meant)}."
        raise EvaluationError(message)
    return meant


def texts_by_name(
    texts: Texts, text: str | None = None, source: str | Sequence[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Return the texts of each variant with their sources, as `texts_of` does, by the variants' names."""
    if isinstance(texts, Mapping):
        return {str(name): texts_of(one, text, source) for name, one in texts.items()}
    name = f"{texts.record.assistant} with {texts.record.model}" if isinstance(texts, Run) else "texts"
    return {name: texts_of(texts, text, source)}


def _items(named: Mapping[str, pd.DataFrame], kind: Kind, n: int | None, seed: int) -> list[RatingItem]:
    written = {name: frame[frame["text"].notna()] for name, frame in named.items()}
    ids = [one for one in next(iter(written.values())).index if all(one in frame.index for frame in written.values())]
    if kind == "pairs":
        first, second = written.values()
        differing = [one for one in ids if first["text"][one] != second["text"][one]]
        if len(differing) < len(ids):
            say(f"{len(ids) - len(differing):,} of {len(ids):,} pairs are the same text and need no eyes.")
        ids = differing
    if n is not None and n < len(ids):
        ids = sorted(random.Random(seed).sample(ids, n), key=ids.index)  # noqa: S311 -- a sample, no secret
    made: list[RatingItem] = []
    for one in ids:
        sources = [str(frame["source"][one]) for frame in written.values()]
        texts = [str(frame["text"][one]) for frame in written.values()]
        if kind == "pairs":
            made.append(RatingItem(len(made), str(one), "", sources[0], tuple(texts)))
            continue
        for name, source, text in zip(written, sources, texts, strict=True):
            made.append(RatingItem(len(made), str(one), name, source, (text,)))
    return made
