"""The nearest name to one that is not there, for error messages."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import process

# Below this likeness (of 100) a suggestion would be a guess.
_LEAST = 60


def find_nearest(wanted: str, names: Iterable[str]) -> str | None:
    """Return the name most like `wanted`, whatever the case, None where none is like it.

    >>> find_nearest("Lifecyclestge", ["state", "lifecyclestage"])
    'lifecyclestage'
    """
    near = process.extractOne(wanted, list(names), processor=str.casefold, score_cutoff=_LEAST)
    return near[0] if near else None


def suggest(wanted: str, names: Iterable[str]) -> str:
    """Return " Did you mean 'state'?" with the nearest name, to be put behind a sentence; "" where none is like it."""
    near = find_nearest(wanted, names)
    return f" Did you mean {near!r}?" if near else ""
