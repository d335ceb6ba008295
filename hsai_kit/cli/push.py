"""The commands that write to HubSpot: push, undo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsai_kit.cli.console import say, workspace
from hsai_kit.errors import HsaiError

if TYPE_CHECKING:
    from hsai_kit.connection import Connection
    from hsai_kit.run import Run
    from hsai_kit.steps.actions import ActionPlan
    from hsai_kit.steps.push import PushPlan

__all__ = ["PORTAL_ID", "YES", "connection_of", "open_reviewed_run", "push", "show_plan", "the_meant", "undo"]

YES = Annotated[bool, typer.Option("--yes", help="Do not ask; many records in a live account still need --portal-id.")]
PORTAL_ID = Annotated[int | None, typer.Option(help="The portal's id, in place of typing it where that is asked for.")]


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
    csv: Annotated[Path | None, typer.Option(help="Keep every row of the plan in this CSV file.")] = None,
    yes: YES = False,
    portal_id: PORTAL_ID = None,
) -> None:
    """Write what was approved of a run to HubSpot, after showing the plan and asking."""
    from hsai_kit.steps.push import carry_out_push, plan_push, plan_rest
    from hsai_kit.steps.review import review

    wanted = the_meant(run, "push to complete" if resume else "run")
    with connection_of(wanted) as hub:
        if resume:
            ready = plan_rest(hub, wanted)
        else:
            reviewed = open_reviewed_run(hub, wanted)
            fields = _destinations(reviewed, to or [])
            ready = plan_push(hub, [review(reviewed, field) for field in fields], fields)
        if csv is not None:
            say(f"Every row of the plan is in {ready.to_csv(csv)}.")
        if plan_only:
            show_plan(ready)
            return
        say(repr(carry_out_push(hub, ready, confirm=portal_id or (True if yes else None))))


def undo(
    receipt: Annotated[str | None, typer.Argument(help="The receipt's id (default: the newest that stands).")] = None,
    yes: YES = False,
    portal_id: PORTAL_ID = None,
) -> None:
    """Take back what a push or an action did, wherever HubSpot still holds it, after showing the plan and asking."""
    from hsai_kit import open_receipt
    from hsai_kit import undo as take_back

    wanted = the_meant(receipt, "receipt")
    with connection_of(wanted) as hub:
        found = open_receipt(hub, wanted)
        say(repr(take_back(hub, found, confirm=portal_id or (True if yes else None))))


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
        raise HsaiError(message)
    if len(run.fields) == 1:
        pairs = [(run.fields[0], "=", name) if not equals else (name, equals, other) for name, equals, other in pairs]
    if bad := next((field for field, equals, name in pairs if not (equals and name)), None):
        message = f"--to {bad} is not clear. This run answers {', '.join(run.fields)}: write --to FIELD=PROPERTY"
        raise HsaiError(message)
    return {field: name for field, _, name in pairs}


def show_plan(ready: PushPlan | ActionPlan) -> None:
    """Print a plan, line by line."""
    for line in str(ready).splitlines():
        say(line)


def the_meant(given: str | None, what: str) -> str:
    """Return the id of what is meant: as given, or the newest there is."""
    from hsai_kit.store import Store

    store = Store(workspace().store)
    if what == "run":
        newest = store.runs.latest()
    elif what == "receipt":
        newest = store.newest_receipt()
    else:
        newest = store.pushes.find_unfinished()
    store.close()
    if (found := given or newest) is None:
        message = f"There is no {what} here."
        raise HsaiError(message)
    return found


def connection_of(wanted: str) -> Connection:
    """Connect with the keys of the portal that a run or receipt belongs to."""
    from hsai_kit.steps.connect import connect
    from hsai_kit.store import Store

    here = workspace()
    store = Store(here.store)
    record = store.pushes.get(wanted) or store.actions.get(wanted) or store.runs.get(wanted)
    store.close()
    if record is None:
        message = f"There is no {wanted!r} in {here.folder}. See what there is with: hsai runs"
        raise HsaiError(message)
    return connect(portal_id=record.portal_id, workspace=here.folder)
