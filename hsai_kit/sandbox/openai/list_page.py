"""Pages of a list: cursors, limits and order, and the list's own shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.openai.checks import invalid_value, out_of_range
from hsai_kit.sandbox.openai.wire import OpenAIError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def page_of(
    items: Sequence[dict[str, Any]], parameters: Mapping[str, str], *, default: int = 20, most: int = 100
) -> dict[str, Any]:
    """Cut one page out of all items, which come oldest first, by the query's `after`, `limit` and `order`.

    Raises ApiError 400 for a limit out of range, another order or an unknown cursor.
    """
    order = parameters.get("order", "desc")
    if order not in ("asc", "desc"):
        raise invalid_value("order", order, ("asc", "desc"))
    limit = _limit(parameters.get("limit"), default, most)
    ordered = list(items) if order == "asc" else list(reversed(items))
    start = 0
    after = parameters.get("after")
    if after:
        places = [index for index, item in enumerate(ordered) if item["id"] == after]
        if not places:
            raise OpenAIError(400, f"There is no object '{after}' to go on after.", code="invalid_value", param="after")
        start = places[0] + 1
    data = ordered[start : start + limit]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": start + limit < len(ordered),
    }


def _limit(given: str | None, default: int, most: int) -> int:
    if given is None:
        return default
    if not given.lstrip("-").isdigit():
        message = f"Invalid type for 'limit': expected an integer, but got '{given}' instead."
        raise OpenAIError(400, message, code="invalid_type", param="limit")
    if not 1 <= int(given) <= most:
        raise out_of_range("limit", "integer", int(given), 1, most)
    return int(given)
