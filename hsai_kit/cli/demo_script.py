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
from hsai_kit.runtime.console import many
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

_INDENT = 3


def run_demo(screen: Console, export: Path | None = None, faults: Sequence[str] = ()) -> bool:
    """Show the job on `screen`, over the made-up portal or over an export; return whether the portal agreed.

    True only if every written value was found in the portal after the push, every other state was as before, and
    every record held its old state again after the undo. `faults` are the sandbox's, to see the job cope with them.
    """
    started = time.monotonic()
    screen.print("[bold]hsai_kit demo[/bold]: a HubSpot portal and a scripted assistant, both on this computer.")
    load = {"contacts": export} if export else None
    with (
        # Not the workspace that this may be started in: its assistants and remembered answers would change the job.
        tempfile.TemporaryDirectory(prefix="hsai-demo-", ignore_cleanup_errors=True) as folder,
        connect(sandbox=True, load=load, faults=faults, workspace=folder) as hub,
        quiet(),
    ):
        # An export of any size may be shown; nothing here is anybody's account.
        hub.workspace.settings = hub.workspace.settings.model_copy(update={"push": PushSettings(max_records=0)})
        demo = _Demo(screen, hub)
        is_as_claimed = demo.show(export)
        struck = hub.count_faults()
    if struck:
        faced = ", ".join(f"{kind} {count:,} times" if count != 1 else f"{kind} once" for kind, count in struck.items())
        screen.print(f"\nFaults that struck and were coped with: {faced}.", highlight=False)
    seconds = time.monotonic() - started
    screen.print(f"\nThat took {seconds:.0f} s. Nothing left this computer, and nothing was paid.", highlight=False)
    screen.print("Next, your own workspace: [bold]hsai init my-workspace[/bold]")
    return is_as_claimed


