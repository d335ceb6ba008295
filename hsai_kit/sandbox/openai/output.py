"""An answer as pieces of text, some of them with the other texts that might have stood in their place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox import assistant
from hsai_kit.sandbox.openai.tokens import tokenize

if TYPE_CHECKING:
    from hsai_kit.sandbox.openai.request import Ask


@dataclass(frozen=True)
class Piece:
    """A run of the answer's text; `confidence` None for text that no question of choice stands behind."""

    text: str
    confidence: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()
    is_fixed: bool = False  # demanded by the schema, so it could not have been anything else


@dataclass(frozen=True)
class Output:
    """A whole answer; `refusal` instead of pieces where the assistant refuses."""

    pieces: tuple[Piece, ...]
    refusal: str | None = None

    @property
    def text(self) -> str:
        """The answer's text."""
        return "".join(piece.text for piece in self.pieces)

    def tokens(self) -> list[str]:
        """List the answer's tokens; pieces never share one."""
        if self.refusal is not None:
            return tokenize(self.refusal)
        return [token for piece in self.pieces for token in tokenize(piece.text)]


def answer(ask: Ask, turn: int = 0) -> Output:
    """Have the assistant answer a request in the format that it asks for; `turn` counts how often it was asked before.

    Only a fickle model cares for that.
    """
    model, wanted = f"{ask.model.id}#{turn}" if ask.model.is_fickle else ask.model.id, ask.format
    if wanted.choice is not None:
        name, options = wanted.choice
        reply = assistant.answer_choice(model, ask.instructions, ask.text, options)
        if reply.refusal:
            return Output((), reply.text)
        others = tuple((_quoted(text), share) for text, share in reply.alternatives)
        piece = Piece(_quoted(reply.text), reply.confidence, others)
        return Output((Piece(f'{{{json.dumps(name)}:"', is_fixed=True), piece, Piece('"}', is_fixed=True)))
    if wanted.schema is not None:
        fields = assistant.answer_fields(model, ask.instructions, ask.text, wanted.schema)
        if fields.refusal is not None:
            return Output((), fields.refusal)
        return Output(tuple(_object(fields)))
    reply = assistant.answer_text(model, ask.instructions, ask.text)
    if reply.refusal:
        return Output((), reply.text)
    if wanted.kind == "json_object":
        return Output((Piece('{"answer":"', is_fixed=True), Piece(_quoted(reply.text)), Piece('"}', is_fixed=True)))
    return Output((Piece(reply.text, reply.confidence),))


def _object(fields: assistant.FieldsReply) -> list[Piece]:
    pieces: list[Piece] = []
    for name, field in fields.fields.items():
        pieces.append(Piece(f"{',' if pieces else '{'}{json.dumps(name)}:", is_fixed=True))
        if isinstance(field.value, assistant.FieldsReply):
            pieces += _object(field.value)
        elif isinstance(field.value, str):
            others = tuple((_quoted(value), share) for value, share in field.alternatives if isinstance(value, str))
            pieces += [Piece('"', is_fixed=True), Piece(_quoted(field.value), field.confidence, others)]
            pieces.append(Piece('"', is_fixed=True))
        else:
            others = tuple((_dumped(value), share) for value, share in field.alternatives)
            pieces.append(Piece(_dumped(field.value), field.confidence, others))
    return [*(pieces or [Piece("{", is_fixed=True)]), Piece("}", is_fixed=True)]


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
