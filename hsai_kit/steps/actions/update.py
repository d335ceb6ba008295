"""Properties of the records themselves: a push."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.steps.actions.action import Action, Checked, as_verb
from hsai_kit.steps.push import PushPlan, plan_push


@dataclass(frozen=True)
class Update(Action):
    """Write answers to properties of the records: this is a push, with its plan, checks, receipt and undo.

    `to` is the property of the reviewed field, or properties by field; what it does not name goes where the assistant
    says.
    """

    do: ClassVar[str] = "update"
    kind: ClassVar[str] = "update"

    to: Mapping[str, str] | str | None = None
    _: KW_ONLY
    name: str = "update"

    def plan(self, hub: Connection, checked: Checked, frame: pd.DataFrame | None) -> PushPlan:  # noqa: ARG002 -- a push renders no text
        """Return what the push would write."""
        return plan_push(hub, checked, self.to)


update = as_verb(Update)
