"""Conditions put into the words that `where` takes."""

from __future__ import annotations

from hsai_kit.errors import WhereError

__all__ = ["condition", "verbs"]

_ALWAYS = ("is known", "is unknown", "is", "is not")
_WITHOUT_VALUE = {"is known", "is unknown"}


def verbs(definition_type: str) -> tuple[str, ...]:
    """Return the verbs that make sense for a property of this type, as HubSpot names its types."""
    if definition_type in {"date", "datetime"}:
        return (*_ALWAYS, "after", "before")
    if definition_type == "number":
        return (*_ALWAYS, ">", ">=", "<", "<=")
    return (*_ALWAYS, "contains") if definition_type == "string" else _ALWAYS


def condition(name: str, verb: str, value: str = "") -> str:
    """Return one condition of a `where`; raises WhereError where the value is missing or cannot be quoted.

    >>> condition("state", "is", "New York")
    'state is "New York"'
    """
    if verb in _WITHOUT_VALUE:
        return f"{name} {verb}"
    text = value.strip()
    if not text:
        message = f"The condition on {name} has no value. Write one, or choose 'is unknown'."
        raise WhereError(message)
    if '"' in text and "'" in text:
        message = f"{text!r} has both kinds of quotes, which a condition cannot hold. Filter the DataFrame instead."
        raise WhereError(message)
    quote = "'" if '"' in text else '"'
    return f"{name} {verb} {quote}{text}{quote}"
