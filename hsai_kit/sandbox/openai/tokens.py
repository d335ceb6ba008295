"""Tokens: short runs of letters, digits, signs or spaces. Not OpenAI's, but counted the same way everywhere."""

from __future__ import annotations

import re
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
    return len(_TOKEN.findall(text)) if len(text) > _LONG else _counted(text)


@lru_cache(maxsize=8192)
def _counted(text: str) -> int:
    return len(_TOKEN.findall(text))
