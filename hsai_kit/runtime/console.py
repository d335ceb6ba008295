"""Talking with the person who runs this, in a terminal or a notebook: questions, and numbers in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_in_terminal = ContextVar("in_terminal", default=False)
_is_anybody_there = ContextVar("is_anybody_there", default=True)

YES = "Type yes or y: "


def is_yes(said: str) -> bool:
    """Tell whether what was typed agrees; a question that ends with `YES` says how."""
    return said.strip().casefold() in {"yes", "y"}


def ask_yes_no(question: str) -> bool | None:
    """Ask and return whether the answer was yes; None where nobody can be asked, as in a script or a job."""
    said = ask_text(f"{question} {YES}")
    return None if said is None else is_yes(said)


def many(count: int, what: str) -> str:
    """Return a number with its noun: `1 value`, `2,314 values`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


@contextmanager
def advise_for_terminal() -> Iterator[None]:
    """Have `advise` speak of commands for as long as the context lasts."""
    token = _in_terminal.set(True)
    try:
        yield
    finally:
        _in_terminal.reset(token)


@contextmanager
def ask_nobody() -> Iterator[None]:
    """Have every question be one that nobody can be asked, for as long as the context lasts."""
    token = _is_anybody_there.set(False)
    try:
        yield
    finally:
        _is_anybody_there.reset(token)


def advise(python: str, terminal: str) -> str:
    """Return what to do next: as code for a notebook or a script, as a command for the terminal."""
    return terminal if _in_terminal.get() else python


def ask_text(question: str) -> str | None:
    """Ask and return what was typed; None where nobody can be asked."""
    # Imported here: `hsai --help` needs no event loop.
    from hsai_kit.runtime.background import is_in_background

    if is_in_background() or not _is_anybody_there.get():
        return None
    try:
        return input(question)
    except (EOFError, OSError, NotImplementedError):
        return None
    except Exception as problem:
        # A notebook that is run without a person has an error of its own for this.
        if type(problem).__name__ != "StdinNotImplementedError":
            raise
        return None
