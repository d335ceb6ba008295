"""People's judgment of written texts, blind: which of two is better, is it good enough, or how good by a scale."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import EvaluationError
from hsai_kit.runtime.progress import say
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.steps.evaluate.texts.source_texts import Texts, texts_by_name
from hsai_kit.store import RatingItem, RatingKind

_QUESTIONS = {
    RatingKind.PAIRS: "Which of the two would you rather send on?",
    RatingKind.PASS: "Is everything in the text true to the record, and is what matters there?",
    RatingKind.LEVELS: "How good is the text?",
}
_LEVELS = {
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
    kind, scale = choose_scale(named, levels)
    items = _items(named, kind, n, seed)
    if not items:
        message = "There is nothing to rate: no record has a text of each, or all pairs are the same."
        raise EvaluationError(message)
    rating_id = hub.store.ratings.begin(
        items,
        who=hub.workspace.reviewer,
        kind=kind,
        question=question or _QUESTIONS[kind],
        levels=scale,
        names=list(named),
        seed=seed,
    )
    return open_rating(hub, rating_id)


def open_rating(hub: Connection, rating_id: str | None = None) -> RatingSession:
    """Return an earlier rating of this workspace by its id, or the newest one."""
    wanted = rating_id or hub.store.ratings.latest()
    if wanted is None:
        message = f"There are no ratings in {hub.workspace.folder} yet. Make one with rate()."
        raise EvaluationError(message)
    return RatingSession(hub.store, wanted, rater=hub.workspace.reviewer)


def choose_scale(
    named: Mapping[str, object],
    levels: Mapping[int, str] | Mapping[str, str] | bool,  # noqa: FBT001 -- as `rate` takes it
) -> tuple[RatingKind, dict[str, str]]:
    """Return how texts are rated and the scale, lowest level first, each with what it means; none for pairs and passes.

    Raises EvaluationError for more than two texts to be compared, and for what is no scale.
    """
    if not levels:
        if len(named) > 2:
            message = f"{len(named)} texts cannot be compared at once. Rate two at a time, or one by one with levels."
            raise EvaluationError(message)
        return (RatingKind.PAIRS if len(named) == 2 else RatingKind.PASS), {}
    scale = {str(key): meaning for key, meaning in levels.items()} if isinstance(levels, Mapping) else dict(_LEVELS)
    if not 2 <= len(scale) <= 9:
        message = f"A scale has 2 to 9 levels, and this has {len(scale)}."
        raise EvaluationError(message)
    return RatingKind.LEVELS, scale


def _items(named: Mapping[str, pd.DataFrame], kind: RatingKind, n: int | None, seed: int) -> list[RatingItem]:
    written = {name: frame[frame["text"].notna()] for name, frame in named.items()}
    ids = [one for one in next(iter(written.values())).index if all(one in frame.index for frame in written.values())]
    if kind is RatingKind.PAIRS:
        first, second = written.values()
        differing = [one for one in ids if first["text"][one] != second["text"][one]]
        if len(differing) < len(ids):
            say(f"{len(ids) - len(differing):,} of {len(ids):,} pairs are the same text and need no eyes.")
        ids = differing
    if n is not None and n < len(ids):
        ids = sorted(random.Random(seed).sample(ids, n), key=ids.index)  # noqa: S311 -- a sample, no secret
    found: list[tuple[str, str, str, tuple[str, ...]]] = []
    for one in ids:
        rows = {name: frame.loc[one] for name, frame in written.items()}
        texts = {name: str(row["text"]) for name, row in rows.items()}
        sources = {name: str(row["source"]) for name, row in rows.items()}
        if kind is RatingKind.PAIRS:
            found.append((str(one), "", next(iter(sources.values())), tuple(texts.values())))
        else:
            found += [(str(one), name, sources[name], (text,)) for name, text in texts.items()]
    return [RatingItem(place, *item) for place, item in enumerate(found)]
