"""The commands about what was done: runs, resume, cancel, log."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from hsai_kit.cli.console import (
    BUDGET,
    connect_to_portal_of,
    end_with,
    escape_line,
    find_run,
    open_store,
    say,
    screen,
)
from hsai_kit.cli.exit_codes import ExitCode, code_of_runs


def runs(
    last: Annotated[int, typer.Option(min=1, help="How many to show, newest first.")] = 20,
) -> None:
    """List earlier runs of this workspace: how far they came, what they cost and saved. Needs no keys."""
    from hsai_kit.llm.costs import read_costs

    store = open_store()
    listed = store.runs.summaries()[:last]
    if not listed:
        say("There are no runs here yet. Make one with: hsai ask")
    for one in listed:
        costs = read_costs(store, one.id)
        say(f"{one.id}: {one.status}, {one.answered:,} of {one.records:,} answered, {costs}", style="bold")
        engine = "" if one.engine == "responses" else f" ({one.engine})"
        for line in (f"{one.assistant} with {one.model}{engine}", one.note):
            if line:
                screen.print(f"    {escape_line(line)}", soft_wrap=True, highlight=False)
    store.close()


def resume(
    run: Annotated[str | None, typer.Argument(help="The run's id (default: the newest).")] = None,
    budget_usd: BUDGET = None,
) -> None:
    """Go on with a run that was stopped, paused or killed, or pick up its jobs at OpenAI, and ask again what failed."""
    from hsai_kit.steps.ask import resume as resume_run

    wanted = find_run(run)
    with connect_to_portal_of(wanted) as hub:
        is_complete = not hub.store.answers.find_outstanding(wanted)
        found = resume_run(hub, wanted, budget_usd=budget_usd)
        say(repr(found))
        end_with(ExitCode.NOTHING_TO_DO if is_complete else code_of_runs([found]))


def cancel(run: Annotated[str, typer.Argument(help="The run's id, as hsai runs shows it.")]) -> None:
    """End a run's jobs at OpenAI; what they answered until then is kept."""
    from hsai_kit.steps.ask import cancel as cancel_run

    with connect_to_portal_of(run) as hub:
        say(repr(cancel_run(hub, run)))


def log(
    portal: Annotated[int | None, typer.Option(help="Only what was done in this portal.")] = None,
    since: Annotated[str | None, typer.Option(help="From this day on: 2026-11-01 (UTC).")] = None,
    until: Annotated[str | None, typer.Option(help="Up to this day, which is included.")] = None,
    record: Annotated[str | None, typer.Option(help="Only what happened to the record with this id.")] = None,
    property: Annotated[  # noqa: A002 -- HubSpot's own word
        str | None, typer.Option(help="Only this property, or: task, note, list, message.")
    ] = None,
    last: Annotated[int, typer.Option(min=1, help="How many to show, newest first.")] = 20,
    csv: Annotated[Path | None, typer.Option(help="Write every value before and after to this CSV file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page to show, which stands alone, to this file.")] = None,
) -> None:
    """Tell who changed what in HubSpot, when, and with which assistant: pushes, actions and undos. Needs no keys."""
    from hsai_kit.steps.audit import log as read_log
    from hsai_kit.tabular.cell_text import format_line

    store = open_store()
    try:
        found = read_log(store, portal=portal, since=since, until=until, record=record, property=property)
        for line in list(islice(found.lines(), 2 * last)) or ["Nothing was done yet that fits."]:
            if line.startswith(" "):
                screen.print(f"    {escape_line(line)}", soft_wrap=True, highlight=False)
            else:
                say(line, style="bold")
        if record is not None:
            for entry in found.entries[:last]:
                for change in found.changes_of(entry):
                    before, after = format_line(change.before), format_line(change.after)
                    say(f"{change.at}  {change.property}: {before} → {after}, {change.outcome}, by {entry.who}")
        for path, write in ((csv, found.to_csv), (html, found.to_html)):
            if path is not None:
                say(f"Wrote {write(path)}")
    finally:
        store.close()
