"""The whole job as a file, measured and run without a person: `recipes/NAME.toml` in the workspace."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from hsai_kit.assistant import Assistant
from hsai_kit.connection import Connection
from hsai_kit.errors import FrameError, RecipeError
from hsai_kit.frames import record_ids
from hsai_kit.progress import say
from hsai_kit.run import Run
from hsai_kit.steps.ask import ask
from hsai_kit.steps.ask.readying import readied
from hsai_kit.steps.evaluate import Evaluation, Verdict, evaluate, find_assistant
from hsai_kit.steps.evaluate.contenders import One
from hsai_kit.steps.evaluate.judged import CheckedJudge
from hsai_kit.steps.evaluate.judging import judge
from hsai_kit.steps.evaluate.rating import open_rating
from hsai_kit.steps.evaluate.session import RatingSession
from hsai_kit.steps.pull import open_pull, pull
from hsai_kit.steps.push import Receipt, push
from hsai_kit.steps.recipe.form import Evaluate, Recipe, Records, read_recipe, recipe_names
from hsai_kit.steps.review import review
from hsai_kit.steps.review.checked import Checked
from hsai_kit.tables import FILES, read_table

__all__ = [
    "Finished",
    "Measured",
    "Recipe",
    "evaluate_recipe",
    "read_recipe",
    "recipe_names",
    "run_recipe",
]


@dataclass(frozen=True)
class Measured:
    """What measuring a recipe found: the evaluation, what is said of its texts, and the gate's verdict (None: none)."""

    recipe: Recipe
    evaluation: Evaluation
    verdict: Verdict | None
    texts: CheckedJudge | RatingSession | None = None


@dataclass(frozen=True)
class Finished:
    """What running a recipe did: the run, its review, and the receipt of what was pushed (None: nothing was)."""

    recipe: Recipe
    run: Run
    checked: Checked
    measured: Measured | None = None
    receipt: Receipt | None = None


def evaluate_recipe(
    hub: Connection, recipe: Recipe | str | Path, *, budget_usd: float | None = None, confirm: bool | None = None
) -> Measured:
    """Measure a recipe's assistant on its labelled rows, beside those in `against`, and judge it by its gate.

    Written texts go by the ratings that the recipe names, or by a judge held against them, which reads all of them.
    `recipe` is a name in the workspace's `recipes/`, a file, or what `read_recipe` returned. `budget_usd` takes the
    place of the recipe's own; `confirm` is as in `evaluate`. What was measured before is asked of nobody again.

    Raises RecipeError where the recipe has no [evaluate] or names what is not there, and what `evaluate` raises.
    """
    chosen = recipe if isinstance(recipe, Recipe) else read_recipe(hub.workspace, recipe)
    measured = chosen.evaluate
    if measured is None:
        message = f"The recipe {chosen.name!r} has no [evaluate], so nothing tells what is right. Add labels to it."
        raise RecipeError(message)
    assistants: dict[str, One] = {chosen.name: (_assistant(hub, chosen), chosen.ask.model)}
    assistants |= {name: (one.assistant, one.model) for name, one in measured.against.items() if name != chosen.name}
    if len(assistants) <= len(measured.against):
        message = f"evaluate.against names {chosen.name!r}, which is the recipe itself. Call it otherwise."
        raise RecipeError(message)
    budget = budget_usd or measured.budget_usd
    evaluation = evaluate(
        hub,
        _frame(hub, measured.records or chosen.records, also=measured.cluster),
        assistants,
        _labels(hub, measured.labels),
        field=measured.field or chosen.review.field,
        repeats=measured.repeats,
        engine=chosen.ask.engine,
        cluster=measured.cluster,
        budget_usd=budget,
        confirm=confirm,
    )
    texts = _texts(hub, measured, evaluation.runs[chosen.name][0], evaluation, budget, confirm=confirm)
    verdict = measured.gate.judge(evaluation, chosen.name, texts=texts) if measured.gate else None
    return Measured(chosen, evaluation, verdict, texts)


