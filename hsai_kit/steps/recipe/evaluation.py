"""Measuring a recipe's assistant on labeled rows, and judging it by the recipe's gate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from hsai_kit.assistant.assistant import Assistant
from hsai_kit.connection import Connection
from hsai_kit.errors import RecipeError
from hsai_kit.run import Run
from hsai_kit.steps.ask.request import prepare_request
from hsai_kit.steps.evaluate import Evaluation, GateVerdict, evaluate, find_assistant
from hsai_kit.steps.evaluate.candidates import CandidateChoice
from hsai_kit.steps.evaluate.gate.sample import GateTarget
from hsai_kit.steps.evaluate.texts.human_rating import open_rating
from hsai_kit.steps.evaluate.texts.judge_result import JudgeCheck
from hsai_kit.steps.evaluate.texts.model_judge import judge
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.steps.recipe.records import load_recipe, read_records, resolve_path
from hsai_kit.steps.recipe.schema import EvaluateSection, Recipe
from hsai_kit.tabular.table_files import FILES


@dataclass(frozen=True)
class RecipeEvaluation:
    """What measuring a recipe found: the evaluation, what is said of its texts, and the gate's verdict (None: none)."""

    recipe: Recipe
    evaluation: Evaluation
    verdict: GateVerdict | None
    texts: JudgeCheck | RatingSession | None = None


def evaluate_recipe(
    hub: Connection, recipe: Recipe | str | Path, *, budget_usd: float | None = None, confirm: bool | None = None
) -> RecipeEvaluation:
    """Measure a recipe's assistant on its labeled rows, beside those in `against`, and judge it by its gate.

    Written texts go by the ratings that the recipe names, or by a judge held against them, which reads all of them.
    `recipe` is a name in the workspace's `recipes/`, a file, or what `read_recipe` returned. `budget_usd` takes the
    place of the recipe's own; `confirm` is as in `evaluate`. What was measured before is asked of nobody again.

    Raises RecipeError where the recipe has no [evaluate] or names what is not there, and what `evaluate` raises.
    """
    chosen = load_recipe(hub, recipe)
    measured = chosen.evaluate
    if measured is None:
        message = f"The recipe {chosen.name!r} has no [evaluate], so nothing tells what is right. Add labels to it."
        raise RecipeError(message)
    assistants: dict[str, CandidateChoice] = {chosen.name: (build_assistant(hub, chosen), chosen.ask.model)}
    assistants |= {name: (one.assistant, one.model) for name, one in measured.against.items() if name != chosen.name}
    if len(assistants) <= len(measured.against):
        message = f"evaluate.against names {chosen.name!r}, which is the recipe itself. Call it otherwise."
        raise RecipeError(message)
    budget = budget_usd or measured.budget_usd
    evaluation = evaluate(
        hub,
        read_records(hub, measured.records or chosen.records, also=measured.cluster),
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
    # A recipe goes on with records that nobody has seen yet.
    gate = measured.gate and replace(measured.gate, target=measured.gate.target or GateTarget.COMING)
    verdict = gate.judge(evaluation, chosen.name, texts=texts) if gate else None
    return RecipeEvaluation(chosen, evaluation, verdict, texts)


def _texts(
    hub: Connection,
    measured: EvaluateSection,
    run: Run,
    evaluation: Evaluation,
    budget_usd: float | None,
    *,
    confirm: bool | None,
) -> JudgeCheck | RatingSession | None:
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
    return resolve_path(hub, labels) if labels and Path(labels).suffix.lower() in FILES else labels


def build_assistant(hub: Connection, recipe: Recipe) -> Assistant:
    """Return the recipe's assistant with what is different in it, checked."""
    wanted = recipe.ask
    ready = prepare_request(
        hub,
        find_assistant(hub, wanted.assistant),
        prompt=wanted.prompt,
        model=wanted.model,
        temperature=wanted.temperature,
        reasoning_effort=wanted.reasoning_effort,
        engine=wanted.engine,
    )
    return ready.engine.assistant
