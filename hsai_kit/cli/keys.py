"""The commands about keys: connect, disconnect, status."""

from __future__ import annotations

import getpass
import os
import sys
import tempfile
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from hsai_kit.cli.console import PORTAL, escape_line, say, screen
from hsai_kit.errors import CommandError, KeyNotFound, KeyRefused


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

    from hsai_kit.credentials.backends import ENVIRONMENT, KeyFile, KeyRing
    from hsai_kit.credentials.lookup import current_portal, find_home
    from hsai_kit.steps.connect import keep_keys

    if keep not in {None, "ring", "file"}:
        message = f"--keep is {keep!r}; it is 'ring' or 'file'."
        raise CommandError(message)
    both = switch_openai_key == switch_hubspot_key
    known = portal or current_portal()
    home = KeyFile() if keep == "file" else (None if keep else find_home(known)) or KeyRing()
    if isinstance(home, KeyRing) and not home.usable():
        home.refuse()
    token = ask_unseen("HubSpot key (service key or private app token)") if both or switch_hubspot_key else None
    key = ask_unseen("OpenAI key") if both or switch_openai_key else None
    try:
        kept = keep_keys(
            home,
            hubspot_key=SecretStr(token) if token else None,
            openai_key=SecretStr(key) if key else None,
            portal_id=portal if both or switch_hubspot_key else known,
        )
    except KeyRefused as problem:
        # Its own advice is to switch a key that is kept; here none was.
        reason = str(problem).partition(" Switch it with:")[0]
        message = f"{reason} Nothing was kept. Run the same command again with the right key."
        raise KeyRefused(message) from None
    say(f"Connected to portal {kept.id}{f' {kept.name}' if kept.name else ''} ({kept.account_type}).")
    say(f"Keys are kept in {home.place}.")
    for typed, name in ((token, ENVIRONMENT["hubspot"]), (key, ENVIRONMENT["openai"])):
        if typed and os.environ.get(name):
            say(f"But {name} is set in the environment and is used instead, until it is unset there.")
    screen.print("Next: [bold]hsai status[/bold]")


def disconnect(
    portal: PORTAL = None,
) -> None:
    """Forget the keys of a portal on this computer."""
    from hsai_kit.steps.connect import disconnect as forget

    for line in forget(portal) or ["No keys were kept."]:
        screen.print(escape(line), soft_wrap=True, highlight=False)


def status(
    portal: PORTAL = None,
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
    table.add_row("Portal", escape_line(f"{found.portal.id} {found.portal.name}"))
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
    said = [found.describe_model(model) for model in found.models] or [found.model_problem or "none"]
    for line in said:
        table.add_row("Models" if line == said[0] else "", escape_line(line))
    if found.models:
        table.add_row("Prices from", escape_line(found.price_list))
    for model, day in found.ending.items():
        table.add_row("Ends soon", escape_line(f"{model} on {day}"))
    screen.print(table)


def ask_unseen(label: str) -> str:
    """Ask for a key without showing it, until there is one; raises KeyNotFound where nothing can be typed."""
    try:
        while not (typed := _read_unseen(label).strip()):
            pass
    except EOFError:
        message = (
            f"No {label} was typed, and nothing was kept. Run it in a terminal, or set the keys in the environment."
        )
        raise KeyNotFound(message) from None
    return typed


def _read_unseen(label: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{label}: ")
    # Piped in: there is nothing to hide, and getpass would warn that it cannot.
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line
