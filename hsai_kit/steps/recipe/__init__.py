"""The whole job as a file, measured and run without a person: `recipes/NAME.toml` in the workspace."""

from __future__ import annotations

from hsai_kit.steps.recipe.evaluation import RecipeEvaluation, evaluate_recipe
from hsai_kit.steps.recipe.run import RecipeResult, finish_recipe, run_recipe
from hsai_kit.steps.recipe.schema import Recipe, read_recipe, recipe_names

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
