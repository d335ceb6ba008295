"""Log probabilities of an answer's tokens, which multiply to the confidence of each of its pieces."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from zlib import crc32

from hsai_kit.sandbox.openai.tokens import tokenize

if TYPE_CHECKING:
    from hsai_kit.sandbox.openai.output import Output, Piece

_LEAST = 1e-9


def token_logprobs(output: Output, top: int) -> list[dict[str, Any]]:
    """List the tokens with their log probabilities, each with up to `top` of the likeliest, itself included."""
    result: list[dict[str, Any]] = []
    told = 0  # tokens of this piece whose probability says where the one before it ended
    for index, piece in enumerate(output.pieces):
        tokens = tokenize(piece.text)[told:]
        told = 0
        if piece.is_fixed:
            result += [_entry(token, {token: 1.0}, top) for token in tokens]
        elif piece.alternatives and piece.confidence is not None:
            following = tokenize(output.pieces[index + 1].text)[:1] if index + 1 < len(output.pieces) else []
            result += _chosen(piece, tokens, following, top)
            told = len(following)
        else:
            shares = _spread(tokens, piece.confidence)
            result += [_entry(token, {token: share}, top) for token, share in zip(tokens, shares, strict=True)]
    return result


def _chosen(piece: Piece, tokens: list[str], following: list[str], top: int) -> list[dict[str, Any]]:
    """Follow the candidates token by token: at each, how likely is every continuation of what stands so far."""
    confidence = piece.confidence or _LEAST
    candidates = [(tokens, confidence)]
    candidates += [(tokenize(text), share) for text, share in piece.alternatives if share > 0]
    mass = max(1.0, sum(share for _, share in candidates))
    entries = []
    for place, token in enumerate([*tokens, *following]):
        shares: dict[str, float] = {}
        for candidate, share in candidates:
            continuation = [*candidate, *following][place] if place < len(candidate) + len(following) else ""
            shares[continuation] = shares.get(continuation, 0.0) + share
        entries.append(_entry(token, {name: share / mass for name, share in shares.items()}, top))
        candidates = [(c, s) for c, s in candidates if place < len(c) and c[place] == token]
        mass = sum(share for _, share in candidates) or _LEAST
    return entries


def _spread(tokens: list[str], confidence: float | None) -> list[float]:
    """Split a confidence evenly over the tokens; without one, free text is fairly sure of each word."""
    if confidence is not None:
        return [confidence ** (1 / max(1, len(tokens)))] * len(tokens)
    return [0.8 + 0.2 * (crc32(f"{index} {token}".encode()) % 1000) / 1000 for index, token in enumerate(tokens)]


def _entry(token: str, shares: dict[str, float], top: int) -> dict[str, Any]:
    ranked = sorted(shares.items(), key=lambda pair: -pair[1])[:top]
    return {
        "token": token,
        "bytes": list(token.encode()),
        "logprob": _log(shares.get(token, _LEAST)),
        "top_logprobs": [
            {"token": name, "bytes": list(name.encode()), "logprob": _log(share)} for name, share in ranked if name
        ],
    }


def _log(share: float) -> float:
    return min(0.0, math.log(max(share, _LEAST)))
