"""The commands about records: pull them, ask about them, review what came back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from hsai_kit.cli.console import (
    PORTAL,
    connect_here,
    end_with,
    escape_line,
    find_run,
    find_workspace,
    open_store,
    say,
    screen,
)
from hsai_kit.cli.exit_codes import code_of_runs
from hsai_kit.errors import CommandError

if TYPE_CHECKING:
    import pandas as pd

    from hsai_kit.steps.review import Review


_SHOWN = 20

_WHERE = Annotated[str | None, typer.Option(help='Which records, in plain words: "state is known".')]
_LIST = Annotated[str | None, typer.Option("--list", help="Only the members of this list, by name or id.")]
_LIMIT = Annotated[int | None, typer.Option(min=1, help="Only so many records, the first by id.")]


def pull(
    object_type: Annotated[str, typer.Argument(help="What records: contacts, companies, deals, tickets, …")],
    properties: Annotated[list[str], typer.Argument(help="Which properties: state country company.name")],
    where: _WHERE = None,
    list_: _LIST = None,
    limit: _LIMIT = None,
    csv: Annotated[Path | None, typer.Option(help="Write them to this CSV file.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the same pull where it broke off.")] = False,
    portal: PORTAL = None,
) -> None:
    """Read records from HubSpot, and show the first of them or write all to a CSV file."""
    from hsai_kit import pull as read
    from hsai_kit.tabular.provenance import read_origin
    from hsai_kit.tabular.table_files import write_csv

    with connect_here(portal) as hub:
        frame = read(hub, object_type, properties, where=where, list=list_, limit=limit, resume=resume)
    count, width, kind = len(frame), len(frame.columns), read_origin(frame).object_type or "records"
    say(f"{count:,} {'record' if count == 1 else kind}, {width} {'property' if width == 1 else 'properties'}.")
    if frame.empty:
        return
    if csv is not None:
        say(f"They are in {write_csv(frame, csv)}. Ask about them: hsai ask ASSISTANT {object_type} --csv {csv}")
    else:
        _show_frame(frame)


def ask(
    assistant: Annotated[str, typer.Argument(help="The assistant's name in this workspace.")],
    object_type: Annotated[str, typer.Argument(help="What records it is asked about.")] = "contacts",
    where: _WHERE = None,
    list_: _LIST = None,
    limit: _LIMIT = None,
    csv: Annotated[Path | None, typer.Option(help="Ask about the rows of this CSV or Excel file instead.")] = None,
    prompt: Annotated[str | None, typer.Option(help='In place of its own: "State: {{ state }}".')] = None,
    model: Annotated[str | None, typer.Option(help="In place of its own.")] = None,
    engine: Annotated[str | None, typer.Option(help="responses, decisions, or batch (half price).")] = None,
    budget_usd: Annotated[float | None, typer.Option(min=0, help="The most that it may cost.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, whatever it may cost.")] = False,
    portal: PORTAL = None,
) -> None:
    """Pull what the prompt needs and ask the assistant about every record; nothing is written to HubSpot."""
    from hsai_kit import ask as put
    from hsai_kit import pull as read
    from hsai_kit.assistant.assistant import load_assistant
    from hsai_kit.assistant.prompt import Prompt
    from hsai_kit.steps.ask.request import prepare_request
    from hsai_kit.tabular.table_files import read_table

    with connect_here(portal) as hub:
        chosen = load_assistant(hub.workspace, assistant)
        # What is wrong with these shows before thousands of records are read.
        prepare_request(hub, chosen, prompt=prompt, model=model, engine=engine)  # type: ignore[arg-type]
        if csv is None:
            needed = Prompt(prompt or chosen.prompt or "").columns_to_pull()
            frame = read(hub, object_type, needed, where=where, list=list_, limit=limit)
        elif where or list_:
            message = "--where and --list choose among HubSpot's records, and --csv says which rows. Leave one out."
            raise CommandError(message)
        else:
            frame = read_table(csv).head(limit)
        settings: dict[str, Any] = {"model": model, "engine": engine, "budget_usd": budget_usd}
        of = None if csv is None else object_type
        run = put(hub, frame, chosen, prompt, object_type=of, confirm=True if yes else None, **settings)
        say(repr(run))
        code = code_of_runs([run])
    say(f"Next: hsai review {run.id}")
    end_with(code)


def review(
    run: Annotated[str | None, typer.Argument(help="The run's id (default: the newest).")] = None,
    field: Annotated[str | None, typer.Option(help="Which of several fields.")] = None,
    to: Annotated[str | None, typer.Option(help="The property that the answers are meant for.")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write every proposal to this CSV file; decide in its column 'decision'.")
    ] = None,
    decisions: Annotated[Path | None, typer.Option(help="Take over the decisions of such a file.")] = None,
    approve: Annotated[
        str | None, typer.Option(help="'unflagged': approve every pending change that carries no flag.")
    ] = None,
) -> None:
    """Show what a run proposes, write it to a file, or take over what was decided in one. Needs no keys."""
    from hsai_kit.run import Run
    from hsai_kit.steps.review import review as look
    from hsai_kit.steps.review.spreadsheet_import import import_decisions
    from hsai_kit.store import Decision

    if approve not in {None, "unflagged"}:
        message = f"--approve is {approve!r}; it can be 'unflagged'. For others write a file: --csv review.csv"
        raise CommandError(message)
    here = find_workspace()
    wanted = find_run(run)
    store = open_store()
    try:
        low = here.settings.review.low_confidence
        made_by = Run(store, wanted, low_confidence=low, reviewer=here.reviewer)
        if field is None and len(made_by.fields) > 1:
            message = (
                f"This run answers several fields: {', '.join(made_by.fields)}. "
                f"Review them one by one, such as: hsai review {wanted} --field {made_by.fields[0]}"
            )
            raise CommandError(message)
        checked = look(made_by, field, to=to)
        if decisions is not None:
            made = import_decisions(checked, decisions)
            said = ", ".join(f"{count:,} {decision}" for decision, count in made.items())
            say(f"Decided as {decisions} says: {said or 'nothing is new in it'}.")
        if approve:
            frame = checked.frame
            calm = (frame["flags"].map(len) == 0) & frame["changes"] & (frame["decision"] == Decision.PENDING)
            say(f"Approved {checked.approve(calm):,} that carry no flag.")
        if csv is not None:
            say(f"Every proposal is in {checked.to_csv(csv)}.")
            say(
                f"Write approved, edited (with a value in 'final') or rejected into 'decision'; then: "
                f"hsai review {wanted} --decisions {csv}"
            )
        _show_review(checked)
    finally:
        store.close()


def _show_frame(frame: pd.DataFrame) -> None:
    from hsai_kit.tabular.cell_text import format_line

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("record_id", *frame.columns):
        table.add_column(escape_line(str(name)), overflow="ellipsis", no_wrap=True)
    for row in frame.head(_SHOWN).itertuples(name=None):
        table.add_row(*(escape_line(format_line(value)) for value in row))
    screen.print(table)
    if len(frame) > _SHOWN:
        say(f"… and {len(frame) - _SHOWN:,} more. All of them in a file: --csv")


def _show_review(checked: Review) -> None:
    from hsai_kit.tabular.cell_text import format_exact

    frame = checked.frame
    changing = frame[frame["changes"]]
    say(f"{checked}")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    flags = changing["flags"].map(bool)
    for name in ("before", "after", "decision", "records", *(["flagged"] if flags.any() else [])):
        table.add_column(name, justify="right" if name in {"records", "flagged"} else "left", no_wrap=True)
    after = changing["final"].where(changing["final"].notna(), changing["proposal"])
    said = changing.assign(before=changing["before"].map(format_exact), after=after.map(format_exact), flagged=flags)
    groups = said.groupby(["before", "after", "decision"], observed=True)["flagged"].agg(["size", "sum"])
    for (before, new, decision), row in groups.sort_values("size", ascending=False).head(_SHOWN).iterrows():
        flagged = f"{int(row['sum']):,}" if row["sum"] else ""
        table.add_row(
            escape_line(before),
            escape_line(new),
            decision,
            f"{int(row['size']):,}",
            *([flagged] if flags.any() else []),
        )
    if len(groups):
        screen.print(table)
    if len(groups) > _SHOWN:
        say(f"… and {len(groups) - _SHOWN:,} more kinds of change. All of them in a file: --csv review.csv")
    if not len(changing):
        say("Nothing would change.")
