"""Fields of what the model's API sends, held to their kinds where they are read; each raises ModelError else."""

from __future__ import annotations

from typing import Any

from hsai_kit.errors import ModelError
from hsai_kit.runtime.server_text import clean_reason, clean_text


def read_objects(value: object) -> list[dict[str, Any]]:
    """Return a list of objects, an empty one for none."""
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return value
    raise _refuse(value, "a list of objects")


def read_object(value: object) -> dict[str, Any]:
    """Return an object, an empty one for none."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise _refuse(value, "an object")


def read_text(value: object) -> str:
    """Return a text as it can be kept, an empty one for none."""
    if value is None or isinstance(value, str):
        return clean_text(value)
    raise _refuse(value, "a text")


def read_number(value: object, low: float, high: float) -> float:
    """Return a number from `low` to `high`."""
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    raise _refuse(value, f"a number from {low:g} to {high:g}")


def _refuse(value: object, wanted: str) -> ModelError:
    shown = clean_reason(value, 40)
    return ModelError(f"The model's API sent an answer that cannot be read: {shown} in place of {wanted}.")
