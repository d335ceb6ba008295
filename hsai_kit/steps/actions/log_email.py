"""A drafted e-mail about each approved record, kept as a note; nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import ClassVar

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.hubspot.rich_text import build_html
from hsai_kit.steps.actions.action import Checked, as_verb, describe
from hsai_kit.steps.actions.action_input import ActionInput, read_action_input
from hsai_kit.steps.actions.create_note import Note
from hsai_kit.steps.actions.engagement import BODY_HELP
from hsai_kit.steps.actions.plan import ActionPlan, ActionRow
from hsai_kit.steps.actions.registry import register


@register
@dataclass(frozen=True)
class LogEmail(Note):
    """Keep a drafted e-mail as a note about each approved record, marked as not sent.

    Nothing is sent to anybody. Where somebody is to check and send it, give it to them:
    `create_task(…, body, type="email")`. `subject`, `body` and `only` are as in `create_task`.
    """

    do: ClassVar[str] = "log_email"

    subject: str = field(metadata=describe("Of the e-mail.", is_template=True))
    body: str = field(default="{{ answer }}", metadata=describe(BODY_HELP, is_template=True))
    _: KW_ONLY
    name: str = "email"

    def plan(self, hub: Connection, checked: Checked, frame: pd.DataFrame | None) -> ActionPlan:
        """Plan a note with the draft about each record."""
        source = read_action_input(hub, checked, frame)
        return self.plan_creation(source, partial(self._draft, source), "Keep a drafted e-mail as a note")

    def _draft(self, source: ActionInput, ids: Sequence[str]) -> dict[str, ActionRow]:
        texts, subjects = source.render(self.body, ids), source.render(self.subject, ids)
        marked = "<p><strong>Draft e-mail, not sent</strong></p>"
        heads = {one: marked + build_html(f"Subject: {subject}") for one, subject in subjects.items()}
        return self.draft_notes(source, texts, heads, subjects)


log_email = as_verb(LogEmail)
