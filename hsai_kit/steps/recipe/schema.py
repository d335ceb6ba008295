"""What a recipe's file says: which records, which assistant, how it is measured, who decides, what then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError, model_validator

from hsai_kit.assistant.assistant import Effort, EngineName
from hsai_kit.errors import EvaluationError, RecipeError, WorkspaceError
from hsai_kit.runtime.suggestion import suggest
from hsai_kit.steps.actions.action import Action
from hsai_kit.steps.evaluate import Gate
from hsai_kit.steps.recipe.actions import read_actions
from hsai_kit.workspace import Workspace, explain_validation, read_toml


class _RecipeSection(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordsSection(_RecipeSection):
    """Which records: pulled from the portal, as an earlier pull had them, or read from a CSV file."""

    object_type: str = "contacts"
    properties: tuple[str, ...] = ()
    where: str | None = None
    list: str | int | None = None
    ids: str | None = None
    changed_since: str | None = None
    csv: str | None = None
    pull: str | None = None
    limit: Annotated[int | None, Field(ge=1)] = None
    sample: Annotated[int | None, Field(ge=1)] = None
    seed: int | None = None

    @model_validator(mode="after")
    def _one_source(self) -> RecordsSection:
        pulled = [
            name
            for name in ("where", "list", "ids", "changed_since", "sample", "seed")
            if getattr(self, name) is not None
        ]
        frozen = [name for name in ("csv", "pull") if getattr(self, name) is not None]
        if frozen and (pulled or len(frozen) > 1):
            message = f"{frozen[0]} has all the records that are meant; leave {[*frozen[1:], *pulled][0]} out"
            raise ValueError(message)
        if not frozen and not self.properties:
            message = "properties is missing: which properties are pulled for the prompt"
            raise ValueError(message)
        return self


class AssistantChoice(_RecipeSection):
    """An assistant of the workspace, as `name` or `name@version`, and the model that it is asked of."""

    assistant: str
    model: str | None = None


class AskSection(AssistantChoice):
    """Which assistant is asked, and what of it is different here."""

    prompt: str | None = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    reasoning_effort: Effort | None = None
    engine: EngineName | None = None
    budget_usd: Annotated[float | None, Field(gt=0)] = None


class JudgeSection(_RecipeSection):
    """Which model judges written texts, by which criterion; it counts as far as people's ratings bear it out."""

    model: str | None = None
    criterion: str | None = None
    engine: EngineName | None = None


class EvaluateSection(_RecipeSection):
    """How the assistant is measured: the right answers, the records if others are meant, what it is held against.

    Of written texts, where no answer is the right one: `ratings`, the id of what people rated, and a judge.
    """

    labels: str | None = None
    ratings: str | None = None
    judge: JudgeSection | None = None
    records: RecordsSection | None = None
    field: str | None = None
    against: Mapping[str, AssistantChoice] = {}
    repeats: Annotated[int, Field(ge=1)] = 1
    cluster: str | None = None
    budget_usd: Annotated[float | None, Field(gt=0)] = None
    gate: Gate | None = None

    @model_validator(mode="after")
    def _tells_right(self) -> EvaluateSection:
        if self.labels is None and self.ratings is None:
            message = "labels is missing: where the right answers are (of written texts: ratings)"
            raise ValueError(message)
        if self.judge is not None and self.ratings is None:
            message = "a judge counts only as far as people bear it out; say which ratings, the id of a rate(…)"
            raise ValueError(message)
        asks = self.gate is not None and self.gate.min_good is not None
        if self.gate is not None and asks != (self.ratings is not None):
            message = "gate.min_good goes by ratings, the id of a rate(…)" if asks else "ratings needs gate.min_good"
            raise ValueError(message)
        return self


class ReviewSection(_RecipeSection):
    """Who decides: a person, or from a confidence on (0-1) the recipe itself, for answers that carry no flag."""

    field: str | None = None
    approve_from_confidence: Annotated[float | None, Field(ge=0, le=1)] = None


class PushSection(_RecipeSection):
    """The property that approved answers are written to; without it the assistant's own."""

    to: str | None = None


class Recipe(_RecipeSection):
    """A whole job: records, what is asked about them, how it is measured, who decides, what then.

    `portal_id` is the account that it is for; in a live one it is needed above `portal_id_above` in hsai.toml.
    """

    name: str
    description: str = ""
    portal_id: int | None = None
    records: RecordsSection
    ask: AskSection
    evaluate: EvaluateSection | None = None
    review: ReviewSection = ReviewSection()
    push: PushSection | None = None
    then: tuple[InstanceOf[Action], ...] = ()

    @model_validator(mode="after")
    def _safe_alone(self) -> Recipe:
        alone = self.review.approve_from_confidence is not None
        if alone and (self.evaluate is None or self.evaluate.gate is None):
            message = (
                "review.approve_from_confidence lets it run without a person, which needs an [evaluate.gate] first"
            )
            raise ValueError(message)
        if (self.push is not None or self.then) and (self.records.csv or self.records.pull):
            what = "then is about" if self.push is None else "push writes to"
            message = f"{what} records as they are now, and these are frozen; pull them by where, list or ids"
            raise ValueError(message)
        return self


def recipe_names(workspace: Workspace) -> list[str]:
    """Return the names of the workspace's recipes, sorted."""
    return sorted(path.stem for path in workspace.recipes.glob("*.toml"))


def read_recipe(workspace: Workspace, name: str | Path) -> Recipe:
    """Read a recipe by its name in the workspace's `recipes/`, or by its file.

    Raises RecipeError that names the file and the setting, or the recipe nearest to a mistyped name.
    """
    path = _path(workspace, name)
    try:
        content = {"name": path.stem, **_against_named(read_toml(path))}
        content["then"] = read_actions(content.get("then", ()), str(content["name"]))
        return Recipe.model_validate(content)
    except ValidationError as problem:
        message = f"{path} cannot be used: {explain_validation(problem)}. Mend it and try again."
    except ValueError as problem:
        message = f"{path} cannot be used: {problem}. Mend it and try again."
    except EvaluationError as problem:
        message = f"{path} cannot be used: evaluate.gate: {problem}"
    except WorkspaceError as problem:
        message = str(problem)
    raise RecipeError(message)


def _path(workspace: Workspace, name: str | Path) -> Path:
    if isinstance(name, Path) or str(name).endswith(".toml"):
        file = Path(name).expanduser()
        if file.is_file():
            return file
        message = f"There is no recipe in {file}."
        raise RecipeError(message)
    known = recipe_names(workspace)
    if name in known and re.fullmatch(r"[\w-]+", name):
        return workspace.recipes / f"{name}.toml"
    hint = suggest(name, known)
    message = f"There is no recipe {name!r} in {workspace.recipes}.{hint} There are: {', '.join(known) or 'none'}."
    raise RecipeError(message)


def _against_named(content: dict[str, Any]) -> dict[str, Any]:
    """Let `before = "name@version"` stand for `before = { assistant = "name@version" }`."""
    measured = content.get("evaluate")
    if not isinstance(measured, dict) or not isinstance(measured.get("against"), dict):
        return content
    against = {name: {"assistant": one} if isinstance(one, str) else one for name, one in measured["against"].items()}
    return {**content, "evaluate": {**measured, "against": against}}
