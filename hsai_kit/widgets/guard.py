"""Keeps what is typed into widgets away from the notebook's shortcuts."""

from __future__ import annotations

import anywidget

from hsai_kit.widgets.assets import joined

__all__ = ["KeyGuard"]


class KeyGuard(anywidget.AnyWidget):
    """An invisible widget: while one is on the page, no key pressed inside any widget reaches the notebook.

    Without it `b` on a focused button inserts a cell, `x` cuts one and `d d` deletes one. Put one into the box of every
    panel: `VBox([KeyGuard(), …])`. Saving (Ctrl+S or ⌘S) still goes through.
    """

    _esm = joined("guard.js")
    _css = ".hsai-guard { display: none !important; }"
