"""A text area for prompts that completes tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import anywidget
import traitlets

from hsai_kit.assistant.prompt_tokens import find_completions
from hsai_kit.widgets.assets import joined

__all__ = ["PromptField"]


class PromptField(anywidget.AnyWidget):
    """A text area in which `{{ ` offers the names of columns: arrows choose, Enter or Tab takes, Escape leaves.

    `columns` are what may be offered; `value` is what was written.
    """

    _esm = joined("prompt_field.js")
    _css = joined("prompt_field.css")

    label = traitlets.Unicode().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)  # noqa: FBT003 -- traitlets takes the default so

    def __init__(self, *, label: str, value: str = "", columns: Iterable[str] = ()) -> None:
        super().__init__(label=label, value=value)
        self.columns = list(columns)
        self.on_msg(self._typed)

    def _typed(self, _: PromptField, content: dict[str, Any], __: list[Any]) -> None:
        if isinstance(before := content.get("before"), str):
            replace, tokens = find_completions(before, self.columns)
            self.send({"before": before, "replace": replace, "tokens": tokens})
