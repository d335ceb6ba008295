"""The plan to take a push back, made from its journal."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, PushRefused, UnknownProperty
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.hubspot.properties import Property, pick, read_properties, read_required
from hsai_kit.hubspot.records import Survivor, read_survivors
from hsai_kit.hubspot.value_check import is_same_value
from hsai_kit.runtime.background import Control
from hsai_kit.steps.plans.plan import list_record_ids
from hsai_kit.steps.push.current_values import Present, build_while_reading, read_present
from hsai_kit.steps.push.outcomes import explain_absence
from hsai_kit.steps.push.plan import PushPlan, PushRow, PushVerdict
from hsai_kit.steps.push.protection import refuse_read_only
from hsai_kit.store import Change, JournalStatus, PushOutcome, PushRecord
from hsai_kit.store.journal import is_erased
from hsai_kit.tabular.cell_text import format_line


def build_undo_plan(hub: Connection, record: PushRecord, lines: Sequence[Change]) -> PushPlan:
    """Return what taking a push back would do: only values that are still as they were written are restored.

    A value that a merge moved to another record is restored there if it is sure to be ours. Of a push that was broken
    off, values that HubSpot refused or left out are looked at as well: it may have written them all the same. Raises
    UnknownProperty or PushRefused where no property is there any more that can be written.
    """
    standing = [one for one in lines if one.outcome.may_stand]
    is_broken_off = record.status is not JournalStatus.DONE
    denied = [
        one
        for one in lines
        if is_broken_off and not is_erased(one.reason) and one.outcome in {PushOutcome.REFUSED, PushOutcome.MISSING}
    ]
    kind, ids = ObjectType(record.object_type, record.object_type_id), list_record_ids([*standing, *denied])

    async def build(control: Control) -> PushPlan:
        known, required = await asyncio.gather(
            read_properties(hub.hubspot, kind.name), _read_required(hub, kind, [*standing, *denied])
        )
        lost = _find_lost(known, record.properties, kind.name)
        names = [name for name in record.properties if name not in lost]
        present = await read_present(hub, kind.name, ids, names, control)
        changes = [*standing, *_find_held(denied, present, known)]
        gone = [one for one in list_record_ids(standing) if one not in present]
        merged = await read_survivors(hub.hubspot, kind.name, gone, names)
        found = _UndoLookup(
            since=record.at,
            present=present,
            merged=merged,
            lost=lost,
            half_undone=hub.store.pushes.half_undone(record.id),
            ours={(change.record_id, change.property) for change in changes},
            moved=Counter((merged[one.record_id].id, one.property) for one in changes if one.record_id in merged),
            required=required,
        )
        rows = [found.row(change) for change in changes]
        return PushPlan(hub, kind, pick(known, names, kind.name), rows, undoes=record.id)

    return build_while_reading(build, record.properties, len(ids))


def _find_held(denied: Sequence[Change], present: Present, known: Mapping[str, Property]) -> list[Change]:
    """Return the values that HubSpot holds although it said that it did not write them."""
    found = []
    for change in denied:
        now = present.get(change.record_id, {}).get(change.property, change.before or "")
        if now != (change.before or "") and is_same_value(now, change.after or "", known[change.property]):
            found.append(replace(change, after=now))
    return found


async def _read_required(hub: Connection, kind: ObjectType, changes: Sequence[Change]) -> frozenset[str]:
    """Return the properties that cannot be blank, where any value would be blank again."""
    if all(change.before for change in changes):
        return frozenset()
    return await read_required(hub.hubspot, kind.type_id)


def _find_lost(known: Mapping[str, Property], names: Sequence[str], object_type: str) -> dict[str, HsaiError]:
    """Return why properties can no longer be written; raises the first reason where that are all of them."""
    lost: dict[str, HsaiError] = {}
    for name in names:
        try:
            refuse_read_only(pick(known, [name], object_type)[0])
        except (UnknownProperty, PushRefused) as problem:
            lost[name] = problem
    if len(lost) == len(names):
        raise next(iter(lost.values()))
    return lost


@dataclass(frozen=True)
class _UndoLookup:
    """What HubSpot holds of the values that are to be taken back, and what keeps some of them from it."""

    since: str
    present: Present
    merged: Mapping[str, Survivor]
    lost: Mapping[str, HsaiError]
    half_undone: set[tuple[str, str]]
    ours: set[tuple[str, str]]
    moved: Mapping[tuple[str, str], int]
    """How many values of the push a merge moved to one value of another record."""
    required: frozenset[str]

    def row(self, change: Change) -> PushRow:
        """Tell what undo does about one value."""
        one, name, before, after = change.record_id, change.property, change.after or "", change.before or ""
        if name in self.lost:
            return PushRow(one, name, PushVerdict.NOT_ALLOWED, before, after, str(self.lost[name]))
        if is_erased(change.reason):
            reason = f"{change.reason}, so nobody knows what to restore"
            return PushRow(one, name, PushVerdict.CONFLICT, before, after, reason)
        if one in self.present:
            row = self._compare(change, self.present[one][name])
        elif one in self.merged:
            row = self._follow(change, self.merged[one])
        else:
            row = PushRow(one, name, PushVerdict.GONE, before, after, explain_absence(None, "since"))
        if row.verdict is PushVerdict.WILL_CHANGE and not after and name in self.required:
            reason = "HubSpot requires a value there, so it cannot be blank again"
            return replace(row, verdict=PushVerdict.NOT_ALLOWED, reason=reason)
        return row

    def _compare(self, change: Change, now: str) -> PushRow:
        one, name, before, after = change.record_id, change.property, change.after or "", change.before or ""
        if now == after:
            return PushRow(one, name, PushVerdict.SAME, now, after)
        # An undo may have to clear a value before it can restore the old one: what is blank then, is blank by us.
        if now != before and not (not now and (one, name) in self.half_undone):
            return PushRow(one, name, PushVerdict.CONFLICT, now, after, "the value was changed since the push")
        return PushRow(one, name, PushVerdict.WILL_CHANGE, now, after)

    def _follow(self, change: Change, survivor: Survivor) -> PushRow:
        """Follow a value to the record that a merge moved it to, if nothing else can have put it there."""
        one, name, before, after = change.record_id, change.property, change.after or "", change.before or ""
        there, now, merged = (survivor.id, name), survivor.values.get(name, ""), explain_absence(survivor, "since")
        if self.moved[there] > 1 or there in self.ours:
            reason = f"{merged}, which has values of its own from this push or from another merge"
        elif survivor.took_over(name, before, self.since):
            reason = f"{one} was merged into this record"
            return PushRow(survivor.id, name, PushVerdict.WILL_CHANGE, before, after, reason)
        elif now == before:
            reason = f"{merged}, which holds the same value, but perhaps of its own: look there"
        else:
            reason = f"{merged}, which holds {format_line(now)}"
        return PushRow(one, name, PushVerdict.GONE, before, after, reason)
