"""What somebody typed, as a value of the kind that a field has."""

from __future__ import annotations

from hsai_kit.assistants.output_schema import Choice, Number, Text, Value, YesNo

__all__ = ["parse_value"]


def parse_value(kind: Text | Number | YesNo | Choice, text: str) -> Value:
    """Return `text` as a value of `kind`; what does not fit stays text, to be refused where it is decided.

    >>> typed(YesNo(kind="yes_no"), "TRUE"), typed(Number(kind="number"), "1.5"), typed(Text(), "1.5")
    (True, 1.5, '1.5')
    """
    if isinstance(kind, YesNo):
        return {"true": True, "false": False}.get(text.strip().casefold(), text)
    if isinstance(kind, Number):
        for number in (int, float):
            try:
                return number(text)
            except ValueError:
                continue
    return text
