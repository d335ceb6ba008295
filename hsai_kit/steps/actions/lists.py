"""Static lists: records are added, and what was added here can be removed again."""

from __future__ import annotations

from collections.abc import Sequence

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, PushRefused, WriteUncertain
from hsai_kit.hubspot.lists import RecordList, add_members, find_list, iterate_members, remove_members
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.runtime import background
from hsai_kit.steps.actions.action import AddToList
from hsai_kit.steps.actions.approved_rows import ApprovedRows
from hsai_kit.steps.actions.build_plan import build_action_plan
from hsai_kit.steps.actions.executor import ATTEMPTS, ActionExecutor, UndoExecutor
from hsai_kit.steps.actions.plan import DONE, GONE, WILL, ActionPlan, ActionRow, ActionTarget
from hsai_kit.store import Act, ActionRecord

__all__ = ["ListAddExecutor", "ListRemoveExecutor", "open_list", "plan_list_add", "plan_list_remove"]

_BATCH = 1000


def open_list(hub: Connection, action: AddToList, kind: ObjectType) -> RecordList:
    """Return the list that is meant; raises UnknownList, and PushRefused for a list that fills itself."""
    found = background.run(find_list(hub.hubspot, action.list, kind))
    if found.kind == "dynamic":
        message = (
            f"The list {found.name!r} fills itself by its filters, so nothing can be added. Choose a static list, "
            "or make one in HubSpot (Lists → Create list → Static)."
        )
        raise PushRefused(message)
    return found


def plan_list_add(hub: Connection, source: ApprovedRows, action: AddToList) -> ActionPlan:
    """Plan to add records to a static list; raises what `open_list` does."""
    found = open_list(hub, action, source.kind)
    members = background.run(_members(hub, found.id))

    def draft(ids: list[str]) -> dict[str, ActionRow]:
        return {
            one: ActionRow(one, DONE, found.name, reason="it is a member already")
            if one in members
            else ActionRow(one, WILL, found.name, mark=source.mark(action, one))
            for one in ids
        }

    return build_action_plan(
        hub, source, action, draft, ActionTarget(found.id, f"Add to the list “{found.name}”", _size(found))
    )


class ListAddExecutor(ActionExecutor):
    """Adds the records of a plan to its list, and tells those that were no members before."""

    size = _BATCH

    async def before(self) -> None:
        """Read the members anew: who is one now was not added here."""
        self._members = await _members(self.hub, self.plan.target.id)

    async def batch(self, rows: Sequence[ActionRow]) -> None:
        """Claim in the journal those that are no members, then add them."""
        # Somebody took them out of the list again, or they never came to be in it.
        stood = self.journal.find_standing([row.mark for row in rows if row.record_id not in self._members])
        self.journal.settle(stood, "not sent", reason="it was no member afterwards")
        self.note([row for row in rows if row.record_id in self._members], "left alone", "it is a member already")
        acts = [self.act(row, "sending") for row in rows if row.record_id not in self._members]
        claimed = {act.record_id for act in self.journal.claim(self.id, acts)}
        await self._add([row for row in rows if row.record_id in claimed])

    async def _add(self, rows: Sequence[ActionRow]) -> None:
        left = list(rows)
        for attempt in range(1, ATTEMPTS + 1) if left else ():
            try:
                ids = [row.record_id for row in left]
                added = await add_members(self.hub.hubspot, self.plan.target.id, ids, attempt=attempt)
            except WriteUncertain as problem:
                left = await self._not_yet(left) if problem.maybe_done else left
                if attempt == ATTEMPTS:
                    raise problem.problem from None
                if not left:
                    return
            except HsaiError as problem:
                self.note(left, "not sent", str(problem))
                raise
            else:
                self.note([row for row in left if row.record_id in added.added], "done")
                missing = [row for row in left if row.record_id in added.missing]
                self.note(missing, "refused", "HubSpot does not have the record: deleted or merged")
                others = [row for row in left if row.record_id not in added.added | added.missing]
                self.note(others, "left alone", "somebody else added it meanwhile")
                return

    async def _not_yet(self, rows: Sequence[ActionRow]) -> list[ActionRow]:
        """Note which rows were added although the answer was lost, and return those that were not."""
        members = await _members(self.hub, self.plan.target.id)
        self.note([row for row in rows if row.record_id in members], "done")
        return [row for row in rows if row.record_id not in members]


def plan_list_remove(hub: Connection, record: ActionRecord, acts: Sequence[Act]) -> ActionPlan:
    """Plan to remove from the list what an action added to it, and nothing else."""
    kind = ObjectType(record.object_type, record.object_type_id)
    members = background.run(_members(hub, record.target))
    rows = [
        # What was being added when it was broken off was no member a moment before, so it was added here.
        ActionRow(act.record_id, WILL, act.what, mark=act.mark)
        if act.record_id in members
        else ActionRow(act.record_id, GONE, act.what, reason="it is no member any more", mark=act.mark)
        for act in acts
    ]
    target = ActionTarget(record.target, f"Remove from the list “{acts[0].what if acts else record.target}”")
    about = f"Undo: {record.about}"
    return ActionPlan(hub, kind, rows, target, kind_of_action=record.kind, about=about, undoes=record.id)


class ListRemoveExecutor(UndoExecutor):
    """Removes records from a list; what is no member any more can be removed again."""

    size = _BATCH

    async def batch(self, rows: Sequence[ActionRow]) -> None:
        """Remove them."""
        self.note(rows, "sending")
        ids = [row.record_id for row in rows]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await remove_members(self.hub.hubspot, self.plan.target.id, ids, attempt=attempt)
            except WriteUncertain as problem:
                if attempt == ATTEMPTS:
                    raise problem.problem from None
            else:
                break
        self.record_undo(rows)


async def _members(hub: Connection, list_id: str) -> set[str]:
    return {one async for page in iterate_members(hub.hubspot, list_id) for one in page}


def _size(found: RecordList) -> str:
    return "" if found.size is None else f"The list has {found.size:,} members now."
