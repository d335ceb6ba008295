"""The commands about what was done: runs, resume, cancel, log."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsai_kit.cli.command import answer, describe, file_option, hint, save, say
from hsai_kit.cli.console import BUDGET, RUN, complete_runs, connect_to_portal_of, end_with, find_run, open_store
from hsai_kit.cli.exit_codes import ExitCode, code_of_runs

if TYPE_CHECKING:
    from hsai_kit.run import Run


def runs(
    last: Annotated[int, typer.Option(min=1, help="How many to show, newest first.")] = 20,
) -> None:
    """List earlier runs of this workspace: how far they came, what they cost and saved. Needs no keys."""
    from hsai_kit.llm.costs import read_costs

    with open_store() as store:
        listed = [(one, read_costs(store, one.id)) for one in store.runs.summaries(last)]
    answer(runs=[{**vars(one), "costs": costs} for one, costs in listed])
    if not listed:
        hint("There are no runs here yet. Make one with: hsai ask")
    for one, costs in listed:
        say(f"{one.id}: {one.status}, {one.answered:,} of {one.records:,} answered, {costs}", style="bold")
        engine = "" if one.engine == "responses" else f" ({one.engine})"
        for line in (f"{one.assistant} with {one.model}{engine}", one.note):
            if line:
                say(f"    {line}")


def resume(run: RUN = None, budget_usd: BUDGET = None) -> None:
    """Go on with a run that was stopped, paused or killed, or pick up its jobs at OpenAI, and ask again what failed."""
    from hsai_kit.steps.ask import resume as resume_run

    wanted = find_run(run)
    with connect_to_portal_of(wanted) as hub:
        is_complete = not hub.store.answers.find_outstanding(wanted)
        found = resume_run(hub, wanted, budget_usd=budget_usd)
        show_run(found)
        end_with(ExitCode.NOTHING_TO_DO if is_complete else code_of_runs([found]))


def cancel(
    run: Annotated[str, typer.Argument(help="The run's id, as hsai runs shows it.", autocompletion=complete_runs)],
) -> None:
    """End a run's jobs at OpenAI; what they answered until then is kept."""
    from hsai_kit.steps.ask import cancel as cancel_run

    with connect_to_portal_of(run) as hub:
        show_run(cancel_run(hub, run))


def show_run(run: Run) -> None:
    """Show what came of a run."""
    say(describe(run))
    record, counts = run.record, run.counts
    answer(run=run.id, assistant=record.assistant, model=record.model, status=record.status, rows=counts)
    answer(records=sum(counts.values()), questions=run.questions, costs=run.costs)


def log(
    portal: Annotated[int | None, typer.Option(help="Only what was done in this portal.")] = None,
    since: Annotated[str | None, typer.Option(help="From this day on: 2026-11-01 (UTC).")] = None,
    until: Annotated[str | None, typer.Option(help="Up to this day, which is included.")] = None,
    record: Annotated[str | None, typer.Option(help="Only what happened to the record with this id.")] = None,
    property: Annotated[  # noqa: A002 -- HubSpot's own word
        str | None, typer.Option(help="Only this property, or: task, note, list, message.")
    ] = None,
    last: Annotated[int, typer.Option(min=1, help="How many to show, newest first.")] = 20,
    csv: Annotated[Path | None, file_option("Write every value before and after to this CSV file.")] = None,
    html: Annotated[Path | None, file_option("Write a page to show, which stands alone, to this file.")] = None,
) -> None:
    """Tell who changed what in HubSpot, when, and with which assistant: pushes, actions and undos. Needs no keys."""
    from hsai_kit.steps.audit import log as read_log
    from hsai_kit.tabular.cell_text import format_line

    with open_store() as store:
        found = read_log(store, portal=portal, since=since, until=until, record=record, property=property)
        answer(entries=lambda: found.table(last))
        for line in list(islice(found.lines(), 2 * last)) or ["Nothing was done yet that fits."]:
            say(line, style=None if line.startswith(" ") else "bold")
        if record is not None:
            answer(changes=lambda: found.changes)
            for entry in found.entries[:last]:
                for change in found.changes_of(entry):
                    before, after = format_line(change.before), format_line(change.after)
                    say(f"{change.at} {change.property}: {before} → {after}, {change.outcome}, by {entry.who}")
        save(csv, found.to_csv, "Every value before and after is")
        save(html, found.to_html, "The page is")
