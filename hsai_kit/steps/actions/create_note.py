"""A note about each approved record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import ScopesMissing
from hsai_kit.hubspot.dtypes import as_hubspot
from hsai_kit.hubspot.rich_text import build_html
from hsai_kit.steps.actions.action import Checked, as_verb, describe
from hsai_kit.steps.actions.action_input import ActionInput, read_action_input
from hsai_kit.steps.actions.engagement import BODY_HELP, Engagement, explain_too_long, signature
from hsai_kit.steps.actions.plan import ActionPlan, ActionRow, ActionVerdict
from hsai_kit.steps.actions.registry import register


@dataclass(frozen=True)
class Note(Engagement):
    """What a note and a drafted e-mail share: both are kept as notes."""

    kind: ClassVar[str] = "create_note"
    thing: ClassVar[str] = "a note"
    makes: ClassVar[str] = "notes"
    properties: ClassVar[tuple[str, ...]] = ("hs_note_body", "hs_timestamp", "hubspot_owner_id")

    def draft_notes(
        self, source: ActionInput, texts: dict[str, str], heads: dict[str, str], titles: dict[str, str]
    ) -> dict[str, ActionRow]:
        """Return a note for each text; `heads` are the HTML before them, `titles` what the plan calls them."""
        now = as_hubspot(datetime.now(UTC))
        active = set() if isinstance(source.known_owners, ScopesMissing) else {one.id for one in source.known_owners}
        rows = {}
        for one, text in texts.items():
            mark, title = self.mark(source, one), titles.get(one, "")
            body = heads.get(one, "") + build_html(text) + signature(source, one, mark)
            refusal = explain_too_long("", body) if text.strip() else "the note is blank"
            if refusal:
                rows[one] = ActionRow(one, ActionVerdict.NOT_ALLOWED, title, text, reason=refusal)
                continue
            properties = {"hs_note_body": body, "hs_timestamp": now}
            if source.present[one] in active:
                properties["hubspot_owner_id"] = source.present[one]
            rows[one] = ActionRow(one, ActionVerdict.TO_DO, title or "note", text, mark=mark, properties=properties)
        return rows


@register
@dataclass(frozen=True)
class CreateNote(Note):
    """Make a note about each approved record.

    `body` is a template: `{{ answer }}`, the fields of the answer, the pulled columns, and `{{ link }}`, `{{ owner }}`
    and `{{ record_id }}`. `only` leaves all records out but those with these values.
    """

    do: ClassVar[str] = "create_note"

    body: str = field(default="{{ answer }}", metadata=describe(BODY_HELP, is_template=True))
    _: KW_ONLY
    name: str = "note"

    def plan(self, hub: Connection, checked: Checked, frame: pd.DataFrame | None) -> ActionPlan:
        """Plan a note about each record."""
        source = read_action_input(hub, checked, frame)
        return self.plan_creation(source, partial(self._draft, source), "Create a note")

    def _draft(self, source: ActionInput, ids: Sequence[str]) -> dict[str, ActionRow]:
        return self.draft_notes(source, source.render(self.body, ids), {}, {})


create_note = as_verb(CreateNote)
