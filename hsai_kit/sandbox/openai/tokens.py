"""Tokens, counted the same way everywhere: short runs of letters, digits, signs or spaces.

Here too is the cache that reuses them.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from functools import lru_cache

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
    return len(_TOKEN.findall(text)) if len(text) > _LONG else _count_short(text)


@lru_cache(maxsize=8192)
def _count_short(text: str) -> int:
    return len(_TOKEN.findall(text))


BLOCK_TOKENS = 128
LEAST_TOKENS = 1024  # shorter beginnings are cached only under a prompt_cache_key
_MOST_KEPT = 10_000


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
        if len(self._seen) > _MOST_KEPT:
            self._seen.popitem(last=False)
        return 0, blocks
