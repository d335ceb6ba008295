"""Asking the person who runs this a yes-or-no question, in a terminal or a notebook."""

from __future__ import annotations

__all__ = ["answered_yes"]


def answered_yes(question: str) -> bool | None:
    """Ask and return whether the answer was yes; None where nobody can be asked, as in a script or a job."""
    try:
        said = input(f"{question} Type yes: ")
    except (EOFError, OSError, NotImplementedError):
        return None
    except Exception as problem:
        # A notebook that is run without a person has an error of its own for this.
        if type(problem).__name__ != "StdinNotImplementedError":
            raise
        return None
    return said.strip().casefold() in {"yes", "y"}
