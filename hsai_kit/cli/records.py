"""The commands about records and answers: pull what to ask about, ask, review what came back."""

from __future__ import annotations

import functools
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hsai_kit.cli.command import STDOUT, answer, describe, file_option, hint, save, say, show_table
from hsai_kit.cli.console import (
    PORTAL,
    RUN,
    complete_assistants,
    connect_here,
    end_with,
    find_run,
    find_workspace,
    open_store,
)
from hsai_kit.cli.exit_codes import code_of_runs
from hsai_kit.cli.history import show_run
from hsai_kit.errors import CommandError
from hsai_kit.runtime.console import many

if TYPE_CHECKING:
    import pandas as pd

    from hsai_kit.connection import Connection
    from hsai_kit.steps.review import Review


_SHOWN = 20
# The forms that `hsai_kit.hubspot.where` reads; importing it here would cost every command its start.
_WHERE = Annotated[
    str | None,
    typer.Option(
        help='Which records, in words: "state is known and lifecyclestage is lead or mql". Forms: is, is not, '
        "is known, is unknown, contains, before, after, =, !=, <, <=, >, >=; and, or between "
        "conditions; or between values; quotes around a value of several words."
    ),
]
_LIST = Annotated[str | None, typer.Option("--list", help="Only the members of this list, by name or id.")]
_IDS = Annotated[str | None, typer.Option(help="Only these: ids with commas, or a file with a column Record ID.")]
_SINCE = Annotated[str | None, typer.Option(help='Only what changed since: 2026-11-01, yesterday, "7 days ago".')]
_LIMIT = Annotated[int | None, typer.Option(min=1, help="Only so many records, the first by id.")]
_SAMPLE = Annotated[int | None, typer.Option(min=1, help="Only so many records, at random.")]
_COLUMNS = Annotated[str | None, typer.Option(help="Further columns, with commas: company.name,owner.email")]


def pull(
    object_type: Annotated[str, typer.Argument(help="What records: contacts, companies, deals, tickets, …")],
    properties: Annotated[list[str] | None, typer.Argument(help="Which properties: state country company.name")] = None,
    where: _WHERE = None,
    list_: _LIST = None,
    ids: _IDS = None,
    changed_since: _SINCE = None,
    limit: _LIMIT = None,
    sample: _SAMPLE = None,
    columns: _COLUMNS = None,
    csv: Annotated[Path | None, file_option("Write them to this CSV file.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the same pull where it broke off.")] = False,
    portal: PORTAL = None,
) -> None:
    """Read records from HubSpot, and show the first of them or write all to a CSV file."""
    from hsai_kit import pull as read
    from hsai_kit.tabular.provenance import read_origin
    from hsai_kit.tabular.table_files import write_csv

    wanted = [*(properties or ()), *_split(columns)]
    if not wanted:
        message = f"Which properties? Name them: hsai pull {object_type} state country"
        raise CommandError(message)
    which = _choose(where, list_, ids, changed_since, limit, sample)
    with connect_here(portal) as hub:
        frame = read(hub, object_type, wanted, resume=resume, **which)
    count, width, kind = len(frame), len(frame.columns), read_origin(frame).object_type or "records"
    answer(object_type=kind, records=frame)
    say(f"{count:,} {'record' if count == 1 else kind}, {width} {'property' if width == 1 else 'properties'}.")
    if csv is None and count:
        _show_frame(frame)
    elif csv is not None:
        save(csv, functools.partial(write_csv, frame), "They are")
        if csv != STDOUT:
            hint(f"Ask about them: hsai ask ASSISTANT {object_type} --csv {csv}")


