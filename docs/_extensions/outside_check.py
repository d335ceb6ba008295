"""Fail the build where a built page would load anything from another server: fonts, scripts, styles, pictures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_LOADED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\b(?:src|srcset)\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)
    |<link\b(?![^>]*\brel=["']?(?:canonical|author|license|search)\b)[^>]*?\bhref\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)
    |(?:@import\s+(?:url\()?|url\()\s*["']?\s*((?:https?:)?//[^"')\s]+)""",
    re.IGNORECASE | re.VERBOSE,
)


def find_outside(text: str) -> list[str]:
    """Return the addresses on other servers that a page or a stylesheet loads by itself; links do not count."""
    return [next(filter(None, match.groups())) for match in _LOADED.finditer(text)]


def _check(app: Sphinx, problem: Exception | None) -> None:
    if problem is not None or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*")):
        if path.suffix in {".html", ".css"}:
            for address in find_outside(path.read_text("utf-8")):
                message = f"{path} would load {address}. Pages load nothing from outside."
                raise RuntimeError(message)


def setup(app: Sphinx) -> dict[str, bool]:
    """Check every build once it is finished."""
    app.connect("build-finished", _check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
