"""The commands about runs: runs, resume, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hsai_kit.cli.console import plain, say, screen, workspace
from hsai_kit.errors import HsaiError

if TYPE_CHECKING:
    from hsai_kit.connection import Connection

__all__ = ["cancel", "resume", "runs"]


def runs(
    last: Annotated[int, typer.Option(min=1, help="How many to show, newest first.")] = 20,
) -> None:
    """List earlier runs of this workspace: how far they came, what they cost and saved. Needs no keys."""
    from hsai_kit.llm.costs import read_costs
    from hsai_kit.store import Store

    store = Store(workspace().store)
    listed = store.runs.summaries()[:last]
    if not listed:
        say("There are no runs here yet. Make one with ask().")
    for one in listed:
        costs = read_costs(store, one.id)
        say(f"{one.id}: {one.status}, {one.answered:,} of {one.records:,} answered, {costs}", style="bold")
        engine = "" if one.engine == "responses" else f" ({one.engine})"
        for line in (f"{one.assistant} with {one.model}{engine}", one.note):
            if line:
                screen.print(f"    {plain(line)}", soft_wrap=True, highlight=False)
    store.close()


def resume(
    run: Annotated[str | None, typer.Argument(help="The run's id (default: the newest).")] = None,
    budget_usd: Annotated[float | None, typer.Option(min=0, help="Another cap on what the run costs in all.")] = None,
) -> None:
    """Go on with a run that was stopped, paused or killed, or pick up its jobs at OpenAI, and ask again what failed."""
    from hsai_kit.steps.ask import resume as go_on

    with _connection_of(run) as hub:
        say(repr(go_on(hub, run, budget_usd=budget_usd)))


def cancel(run: Annotated[str, typer.Argument(help="The run's id, as hsai runs shows it.")]) -> None:
    """End a run's jobs at OpenAI; what they answered until then is kept."""
    from hsai_kit.steps.ask import cancel as end

    with _connection_of(run) as hub:
        say(repr(end(hub, run)))


def _connection_of(run: str | None) -> Connection:
    """Connect with the keys of the portal that a run was made for."""
    from hsai_kit.steps.connect import connect as make_connection
    from hsai_kit.store import Store

    here = workspace()
    store = Store(here.store)
    wanted = run or store.runs.latest()
    record = store.runs.get(wanted) if wanted else None
    store.close()
    if record is None:
        message = f"There is no run {run!r} here." if run else "There are no runs here yet."
        raise HsaiError(f"{message} See what there is with: hsai runs")
    return make_connection(portal_id=record.portal_id, workspace=here.folder)
