"""Doing a recipe's job: pull, ask, approve what is sure, and after the review [push] and [[then]]."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused, RecipeError, ReviewPending
from hsai_kit.run import Run
from hsai_kit.runtime.console import advise
from hsai_kit.runtime.file_lock import hold_lock
from hsai_kit.runtime.progress import say
from hsai_kit.steps.actions import ActionReceipt, then
from hsai_kit.steps.ask import ask, open_run
from hsai_kit.steps.plans.confirmation import Confirm
from hsai_kit.steps.pull import open_pull
from hsai_kit.steps.push import PushReceipt, push
from hsai_kit.steps.recipe.actions import check_actions
from hsai_kit.steps.recipe.autonomy import approve_alone, require_gate
from hsai_kit.steps.recipe.evaluation import RecipeEvaluation, build_assistant
from hsai_kit.steps.recipe.records import load_recipe, read_records
from hsai_kit.steps.recipe.schema import Recipe
from hsai_kit.steps.review import review
from hsai_kit.steps.review.review_result import Review
from hsai_kit.store import Decision

_APPROVED = [decision.value for decision in Decision if decision.is_approved]
# What chooses records, left out where it is known which ones are meant.
_ONLY_IDS = dict.fromkeys(("where", "list", "ids", "changed_since", "limit", "sample", "seed"))


@dataclass(frozen=True)
class RecipeResult:
    """What running a recipe did: the run and its review (None: no records matched), and the receipts of what came then.

    `receipt` is that of the push, None where there was none; `done` are the others, in the order of the recipe;
    `waiting` is how many answers nobody has decided on.
    """

    recipe: Recipe
    run: Run | None = None
    checked: Review | None = None
    measured: RecipeEvaluation | None = None
    receipt: PushReceipt | None = None
    done: tuple[PushReceipt | ActionReceipt, ...] = ()
    waiting: int = 0


def run_recipe(
    hub: Connection, recipe: Recipe | str | Path, *, budget_usd: float | None = None, confirm: bool | None = None
) -> RecipeResult:
    """Do a recipe's job: pull, ask, and either leave the review to a person or go on alone as far as it says.

    Alone it goes only with `review.approve_from_confidence`, and only where its gate is passed now, by the assistant,
    prompt and model that are about to be asked (from memory, where it was measured before). Then answers without a
    flag and at least that sure are approved and, with a [push], written; with a [[then]], what it says is done about
    them, once for each record in all runs of the recipe. All others wait for a person, and `finish_recipe` does the
    same for those. What an earlier run approved and was killed over is done first. `confirm` is as in `ask`;
    `budget_usd` takes the place of the recipe's own. Nobody is asked about what is written: the recipe says so.

    Raises GateNotPassed where the gate is not passed and RecipeError where the recipe is for another portal, before any
    record is asked about, RecipeError as well where another session runs it; and what each step raises.
    """
    chosen = load_recipe(hub, recipe)
    busy = RecipeError(f"The recipe {chosen.name!r} is being run by another session. Wait for it, or stop it there.")
    with hold_lock(hub.workspace.folder / f".recipe-{chosen.name}.lock", busy):
        return _run(hub, chosen, budget_usd, confirm=confirm)


def _run(hub: Connection, chosen: Recipe, budget_usd: float | None, *, confirm: bool | None) -> RecipeResult:
    assistant = build_assistant(hub, chosen)
    columns = [*chosen.records.properties, *assistant.output.fields]
    check_actions(hub, chosen.then, chosen.records.object_type, columns)
    measurement = None
    threshold = chosen.review.approve_from_confidence
    if threshold is not None:
        measurement = require_gate(hub, chosen, confirm=confirm)
        _finish_broken_off(hub, chosen)
    frame = read_records(hub, chosen.records)
    if frame.empty:
        # A job that runs every night finds nothing new on some of them.
        say(f"No records match the recipe {chosen.name!r} just now, so there is nothing to ask.")
        return RecipeResult(chosen, measured=measurement)
    run = ask(
        hub,
        frame,
        assistant,
        model=chosen.ask.model,
        engine=chosen.ask.engine,
        budget_usd=budget_usd or chosen.ask.budget_usd,
        confirm=confirm,
    )
    checked = review(run, chosen.review.field, to=chosen.push.to if chosen.push else None)
    hub.store.recipes.add(run.id, chosen.name, alone=threshold is not None)
    if threshold is None:
        say(f"{len(checked.frame):,} proposals of {run.id} wait for a person: {_advise_review(run.id)}.")
        return RecipeResult(chosen, run, checked, measurement, waiting=_count_pending(checked))
    approved = approve_alone(checked, threshold)
    waiting = _count_pending(checked)
    say(f"{approved:,} answers approved by the recipe from confidence {threshold:g} on; {waiting:,} wait for a person.")
    done = _follow_review(hub, chosen, checked, frame, confirm=chosen.portal_id or True)
    return replace(done, measured=measurement, waiting=waiting)


def _count_pending(checked: Review) -> int:
    return int((checked.frame["decision"] == Decision.PENDING).sum())


def _advise_review(run_id: str) -> str:
    return advise(f"review(open_run(hub, {run_id!r}))", f"hsai review {run_id}")


def finish_recipe(hub: Connection, recipe: Recipe | str | Path, *, confirm: Confirm = None) -> RecipeResult:
    """Do what a recipe says comes after the review, [push] and [[then]], with what people approved of its newest run.

    It may be done again when they approved more: a record gets each thing once.
    Each plan is shown and asked about; `confirm` is as in `push`. Raises ReviewPending where nothing is approved.
    """
    chosen = load_recipe(hub, recipe)
    newest = hub.store.recipes.newest(chosen.name, hub.portal.id)
    if newest is None:
        message = f"The recipe {chosen.name!r} has no run to finish. Run it first: hsai run {chosen.name}"
        raise RecipeError(message)
    checked = _open_review(hub, chosen, newest)
    if not checked.frame["decision"].isin(_APPROVED).any():
        message = f"Nothing of {newest} is approved yet. Review it first: {_advise_review(newest)}"
        raise ReviewPending(message)
    return _follow_review(hub, chosen, checked, confirm=confirm)


def _finish_broken_off(hub: Connection, recipe: Recipe) -> None:
    """Do what earlier runs of a recipe had approved when they were killed: their records may no longer match it."""
    for run_id in hub.store.recipes.find_broken_off(recipe.name, hub.portal.id):
        say(f"{run_id} of this recipe was broken off after its review; what it had approved is done first.")
        _follow_review(hub, recipe, _open_review(hub, recipe, run_id), confirm=recipe.portal_id or True)


def _follow_review(
    hub: Connection, recipe: Recipe, checked: Review, frame: pd.DataFrame | None = None, *, confirm: Confirm
) -> RecipeResult:
    """Push what was approved and do what comes then; `frame` is what was asked about, None where it is to be read."""
    try:
        ids = checked.frame.index[checked.frame["decision"].isin(_APPROVED)]
        receipt = push(hub, checked, confirm=confirm) if recipe.push and len(ids) else None
        if frame is None and len(ids) and recipe.then:
            frame = _read_as_asked(hub, recipe, checked.run, ids)
        actions = recipe.then if len(ids) else ()
        done = tuple(then(hub, checked, action, frame=frame, confirm=confirm) for action in actions)
    except PushRefused as problem:
        if hub.portal.account_type == "STANDARD" and recipe.portal_id is None:
            problem.add_note(f"A recipe that may do so alone says it: portal_id = {hub.portal.id}, at its top.")
        raise
    hub.store.recipes.end(checked.run.id)
    return RecipeResult(recipe, checked.run, checked, receipt=receipt, done=done)


def _open_review(hub: Connection, recipe: Recipe, run_id: str) -> Review:
    return review(open_run(hub, run_id), recipe.review.field, to=recipe.push.to if recipe.push else None)


def _read_as_asked(hub: Connection, recipe: Recipe, run: Run, ids: pd.Index) -> pd.DataFrame:
    """Read records that were asked about earlier: their own values as they were then, those of others as they are."""
    frame = read_records(hub, recipe.records.model_copy(update=_ONLY_IDS), ids=ids)
    kept = open_pull(hub, run.record.pull_id) if run.record.pull_id else frame
    return frame.assign(**{name: kept[name].reindex(frame.index) for name in kept.columns if name in frame})
