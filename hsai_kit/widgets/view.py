"""A widget that shows what records say, and keeps none of it: its content travels by message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import traitlets

from hsai_kit.widgets.assets import joined
from hsai_kit.widgets.blocks import Block

__all__ = ["MessageView"]


class MessageView(anywidget.AnyWidget):
    """Shows blocks of text, facts, tables and bars, as text only.

    A trait would be saved into the notebook; here the browser asks for the content when it draws, and gets it as a
    message. `urgent` lets screen readers say it at once.
    """

    _esm = joined("view.js")
    _css = joined("panels.css")

    urgent = traitlets.Bool(False).tag(sync=True)  # noqa: FBT003 -- traitlets takes the default so

    def __init__(self, *blocks: Block, urgent: bool = False) -> None:
        super().__init__(urgent=urgent)
        self._blocks: tuple[Block, ...] = blocks
        self.on_msg(self._wanted)

    @property
    def blocks(self) -> Sequence[Block]:
        """What is shown now."""
        return self._blocks

    @property
    def words(self) -> str:
        """Everything that is shown, as plain text."""
        return "\n".join(_words(list(self._blocks)))

    def show(self, *blocks: Block) -> None:
        """Show these blocks in place of what was there; may be called from any thread."""
        if blocks != self._blocks:
            self._blocks = blocks
            self.send({"blocks": list(blocks)})

    def clear(self) -> None:
        """Show nothing."""
        self.show()

    def _wanted(self, _: MessageView, content: dict[str, Any], __: list[Any]) -> None:
        if content.get("wants") == "blocks":
            self.send({"blocks": list(self._blocks)})


def _words(value: object) -> list[str]:
    if isinstance(value, dict):
        return [
            word
            for key, part in value.items()
            if key not in {"kind", "tone", "numbers", "beside", "wide"}
            for word in _words(part)
        ]
    if isinstance(value, list | tuple):
        return [word for part in value for word in _words(part)]
    return [str(value)] if value not in (None, "") else []