def run_recipe(
    hub: Connection, recipe: Recipe | str | Path, *, budget_usd: float | None = None, confirm: bool | None = None
) -> Finished:
    """Do a recipe's job: pull, ask, and either leave the review to a person or go on alone as far as it says.

    Alone it goes only with `review.approve_from_confidence`, and only where its gate is passed now, by the assistant,
    prompt and model that are about to be asked (from memory, where it was measured before). Then answers without a
    flag and at least that sure are approved and, with a [push], written; all others wait for a person. `confirm` is as
    in `ask`; `budget_usd` takes the place of the recipe's own. Nobody is asked about the push: the recipe says so.

    Raises RecipeError where the gate is not passed, before any record is asked about, and what each step raises.
    """
    chosen = recipe if isinstance(recipe, Recipe) else read_recipe(hub.workspace, recipe)
    measured = None
    threshold = chosen.review.approve_from_confidence
    if threshold is not None:
        measured = evaluate_recipe(hub, chosen, confirm=confirm)
        if measured.verdict is None or not measured.verdict.passed:
            message = (
                f"{measured.verdict}\nNothing was asked or written. Mend the assistant, label more rows, or leave "
                "review.approve_from_confidence out and let a person decide."
            )
            raise RecipeError(message)
    run = ask(
        hub,
        _frame(hub, chosen.records),
        _assistant(hub, chosen),
        model=chosen.ask.model,
        engine=chosen.ask.engine,
        budget_usd=budget_usd or chosen.ask.budget_usd,
        confirm=confirm,
    )
    checked = review(run, chosen.review.field, to=chosen.push.to if chosen.push else None)
    finished = Finished(chosen, run, checked, measured)
    if threshold is None:
        say(f"{len(checked.frame):,} proposals of {run.id} wait for a person: review(open_run(hub, {run.id!r})).")
        return finished
    frame = checked.frame
    # From 0 on means all, those without a confidence as well: a written text has none.
    sure = (frame["confidence"] >= threshold).fillna(value=threshold == 0) & (frame["flags"].map(len) == 0)
    approved = checked.approve(sure & (frame["decision"] == "pending") & frame["proposal"].notna())
    left = int((checked.frame["decision"] == "pending").sum())
    say(f"{approved:,} answers approved by the recipe from confidence {threshold:g} on; {left:,} wait for a person.")
    if chosen.push is None:
        return finished
    return replace(finished, receipt=push(hub, checked, confirm=True))


def _texts(
    hub: Connection,
    measured: Evaluate,
    run: Run,
    evaluation: Evaluation,
    budget_usd: float | None,
    *,
    confirm: bool | None,
) -> CheckedJudge | RatingSession | None:
    """Return what people say of the texts of `run`, or a judge held against them, within what is left to spend."""
    if measured.ratings is None:
        return None
    session = open_rating(hub, measured.ratings)
    if measured.judge is None:
        return session
    written = run.assistant.output.fields[evaluation.field].kind == "text"
    judged = judge(
        hub,
        run,
        measured.judge.criterion,
        levels=session.record.levels or False,
        model=measured.judge.model,
        engine=measured.judge.engine,
        budget_usd=None if budget_usd is None else max(1e-9, budget_usd - (evaluation.usd or 0)),
        text=evaluation.field if written else None,
        confirm=confirm,
    )
    return judged.against(session)


def _labels(hub: Connection, labels: str | None) -> str | Path | None:
    return _beside(hub, labels) if labels and Path(labels).suffix.lower() in FILES else labels


def _assistant(hub: Connection, recipe: Recipe) -> Assistant:
    """Return the recipe's assistant with what is different in it, checked."""
    wanted = recipe.ask
    ready = readied(
        hub,
        find_assistant(hub, wanted.assistant),
        prompt=wanted.prompt,
        model=wanted.model,
        temperature=wanted.temperature,
        reasoning_effort=wanted.reasoning_effort,
        engine=wanted.engine,
    )
    return ready.engine.assistant


def _frame(hub: Connection, records: Records, also: str | None = None) -> pd.DataFrame:
    """Read the records that a recipe is about; `also` is a column that is needed besides."""
    if records.csv is not None:
        return _from_csv(hub, records)
    if records.pull is not None:
        frame = open_pull(hub, records.pull)
        return frame.head(records.limit) if records.limit else frame
    wanted = [*records.properties, *([also] if also and also not in records.properties else [])]
    return pull(
        hub,
        records.object_type,
        wanted,
        where=records.where,
        list=records.list,
        ids=None if records.ids is None else _beside(hub, records.ids),
        changed_since=records.changed_since,
        limit=records.limit,
        sample=records.sample,
        seed=records.seed,
    )


def _from_csv(hub: Connection, records: Records) -> pd.DataFrame:
    """Read a file of records as text: a frozen set, which no push changes."""
    try:
        frame = read_table(_beside(hub, records.csv or ""))
        frame.index = pd.Index(record_ids(frame), dtype="string", name="record_id")
    except FrameError as problem:
        message = f"The records of the recipe cannot be read. {problem}"
        raise RecipeError(message) from None
    return frame.head(records.limit) if records.limit else frame


def _beside(hub: Connection, file: str) -> Path:
    """Return a file that a recipe names; it is meant from the workspace's folder."""
    return hub.workspace.folder / Path(file).expanduser()
