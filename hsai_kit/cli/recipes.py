"""The commands about recipes: evaluate, run."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsai_kit.cli.command import answer, describe, file_option, save, say
from hsai_kit.cli.console import BUDGET, PORTAL, complete_recipes, connect_here, end_with
from hsai_kit.cli.exit_codes import ExitCode, code_of_runs
from hsai_kit.errors import CommandError

if TYPE_CHECKING:
    from hsai_kit.steps.evaluate import Evaluation
    from hsai_kit.steps.recipe import RecipeEvaluation


_NAME = Annotated[
    str, typer.Argument(help="The recipe's name in recipes/, or its file.", autocompletion=complete_recipes)
]
_YES = Annotated[bool, typer.Option("--yes", help="Do not ask, whatever it may cost up to the cap.")]


def evaluate(
    recipe: _NAME,
    gate: Annotated[bool, typer.Option("--gate", help="Exit with 3 where the recipe's gate is not passed.")] = False,
    report: Annotated[Path | None, file_option("Write all of it to this HTML file, passed or not.")] = None,
    budget_usd: BUDGET = None,
    portal: PORTAL = None,
    yes: _YES = False,
) -> None:
    """Measure a recipe's assistant on labeled rows. With --gate the exit code tells whether it may run alone.

    0: passed. 3: not passed. 5: the budget was reached before everything was asked. 1: it could not be measured.
    """
    from hsai_kit.runtime.extras import require_extra
    from hsai_kit.steps.recipe import evaluate_recipe, read_recipe

    if report is not None:
        require_extra("vl_convert", "report", "A report")
    with connect_here(portal) as hub:
        chosen = read_recipe(hub.workspace, recipe)
        if gate and (chosen.evaluate is None or chosen.evaluate.gate is None):
            message = f"The recipe {chosen.name!r} has no [evaluate.gate], so there is nothing to pass. Add one to it."
            raise CommandError(message)
        found = evaluate_recipe(hub, chosen, budget_usd=budget_usd, confirm=yes or None)
        _show(found.evaluation)
        if found.texts is not None:
            say(found.texts.verdict)
        save(report, functools.partial(_write, found), "The report is")
        for line in [] if found.verdict is None else str(found.verdict).splitlines():
            say(line)
        answer(
            recipe=chosen.name,
            candidates=found.evaluation.table,
            passed=None if found.verdict is None else found.verdict.is_passed,
        )
        answer(conditions=() if found.verdict is None else found.verdict.reasons)
        code = code_of_runs(run for runs in found.evaluation.runs.values() for run in runs)
    if gate and found.verdict is not None and not found.verdict.is_passed:
        code = ExitCode.GATE_NOT_PASSED
    end_with(code)


def run(
    recipe: _NAME,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="Ask nothing; do what comes after the review of its newest run.")
    ] = False,
    budget_usd: BUDGET = None,
    portal: PORTAL = None,
    yes: _YES = False,
) -> None:
    """Do a recipe's job. It writes only where the recipe says so and its gate is passed; the rest waits for people.

    0: done. 3: the gate was not passed. 4: rows wait for review. 5: the budget was reached. 7: no records match.
    """
    from hsai_kit.steps.recipe import finish_recipe, read_recipe, run_recipe

    with connect_here(portal) as hub:
        if reviewed:
            chosen = read_recipe(hub.workspace, recipe)
            done = finish_recipe(hub, chosen, confirm=chosen.portal_id or True if yes else None)
        else:
            done = run_recipe(hub, recipe, budget_usd=budget_usd, confirm=yes or None)
        receipts = [one for one in (done.receipt, *done.done) if one is not None]
        answer(recipe=done.recipe.name, run=done.run and done.run.id, waiting=done.waiting)
        answer(receipts=[{"receipt": one.id, "counts": one.counts} for one in receipts])
        for part in (done.run, done.checked, *receipts):
            if part is not None:
                say(describe(part))
        if done.run is None:
            end_with(ExitCode.NOTHING_TO_DO)
            return
        end_with(code_of_runs([done.run]))
        end_with(ExitCode.WAITING_FOR_REVIEW if done.waiting and not reviewed else ExitCode.DONE)


def _write(found: RecipeEvaluation, path: Path) -> None:
    from hsai_kit.steps.evaluate.report import report

    title = found.recipe.description or found.recipe.name
    parts = [one for one in (found.verdict, found.evaluation, found.texts) if one is not None]
    report(*parts, title=title).save(path)


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
