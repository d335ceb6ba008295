"""Tokens, counted the same way everywhere: short runs of letters, digits, signs or spaces.

Here too are the cache that reuses them and their log probabilities.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from hsai_kit.sandbox.openai.output import Output, Piece


_TOKEN = re.compile(r" ?[A-Za-zÀ-ÿ]{1,7}| ?\d{1,3}| ?[^\sA-Za-zÀ-ÿ\d]{1,3}|\s+")
_LONG = 4096


def tokenize(text: str) -> list[str]:
    """Cut a text into tokens; joined they are the text again.

    >>> tokenize('{"answer":"CA"}')
    ['{"', 'answer', '":"', 'CA', '"}']
    """
    return _TOKEN.findall(text)


def count_tokens(text: str) -> int:
    """How many tokens a text has."""
    return len(_TOKEN.findall(text)) if len(text) > _LONG else _counted(text)


@lru_cache(maxsize=8192)
def _counted(text: str) -> int:
    return len(_TOKEN.findall(text))


BLOCK_TOKENS = 128
LEAST_TOKENS = 1024  # shorter beginnings are cached only under a prompt_cache_key
_KEPT = 10_000


class PromptCache:
    """The beginnings seen so far; a beginning is the model, the cache key and the instructions."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str, str], int] = OrderedDict()

    def reset(self) -> None:
        """Forget everything."""
        self._seen.clear()

    def read(self, model: str, cache_key: str, instructions: str, tokens: int) -> tuple[int, int]:
        """Return how many tokens came from the cache and how many went into it, in whole blocks of 128."""
        blocks = tokens // BLOCK_TOKENS * BLOCK_TOKENS
        if not blocks or (tokens < LEAST_TOKENS and not cache_key):
            return 0, 0
        place = (model, cache_key, instructions)
        if place in self._seen:
            self._seen.move_to_end(place)
            return blocks, 0
        self._seen[place] = blocks
        if len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
        return 0, blocks


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
