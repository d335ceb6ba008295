"""The command line: `hsai …`."""

from __future__ import annotations

import contextlib
import functools
import getpass
import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hsai_kit.errors import HsaiError, RefusedKey, Stopped

if TYPE_CHECKING:
    from hsai_kit.connection import Connection
    from hsai_kit.workspace import Workspace

__all__ = ["app"]

app = typer.Typer(
    name="hsai",
    help="Put a language model to work on HubSpot records: try, see every change first, know the price, take it back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
_screen = Console()
_errors = Console(stderr=True)


def _in_words(command: Callable[..., None]) -> Callable[..., None]:
    """Turn what goes wrong into a sentence and an exit code: 1 for an error, 130 for Ctrl-C."""

    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except HsaiError as problem:
            _say(" ".join([str(problem), *getattr(problem, "__notes__", [])]), _errors, style="red")
            raise typer.Exit(1) from None
        except KeyboardInterrupt as interruption:
            said = str(interruption) if isinstance(interruption, Stopped) else "Stopped."
            _say(said, _errors)
            raise typer.Exit(130) from None

    return wrapped


@app.callback()
def _before() -> None:
    # A terminal or a pipe whose encoding lacks a letter of somebody's record must not end the work.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@app.command()
@_in_words
def demo(
    csv: Annotated[
        Path | None, typer.Option(help="A HubSpot export (CSV or Excel) of contacts to use instead of made-up ones.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="See it cope with a fault: hubspot:503_html:count=2. Can be repeated."),
    ] = None,
) -> None:
    """Show the whole job on a sandbox: pull, ask, review, push, undo. Needs no keys and touches no account."""
    from hsai_kit.demo import run_demo

    if not run_demo(_screen, csv, fault or ()):
        raise typer.Exit(1)


@app.command()
@_in_words
def init(folder: Annotated[Path, typer.Argument(help="The folder; made if it is not there.")] = Path()) -> None:
    """Make a workspace: settings, three assistants to start from, and the store."""
    from hsai_kit.assistant import names
    from hsai_kit.workspace import Workspace

    made = Workspace.make(folder)
    _say(f"Workspace in {made.folder}")
    _say(f"Assistants: {', '.join(names(made))}")
    _screen.print("Next: keep your keys with [bold]hsai connect[/bold], or try everything with [bold]hsai demo[/bold]")


@app.command()
@_in_words
def connect(
    switch_openai_key: Annotated[
        bool, typer.Option("--switch-openai-key", help="Replace only the OpenAI key.")
    ] = False,
    switch_hubspot_key: Annotated[
        bool, typer.Option("--switch-hubspot-key", help="Replace only the HubSpot key.")
    ] = False,
    portal: Annotated[int | None, typer.Option(help="The portal's id, where you work with several.")] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            help="Where to keep keys: 'ring' (the system's) or 'file' (mode 0600). Default: where they are, or 'ring'."
        ),
    ] = None,
) -> None:
    """Ask for both keys without showing them, check them with their services, and keep them."""
    from pydantic import SecretStr

    from hsai_kit.keys import ENVIRONMENT, KeyFile, KeyRing, current_portal, home_of
    from hsai_kit.steps.connect import keep_keys

    if keep not in {None, "ring", "file"}:
        message = f"--keep is {keep!r}; it is 'ring' or 'file'."
        raise HsaiError(message)
    both = switch_openai_key == switch_hubspot_key
    known = portal or current_portal()
    home = KeyFile() if keep == "file" else (None if keep else home_of(known)) or KeyRing()
    if isinstance(home, KeyRing) and not home.usable():
        home.refuse()
    token = _typed("HubSpot key (service key or private app token)") if both or switch_hubspot_key else None
    key = _typed("OpenAI key") if both or switch_openai_key else None
    try:
        kept = keep_keys(
            home,
            hubspot_key=SecretStr(token) if token else None,
            openai_key=SecretStr(key) if key else None,
            portal_id=portal if both or switch_hubspot_key else known,
        )
    except RefusedKey as problem:
        # Its own advice is to switch a key that is kept; here none was.
        reason = str(problem).partition(" Switch it with:")[0]
        message = f"{reason} Nothing was kept. Run the same command again with the right key."
    else:
        message = ""
    if message:
        raise RefusedKey(message)
    _say(f"Connected to portal {kept.id}{f' {kept.name}' if kept.name else ''} ({kept.account_type}).")
    _say(f"Keys are kept in {home.place}.")
    for typed, name in ((token, ENVIRONMENT["hubspot"]), (key, ENVIRONMENT["openai"])):
        if typed and os.environ.get(name):
            _say(f"But {name} is set in the environment and is used instead, until it is unset there.")
    _screen.print("Next: [bold]hsai status[/bold]")


