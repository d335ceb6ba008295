"""What tasks and notes share, which HubSpot calls engagements: a plan that looks for marks, rich text, and the undo."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from hsai_kit.connection import Connection
from hsai_kit.hubspot.associations import find_association_type
from hsai_kit.hubspot.create import find_marked
from hsai_kit.hubspot.records import Record, read_many
from hsai_kit.runtime import background
from hsai_kit.steps.actions.action import Action
from hsai_kit.steps.actions.action_input import ActionInput
from hsai_kit.steps.actions.deduplication import ArchiveExecutor, CreateExecutor, matches_sent, values_like
from hsai_kit.steps.actions.executor import ActionExecutor, UndoExecutor
from hsai_kit.steps.actions.plan import ActionPlan, ActionRow, ActionTarget, ActionVerdict
from hsai_kit.steps.actions.plan_builder import Draft, build_action_plan
from hsai_kit.store import Act, ActionRecord, Decision

BODY_HELP = "A text with tokens: {{ answer }}, pulled columns, {{ owner }}, {{ link }}."
# HubSpot's limit for a text value, in characters.
_LONGEST = 65_536


@dataclass(frozen=True)
class Engagement(Action):
    """Makes a record about each approved one, with a mark by which it is found again."""

    makes: ClassVar[str]
    """The object type of what is made."""
    properties: ClassVar[tuple[str, ...]]
    """What is written of it, and read again to tell whether somebody changed it."""
    executor: ClassVar[type[ActionExecutor[Any]]] = CreateExecutor
    undo_executor: ClassVar[type[UndoExecutor] | None] = ArchiveExecutor

    def plan_creation(self, source: ActionInput, draft: Draft, title: str, note: str = "") -> ActionPlan:
        """Plan what `draft` makes: what stands already is found by its mark, in the journal and in HubSpot itself."""
        client = source.hub.hubspot
        # What cannot be linked to these records is told now, and not once everything was confirmed.
        background.run(find_association_type(client, self.makes, source.kind.name))
        waiting = [one for one in source.present if source.is_approved(one)]
        there = background.run(find_marked(client, source.kind.name, waiting, self.makes, self.properties))
        target = ActionTarget(self.makes, title, note, self.properties)
        return build_action_plan(source, self, draft, target, there=there)

    @classmethod
    def plan_undo(cls, hub: Connection, record: ActionRecord, acts: Sequence[Act]) -> ActionPlan:
        """Plan to archive what an action made, or may have made when it was broken off."""
        client = hub.hubspot
        unsure = [act.record_id for act in acts if not act.made_id]
        there = background.run(find_marked(client, record.object_type, unsure, cls.makes, cls.properties))
        made = {act.record_id: act.made_id or next((one.id for one in there.get(act.mark, ())), "") for act in acts}
        present = background.run(read_many(client, cls.makes, list(filter(None, made.values())), cls.properties))
        rows = [_plan_archive(act, made[act.record_id], present.get(made[act.record_id])) for act in acts]
        target = ActionTarget(cls.makes, f"Archive the {cls.makes}", properties=cls.properties)
        return cls.build_undo_plan(hub, record, target, rows)


def _plan_archive(act: Act, made_id: str, now: Record | None) -> ActionRow:
    verdict, reason, held = ActionVerdict.TO_DO, "", {}
    if now is None:
        verdict = ActionVerdict.GONE
        reason = "it is in the recycling bin already" if made_id else "it was never made"
    else:
        sent = json.loads(act.content or "{}")
        held = values_like(now, sent)
        # Compared as people read it: HubSpot may tidy up the markup of a text after it has answered.
        if not sent or not matches_sent(held, sent):
            verdict = ActionVerdict.CHANGED
            reason = "somebody changed it since" if sent else "it is not known whether somebody changed it since"
    return ActionRow(act.record_id, verdict, act.what, reason=reason, mark=act.mark, made_id=made_id, properties=held)


def signature(source: ActionInput, record_id: str, mark: str) -> str:
    """Return the last paragraph of what is made here: that a machine drafted it, who let it pass, and the mark."""
    decision = source.decisions[record_id]
    how = "edited and approved" if decision.decision is Decision.EDITED else "approved"
    line = f"Drafted by the AI assistant {source.run.record.assistant}, {how} by {decision.reviewer}. Reference: {mark}"
    return f"<p><em>{html.escape(line, quote=False)}</em></p>"


def explain_too_long(subject: str, body: str) -> str:
    """Say why HubSpot would not keep these texts, "" where it does."""
    longest = max(len(subject), len(body))
    return f"{longest:,} characters are more than the {_LONGEST:,} that HubSpot keeps" if longest > _LONGEST else ""
