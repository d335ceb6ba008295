"""The hash by which a question and its answer are known: of what is asked, and of nothing that only limits it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsai_kit.store import Store

_LIMITS = {"max_output_tokens", "service_tier", "prompt_cache_key", "store"}
"""Parts of a request that do not change what is asked."""

# 0.1 hashed these as well. With most assistants they had these values, so they stay: its answers are found as they are.
_IN_0_1 = {"store": False, "max_output_tokens": 4096}


@dataclass(frozen=True)
class QuestionHash:
    """The hashes of an engine's questions, which differ by their text only.

    `fixed` is the hash of what is asked with every text. `fixed_in_0_1` is what 0.1 made of the same, and `limit` the
    most tokens of an answer, where there is such a limit.
    """

    fixed: str
    fixed_in_0_1: str
    limit: int | None = None

    def of(self, text: str, repeat: int = 1) -> str:
        """Return the hash of a text; a `repeat` above 1 is a question of its own."""
        return _hash(self.fixed, text, repeat)


def hash_request(request: Mapping[str, Any], examples: Sequence[Mapping[str, Any]]) -> QuestionHash:
    """Return the hashes for a request to the Responses API without its input, and the examples that go before it."""
    asked = {name: value for name, value in request.items() if name not in _LIMITS}
    limit = int(request["max_output_tokens"])
    now, in_0_1 = (
        _digest(json.dumps([{**asked, **_IN_0_1, "max_output_tokens": most}, examples], sort_keys=True))
        for most in (_IN_0_1["max_output_tokens"], limit)
    )
    return QuestionHash(now, in_0_1, limit)


def hash_decisions(encoded: bytes) -> QuestionHash:
    """Return the hashes for a request to the Decisions API, encoded without its input."""
    fixed = hashlib.sha256(b"decisions " + encoded).hexdigest()
    return QuestionHash(fixed, fixed)


def find_hashes(store: Store, hashing: QuestionHash, texts: Iterable[str], repeat: int = 1) -> dict[str, str]:
    """Return the hash by which each text is known, or will be.

    A question that the store of 0.1 holds keeps the hash it has there. One whose answer was cut off at a lower limit
    is another question with the present limit, so that it is asked again and both answers are kept.
    """
    hashes = {text: hashing.of(text, repeat) for text in texts}
    if hashing.fixed_in_0_1 != hashing.fixed:
        before = {text: _hash(hashing.fixed_in_0_1, text, repeat) for text in hashes}
        held = store.answers.find_held([*hashes.values(), *before.values()])
        hashes = {
            text: before[text] if before[text] in held and one not in held else one for text, one in hashes.items()
        }
    if hashing.limit is not None:
        cut = store.answers.find_cut_off(list(hashes.values()), hashing.limit)
        hashes = {text: _digest(f"{one} up to {hashing.limit}") if one in cut else one for text, one in hashes.items()}
    return hashes


def _hash(fixed: str, text: str, repeat: int) -> str:
    first = _digest(f"{fixed}\n{text}")
    return first if repeat == 1 else _digest(f"{first} repeat {repeat}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
