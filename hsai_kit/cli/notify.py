"""The commands about addresses for messages: notify add, list, test, remove."""

from __future__ import annotations

from typing import Annotated

import typer

from hsai_kit.cli.command import Command, PlainCommand, answer, hint, say
from hsai_kit.cli.keys import ask_unseen
from hsai_kit.errors import CommandError, NoKeyRing

notify = typer.Typer(
    help="Keep addresses that messages go to (Slack, Teams, e-mail, …) in the key ring, by name; they are never shown.",
    no_args_is_help=True,
)
_NAME = Annotated[str, typer.Argument(help="The name that it is known by, such as sales-slack.")]


@notify.command(cls=PlainCommand)
def add(
    name: _NAME,
    keep: Annotated[str, typer.Option(help="Where to keep it: 'ring' (the system's) or 'file' (mode 0600).")] = "ring",
) -> None:
    """Ask for an address without showing it, and keep it under a name; {owner_email} in it becomes the owner's own."""
    from pydantic import SecretStr

    from hsai_kit.credentials.backends import KeyFile, KeyHome, KeyRing
    from hsai_kit.credentials.notify_addresses import keep_address

    if keep not in {"ring", "file"}:
        message = f"--keep is {keep!r}; it is 'ring' or 'file'."
        raise CommandError(message)
    home: KeyHome = KeyFile() if keep == "file" else KeyRing()
    if isinstance(home, KeyRing) and not home.usable():
        variable = f"HSAI_NOTIFY_{name.upper().replace('-', '_')}"
        message = (
            f"This computer has no key ring that keeps addresses safely. Set {variable} in the environment, or keep "
            f"the address in a file that only you can read: hsai notify add {name} --keep file"
        )
        raise NoKeyRing(message)
    hint("An address looks like slack://…, msteams://… or mailtos://…; apprise's wiki tells how each is made.")
    service = keep_address(home, name, SecretStr(ask_unseen("Address")))
    say(f"Kept the {service} address {name} in {home.place}.")
    hint(f"Next: hsai notify test {name}")


@notify.command("list", cls=Command)
def list_names() -> None:
    """List the names of the addresses that are kept on this computer."""
    from hsai_kit.credentials.notify_addresses import list_addresses

    names = list_addresses()
    answer(names=names)
    for name in names or ["No address is kept here. Keep one with: hsai notify add NAME"]:
        say(name)


@notify.command(cls=PlainCommand)
def test(name: _NAME) -> None:
    """Send one message to an address, to see that it arrives."""
    from hsai_kit.credentials.notify_addresses import deliver, find_address

    found = find_address(name)
    deliver(found.secret, "hsai_kit", "This is a test: messages from hsai_kit arrive here.")
    say(f"Sent a test message to {name}.")


@notify.command(cls=PlainCommand)
def remove(name: _NAME) -> None:
    """Forget an address."""
    from hsai_kit.credentials.notify_addresses import forget_address

    places = forget_address(name)
    say(f"Forgot the address {name} from {' and '.join(places)}." if places else f"No address {name} was kept.")
