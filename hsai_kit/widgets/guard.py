"""Keeps what is typed into widgets away from the notebook's shortcuts."""

from __future__ import annotations

from typing import Any

import anywidget

from hsai_kit.widgets.assets import joined

__all__ = ["KeyGuard"]


class KeyGuard(anywidget.AnyWidget):
    """An invisible widget: while one is on the page, no key pressed inside any widget reaches the notebook.

    Without it `b` on a focused button inserts a cell, `x` cuts one and `d d` deletes one. Put one into the box of every
    panel: `VBox([KeyGuard(), …])`. Saving (Ctrl+S or ⌘S) still goes through. While another cell keeps the kernel from
    hearing a click in the panel, it says so.
    """

    _esm = joined("guard.js")
    _css = ".hsai-guard { display: none !important; }"

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(self._asked)

    def _asked(self, _: KeyGuard, __: dict[str, Any], ___: list[Any]) -> None:
        self.send({"heard": True})
