"""What is read of an answer whatever its shape: a list of objects, an id, the next page."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any, ParamSpec, TypeVar

from hsai_kit.errors import HubSpotError
from hsai_kit.hubspot.client import HubSpotClient

MOST_IDLE = 3
"""Pages in a row that bring nothing new, and say that there is more."""

P = ParamSpec("P")
T = TypeVar("T")


def list_items(answer: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of the list under `key`, passing over what is none; none where there is no such list."""
    found = answer.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def parse_id(value: object) -> str:
    """Return the id of a record, list or owner, which has digits only, "" for all else."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdigit() and len(text) < 19 else ""


def read_cursor(answer: Mapping[str, Any]) -> str | None:
    """Return where the next page of an answer begins, None on the last one."""
    found: Any = answer
    for key in ("paging", "next", "after"):
        found = found.get(key) if isinstance(found, dict) else None
    return None if found is None else str(found)


def refuse_repetition(repeats: bool) -> None:  # noqa: FBT001 -- it reads as a sentence
    """Raise HubSpotError where HubSpot leads in a circle, page after page of the same."""
    if repeats:
        raise HubSpotError("HubSpot says that there is more, and sends the same page again. Run the same again later.")


async def iterate_answers(
    client: HubSpotClient, path: str, query: Mapping[str, Any], key: str = "id"
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the results of one page after the other, each object once by its `key`; raises HubSpotError in a circle."""
    seen: set[str] = set()
    after: str | None = None
    cursors: set[str] = set()
    idle = 0
    while True:
        answer = await client.get(path, {**query, "after": after} if after else query)
        # What changes while it is read may come again on the next page.
        new = {one: item for item in list_items(answer, "results") if (one := parse_id(item.get(key))) not in seen}
        new.pop("", None)
        yield list(new.values())
        seen.update(new)
        if (after := read_cursor(answer)) is None:
            return
        idle = 0 if new else idle + 1
        refuse_repetition(after in cursors or idle == MOST_IDLE)
        cursors.add(after)


def refuse_odd_answers(read: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Let a reader raise HubSpotError where what it needs of an answer is not there, or is something else."""

    @functools.wraps(read)
    async def read_safely(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await read(*args, **kwargs)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            what = f"{type(problem).__name__}: {problem}"
            message = f"HubSpot sent an answer in a form that is not known ({what:.200}). Run the same again later."
            raise HubSpotError(message) from problem

    return read_safely
