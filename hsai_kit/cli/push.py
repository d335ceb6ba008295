"""The commands that write to HubSpot: push, undo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsai_kit.cli.command import answer, describe, file_option, save, say
from hsai_kit.cli.console import PORTAL_ID, YES, connect_to_portal_of, end_with, find_newest, find_run
from hsai_kit.cli.exit_codes import ExitCode
from hsai_kit.errors import CommandError

if TYPE_CHECKING:
    from hsai_kit.connection import Connection
    from hsai_kit.run import Run
    from hsai_kit.steps.actions import AnyPlan


def push(
    run: Annotated[
        str | None, typer.Argument(help="The run's id (default: the newest); with --resume the receipt's.")
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(help="The property, or field=property. Can be repeated. Default: as the assistant says."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Complete a push that was stopped or killed.")] = False,
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what would change, and write nothing.")] = False,
    csv: Annotated[Path | None, file_option("Keep every row of the plan in this CSV file.")] = None,
    yes: YES = False,
    portal_id: PORTAL_ID = None,
) -> None:
    """Write what was approved of a run to HubSpot, after showing the plan and asking."""
    from hsai_kit.steps.push import plan_push, plan_rest
    from hsai_kit.steps.review import review

    if resume:
        wanted = find_newest(run, lambda store: store.pushes.find_unfinished(), "There is no push to complete here.")
    else:
        wanted = find_run(run)
    with connect_to_portal_of(wanted) as hub:
        if resume:
            ready = plan_rest(hub, wanted)
        else:
            reviewed = open_reviewed_run(hub, wanted)
            fields = _destinations(reviewed, to or [])
            ready = plan_push(hub, [review(reviewed, field) for field in fields], fields)
        carry_out_or_show(hub, ready, csv=csv, plan_only=plan_only, confirm=portal_id or yes or None)


def undo(
    receipt: Annotated[str | None, typer.Argument(help="The receipt's id (default: the newest that stands).")] = None,
    yes: YES = False,
    portal_id: PORTAL_ID = None,
) -> None:
    """Take back what a push or an action did, wherever HubSpot still holds it, after showing the plan and asking."""
    from hsai_kit.steps.actions import NOTHING_STANDS, undo_plan

    wanted = find_newest(receipt, lambda store: store.newest_standing(), NOTHING_STANDS)
    with connect_to_portal_of(wanted) as hub:
        carry_out_or_show(hub, undo_plan(hub, wanted), confirm=portal_id or yes or None)


def open_reviewed_run(hub: Connection, run_id: str) -> Run:
    """Open a run as this workspace's settings have it reviewed."""
    from hsai_kit.run import Run

    low = hub.workspace.settings.review.low_confidence
    return Run(hub.store, run_id, low_confidence=low, reviewer=hub.workspace.reviewer)


def _destinations(run: Run, to: list[str]) -> dict[str, str]:
    """Return the property of each field that is pushed."""
    own = {field: kind.to for field, kind in run.assistant.output.fields.items() if kind.to}
    pairs = [text.partition("=") for text in to]
    if not pairs:
        if own:
            return own
        message = f"Say where the answers go: --to {run.fields[0]}=PROPERTY"
        raise CommandError(message)
    if len(run.fields) == 1:
        pairs = [(run.fields[0], "=", name) if not equals else (name, equals, other) for name, equals, other in pairs]
    if bad := next((field for field, equals, name in pairs if not (equals and name)), None):
        message = f"--to {bad} is not clear. This run answers {', '.join(run.fields)}: write --to FIELD=PROPERTY"
        raise CommandError(message)
    return {field: name for field, _, name in pairs}


def carry_out_or_show(
    hub: Connection,
    ready: AnyPlan,
    *,
    confirm: bool | int | None,
    csv: Path | None = None,
    plan_only: bool = False,
) -> None:
    """Carry a plan out and print the receipt, or only show it; with nothing to do the exit code says so."""
    from hsai_kit.steps.actions import carry_out

    save(csv, ready.to_csv, "Every row of the plan is")
    if plan_only:
        answer(plan=ready.counts, run=ready.run_id, rows=lambda: ready.frame)
        for line in str(ready).splitlines():
            say(line)
        return
    receipt = carry_out(hub, ready, confirm=confirm)
    answer(receipt=receipt.id, counts=receipt.counts, rows=lambda: receipt.frame)
    say(describe(receipt))
    end_with(ExitCode.DONE if ready.records else ExitCode.NOTHING_TO_DO)
