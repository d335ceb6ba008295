"""An answer as pieces of text, some with the other texts that might stand in their place, and its logprobs."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

from hsai_kit.sandbox import assistant
from hsai_kit.sandbox.openai.tokens import tokenize

if TYPE_CHECKING:
    from hsai_kit.sandbox.openai.request import ResponseRequest

_LEAST_SHARE = 1e-9


@dataclass(frozen=True)
class OutputPiece:
    """A run of the answer's text; `confidence` None for text that no question of choice stands behind."""

    text: str
    confidence: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()
    is_fixed: bool = False  # demanded by the schema, so it could not have been anything else


@dataclass(frozen=True)
class Output:
    """A whole answer; `refusal` instead of pieces where the assistant refuses."""

    pieces: tuple[OutputPiece, ...]
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


def answer(ask: ResponseRequest, turn: int = 0) -> Output:
    """Have the assistant answer a request in the format that it asks for; `turn` counts how often it was asked before.

    Only a fickle model cares for that.
    """
    voice = ask.model.voice or ask.model.id
    model, wanted = f"{voice}#{turn}" if ask.model.is_fickle else voice, ask.format
    if wanted.choice is not None:
        name, options = wanted.choice
        reply = assistant.answer_choice(model, ask.instructions, ask.text, options)
        if reply.refusal:
            return Output((), reply.text)
        others = tuple((_escape(text), share) for text, share in reply.alternatives)
        piece = OutputPiece(_escape(reply.text), reply.confidence, others)
        return Output((OutputPiece(f'{{{json.dumps(name)}:"', is_fixed=True), piece, OutputPiece('"}', is_fixed=True)))
    if wanted.schema is not None:
        fields = assistant.answer_fields(model, ask.instructions, ask.text, wanted.schema)
        if fields.refusal is not None:
            return Output((), fields.refusal)
        return Output(tuple(_object(fields)))
    reply = assistant.answer_text(model, ask.instructions, ask.text)
    if reply.refusal:
        return Output((), reply.text)
    if wanted.kind == "json_object":
        return Output(
            (
                OutputPiece('{"answer":"', is_fixed=True),
                OutputPiece(_escape(reply.text)),
                OutputPiece('"}', is_fixed=True),
            )
        )
    return Output((OutputPiece(reply.text, reply.confidence),))


def _object(fields: assistant.FieldsReply) -> list[OutputPiece]:
    pieces: list[OutputPiece] = []
    for name, field in fields.fields.items():
        pieces.append(OutputPiece(f"{',' if pieces else '{'}{json.dumps(name)}:", is_fixed=True))
        if isinstance(field.value, assistant.FieldsReply):
            pieces += _object(field.value)
        elif isinstance(field.value, str):
            others = tuple((_escape(value), share) for value, share in field.alternatives if isinstance(value, str))
            pieces += [OutputPiece('"', is_fixed=True), OutputPiece(_escape(field.value), field.confidence, others)]
            pieces.append(OutputPiece('"', is_fixed=True))
        else:
            others = tuple((_dump(value), share) for value, share in field.alternatives)
            pieces.append(OutputPiece(_dump(field.value), field.confidence, others))
    return [*(pieces or [OutputPiece("{", is_fixed=True)]), OutputPiece("}", is_fixed=True)]


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _escape(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def list_token_logprobs(output: Output, top: int) -> list[dict[str, Any]]:
    """List the tokens with their log probabilities, each with up to `top` of the likeliest, itself included."""
    result: list[dict[str, Any]] = []
    told = 0  # tokens of this piece whose probability says where the one before it ended
    for index, piece in enumerate(output.pieces):
        tokens = tokenize(piece.text)[told:]
        told = 0
        if piece.is_fixed:
            result += [_token_json(token, {token: 1.0}, top) for token in tokens]
        elif piece.alternatives and piece.confidence is not None:
            following = tokenize(output.pieces[index + 1].text)[:1] if index + 1 < len(output.pieces) else []
            result += _piece_logprobs(piece, tokens, following, top)
            told = len(following)
        else:
            shares = _spread_confidence(tokens, piece.confidence)
            result += [_token_json(token, {token: share}, top) for token, share in zip(tokens, shares, strict=True)]
    return result


def _piece_logprobs(piece: OutputPiece, tokens: list[str], following: list[str], top: int) -> list[dict[str, Any]]:
    """Follow the candidates token by token: at each, how likely is every continuation of what stands so far."""
    confidence = piece.confidence or _LEAST_SHARE
    candidates = [(tokens, confidence)]
    candidates += [(tokenize(text), share) for text, share in piece.alternatives if share > 0]
    mass = max(1.0, sum(share for _, share in candidates))
    entries = []
    for place, token in enumerate([*tokens, *following]):
        shares: dict[str, float] = {}
        for candidate, share in candidates:
            continuation = [*candidate, *following][place] if place < len(candidate) + len(following) else ""
            shares[continuation] = shares.get(continuation, 0.0) + share
        entries.append(_token_json(token, {name: share / mass for name, share in shares.items()}, top))
        candidates = [(c, s) for c, s in candidates if place < len(c) and c[place] == token]
        mass = sum(share for _, share in candidates) or _LEAST_SHARE
    return entries


def _spread_confidence(tokens: list[str], confidence: float | None) -> list[float]:
    """Split a confidence evenly over the tokens; without one, free text is fairly sure of each word."""
    if confidence is not None:
        return [confidence ** (1 / max(1, len(tokens)))] * len(tokens)
    return [0.8 + 0.2 * (crc32(f"{index} {token}".encode()) % 1000) / 1000 for index, token in enumerate(tokens)]


def _token_json(token: str, shares: dict[str, float], top: int) -> dict[str, Any]:
    ranked = sorted(shares.items(), key=lambda pair: -pair[1])[:top]
    return {
        "token": token,
        "bytes": list(token.encode()),
        "logprob": _logprob(shares.get(token, _LEAST_SHARE)),
        "top_logprobs": [
            {"token": name, "bytes": list(name.encode()), "logprob": _logprob(share)} for name, share in ranked if name
        ],
    }


def _logprob(share: float) -> float:
    return min(0.0, math.log(max(share, _LEAST_SHARE)))
