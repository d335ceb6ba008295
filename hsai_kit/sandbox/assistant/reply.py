"""What the scripted assistant gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MARK = "(scripted sandbox answer)"  # ends every free text, so that nobody takes it for a language model's


@dataclass(frozen=True)
class Reply:
    """One answer with how sure the assistant is of it.

    `confidence` is between 0 and 1 and None for free text. `alternatives` are the other candidates with their
    probabilities, most probable first; together with the confidence they sum to 1 at most, and what is missing
    belongs to everything not named. `refusal` says that `text` explains why there is no answer.
    """

    text: str
    confidence: float | None
    alternatives: tuple[tuple[str, float], ...] = ()
    refusal: bool = False


@dataclass(frozen=True)
class FieldReply:
    """The value of one named field; `alternatives` as in `Reply`, over values as the schema types them."""

    value: Any
    confidence: float
    alternatives: tuple[tuple[Any, float], ...] = ()


@dataclass(frozen=True)
class FieldsReply:
    """One answer of several named fields, or a refusal with its reason and no fields."""

    fields: dict[str, FieldReply]
    refusal: str | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The fields' bare values, nested objects resolved."""
        return {name: _bare(field.value) for name, field in self.fields.items()}


def _bare(value: Any) -> Any:
    if isinstance(value, FieldsReply):
        return value.values
    return value
