"""The JavaScript and CSS beside the widgets, as text for anywidget."""

from __future__ import annotations

from importlib import resources

__all__ = ["joined"]


def joined(*names: str) -> str:
    """Return the named files of this package one after the other: one module for the browser, without a bundler."""
    folder = resources.files("hsai_kit.widgets")
    return "\n".join((folder / name).read_text("utf-8") for name in names)
