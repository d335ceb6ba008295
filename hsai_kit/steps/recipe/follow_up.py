"""What comes after the review of a recipe's run: [push] and [[then]], done by the recipe or once people approved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused, RecipeError
from hsai_kit.run import Run
from hsai_kit.runtime.progress import say
from hsai_kit.steps.actions import ActionReceipt, then
from hsai_kit.steps.ask import open_run
from hsai_kit.steps.plans.confirmation import Confirm
from hsai_kit.steps.pull import open_pull
from hsai_kit.steps.push import PushReceipt, push
from hsai_kit.steps.recipe.evaluation import RecipeEvaluation
from hsai_kit.steps.recipe.records import frame_of, load_recipe
from hsai_kit.steps.recipe.schema import Recipe
from hsai_kit.steps.review import review
from hsai_kit.steps.review.review_result import Review
from hsai_kit.store import Decision

__all__ = ["RecipeResult", "after_review", "finish_broken_off", "finish_recipe"]

_APPROVED = [decision.value for decision in Decision if decision.is_approved]
# What chooses records, left out where it is known which ones are meant.
_ONLY_IDS = dict.fromkeys(("where", "list", "ids", "changed_since", "limit", "sample", "seed"))


@dataclass(frozen=True)
class RecipeResult:
    """What running a recipe did: the run and its review (None: no records matched), and the receipts of what came then.

    `receipt` is that of the push, None where there was none; `done` are the others, in the order of the recipe.
    """

    recipe: Recipe
    run: Run | None = None
    checked: Review | None = None
    measured: RecipeEvaluation | None = None
    receipt: PushReceipt | None = None
    done: tuple[PushReceipt | ActionReceipt, ...] = ()


def finish_recipe(hub: Connection, recipe: Recipe | str | Path, *, confirm: Confirm = None) -> RecipeResult:
    """Do what a recipe says comes after the review, [push] and [[then]], with what people approved of its newest run.

    It may be done again when they approved more: a record gets each thing once.
    Each plan is shown and asked about; `confirm` is as in `push`. Raises RecipeError where nothing is approved.
    """
    chosen = load_recipe(hub, recipe)
    newest = hub.store.recipes.newest(chosen.name, hub.portal.id)
    if newest is None:
        message = f"The recipe {chosen.name!r} has no run to finish. Run it first: hsai run {chosen.name}"
        raise RecipeError(message)
    checked = _reviewed(hub, chosen, newest)
    if not checked.frame["decision"].isin(_APPROVED).any():
        message = f"Nothing of {newest} is approved yet. Review it first: review(open_run(hub, {newest!r}))"
        raise RecipeError(message)
    return after_review(hub, chosen, checked, confirm=confirm)


def finish_broken_off(hub: Connection, recipe: Recipe) -> None:
    """Do what earlier runs of a recipe had approved when they were killed: their records may no longer match it."""
    for run_id in hub.store.recipes.find_broken_off(recipe.name, hub.portal.id):
        say(f"{run_id} of this recipe was broken off after its review; what it had approved is done first.")
        after_review(hub, recipe, _reviewed(hub, recipe, run_id), confirm=recipe.portal_id or True)


def after_review(
    hub: Connection, recipe: Recipe, checked: Review, frame: pd.DataFrame | None = None, *, confirm: Confirm
) -> RecipeResult:
    """Push what was approved and do what comes then; `frame` is what was asked about, None where it is to be read."""
    try:
        ids = checked.frame.index[checked.frame["decision"].isin(_APPROVED)]
        receipt = push(hub, checked, confirm=confirm) if recipe.push and len(ids) else None
        if frame is None and len(ids) and recipe.then:
            frame = _as_asked(hub, recipe, checked.run, ids)
        actions = recipe.then if len(ids) else ()
        done = tuple(then(hub, checked, action, frame=frame, confirm=confirm) for action in actions)
    except PushRefused as problem:
        if hub.portal.account_type == "STANDARD" and recipe.portal_id is None:
            problem.add_note(f"A recipe that may do so alone says it: portal_id = {hub.portal.id}, at its top.")
        raise
    hub.store.recipes.end(checked.run.id)
    return RecipeResult(recipe, checked.run, checked, receipt=receipt, done=done)


def _reviewed(hub: Connection, recipe: Recipe, run_id: str) -> Review:
    return review(open_run(hub, run_id), recipe.review.field, to=recipe.push.to if recipe.push else None)


def _as_asked(hub: Connection, recipe: Recipe, run: Run, ids: pd.Index) -> pd.DataFrame:
    """Read records that were asked about earlier: their own values as they were then, those of others as they are."""
    frame = frame_of(hub, recipe.records.model_copy(update=_ONLY_IDS), ids=ids)
    kept = open_pull(hub, run.record.pull_id) if run.record.pull_id else frame
    return frame.assign(**{name: kept[name].reindex(frame.index) for name in kept.columns if name in frame})
