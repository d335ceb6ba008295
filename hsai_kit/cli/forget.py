"""The command that erases a person: forget."""

from __future__ import annotations

from typing import Annotated

import typer

from hsai_kit.cli.command import answer, hint, say
from hsai_kit.cli.console import find_workspace
from hsai_kit.errors import CommandError


def forget(
    record: Annotated[str, typer.Argument(help="The id of the record, as HubSpot shows it.")],
    portal: Annotated[int | None, typer.Option(help="Its portal, where the id is known in several.")] = None,
    object_type: Annotated[
        str | None, typer.Option("--object", help="Its object type (contacts, …), where the id stands for several.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. What is erased cannot be brought back.")] = False,
) -> None:
    """Erase what a record says from this workspace: text, prompts, answers. Receipts keep ids and outcomes."""
    from hsai_kit.runtime.console import ask_yes_no
    from hsai_kit.steps.audit.erasure import erase_record

    here = find_workspace()
    question = f"Erase all that record {record} says from {here.folder}? It cannot be brought back."
    if not (yes or ask_yes_no(question)):
        message = "Nothing was erased: it was not confirmed. Where nobody can be asked, add --yes."
        raise CommandError(message)
    erased = erase_record(here, record, portal=portal, object_type=object_type)
    say(str(erased))
    answer(record=erased.record_id, files=[str(path) for path in erased.files])
    for path in erased.files:
        say(f"This file still holds a value of it: {path}")
    hint("Excel files and pictures are not looked into. HubSpot keeps the record until you delete it there.")
