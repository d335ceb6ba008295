"""Which recipe is meant, and the records that it is about, as a DataFrame."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import FrameError, RecipeError, WorkspaceError
from hsai_kit.steps.pull import open_pull, pull
from hsai_kit.steps.pull.export_file import read_export
from hsai_kit.steps.recipe.schema import Recipe, RecordsSection, read_recipe


def read_records(
    hub: Connection, records: RecordsSection, also: str | None = None, ids: pd.Index | None = None
) -> pd.DataFrame:
    """Read the records that a recipe is about, or those with `ids`; `also` is a column that is needed resolve_paths."""
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
        ids=ids if records.ids is None else resolve_path(hub, records.ids),
        changed_since=records.changed_since,
        limit=records.limit,
        sample=records.sample,
        seed=records.seed,
    )


def _from_csv(hub: Connection, records: RecordsSection) -> pd.DataFrame:
    """Read a file of records as text: a frozen set, which no push changes."""
    try:
        frame = read_export(hub, resolve_path(hub, records.csv or ""), records.object_type)
    except FrameError as problem:
        message = f"The records of the recipe cannot be read. {problem}"
        raise RecipeError(message) from None
    return frame.head(records.limit) if records.limit else frame


def resolve_path(hub: Connection, file: str) -> Path:
    """Return a file that a recipe names; raises RecipeError for one that it may not read."""
    try:
        return hub.workspace.find_file(file)
    except WorkspaceError as problem:
        raise RecipeError(str(problem)) from None


def load_recipe(hub: Connection, recipe: Recipe | str | Path) -> Recipe:
    """Read a recipe where it is not read yet; raises RecipeError where it is for another portal."""
    chosen = recipe if isinstance(recipe, Recipe) else read_recipe(hub.workspace, recipe)
    if chosen.portal_id not in {None, hub.portal.id}:
        message = (
            f"The recipe {chosen.name!r} is for portal {chosen.portal_id}, and this connection is to portal "
            f"{hub.portal.id}. Connect to the portal that it is for, or change its portal_id."
        )
        raise RecipeError(message)
    return chosen
