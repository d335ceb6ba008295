"""The HTML of notes and e-mails as plain text, for people and models to read."""

from __future__ import annotations

import re
from html.parser import HTMLParser

__all__ = ["as_plain"]

_MARKUP = re.compile(r"<[a-zA-Z/!][^>]*>|&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_BLOCKS = {
    *("address", "article", "blockquote", "dd", "div", "dl", "dt", "footer", "form", "header", "hr", "li", "ol", "p"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "pre", "section", "table", "tr", "ul"),
}
_UNSEEN = {"head", "script", "style", "title"}


def as_plain(text: str) -> str:
    """Return `text` without markup; paragraphs, breaks and rows begin new lines, list items begin with a dash.

    >>> as_plain("<div>Hello&nbsp;<b>Ada</b>,<br>see:<ul><li>one</li><li>two</li></ul></div>").splitlines()
    ['Hello Ada,', 'see:', '- one', '- two']
    """
    if _MARKUP.search(text):
        reader = _Reader()
        reader.feed(text)
        reader.close()
        text = "".join(reader.parts)
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    """Collects what a reader of the page sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 -- the parser calls it so
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br" or tag in _BLOCKS:
            self._new_line(always=tag == "br")
        if tag == "li":
            self.parts.append("- ")
        elif tag in {"td", "th"}:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self._new_line()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            # Line ends in the source are no line ends on the page.
            self.parts.append(re.sub(r"\s+", " ", data))

    def _new_line(self, *, always: bool = False) -> None:
        if self.parts and (always or not self.parts[-1].endswith("\n")):
            self.parts.append("\n")
