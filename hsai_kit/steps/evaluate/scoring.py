"""What counts as right: an answer is compared with the label as the assistant's own output reads both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from hsai_kit.assistants.output_schema import Choice, Number, Text, Value, YesNo
from hsai_kit.errors import EvaluationError

__all__ = ["Kind", "field_of", "is_same_answer", "read_label"]

Kind: TypeAlias = Text | Number | YesNo | Choice

_YES_NO = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}


def field_of(who: str, names: Sequence[str], field: str | None, *, way: str) -> str:
    """Return the field that is meant; raises EvaluationError that names those there are, with the way to say it."""
    if field is None and len(names) > 1:
        message = f"{who} answers several fields: {', '.join(names)}. {way}"
        raise EvaluationError(message)
    chosen = field or names[0]
    if chosen not in names:
        message = f"{who} has no field {chosen!r}. It has: {', '.join(names)}."
        raise EvaluationError(message)
    return chosen


def read_label(kinds: Sequence[Kind], value: Value, record_id: str) -> Value:
    """Return a label as the first of the outputs reads it that can; raises EvaluationError where none can.

    None stays None: no answer is right, as is the option of a choice that means so.
    """
    if value is None:
        return None
    for kind in kinds:
        if isinstance(kind, Choice) and isinstance(value, str) and _means_none(kind, value):
            return None
        read = kind.read(_typed(kind, value), str(value))
        if read.value is not None and not isinstance(read.value, dict):
            return read.value
    options = next((kind.options for kind in kinds if isinstance(kind, Choice)), ())
    allowed = f" It has to be one of {', '.join(options)}." if options else ""
    message = (
        f"The right answer of record {record_id}, {str(value)[:60]!r}, is none that an assistant could give.{allowed}"
    )
    raise EvaluationError(message)


def is_same_answer(kind: Kind, answer: Value, expected: Value) -> bool:
    """Tell whether an answer is the right one: numbers to nine digits, texts but for spaces, all else exactly."""
    if answer is None or expected is None:
        return answer is expected
    if isinstance(kind, Number):
        return isinstance(expected, int | float) and math.isclose(float(answer), float(expected), rel_tol=1e-9)
    if isinstance(kind, Text):
        return str(answer).split() == str(expected).split()
    return answer == expected


def _means_none(kind: Choice, value: str) -> bool:
    return kind.none_option is not None and value.strip().casefold() == kind.none_option.strip().casefold()


def _typed(kind: Kind, value: Value) -> Value:
    """Return a label of a spreadsheet, where all is text, as the kind of value that it means."""
    if not isinstance(value, str):
        return bool(value) if isinstance(kind, YesNo) and value in {0, 1} else value
    if isinstance(kind, YesNo):
        return _YES_NO.get(value.strip().casefold(), value)
    if isinstance(kind, Number):
        try:
            return float(value)
        except ValueError:
            return value
    return value
