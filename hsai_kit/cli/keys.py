"""The commands about keys: connect, disconnect, status."""

from __future__ import annotations

import getpass
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from hsai_kit.cli.command import answer, hint, say, show_table
from hsai_kit.cli.console import PORTAL
from hsai_kit.errors import CommandError, KeyNotFound, KeyRefused

if TYPE_CHECKING:
    from hsai_kit.steps.connect import Status


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
    answer(portal_id=kept.id, name=kept.name, account_type=kept.account_type, kept_in=home.place)
    hint("Next: hsai status")


def disconnect(portal: PORTAL = None) -> None:
    """Forget the keys of a portal on this computer."""
    from hsai_kit.steps.connect import disconnect as forget

    lines = forget(portal)
    answer(forgotten=lines)
    for line in lines or ["No keys were kept."]:
        say(line)


def status(portal: PORTAL = None) -> None:
    """Say which portal this is, what the keys may do there, and how many calls are left today."""
    from hsai_kit.steps.connect import connect as make_connection
    from hsai_kit.steps.connect import status as read_status
    from hsai_kit.workspace import Workspace

    with tempfile.TemporaryDirectory(prefix="hsai-", ignore_cleanup_errors=True) as nowhere:
        here = Workspace.find()
        with make_connection(portal_id=portal, workspace=here.folder if here else nowhere) as hub:
            found = read_status(hub)
    answer(status={name: getattr(found, name) for name in _STATUS})
    show_table(_status_rows(found))


# What --json tells of a status; `own_prices` is a set.
_STATUS = ("portal", "scopes", "missing", "daily", "models", "ending", "model_problem", "prices", "price_list", "month")


def _status_rows(found: Status) -> Iterator[tuple[str, str]]:
    yield "Portal", f"{found.portal.id} {found.portal.name}"
    yield "Account type", found.portal.account_type
    yield "Time zone", found.portal.time_zone
    if found.missing is None:
        yield "Scopes", "HubSpot does not tell for this kind of key"
    for step, missing in (found.missing or {}).items():
        name = f"May {step}" if step.startswith("pu") else step.capitalize()
        yield name, f"no, needs {', '.join(missing)}" if missing else "yes"
    if found.daily:
        yield "Calls left today", f"{found.daily[1] - found.daily[0]:,} of {found.daily[1]:,}"
    names = ["Models", *[""] * len(found.models)]
    yield from zip(names, map(found.describe_model, found.models), strict=False)
    if found.models:
        yield "Prices from", found.price_list
    else:
        yield "Models", found.model_problem or "none"
    yield "This month", found.describe_month()
    for model, day in found.ending.items():
        yield "Ends soon", f"{model} on {day}"


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
