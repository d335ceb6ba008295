"""When a recipe may write without a person: its gate has to be passed, and the answers it approves have to be sure."""

from __future__ import annotations

from hsai_kit.connection import Connection
from hsai_kit.errors import GateNotPassed
from hsai_kit.steps.recipe.evaluation import RecipeEvaluation, evaluate_recipe
from hsai_kit.steps.recipe.schema import Recipe
from hsai_kit.steps.review import Review
from hsai_kit.store import Decision


def require_gate(hub: Connection, recipe: Recipe, *, confirm: bool | None) -> RecipeEvaluation:
    """Measure a recipe's assistant; raises GateNotPassed where its gate is not passed, before anything is asked."""
    measurement = evaluate_recipe(hub, recipe, confirm=confirm)
    if measurement.verdict is None or not measurement.verdict.is_passed:
        message = (
            f"{measurement.verdict}\nNothing was asked or written. Mend the assistant, label more rows, or leave "
            "review.approve_from_confidence out and let a person decide."
        )
        raise GateNotPassed(message)
    return measurement


def approve_alone(checked: Review, threshold: float) -> int:
    """Approve the pending answers without a flag from a confidence (0-1) on, and return how many."""
    rows = checked.frame
    # From 0 on means all, those without a confidence as well: a written text has none.
    sure = (rows["confidence"] >= threshold).fillna(value=threshold == 0) & (rows["flags"].map(len) == 0)
    return checked.approve(sure & (rows["decision"] == Decision.PENDING) & rows["proposal"].notna())
