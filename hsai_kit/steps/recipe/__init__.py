"""The whole job as a file, measured and run without a person: `recipes/NAME.toml` in the workspace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hsai_kit.connection import Connection
from hsai_kit.errors import RecipeError
from hsai_kit.runtime.file_lock import hold_lock
from hsai_kit.runtime.progress import say
from hsai_kit.steps.ask import ask
from hsai_kit.steps.recipe.actions import check_actions
from hsai_kit.steps.recipe.evaluation import RecipeEvaluation, assistant_of, evaluate_recipe
from hsai_kit.steps.recipe.follow_up import RecipeResult, after_review, finish_broken_off, finish_recipe
from hsai_kit.steps.recipe.records import frame_of, load_recipe
from hsai_kit.steps.recipe.schema import Recipe, read_recipe, recipe_names
from hsai_kit.steps.review import review
from hsai_kit.store import Decision

__all__ = [
    "Recipe",
    "RecipeEvaluation",
    "RecipeResult",
    "evaluate_recipe",
    "finish_recipe",
    "read_recipe",
    "recipe_names",
    "run_recipe",
]


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

    Raises RecipeError where the gate is not passed or the recipe is for another portal, before any record is asked
    about, and where another session runs it; and what each step raises.
    """
    chosen = load_recipe(hub, recipe)
    busy = RecipeError(f"The recipe {chosen.name!r} is being run by another session. Wait for it, or stop it there.")
    with hold_lock(hub.workspace.folder / f".recipe-{chosen.name}.lock", busy):
        return _run(hub, chosen, budget_usd, confirm=confirm)


def _run(hub: Connection, chosen: Recipe, budget_usd: float | None, *, confirm: bool | None) -> RecipeResult:
    assistant = assistant_of(hub, chosen)
    columns = [*chosen.records.properties, *assistant.output.fields]
    check_actions(hub, chosen.then, chosen.records.object_type, columns)
    measured = None
    threshold = chosen.review.approve_from_confidence
    if threshold is not None:
        measured = evaluate_recipe(hub, chosen, confirm=confirm)
        if measured.verdict is None or not measured.verdict.is_passed:
            message = (
                f"{measured.verdict}\nNothing was asked or written. Mend the assistant, label more rows, or leave "
                "review.approve_from_confidence out and let a person decide."
            )
            raise RecipeError(message)
        finish_broken_off(hub, chosen)
    frame = frame_of(hub, chosen.records)
    if frame.empty:
        # A job that runs every night finds nothing new on some of them.
        say(f"No records match the recipe {chosen.name!r} just now, so there is nothing to ask.")
        return RecipeResult(chosen, measured=measured)
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
        say(f"{len(checked.frame):,} proposals of {run.id} wait for a person: review(open_run(hub, {run.id!r})).")
        return RecipeResult(chosen, run, checked, measured)
    rows = checked.frame
    # From 0 on means all, those without a confidence as well: a written text has none.
    sure = (rows["confidence"] >= threshold).fillna(value=threshold == 0) & (rows["flags"].map(len) == 0)
    approved = checked.approve(sure & (rows["decision"] == Decision.PENDING) & rows["proposal"].notna())
    left = int((checked.frame["decision"] == Decision.PENDING).sum())
    say(f"{approved:,} answers approved by the recipe from confidence {threshold:g} on; {left:,} wait for a person.")
    done = after_review(hub, chosen, checked, frame, confirm=chosen.portal_id or True)
    return replace(done, measured=measured)
