"""What every command shares: its screen, errors in a sentence, and the workspace that it works in."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape

from hsai_kit.errors import HsaiError, WorkStopped

if TYPE_CHECKING:
    from hsai_kit.workspace import Workspace

__all__ = ["errors", "in_words", "plain", "say", "screen", "workspace"]

screen = Console()
errors = Console(stderr=True)


def in_words(command: Callable[..., None]) -> Callable[..., None]:
    """Turn what goes wrong into a sentence and an exit code: 1 for an error, 130 for Ctrl-C."""

    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except HsaiError as problem:
            # Reasons that stand line by line stay so; nothing else in a message can begin a line.
            for line in " ".join([str(problem), *getattr(problem, "__notes__", [])]).splitlines():
                say(line, errors, style="red")
            raise typer.Exit(1) from None
        except KeyboardInterrupt as interruption:
            said = str(interruption) if isinstance(interruption, WorkStopped) else "Stopped."
            say(said, errors)
            raise typer.Exit(130) from None

    return wrapped


def workspace() -> Workspace:
    """Return the workspace of this folder, or say that there is none."""
    from hsai_kit.workspace import Workspace

    here = Workspace.find()
    if here is None:
        message = "There is no workspace in this folder or above it. Go to one, or make one with: hsai init"
        raise HsaiError(message)
    return here


def say(text: str, console: Console = screen, style: str | None = None) -> None:
    """Print a line as it is: not broken, not colored by what it says."""
    console.print(plain(text), style=style, soft_wrap=True, highlight=False)


def plain(text: str) -> str:
    """Return text without markup, and without control characters that a record or a portal may have put there."""
    from hsai_kit.tabular.cell_text import format_line

    return escape(format_line(text, 4000))