def ask(
    assistant: Annotated[
        str, typer.Argument(help="The assistant's name in this workspace.", autocompletion=complete_assistants)
    ],
    object_type: Annotated[str, typer.Argument(help="What records it is asked about.")] = "contacts",
    where: _WHERE = None,
    list_: _LIST = None,
    ids: _IDS = None,
    changed_since: _SINCE = None,
    limit: _LIMIT = None,
    sample: _SAMPLE = None,
    columns: _COLUMNS = None,
    csv: Annotated[
        Path | None, typer.Option(help="Ask about the rows of this CSV or Excel file instead (- reads a CSV piped in).")
    ] = None,
    prompt: Annotated[str | None, typer.Option(help='In place of its own: "State: {{ state }}".')] = None,
    model: Annotated[str | None, typer.Option(help="In place of its own.")] = None,
    temperature: Annotated[float | None, typer.Option(min=0, max=2, help="In place of its own, 0 to 2.")] = None,
    reasoning_effort: Annotated[
        str | None, typer.Option(help="In place of its own: none, minimal, low, medium, high, xhigh, max.")
    ] = None,
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

    which = _choose(where, list_, ids, changed_since, limit, sample)
    settings: dict[str, Any] = {
        "prompt": prompt,
        "model": model,
        "temperature": temperature,
        "reasoning_effort": reasoning_effort,
        "engine": engine,
    }
    with connect_here(portal) as hub:
        chosen = load_assistant(hub.workspace, assistant)
        # What is wrong with these shows before thousands of records are read.
        prepare_request(hub, chosen, **settings)
        if csv is None:
            needed = Prompt(prompt or chosen.prompt or "").columns_to_pull()
            frame, kind = read(hub, object_type, [*needed, *_split(columns)], **which), None
        else:
            frame, kind = _read_rows(hub, csv, object_type, which, columns), object_type
        run = put(
            hub, frame, chosen, object_type=kind, confirm=True if yes else None, budget_usd=budget_usd, **settings
        )
        show_run(run)
        code = code_of_runs([run])
    hint(f"Next: hsai review {run.id}")
    end_with(code)


def _split(columns: str | None) -> list[str]:
    return [name.strip() for name in (columns or "").split(",") if name.strip()]


def _choose(
    where: str | None, list_: str | None, ids: str | None, since: str | None, limit: int | None, sample: int | None
) -> dict[str, Any]:
    """Return which records are meant as `pull` takes it."""
    several = ids.split(",") if ids and "," in ids else ids
    return {
        "where": where,
        "list": list_,
        "ids": several,
        "changed_since": since,
        "limit": limit,
        "sample": sample,
    }


def _read_rows(
    hub: Connection, csv: Path, object_type: str, which: dict[str, Any], columns: str | None
) -> pd.DataFrame:
    """Read the rows to ask about from a file or from standard input."""
    from hsai_kit.steps.pull.export_file import read_export

    chosen = which | {"columns": columns}
    if extra := [name for name, value in chosen.items() if value is not None and name not in {"limit", "sample"}]:
        message = (
            f"--csv says which rows, and --{extra[0].replace('_', '-')} chooses among HubSpot's records. Leave one out."
        )
        raise CommandError(message)
    if csv == STDOUT:
        with tempfile.TemporaryDirectory(prefix="hsai-") as folder:
            csv = Path(folder) / "rows.csv"
            csv.write_text(sys.stdin.read(), "utf-8")
            frame = read_export(hub, csv, object_type)
    else:
        frame = read_export(hub, csv, object_type)
    sample = which["sample"]
    return frame.head(which["limit"]) if sample is None else frame.sample(min(sample, len(frame))).sort_index()


def review(
    run: RUN = None,
    field: Annotated[str | None, typer.Option(help="Which of several fields.")] = None,
    to: Annotated[str | None, typer.Option(help="The property that the answers are meant for.")] = None,
    csv: Annotated[
        Path | None, file_option("Write every proposal to this CSV file; decide in its column 'decision'.")
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
    here, wanted = find_workspace(), find_run(run)
    with open_store() as store:
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
            counts = ", ".join(f"{count:,} {decision}" for decision, count in made.counts.items())
            say(f"Decided as {decisions} says: {counts or 'nothing is new in it'}.")
            if made.overturned:
                say(f"{made.overturned:,} of them had been rejected before.")
            if made.left_alone:
                say(f"Left as they were: {many(len(made.left_alone), 'row')}.")
            for reason in made.left_alone[:_SHOWN]:
                say(f"  {reason}")
        if approve:
            frame = checked.frame
            calm = (frame["flags"].map(len) == 0) & frame["changes"] & (frame["decision"] == Decision.PENDING)
            say(f"Approved {checked.approve(calm):,} that carry no flag.")
        save(csv, checked.to_csv, "Every proposal is")
        if csv not in {None, STDOUT}:
            hint(
                f"Write approved, edited (with a value in 'final') or rejected into 'decision'; then: "
                f"hsai review {wanted} --decisions {csv}"
            )
        answer(run=wanted, field=checked.field, to=checked.to, rows=checked.frame)
        _show_review(checked)


def _show_frame(frame: pd.DataFrame) -> None:
    from hsai_kit.tabular.cell_text import format_line

    rows = (map(format_line, row) for row in frame.head(_SHOWN).itertuples(name=None))
    show_table(rows, "record_id", *map(str, frame.columns))
    if len(frame) > _SHOWN:
        hint(f"… and {len(frame) - _SHOWN:,} more. All of them in a file: --csv")


def _show_review(checked: Review) -> None:
    from hsai_kit.tabular.cell_text import format_exact

    frame = checked.frame
    changing = frame[frame["changes"]]
    say(describe(checked))
    if changing.empty:
        say("Nothing would change.")
        return
    after = changing["final"].where(changing["final"].notna(), changing["proposal"])
    shown = changing.assign(
        before=changing["before"].map(format_exact), after=after.map(format_exact), flagged=changing["flags"].map(bool)
    )
    groups = shown.groupby(["before", "after", "decision"], observed=True)["flagged"].agg(["size", "sum"])
    rows = [
        [*kind, f"{size:,}", f"{flagged:,}" if flagged else ""]
        for kind, size, flagged in groups.sort_values("size", ascending=False).itertuples()
    ]
    names = ["before", "after", "decision", "records", *(["flagged"] if shown["flagged"].any() else [])]
    show_table((row[: len(names)] for row in rows[:_SHOWN]), *names, numbers={"records", "flagged"})
    if len(rows) > _SHOWN:
        hint(f"… and {len(rows) - _SHOWN:,} more kinds of change. All of them in a file: --csv review.csv")
