"""The command line: `hsai …`."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hsai_kit.errors import HsaiError, Stopped

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
            notes = getattr(problem, "__notes__", [])
            _errors.print(escape(" ".join([str(problem), *notes])), style="red", highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt as interruption:
            said = str(interruption) if isinstance(interruption, Stopped) else "Stopped."
            _errors.print(escape(said), highlight=False, soft_wrap=True)
            raise typer.Exit(130) from None

    return wrapped


@app.command()
@_in_words
def demo(
    csv: Annotated[
        Path | None, typer.Option(help="A HubSpot export (CSV or Excel) of contacts to use instead of made-up ones.")
    ] = None,
) -> None:
    """Show the whole job on a sandbox: pull, ask, review, push, undo. Needs no keys and touches no account."""
    from hsai_kit.demo import run_demo

    if not run_demo(_screen, csv):
        raise typer.Exit(1)


@app.command()
@_in_words
def init(folder: Annotated[Path, typer.Argument(help="The folder; made if it is not there.")] = Path()) -> None:
    """Make a workspace: settings, three assistants to start from, and the store."""
    from hsai_kit.assistant import names
    from hsai_kit.workspace import Workspace

    made = Workspace.make(folder)
    _screen.print(f"Workspace in {escape(str(made.folder))}", soft_wrap=True, highlight=False)
    _screen.print(f"Assistants: {', '.join(names(made))}", highlight=False)
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
        str, typer.Option(help="Where to keep keys: 'ring' (system key ring) or 'file' (mode 0600).")
    ] = "ring",
) -> None:
    """Ask for both keys without showing them, check them with their services, and keep them."""
    from pydantic import SecretStr

    from hsai_kit.keys import KeyFile, KeyRing, current_portal
    from hsai_kit.steps.connect import keep_keys

    if keep not in {"ring", "file"}:
        message = f"--keep is {keep!r}; it is 'ring' or 'file'."
        raise HsaiError(message)
    home = KeyRing() if keep == "ring" else KeyFile()
    if isinstance(home, KeyRing) and not home.usable():
        home.refuse()
    both = switch_openai_key == switch_hubspot_key
    token = _typed("HubSpot key (service key or private app token)") if both or switch_hubspot_key else None
    key = _typed("OpenAI key") if both or switch_openai_key else None
    wanted = portal if both or switch_hubspot_key else portal or current_portal()
    kept = keep_keys(
        home,
        hubspot_key=SecretStr(token) if token else None,
        openai_key=SecretStr(key) if key else None,
        portal_id=wanted,
    )
    name = f" {kept.name}" if kept.name else ""
    _screen.print(f"Connected to portal {kept.id}{escape(name)} ({kept.account_type}).", highlight=False)
    _screen.print(
        f"Keys are kept in {escape(home.place)}. Next: [bold]hsai status[/bold]", soft_wrap=True, highlight=False
    )


@app.command()
@_in_words
def disconnect(
    portal: Annotated[int | None, typer.Option(help="The portal's id (default: the last used).")] = None,
) -> None:
    """Forget the keys of a portal on this computer."""
    from hsai_kit.steps.connect import disconnect as forget

    for line in forget(portal) or ["No keys were kept for that portal."]:
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
    table.add_row("Portal", escape(f"{found.portal.id} {found.portal.name}".strip()))
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
    table.add_row("Models", escape(", ".join(found.models) or found.model_problem or "none"))
    for model, day in found.ending.items():
        table.add_row("Ends soon", f"{escape(model)} on {day}")
    _screen.print(table)


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
    contacts: Annotated[int, typer.Option(help="How many contacts the made-up portal has.")] = 2400,
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
            _screen.print("A sandbox with a made-up portal and a scripted assistant (no language model) is running.")
            _screen.print("In another terminal or notebook, set these and use connect() as for the real ones:\n")
            for line in _settings_lines(
                running.hubspot_url, running.hubspot_token, running.openai_url, running.openai_key
            ):
                _screen.print(escape(line), soft_wrap=True, highlight=False)
            _screen.print("\nStop it with Ctrl-C.")
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
    typed: str = typer.prompt(label, hide_input=True)
    return typed.strip()