@app.command()
@_in_words
def disconnect(
    portal: Annotated[int | None, typer.Option(help="The portal's id (default: the last used).")] = None,
) -> None:
    """Forget the keys of a portal on this computer."""
    from hsai_kit.steps.connect import disconnect as forget

    for line in forget(portal) or ["No keys were kept."]:
        _screen.print(escape(line), soft_wrap=True, highlight=False)


@app.command()
@_in_words
def status(
    portal: Annotated[int | None, typer.Option(help="The portal's id (default: the last used).")] = None,
) -> None:
    """Say which portal this is, what the keys may do there, and how many calls are left today."""
    from hsai_kit.steps.connect import connect as make_connection
    from hsai_kit.steps.connect import status as read_status
    from hsai_kit.workspace import Workspace

    with tempfile.TemporaryDirectory(prefix="hsai-", ignore_cleanup_errors=True) as nowhere:
        here = Workspace.find()
        with make_connection(portal_id=portal, workspace=here.folder if here else nowhere) as hub:
            found = read_status(hub)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("Portal", _plain(f"{found.portal.id} {found.portal.name}"))
    table.add_row("Account type", found.portal.account_type)
    table.add_row("Time zone", found.portal.time_zone)
    if found.missing is None:
        table.add_row("Scopes", "HubSpot does not tell for this kind of key")
    for step, missing in (found.missing or {}).items():
        table.add_row(
            f"May {step}" if step.startswith("pu") else step.capitalize(),
            "yes" if not missing else f"no, needs {', '.join(missing)}",
        )
    if found.daily:
        table.add_row("Calls left today", f"{found.daily[1] - found.daily[0]:,} of {found.daily[1]:,}")
    said = [found.said_of(model) for model in found.models] or [found.model_problem or "none"]
    for line in said:
        table.add_row("Models" if line == said[0] else "", _plain(line))
    if found.models:
        table.add_row("Prices from", _plain(found.price_list))
    for model, day in found.ending.items():
        table.add_row("Ends soon", _plain(f"{model} on {day}"))
    _screen.print(table)


@app.command()
@_in_words
def runs(
    last: Annotated[int, typer.Option(min=1, help="How many to show, newest first.")] = 20,
) -> None:
    """List earlier runs of this workspace: how far they came, what they cost and saved. Needs no keys."""
    from hsai_kit.llm.costs import costs_of
    from hsai_kit.store import Store

    store = Store(_workspace().store)
    listed = store.overview.runs()[:last]
    if not listed:
        _say("There are no runs here yet. Make one with ask().")
    for one in listed:
        costs = costs_of(store, one.id, one.model, one.engine)
        _say(f"{one.id}: {one.status}, {one.answered:,} of {one.records:,} answered, {costs}", style="bold")
        engine = "" if one.engine == "responses" else f" ({one.engine})"
        for line in (f"{one.assistant} with {one.model}{engine}", one.note):
            if line:
                _screen.print(f"    {_plain(line)}", soft_wrap=True, highlight=False)
    store.close()


@app.command()
@_in_words
def resume(
    run: Annotated[str | None, typer.Argument(help="The run's id (default: the newest).")] = None,
    budget_usd: Annotated[float | None, typer.Option(min=0, help="Another cap on what the run costs in all.")] = None,
) -> None:
    """Go on with a run that was stopped, paused or killed, or pick up its jobs at OpenAI, and ask again what failed."""
    from hsai_kit.steps.ask import resume as go_on

    with _connection_of(run) as hub:
        _say(repr(go_on(hub, run, budget_usd=budget_usd)))


