"""Text that a server sends, cleaned where it enters: before it is kept, shown or logged."""

from __future__ import annotations

import reprlib

from pydantic import SecretStr

from hsai_kit.screen_text import make_printable

_MASK = "[key hidden]"
# A shorter one could stand in any text by chance.
_SHORTEST = 8
_BRIEF = reprlib.Repr()
_BRIEF.maxlevel, _BRIEF.maxstring, _BRIEF.maxother = 3, 200, 200
_keys: set[str] = set()


def remember_key(key: SecretStr | str) -> None:
    """Have `mask_keys` hide this key, or other secret, from now on; the longest of several that overlap goes first."""
    secret = key if isinstance(key, str) else key.get_secret_value()
    if len(secret) >= _SHORTEST:
        _keys.add(secret)


def mask_keys(text: str) -> str:
    """Return `text` without any key that this process knows, whichever service sends it back."""
    for key in sorted(_keys, key=len, reverse=True):
        if key in text:
            text = text.replace(key, _MASK)
    return text


def clean_text(value: object) -> str:
    """Return what a server sent as text that can be kept: keys hidden, halves of characters replaced; "" for None."""
    # However deep a value is nested, no more than its first levels are shown.
    text = "" if value is None else value if isinstance(value, str) else _BRIEF.repr(value)
    if not text.isascii():
        # JSON may hold one half of a pair of surrogates, and a header bytes that are none of its encoding's.
        text = text.encode("utf-8", "replace").decode()
    return mask_keys(text)


def clean_reason(value: object, width: int = 500) -> str:
    """Return what a server gives as a reason, as a part of one line: printable, and of at most `width` characters."""
    line = " ".join(make_printable(clean_text(value)).split()).rstrip(".")
    return line if len(line) <= width else f"{line[: width - 1]}…"
