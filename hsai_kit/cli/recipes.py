"""The commands about recipes: evaluate, run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsai_kit.cli.console import plain, say, screen, workspace
from hsai_kit.errors import HsaiError

if TYPE_CHECKING:
    from hsai_kit.connection import Connection
    from hsai_kit.steps.evaluate import Evaluation
    from hsai_kit.steps.recipe import Recipe, RecipeEvaluation

__all__ = ["evaluate", "run"]

_Name = Annotated[str, typer.Argument(help="The recipe's name in recipes/, or its file.")]
_Portal = Annotated[int | None, typer.Option(help="The portal's id (default: the last used).")]
_Budget = Annotated[float | None, typer.Option(min=0, help="Another cap on what this may cost, in USD.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask, whatever it may cost up to the cap.")]


def evaluate(
    recipe: _Name,
    gate: Annotated[bool, typer.Option("--gate", help="Exit with 3 where the recipe's gate is not passed.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write all of it to this HTML file, passed or not.")] = None,
    budget_usd: _Budget = None,
    portal: _Portal = None,
    yes: _Yes = False,
) -> None:
    """Measure a recipe's assistant on labeled rows. With --gate the exit code tells whether it may run alone.

    0: passed. 3: not passed. 1: it could not be measured.
    """
    from hsai_kit.steps.recipe import evaluate_recipe

    with _connected(portal) as hub:
        chosen = _read(hub, recipe)
        if gate and (chosen.evaluate is None or chosen.evaluate.gate is None):
            message = f"The recipe {chosen.name!r} has no [evaluate.gate], so there is nothing to pass. Add one to it."
            raise HsaiError(message)
        found = evaluate_recipe(hub, chosen, budget_usd=budget_usd, confirm=yes or None)
        _show(found.evaluation)
        if found.texts is not None:
            say(found.texts.verdict)
        if report is not None:
            say(f"The report is in {_write(found, report)}.")
        if found.verdict is None:
            return
        for line in str(found.verdict).splitlines():
            screen.print(plain(line), soft_wrap=True, highlight=False)
    if gate and not found.verdict.is_passed:
        raise typer.Exit(found.verdict.exit_code)


def run(
    recipe: _Name,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="Ask nothing; do what comes after the review of its newest run.")
    ] = False,
    budget_usd: _Budget = None,
    portal: _Portal = None,
    yes: _Yes = False,
) -> None:
    """Do a recipe's job. It writes only where the recipe says so and its gate is passed; the rest waits for people."""
    from hsai_kit.steps.recipe import finish_recipe, read_recipe, run_recipe

    with _connected(portal) as hub:
        if reviewed:
            chosen = read_recipe(hub.workspace, recipe)
            done = finish_recipe(hub, chosen, confirm=chosen.portal_id or True if yes else None)
        else:
            done = run_recipe(hub, recipe, budget_usd=budget_usd, confirm=yes or None)
        for part in (done.run, done.checked, done.receipt, *done.done):
            if part is not None:
                say(repr(part))


def _connected(portal: int | None) -> Connection:
    from hsai_kit.steps.connect import connect

    return connect(portal_id=portal, workspace=workspace().folder)


def _read(hub: Connection, recipe: str) -> Recipe:
    from hsai_kit.steps.recipe import read_recipe

    return read_recipe(hub.workspace, recipe)


def _write(found: RecipeEvaluation, path: Path) -> Path:
    from hsai_kit.steps.evaluate.report import report

    title = found.recipe.description or found.recipe.name
    parts = [one for one in (found.verdict, found.evaluation, found.texts) if one is not None]
    made = report(*parts, title=title)
    try:
        return made.save(path).resolve()
    except OSError as problem:
        message = f"The report cannot be written to {path}: {problem.strerror}. Choose another place."
    raise HsaiError(message)


def _show(found: Evaluation) -> None:
    # In lines and not in a table: the log of a build is as narrow as it likes.
    for name, row in found.table.astype(object).where(found.table.notna(), None).iterrows():
        price = "price unknown" if row["usd_per_1000"] is None else f"{row['usd_per_1000']:,.4f} USD for 1,000 records"
        shares = [f"{one} {_share(row[one], row[f'{one}_low'], row[f'{one}_high'])}" for one in ("right", "valid")]
        seconds = "" if row["seconds_median"] is None else f", {row['seconds_median']:.2f} s"
        say(f"{name}: {row['n']:,} records, {', '.join(shares)}, {price}{seconds}")
    if found.has_labels and len(found.names) > 1:
        for verdict in found.compare(found.names[0])["verdict"]:
            say(verdict)


def _share(share: float | None, low: float | None, high: float | None) -> str:
    return "unknown" if share is None else f"{share:.1%} ({low:.1%} to {high:.1%})"
