"""A field for a key: what is typed goes to Python once, and stays nowhere else."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets
from pydantic import SecretStr

from hsai_kit.errors import HsaiError
from hsai_kit.widgets.assets import joined

__all__ = ["SecretField"]


class SecretField(anywidget.AnyWidget):
    """A password field with a button; `on_secret` is called with what was typed, as a SecretStr, and the field emptied.

    The value travels as one message. No trait ever holds it, so it is in no saved notebook and no widget state.
    `label` stands over the field, `action` on the button, `note` below them; `disabled` bars both, `is_typed` says that
    something stands in the field that was not sent yet.

    >>> field = SecretField(label="OpenAI key", action="Check", on_secret=lambda key: "That works.")
    """

    _esm = joined("secret.js")
    _css = joined("secret.css")

    label = traitlets.Unicode().tag(sync=True)
    action = traitlets.Unicode("Check").tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    problem = traitlets.Bool(False).tag(sync=True)  # noqa: FBT003 -- traitlets takes the default so
    disabled = traitlets.Bool(False).tag(sync=True)  # noqa: FBT003

    is_typed = traitlets.Bool(False).tag(sync=True)  # noqa: FBT003

    def __init__(self, *, on_secret: Callable[[SecretStr], str | None], **traits: Any) -> None:
        super().__init__(**traits)
        self._on_secret = on_secret
        self.on_msg(self._received)

    def say(self, note: str, *, problem: bool = False) -> None:
        """Show a sentence below the field."""
        self.note, self.problem = note, problem

    def _received(self, _: SecretField, content: dict[str, Any], __: list[Any]) -> None:
        # Taken out of the message, whose frame a verbose traceback would print.
        secret = SecretStr(str(content.pop("secret", "")).strip())
        if not secret.get_secret_value():
            return
        try:
            said = self._on_secret(secret)
        except HsaiError as problem:
            self.say(str(problem), problem=True)
        except Exception as problem:  # noqa: BLE001 -- an exception in a callback shows nowhere else
            where = traceback.extract_tb(problem.__traceback__)[-1]
            self.say(f"That went wrong: {type(problem).__name__} in {where.name}. Try again.", problem=True)
        else:
            self.say(said or "")
