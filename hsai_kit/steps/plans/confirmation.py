"""What somebody has to say before a plan is carried out, and asking for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hsai_kit.errors import PushRefused
from hsai_kit.runtime.console import ask_text, is_yes

Confirm: TypeAlias = bool | int | None
"""True writes without asking, the portal's id as well where that is needed, False never, None asks."""


@dataclass(frozen=True)
class Confirmation:
    """What a plan needs: `kind` is nothing, yes, or portal id; `question` asks for it in words."""

    kind: Literal["nothing", "yes", "portal id"]
    question: str
    portal_id: int

    def accepts(self, said: str) -> bool:
        """Tell whether what was typed is what is needed."""
        word = said.strip().casefold()
        return {"nothing": True, "yes": is_yes(said), "portal id": word == str(self.portal_id)}[self.kind]

    @property
    def confirm(self) -> bool | int:
        """What `confirm=` has to be for this plan, once somebody has agreed."""
        return self.portal_id if self.kind == "portal id" else True


def require_confirmation(
    needed: Confirmation, where: str, would: str, confirm: Confirm, *, nothing: str = "Nothing was written"
) -> None:
    """Return if the plan may be carried out; raises PushRefused that says what was missing.

    `would` says what the plan does, such as "3 values would change", `nothing` that it was not done.
    """
    if needed.kind == "nothing":
        return
    if confirm is False:
        message = f"{nothing}: confirm is False. {would} in {where}."
        raise PushRefused(message)
    if confirm is not None:
        _check_given(needed, where, confirm, nothing)
        return
    said = ask_text(needed.question)
    if said is None:
        message = (
            f"{nothing}: nobody can be asked here. In a script, read the plan above first and then "
            f"pass confirm={needed.confirm} ({_option(needed)} in the terminal)."
        )
        raise PushRefused(message)
    if not needed.accepts(said):
        message = f"{nothing}: it was not confirmed."
        if needed.kind == "portal id":
            message = f"{nothing}: what was typed is not the id of {where}."
        raise PushRefused(message)


def _option(needed: Confirmation) -> str:
    return f"--portal-id {needed.portal_id}" if needed.kind == "portal id" else "--yes"


def _check_given(needed: Confirmation, where: str, confirm: bool | int, nothing: str) -> None:  # noqa: FBT001 -- it is what was given
    if confirm is True and needed.kind == "portal id":
        message = (
            f"{nothing}: so many records in a live account take its id. If you mean {where}, look at the plan and "
            f"then pass confirm={needed.portal_id} ({_option(needed)} in the terminal)."
        )
        raise PushRefused(message)
    if confirm is not True and confirm != needed.portal_id:
        message = f"{nothing}: confirm is {confirm!r}, and this is {where}. Connect to the portal you mean."
        raise PushRefused(message)
