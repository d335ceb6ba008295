"""HubSpot's rich text: the HTML of notes and e-mails as plain text, and plain text as HTML."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_MARKUP = re.compile(r"<[a-zA-Z/!][^>]*>|&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_BLOCKS = {
    *("address", "article", "blockquote", "dd", "div", "dl", "dt", "footer", "form", "header", "hr", "li", "ol", "p"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "pre", "section", "table", "tr", "ul"),
}
_HIDDEN = {"head", "script", "style", "title"}


def build_html(text: str) -> str:
    r"""Return plain text as HubSpot's rich text: paragraphs and line breaks, and everything else as it was written.

    >>> build_html("Dear <Ana>,\n\nthank you\nfor writing")
    '<p>Dear &lt;Ana&gt;,</p><p>thank you<br>for writing</p>'
    """
    paragraphs = [part for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()) if part.strip()]
    return "".join(f"<p>{html.escape(part.strip(), quote=False).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def strip_html(text: str) -> str:
    """Return `text` without markup; paragraphs, breaks and rows begin new lines, list items begin with a dash.

    >>> strip_html("<div>Hello&nbsp;<b>Ada</b>,<br>see:<ul><li>one</li><li>two</li></ul></div>").splitlines()
    ['Hello Ada,', 'see:', '- one', '- two']
    """
    if _MARKUP.search(text):
        reader = _TextReader()
        reader.feed(text)
        reader.close()
        text = "".join(reader.parts)
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _TextReader(HTMLParser):
    """Collects what a reader of the page sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 -- the parser calls it so
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "br" or tag in _BLOCKS:
            self._begin_line(always=tag == "br")
        if tag == "li":
            self.parts.append("- ")
        elif tag in {"td", "th"}:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self._begin_line()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            # Line ends in the source are no line ends on the page.
            self.parts.append(re.sub(r"\s+", " ", data))

    def _begin_line(self, *, always: bool = False) -> None:
        if self.parts and (always or not self.parts[-1].endswith("\n")):
            self.parts.append("\n")
