"""`hsai demo`: the whole job on a sandbox, over real HTTP, with every claim checked against the portal."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from hsai_kit.connection import Connection
from hsai_kit.errors import FrameError
from hsai_kit.llm.prices import estimate_price
from hsai_kit.run import Run
from hsai_kit.runtime.progress import quiet
from hsai_kit.steps.actions import undo
from hsai_kit.steps.ask import ask
from hsai_kit.steps.ask.estimate import describe_usd
from hsai_kit.steps.connect import connect
from hsai_kit.steps.pull import pull
from hsai_kit.steps.push import PushPlan, plan_push, push
from hsai_kit.steps.review import Review, review
from hsai_kit.tabular.cell_text import format_line
from hsai_kit.workspace import PushSettings

_PROPERTIES = ("state", "country")
_INDENT = 3


def run_demo(screen: Console, export: Path | None = None, faults: Sequence[str] = ()) -> bool:
    """Show the job on `screen`, over the made-up portal or over an export; return whether the portal bore it out.

    True only if every written value was found in the portal after the push, every other state was as before, and
    every record held its old state again after the undo. `faults` are the sandbox's, to see the job cope with them.
    """
    started = time.monotonic()
    screen.print("[bold]hsai_kit demo[/bold]: a HubSpot portal and a scripted assistant, both on this computer.")
    with (
        # Not the workspace that this may be started in: its assistants and remembered answers would change the job.
        tempfile.TemporaryDirectory(prefix="hsai-demo-", ignore_cleanup_errors=True) as folder,
        connect(sandbox=True, load={"contacts": export} if export else None, faults=faults, workspace=folder) as hub,
        quiet(),
    ):
        # An export of any size may be shown; nothing here is anybody's account.
        hub.workspace.settings = hub.workspace.settings.model_copy(update={"push": PushSettings(max_records=0)})
        everything = pull(hub, "contacts", _PROPERTIES)
        before = _as_texts(everything)
        contacts = _show_contacts(screen, hub, everything, export)
        checked = _review(screen, _ask(screen, hub, contacts))
        ready = _plan(screen, hub, checked)
        held = not ready.changes or _push_and_undo(screen, hub, checked, ready, before)
        struck = hub.count_faults()
    if struck:
        told = ", ".join(f"{kind} {count:,} times" if count != 1 else f"{kind} once" for kind, count in struck.items())
        screen.print(f"\nFaults that struck and were coped with: {told}.", highlight=False)
    seconds = time.monotonic() - started
    screen.print(f"\nThat took {seconds:.0f} s. Nothing left this computer, and nothing was paid.", highlight=False)
    screen.print("Next, your own workspace: [bold]hsai init my-workspace[/bold]")
    return held


def _show_contacts(screen: Console, hub: Connection, everything: pd.DataFrame, export: Path | None) -> pd.DataFrame:
    contacts = everything[everything["state"].notna()]
    if contacts.empty:
        where = f"{export} has no column State/Region with values" if export else "The portal has no states"
        message = f"{where}, so there is nothing to clean up. Export contacts with State/Region and Country/Region."
        raise FrameError(message)
    pulled = f"{_count(len(everything), 'contact')} of portal {hub.portal.id}"
    _say_heading(screen, 1, "Pull", f"{pulled}, {len(contacts):,} of them with a state")
    values = contacts["state"].value_counts()
    # From the most common to the rarest, so that the odd ones show as well.
    odd = values.index[values.index.str.len() != 2]
    some = [f"“{format_line(value, 20)}”" for value in odd[:: max(1, len(odd) // 8)][:8]]
    such = f", such as {', '.join(some)}" if some else ""
    _say(screen, f"{_count(len(values), 'way')} to write one{such}.")
    return contacts


def _ask(screen: Console, hub: Connection, contacts: pd.DataFrame) -> Run:
    run = ask(hub, contacts, "state-abbreviations")
    records, questions = _count(len(contacts), "record"), _count(run.questions, "distinct question")
    _say_heading(screen, 2, "Ask", f"{records}, {questions}, so {_count(run.questions, 'request')}")
    _say(
        screen,
        f"Answered by {run.record.model}, a script and no language model; it errs now and then, as a model does.",
    )
    model = hub.workspace.settings.openai.default_model
    characters = run.questions * (len(run.assistant.instructions) + len(run.record.prompt) + 20)
    usd = estimate_price(model, characters, run.questions, 12)
    if usd is not None:
        _say(screen, f"The same questions to {model} would cost {describe_usd(usd, usd)}.")
    return run


def _review(screen: Console, run: Run) -> Review:
    checked = review(run)
    frame = checked.frame
    calm = frame["flags"].map(len) == 0
    checked.approve(calm & frame["changes"])
    proposals = _count(int(frame["changes"].sum()), "proposal")
    _say_heading(
        screen, 3, "Review", f"{proposals} to change something; {int((~calm).sum()):,} of all answers want eyes"
    )
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    for title in ("before", "after", "records", "least sure"):
        table.add_column(title, justify="right" if title in {"records", "least sure"} else "left")
    changes = (
        frame[calm & frame["changes"]].groupby(["before", "proposal"], observed=True)["confidence"].agg(["size", "min"])
    )
    for (before, after), row in changes.sort_values("size", ascending=False).head(8).iterrows():
        least = "unknown" if pd.isna(row["min"]) else f"{row['min']:.2f}"
        table.add_row(escape(format_line(before, 24)), escape(format_line(after)), f"{int(row['size']):,}", least)
    if len(changes):
        screen.print(Padding(table, (0, 0, 0, _INDENT), expand=False))
    flags = Counter(flag for flags in frame["flags"] for flag in flags)
    held = ", ".join(f"{count:,} {flag}" for flag, count in flags.most_common())
    _say(screen, f"Approved what carries no flag. Left for a person: {held or 'nothing'}.")
    return checked


def _plan(screen: Console, hub: Connection, checked: Review) -> PushPlan:
    ready = plan_push(hub, checked)
    others = ", ".join(f"{count:,} {verdict}" for verdict, count in ready.counts.items() if verdict != "will change")
    _say_heading(screen, 4, "Push", f"the plan first: {len(ready.changes):,} will change")
    _say(screen, f"Left as they are: {others or 'none'}.")
    if not ready.changes:
        _say(screen, "So there is nothing to write: these states are clean, or want a person's eyes.")
    return ready


def _push_and_undo(screen: Console, hub: Connection, checked: Review, ready: PushPlan, before: dict[str, str]) -> bool:
    receipt = push(hub, checked, confirm=True)
    outcome = ", ".join(f"{count:,} {name}" for name, count in receipt.counts.items())
    _say(screen, f"Receipt {receipt.id}: {outcome or 'nothing written'}.")
    wanted = {row.record_id: row.after for row in ready.changes}
    # A large export waits here for HubSpot's allowance of calls in ten seconds: an unexplained silence looks hung.
    _say(screen, "Reading the portal back …")
    pushed = _read_states(hub) == before | wanted
    claim = f"Read back: the portal holds the {_count(len(wanted), 'new value')}, and every other state is as it was."
    _say_checked(screen, pushed, claim)
    _say(screen, "Taking it back …")
    back = undo(hub, receipt, confirm=True)
    _say_heading(screen, 5, "Undo", f"{_count(back.counts.get('written', 0), 'value')} put back")
    _say(screen, "Reading the portal back …")
    undone = _read_states(hub) == before
    _say_checked(screen, undone, "Read back: every record holds its old state again.")
    return pushed and undone


def _read_states(hub: Connection) -> dict[str, str]:
    return _as_texts(pull(hub, "contacts", ["state"]))


def _as_texts(frame: pd.DataFrame) -> dict[str, str]:
    return dict(zip(frame.index, frame["state"].astype("string").fillna(""), strict=True))


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _say_heading(screen: Console, number: int, verb: str, what: str) -> None:
    screen.print(f"\n[bold cyan]{number}. {verb}[/bold cyan]")
    _say(screen, f"{what[0].upper()}{what[1:]}.")


def _say_checked(screen: Console, held: bool, claim: str) -> None:
    tick, cross = ("✓", "✗") if screen.encoding.startswith("utf") else ("OK:", "NO:")
    _say(screen, claim, mark=f"[green]{tick}[/green] " if held else f"[bold red]{cross} Not borne out:[/bold red] ")


def _say(screen: Console, text: str, mark: str = "") -> None:
    """Print a line that keeps its indentation where it wraps."""
    screen.print(Padding(f"{mark}{escape(text)}", (0, 0, 0, _INDENT), expand=False), highlight=False)
