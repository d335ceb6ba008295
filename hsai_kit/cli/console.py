"""What every command shares: its screen, errors in a sentence, the workspace, and the connection it works with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from hsai_kit.cli.exit_codes import ExitCode, code_of
from hsai_kit.errors import CommandError, HsaiError, NothingToDo, WorkStopped

if TYPE_CHECKING:
    from hsai_kit.connection import Connection
    from hsai_kit.store import Store
    from hsai_kit.workspace import Workspace


screen = Console()
_errors = Console(stderr=True)

PORTAL = Annotated[int | None, typer.Option(help="The portal's id (default: the last used).")]
BUDGET = Annotated[float | None, typer.Option(min=0, help="Another cap on what this may cost in all, in USD.")]
YES = Annotated[bool, typer.Option("--yes", help="Do not ask; many records in a live account still need --portal-id.")]
PORTAL_ID = Annotated[int | None, typer.Option(help="The portal's id, in place of typing it where that is asked for.")]


def explain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Turn what goes wrong in a command into a sentence and an exit code."""

    @functools.wraps(command)
    def call(*args: Any, **options: Any) -> None:
        from hsai_kit.runtime.console import advise_for_terminal

        try:
            with advise_for_terminal():
                command(*args, **options)
        except HsaiError as problem:
            # Reasons that stand line by line stay so; nothing else in a message can begin a line.
            for line in " ".join([str(problem), *getattr(problem, "__notes__", [])]).splitlines():
                say(line, _errors, style="red")
            raise typer.Exit(code_of(problem)) from None
        except KeyboardInterrupt as interruption:
            say(str(interruption) if isinstance(interruption, WorkStopped) else "Stopped.", _errors)
            raise typer.Exit(ExitCode.INTERRUPTED) from None

    return call


def end_with(code: ExitCode) -> None:
    """End the command with a code; DONE goes on to its end."""
    if code is not ExitCode.DONE:
        raise typer.Exit(code)


def find_workspace() -> Workspace:
    """Return the workspace of this folder; raises CommandError where there is none."""
    from hsai_kit.workspace import Workspace

    here = Workspace.find()
    if here is None:
        message = "There is no workspace in this folder or above it. Go to one, or make one with: hsai init"
        raise CommandError(message)
    return here


def open_store() -> Store:
    """Open the store of this folder's workspace; close it again."""
    from hsai_kit.store import Store

    return Store(find_workspace().store)


def find_run(given: str | None) -> str:
    """Return the id of the run that was given, or of the newest; raises NothingToDo where there is none."""
    none = "There are no runs here yet. Make one with: hsai ask"
    return find_newest(given, lambda store: store.runs.latest(), none)


def find_newest(given: str | None, newest: Callable[[Store], str | None], none: str) -> str:
    """Return the id that was given, or that of the newest; raises NothingToDo with `none` where there is none."""
    store = open_store()
    found = given or newest(store)
    store.close()
    if found is None:
        raise NothingToDo(none)
    return found


def connect_here(portal: int | None) -> Connection:
    """Connect in this folder's workspace."""
    from hsai_kit.steps.connect import connect

    return connect(portal_id=portal, workspace=find_workspace().folder)


def connect_to_portal_of(wanted: str) -> Connection:
    """Connect with the keys of the portal that a run or receipt belongs to."""
    store = open_store()
    record = store.pushes.get(wanted) or store.actions.get(wanted) or store.runs.get(wanted)
    store.close()
    if record is None:
        folder = find_workspace().folder
        message = f"There is no run {wanted!r} in {folder}, and no receipt. See what there is with: hsai runs"
        raise CommandError(message)
    return connect_here(record.portal_id)


def say(text: str, console: Console = screen, style: str | None = None) -> None:
    """Print a line as it is: not broken, not colored by what it says."""
    console.print(escape_line(text), style=style, soft_wrap=True, highlight=False)


def escape_line(text: str) -> str:
    """Return text without markup, and without control characters that a record or a portal may have put there."""
    from hsai_kit.tabular.cell_text import format_line

    return escape(format_line(text, 4000))
