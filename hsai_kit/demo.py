"""`hsai demo`: the whole job on a sandbox, over real HTTP, with every claim checked against the portal."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hsai_kit.connection import Connection
from hsai_kit.defuse import one_line
from hsai_kit.errors import HsaiError
from hsai_kit.llm.prices import roughly
from hsai_kit.progress import quiet
from hsai_kit.run import Run
from hsai_kit.steps.ask import ask
from hsai_kit.steps.connect import connect
from hsai_kit.steps.pull import pull
from hsai_kit.steps.push import Plan, Receipt, plan, push, undo
from hsai_kit.steps.review import Checked, review

__all__ = ["run_demo"]

_PROPERTIES = ("state", "country")


def run_demo(screen: Console, export: Path | None = None) -> bool:
    """Show the job on `screen`, over the made-up portal or over an export; return whether the portal bore it out.

    True only if every written value was found in the portal after the push, nothing else had changed, and every
    record held its old value again after the undo.
    """
    started = time.monotonic()
    screen.print("[bold]hsai_kit demo[/bold]: a HubSpot portal and a scripted assistant, both on this computer.")
    with quiet(), connect(sandbox=True, load={"contacts": export} if export else None) as hub:
        contacts = _pulled(screen, hub, export)
        run = _asked(screen, hub, contacts)
        checked = _reviewed(screen, run)
        ready, receipt = _pushed(screen, hub, checked)
        now = _states(hub)
        wanted = {row.record_id: row.after for row in ready.changing}
        old = _texts(contacts)
        pushed = bool(wanted) and all(now[one] == wanted.get(one, old.get(one, now[one])) for one in now)
        _say_checked(
            screen,
            pushed,
            f"Read back: the portal holds the {len(wanted):,} new values, and all others are as they were.",
        )
        back = undo(hub, receipt, confirm=True)
        again = _states(hub)
        undone = all(again[one] == value for one, value in old.items())
        _say_checked(
            screen,
            undone,
            f"Undone {back.counts.get('written', 0):,}: read back, every record holds its old value again.",
        )
    seconds = time.monotonic() - started
    screen.print(f"\nThat took {seconds:.0f} s. Nothing left this computer, and nothing was paid.", highlight=False)
    screen.print("Next, your own workspace: [bold]hsai init my-workspace[/bold]")
    return pushed and undone


def _pulled(screen: Console, hub: Connection, export: Path | None) -> pd.DataFrame:
    contacts = pull(hub, "contacts", _PROPERTIES, where="state is known")
    if contacts.empty:
        where = f"{export} has no column State/Region with values" if export else "The portal has no states"
        message = f"{where}, so there is nothing to clean up. Export contacts with State/Region and Country/Region."
        raise HsaiError(message)
    _heading(screen, 1, "Pull", f"{len(contacts):,} contacts of portal {hub.portal.id} whose state is known")
    values = contacts["state"].value_counts()
    odd = [one_line(value, 20) for value in values.index[values.index.str.len() != 2][:8]]
    screen.print(f"   {len(values):,} ways to write a state, such as {escape(', '.join(odd))}", highlight=False)
    return contacts


def _asked(screen: Console, hub: Connection, contacts: pd.DataFrame) -> Run:
    run = ask(hub, contacts, "state-abbreviations")
    _heading(
        screen, 2, "Ask", f"{len(contacts):,} records were {run.questions:,} questions, so {run.questions:,} requests"
    )
    model = hub.workspace.settings.openai.default_model
    characters = run.questions * (len(run.assistant.instructions) + len(run.record.prompt) + 20)
    usd = roughly(model, characters, run.questions, 12)
    price = "" if usd is None else f" The same questions to {model} would cost about {max(usd, 0.01):.2f} USD."
    screen.print(f"   Answered by {run.record.model}, the sandbox's script: no language model.{price}", highlight=False)
    return run


def _reviewed(screen: Console, run: Run) -> Checked:
    checked = review(run)
    frame = checked.frame
    calm = frame["flags"].map(len) == 0
    checked.approve(calm & frame["changes"])
    flags = Counter(flag for flags in frame["flags"] for flag in flags)
    _heading(
        screen,
        3,
        "Review",
        f"{int(frame['changes'].sum()):,} proposals change something, {int((~calm).sum()):,} want eyes",
    )
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    for title in ("   before", "after", "records", "least sure"):
        table.add_column(title, justify="right" if title in {"records", "least sure"} else "left")
    changes = (
        frame[calm & frame["changes"]].groupby(["before", "proposal"], observed=True)["confidence"].agg(["size", "min"])
    )
    for (before, after), row in changes.sort_values("size", ascending=False).head(8).iterrows():
        least = "unknown" if pd.isna(row["min"]) else f"{row['min']:.2f}"
        table.add_row(f"   {escape(one_line(before, 24))}", escape(one_line(after)), f"{int(row['size']):,}", least)
    screen.print(table)
    held = ", ".join(f"{count:,} {flag}" for flag, count in flags.most_common())
    screen.print(f"   Approved what carries no flag; left for a person: {held or 'nothing'}", highlight=False)
    return checked


def _pushed(screen: Console, hub: Connection, checked: Checked) -> tuple[Plan, Receipt]:
    ready = plan(hub, checked)
    said = ", ".join(f"{count:,} {verdict}" for verdict, count in ready.counts.items())
    _heading(screen, 4, "Push", f"the plan first: {said}")
    receipt = push(hub, checked, confirm=True)
    outcome = ", ".join(f"{count:,} {name}" for name, count in receipt.counts.items())
    screen.print(f"   Receipt {receipt.id}: {outcome}", highlight=False)
    return ready, receipt


def _states(hub: Connection) -> dict[str, str]:
    return _texts(pull(hub, "contacts", ["state"]))


def _texts(frame: pd.DataFrame) -> dict[str, str]:
    return dict(zip(frame.index, frame["state"].astype("string").fillna(""), strict=True))


def _heading(screen: Console, number: int, verb: str, what: str) -> None:
    screen.print(f"\n[bold cyan]{number}. {verb}[/bold cyan]  {escape(what)}", highlight=False)


def _say_checked(screen: Console, held: bool, claim: str) -> None:  # noqa: FBT001 -- the verdict is the argument
    mark = "[green]✓[/green]" if held else "[bold red]✗ Not borne out:[/bold red]"
    screen.print(f"   {mark} {escape(claim)}", highlight=False)
