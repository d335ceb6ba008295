"""Membership of a static list; what was added here can be removed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import ActionRefused
from hsai_kit.hubspot.lists import AddResult, RecordList, add_members, find_list, iterate_members, remove_members
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.runtime import background
from hsai_kit.runtime.rate_limit import Room
from hsai_kit.steps.actions.action import Action, Checked, as_verb, describe
from hsai_kit.steps.actions.action_input import read_action_input
from hsai_kit.steps.actions.executor import ActionExecutor, UndoExecutor
from hsai_kit.steps.actions.plan import ActionPlan, ActionRow, ActionTarget, ActionVerdict
from hsai_kit.steps.actions.plan_builder import build_action_plan
from hsai_kit.steps.actions.registry import register
from hsai_kit.steps.plans.executor import Attempt
from hsai_kit.store import Act, ActionOutcome, ActionRecord

_BATCH = 1000


class ListAddExecutor(ActionExecutor[AddResult]):
    """Adds the records of a plan to its list, and notes those that were no members before."""

    size = _BATCH

    def __init__(self, hub: Connection, plan: ActionPlan) -> None:
        super().__init__(hub, plan)
        self._members: set[str] = set()

    async def prepare(self) -> None:
        """Read the members anew: who is one now was not added here."""
        await super().prepare()
        self._members = await _read_members(self.hub, self.plan.target.id)

    async def check(self, rows: Sequence[ActionRow], room: Room | None, *, lost: bool) -> Sequence[ActionRow]:  # noqa: ARG002 -- members come in pages
        """Return the rows that are no members; where an answer was lost, those that it added are done."""
        members = await _read_members(self.hub, self.plan.target.id) if lost else self._members
        there = [row for row in rows if row.record_id in members]
        others = [row for row in rows if row.record_id not in members]
        if lost:
            self.note(there, ActionOutcome.DONE)
            return others
        self.note(there, ActionOutcome.LEFT_ALONE, "it is a member already")
        # Somebody took them out of the list again, or they never came to be in it.
        stood = self.acts.find_standing([row.mark for row in others])
        self.acts.settle(stood, ActionOutcome.NOT_SENT, reason="it was no member afterwards")
        return others

    async def send(self, rows: Sequence[ActionRow], attempt: Attempt) -> AddResult:
        """Add them once."""
        ids = [row.record_id for row in rows]
        return await add_members(self.hub.hubspot, self.plan.target.id, ids, attempt=attempt.number)

    async def read_answer(self, rows: Sequence[ActionRow], answer: AddResult, *, lost: bool) -> None:  # noqa: ARG002 -- `check` has looked
        """Note which rows were added, and why the others were not."""
        self.note([row for row in rows if row.record_id in answer.added], ActionOutcome.DONE)
        missing = [row for row in rows if row.record_id in answer.missing]
        self.note(missing, ActionOutcome.REFUSED, "HubSpot does not have the record: deleted or merged")
        others = [row for row in rows if row.record_id not in answer.added | answer.missing]
        self.note(others, ActionOutcome.LEFT_ALONE, "somebody else added it meanwhile")


class ListRemoveExecutor(UndoExecutor):
    """Removes records from a list; what is no member any more can be removed again."""

    size = _BATCH

    async def send(self, rows: Sequence[ActionRow], attempt: Attempt) -> None:
        """Remove them once."""
        ids = [row.record_id for row in rows]
        await remove_members(self.hub.hubspot, self.plan.target.id, ids, attempt=attempt.number)


@register
@dataclass(frozen=True)
class AddToList(Action):
    """Add each approved record to a static list.

    `list` is its name or id. `undo` removes only those records that were added here. `only` leaves all records out but
    those with these values, such as `only={"urgency": ["high", "critical"]}`.
    """

    do: ClassVar[str] = "add_to_list"
    kind: ClassVar[str] = "add_to_list"
    executor: ClassVar[type[ActionExecutor[Any]]] = ListAddExecutor
    undo_executor: ClassVar[type[UndoExecutor] | None] = ListRemoveExecutor

    list: str | int = field(metadata=describe("A static list, by name or id."))
    _: KW_ONLY
    name: str = "list"

    def check(self, hub: Connection, kind: ObjectType) -> None:
        """Raise UnknownList for a list that is not there, ActionRefused for one that fills itself."""
        self._find(hub, kind)

    def plan(self, hub: Connection, checked: Checked, frame: pd.DataFrame | None) -> ActionPlan:
        """Plan to add the records that are no members yet; raises what `check` does."""
        source = read_action_input(hub, checked, frame)
        found = self._find(hub, source.kind)
        members = background.run(_read_members(hub, found.id))

        def draft(ids: Sequence[str]) -> dict[str, ActionRow]:
            return {
                one: ActionRow(one, ActionVerdict.DONE, found.name, reason="it is a member already")
                if one in members
                else ActionRow(one, ActionVerdict.TO_DO, found.name, mark=self.mark(source, one))
                for one in ids
            }

        size = "" if found.size is None else f"The list has {found.size:,} members now."
        target = ActionTarget(found.id, f"Add to the list “{found.name}”", size)
        return build_action_plan(source, self, draft, target)

    @classmethod
    def plan_undo(cls, hub: Connection, record: ActionRecord, acts: Sequence[Act]) -> ActionPlan:
        """Plan to remove from the list what an action added to it, and nothing else."""
        members = background.run(_read_members(hub, record.target))
        rows = []
        for act in acts:
            # What was being added when it was broken off was no member a moment before, so it was added here.
            is_member = act.record_id in members
            verdict = ActionVerdict.TO_DO if is_member else ActionVerdict.GONE
            reason = "" if is_member else "it is no member any more"
            rows.append(ActionRow(act.record_id, verdict, act.what, reason=reason, mark=act.mark))
        target = ActionTarget(record.target, f"Remove from the list “{acts[0].what if acts else record.target}”")
        return cls.build_undo_plan(hub, record, target, rows)

    def _find(self, hub: Connection, kind: ObjectType) -> RecordList:
        found = background.run(find_list(hub.hubspot, str(self.list), kind))
        if found.is_dynamic:
            message = (
                f"The list {found.name!r} fills itself by its filters, so nothing can be added. Choose a static list, "
                "or make one in HubSpot (Lists → Create list → Static)."
            )
            raise ActionRefused(message)
        return found


add_to_list = as_verb(AddToList)


async def _read_members(hub: Connection, list_id: str) -> set[str]:
    return {one async for page in iterate_members(hub.hubspot, list_id) for one in page}
