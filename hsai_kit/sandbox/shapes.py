"""Which fields a body may have, down to the innermost, so that an invented one is refused as the services do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

# A mapping has only these fields, a list only such entries, and None is looked at no further.
Shape: TypeAlias = "Mapping[str, Shape] | list[Shape] | Variants | None"


@dataclass(frozen=True)
class Variants:
    """Objects whose fields depend on what one of them (`tag`) says; those of another kind are looked at no further."""

    tag: str
    shapes: Mapping[str, Shape]


def fields(names: str, **nested: Shape) -> dict[str, Shape]:
    """Write an object's shape as the names of its plain fields, with the shapes of the nested ones."""
    return {**dict.fromkeys(names.split()), **nested}


def find_unknown(body: Any, shape: Shape, place: str = "") -> str | None:
    """Return where the first field is that a shape does not have, None where there is none.

    >>> find_unknown({"questions": [{"name": "a", "hint": 1}]}, fields("model", questions=[fields("name")]))
    'questions[0].hint'
    """
    if isinstance(shape, list):
        entries = enumerate(body) if isinstance(body, list) else ()
        places = (find_unknown(one, shape[0], f"{place}[{index}]") for index, one in entries)
        return next((one for one in places if one is not None), None)
    if shape is None or not isinstance(body, dict):
        return None
    if isinstance(shape, Variants):
        return find_unknown(body, shape.shapes.get(str(body.get(shape.tag))), place)
    for name, value in body.items():
        inner = f"{place}.{name}" if place else str(name)
        if name not in shape:
            return inner
        if (found := find_unknown(value, shape[name], inner)) is not None:
            return found
    return None
