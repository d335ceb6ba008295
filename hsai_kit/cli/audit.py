"""The command that tells who changed what: log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hsai_kit.cli.console import plain, say, screen, workspace

__all__ = ["log"]


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
    from hsai_kit.store import Store
    from hsai_kit.tabular.cell_text import format_line

    store = Store(workspace().store)
    try:
        found = read_log(store, portal=portal, since=since, until=until, record=record, property=property)
        lines = list(found.lines())
        for line in lines[: 2 * last] or ["Nothing was done yet that fits."]:
            if line.startswith(" "):
                screen.print(f"    {plain(line)}", soft_wrap=True, highlight=False)
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