@app.command()
@_in_words
def cancel(run: Annotated[str, typer.Argument(help="The run's id, as hsai runs shows it.")]) -> None:
    """End a run's jobs at OpenAI; what they answered until then is kept."""
    from hsai_kit.steps.ask import cancel as end

    with _connection_of(run) as hub:
        _say(repr(end(hub, run)))


def _workspace() -> Workspace:
    from hsai_kit.workspace import Workspace

    here = Workspace.find()
    if here is None:
        message = "There is no workspace in this folder or above it. Go to one, or make one with: hsai init"
        raise HsaiError(message)
    return here


def _connection_of(run: str | None) -> Connection:
    """Connect with the keys of the portal that a run was made for."""
    from hsai_kit.steps.connect import connect as make_connection
    from hsai_kit.store import Store

    workspace = _workspace()
    store = Store(workspace.store)
    wanted = run or store.runs.latest()
    record = store.runs.get(wanted) if wanted else None
    store.close()
    if record is None:
        message = f"There is no run {run!r} here." if run else "There are no runs here yet."
        raise HsaiError(f"{message} See what there is with: hsai runs")
    return make_connection(portal_id=record.portal_id, workspace=workspace.folder)


@app.command()
@_in_words
def sandbox(
    load: Annotated[
        list[str] | None, typer.Option(help="Fill it from an export: contacts=export.csv. Can be repeated.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Keep its state in this SQLite file.")] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="A fault on demand: openai:rate_limit:rate=0.05. Can be repeated.")
    ] = None,
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1 (default: a free one).")] = 0,
    seed: Annotated[int, typer.Option(help="The seed of the made-up portal.")] = 7,
    contacts: Annotated[int, typer.Option(min=1, help="How many contacts the made-up portal has.")] = 2400,
) -> None:
    """Serve a HubSpot portal and a scripted assistant on this computer until Ctrl-C."""
    from hsai_kit.sandbox import Sandbox, SandboxError

    pairs = [text.partition("=") for text in load or []]
    if bad := next(
        (text for text, (kind, _, file) in zip(load or [], pairs, strict=True) if not (kind and file)), None
    ):
        message = f"--load {bad} has the wrong form. Write it as --load contacts=export.csv"
        raise HsaiError(message)
    running = Sandbox(
        data=data,
        load={kind: file for kind, _, file in pairs},
        faults=fault or (),
        port=port,
        seed=seed,
        contacts=contacts,
    )
    try:
        with running:
            for remark in running.remarks:
                _say(remark)
            _say("A sandbox with a made-up portal and a scripted assistant (no language model) is running.")
            _say("In another terminal or notebook, set these and use connect() as for the real ones:")
            _screen.print()
            for line in _settings_lines(
                running.hubspot_url, running.hubspot_token, running.openai_url, running.openai_key
            ):
                _say(line)
            _screen.print()
            _say("Stop it with Ctrl-C.")
            with contextlib.suppress(KeyboardInterrupt):
                running.wait()
    except SandboxError as problem:
        message = str(problem)
    else:
        return
    raise HsaiError(message)


def _settings_lines(hubspot_url: str, token: str, openai_url: str, key: str) -> list[str]:
    values = {
        "HUBSPOT_BASE_URL": hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": token,
        "OPENAI_BASE_URL": openai_url,
        "OPENAI_API_KEY": key,
    }
    form = '$env:{} = "{}"' if os.name == "nt" else "export {}={}"
    return [form.format(name, value) for name, value in values.items()]


def _typed(label: str) -> str:
    """Ask for a key without showing it, until there is one."""
    try:
        while not (typed := _line(label).strip()):
            pass
    except EOFError:
        message = (
            f"No {label} was typed, and nothing was kept. Run it in a terminal, or set the keys in the environment."
        )
    else:
        return typed
    raise HsaiError(message)


def _line(label: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{label}: ")
    # Piped in: there is nothing to hide, and getpass would warn that it cannot.
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _say(text: str, console: Console = _screen, style: str | None = None) -> None:
    """Print a line as it is: not broken, not colored by what it says."""
    console.print(_plain(text), style=style, soft_wrap=True, highlight=False)


def _plain(text: str) -> str:
    """Return text without markup, and without control characters that a record or a portal may have put there."""
    from hsai_kit.defuse import one_line

    return escape(one_line(text, 4000))