class _Demo:
    """The job, step by step, on a screen."""

    def __init__(self, screen: Console, hub: Connection) -> None:
        self._screen, self._hub = screen, hub

    def show(self, export: Path | None) -> bool:
        everything = pull(self._hub, "contacts", ["state", "country"])
        checked = self._review(self._ask(self._show_contacts(everything, export)))
        plan = self._plan(checked)
        return not plan.changes or self._push_and_undo(checked, plan, _read_texts(everything))

    def _show_contacts(self, everything: pd.DataFrame, export: Path | None) -> pd.DataFrame:
        contacts = everything[everything["state"].notna()]
        if contacts.empty:
            where = f"{export} has no column State/Region with values" if export else "The portal has no states"
            message = f"{where}, so there is nothing to clean up. Export contacts with State/Region and Country/Region."
            raise FrameError(message)
        pulled = f"{many(len(everything), 'contact')} of portal {self._hub.portal.id}"
        self._head(1, "Pull", f"{pulled}, {len(contacts):,} of them with a state")
        values = contacts["state"].value_counts()
        # From the most common to the rarest, so that the odd ones show as well.
        odd = values.index[values.index.str.len() != 2]
        some = [f"“{format_line(value, 20)}”" for value in odd[:: max(1, len(odd) // 8)][:8]]
        such = f", such as {', '.join(some)}" if some else ""
        self._say(f"{many(len(values), 'way')} to write one{such}.")
        return contacts

    def _ask(self, contacts: pd.DataFrame) -> Run:
        run = ask(self._hub, contacts, "state-abbreviations")
        questions = run.questions
        records, distinct = many(len(contacts), "record"), many(questions, "distinct question")
        self._head(2, "Ask", f"{records}, {distinct}, so {many(questions, 'request')}")
        model = run.record.model
        self._say(f"Answered by {model}, a script and no language model; it errs now and then, as a model does.")
        real = self._hub.workspace.settings.openai.default_model
        characters = questions * (len(run.assistant.instructions) + len(run.record.prompt) + 20)
        usd = estimate_price(real, characters, questions, 12)
        if usd is not None:
            self._say(f"The same questions to {real} would cost {describe_usd(usd, usd)}.")
        return run

    def _review(self, run: Run) -> Review:
        checked = review(run)
        frame = checked.frame
        calm = frame["flags"].map(len) == 0
        sure = frame[calm & frame["changes"]]
        checked.approve(calm & frame["changes"])
        proposals = many(int(frame["changes"].sum()), "proposal")
        self._head(3, "Review", f"{proposals} to change something; {(~calm).sum():,} of all answers want eyes")
        table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
        for title in ("before", "after", "records", "least sure"):
            table.add_column(title, justify="right" if title in {"records", "least sure"} else "left")
        changes = sure.groupby(["before", "proposal"], observed=True)["confidence"].agg(["size", "min"])
        for (before, after), size, least in changes.nlargest(8, "size").itertuples():
            confidence = "unknown" if pd.isna(least) else f"{least:.2f}"
            table.add_row(escape(format_line(before, 24)), escape(format_line(after)), f"{size:,}", confidence)
        if len(changes):
            self._screen.print(Padding(table, (0, 0, 0, _INDENT), expand=False))
        flags = Counter(flag for flags in frame["flags"] for flag in flags)
        held = ", ".join(f"{count:,} {flag}" for flag, count in flags.most_common())
        self._say(f"Approved what carries no flag. Left for a person: {held or 'nothing'}.")
        return checked

    def _plan(self, checked: Review) -> PushPlan:
        plan = plan_push(self._hub, checked)
        others = ", ".join(f"{count:,} {verdict}" for verdict, count in plan.counts.items() if verdict != "will change")
        self._head(4, "Push", f"the plan first: {len(plan.changes):,} will change")
        self._say(f"Left as they are: {others or 'none'}.")
        if not plan.changes:
            self._say("So there is nothing to write: these states are clean, or want a person's eyes.")
        return plan

    def _push_and_undo(self, checked: Review, plan: PushPlan, before: dict[str, str]) -> bool:
        receipt = push(self._hub, checked, confirm=True)
        outcome = ", ".join(f"{count:,} {name}" for name, count in receipt.counts.items())
        self._say(f"Receipt {receipt.id}: {outcome or 'nothing written'}.")
        written = {row.record_id: row.after for row in plan.changes}
        values = many(len(written), "new value")
        pushed = self._check(before | written, f"the portal holds the {values}, and every other state is as it was.")
        self._say("Taking it back …")
        back = undo(self._hub, receipt, confirm=True)
        self._head(5, "Undo", f"{many(back.counts.get('written', 0), 'value')} put back")
        return self._check(before, "every record holds its old state again.") and pushed

    def _check(self, expected: dict[str, str], claim: str) -> bool:
        """Read the portal back, and say whether it holds what is claimed."""
        # A large export waits here for HubSpot's allowance of calls in ten seconds: an unexplained silence looks hung.
        self._say("Reading the portal back …")
        is_so = _read_texts(pull(self._hub, "contacts", ["state"])) == expected
        tick, cross = ("✓", "✗") if self._screen.encoding.startswith("utf") else ("OK:", "NO:")
        mark = f"[green]{tick}[/green] " if is_so else f"[bold red]{cross} Not so:[/bold red] "
        self._say(f"Read back: {claim}", mark)
        return is_so

    def _head(self, number: int, verb: str, what: str) -> None:
        self._screen.print(f"\n[bold cyan]{number}. {verb}[/bold cyan]")
        self._say(f"{what[0].upper()}{what[1:]}.")

    def _say(self, text: str, mark: str = "") -> None:
        """Print a line that keeps its indentation where it wraps."""
        self._screen.print(Padding(f"{mark}{escape(text)}", (0, 0, 0, _INDENT), expand=False), highlight=False)


def _read_texts(frame: pd.DataFrame) -> dict[str, str]:
    return dict(zip(frame.index, frame["state"].astype("string").fillna(""), strict=True))
