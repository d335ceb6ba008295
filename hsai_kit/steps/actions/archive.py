"""Taking back tasks and notes: only what was made here, and only what nobody changed since."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hsai_kit.connection import Connection
from hsai_kit.errors import WriteUncertain
from hsai_kit.hubspot.create import archive_batch, find_marked
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.hubspot.records import BATCH, Record, read_many
from hsai_kit.runtime import background
from hsai_kit.steps.actions.build_plan import KEPT
from hsai_kit.steps.actions.executor import ATTEMPTS, UndoExecutor
from hsai_kit.steps.actions.html_body import matches_sent
from hsai_kit.steps.actions.plan import CHANGED, GONE, WILL, ActionPlan, ActionRow, ActionTarget
from hsai_kit.store import Act, ActionRecord

__all__ = ["ArchiveExecutor", "plan_archiving"]


def plan_archiving(hub: Connection, record: ActionRecord, acts: Sequence[Act]) -> ActionPlan:
    """Plan to take back what an action made, or may have made when it was broken off."""
    kind = ObjectType(record.object_type, record.object_type_id)
    unsure = [act.record_id for act in acts if not act.made_id]
    there = background.run(find_marked(hub.hubspot, kind.name, unsure, record.target, KEPT[record.target]))
    made = {act.record_id: act.made_id or next((one.id for one in there.get(act.mark, ())), "") for act in acts}
    present = background.run(_present(hub, record.target, [one for one in made.values() if one]))
    rows = [_row(act, made[act.record_id], present.get(made[act.record_id])) for act in acts]
    target = ActionTarget(record.target, f"Archive the {record.target}")
    about = f"Undo: {record.about}"
    return ActionPlan(hub, kind, rows, target, kind_of_action=record.kind, about=about, undoes=record.id)


class ArchiveExecutor(UndoExecutor):
    """Archives what an action made, after looking once more."""

    size = BATCH

    async def batch(self, rows: Sequence[ActionRow]) -> None:
        """Archive those that are still as the plan saw them."""
        present = await _present(self.hub, self.plan.target.id, [row.made_id for row in rows])
        still = [row for row in rows if _values(present.get(row.made_id), row.properties) == row.properties]
        self.note([row for row in rows if row not in still], "left alone", "somebody changed or deleted it meanwhile")
        self.note(still, "sending")
        for attempt in range(1, ATTEMPTS + 1) if still else ():
            try:
                await archive_batch(self.hub.hubspot, self.plan.target.id, [r.made_id for r in still], attempt=attempt)
            except WriteUncertain as problem:
                # What is archived already can be archived again, so there is nothing to look for.
                if attempt == ATTEMPTS:
                    raise problem.problem from None
            else:
                break
        self.record_undo(still)


def _row(act: Act, made_id: str, now: Record | None) -> ActionRow:
    if now is None:
        reason = "it is in the recycling bin already" if made_id else "it was never made"
        return ActionRow(act.record_id, GONE, act.what, reason=reason, mark=act.mark, made_id=made_id)
    sent = json.loads(act.content or "{}")
    held = _values(now, sent) or {}
    # Compared as people read it: HubSpot may tidy up the markup of a text after it has answered.
    if not sent or not matches_sent(held, sent):
        reason = "somebody changed it since" if sent else "it is not known whether somebody changed it since"
        return ActionRow(act.record_id, CHANGED, act.what, reason=reason, mark=act.mark, made_id=made_id)
    return ActionRow(act.record_id, WILL, act.what, mark=act.mark, made_id=made_id, properties=held)


def _values(record: Record | None, like: object) -> dict[str, str] | None:
    names = list(like) if isinstance(like, dict) else []
    return None if record is None else {name: record.properties.get(name) or "" for name in names}


async def _present(hub: Connection, object_type: str, ids: Sequence[str]) -> dict[str, Record]:
    return await read_many(hub.hubspot, object_type, ids, KEPT[object_type])
