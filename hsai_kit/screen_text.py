"""Text on its way to a screen, which obeys control characters and turns around at direction marks."""

from __future__ import annotations


def make_printable(text: str) -> str:
    """Return text as it can be shown: what cannot be printed is `·`, so that nothing hides in it.

    Control characters could clear a terminal or retitle it, and direction marks show another text than there is. Line
    breaks and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "·" for letter in text)
