"""Making a plan: what is approved, checked against the portal as it is now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from hsai_kit import background
from hsai_kit.background import Control
from hsai_kit.connection import Connection
from hsai_kit.defuse import one_line
from hsai_kit.errors import PushRefused
from hsai_kit.hubspot.objects import ObjectType, resolve
from hsai_kit.hubspot.properties import Property, pick, read_properties
from hsai_kit.hubspot.records import BATCH, read_batch
from hsai_kit.hubspot.values import as_hubspot, checked, same
from hsai_kit.pacing import Room
from hsai_kit.progress import Progress
from hsai_kit.run import RowResult
from hsai_kit.steps.push.planned import (
    BLANK,
    CONFLICT,
    GONE,
    NOT_ALLOWED,
    NOT_APPROVED,
    SAME,
    WILL_CHANGE,
    Plan,
    PlanRow,
)
from hsai_kit.store import Change, Decision, PushRecord

__all__ = ["Present", "Proposals", "Target", "plan_push", "plan_rest", "plan_undo", "present_values"]

Present: TypeAlias = dict[str, dict[str, str]]
"""What HubSpot holds now: values by property by record id, "" where unset; records that are gone are absent."""

# Batches that are read at once.
_AT_ONCE = 4
_BLANK_REASON = "the answer is blank, and a blank never overwrites"


@dataclass(frozen=True)
class Target:
    """A field of the answers and the property that it goes to, with what was decided about it.

    `pulled` holds the property's values as pulled, None where it was not pulled; `ours` what earlier pushes from this
    workspace wrote to it since.
    """

    field: str
    name: str
    decisions: Mapping[str, Decision]
    pulled: Mapping[str, str | None] | None
    ours: Mapping[str, str]

    def approved(self, record_id: str) -> bool:
        """Tell whether somebody let a value through for this record."""
        return _approved(self.decisions.get(record_id))


@dataclass(frozen=True)
class Proposals:
    """What a push is made from: the rows of a run, and which of its fields go where."""

    run_id: str
    portal_id: int
    object_type: str
    results: Sequence[RowResult]
    targets: Sequence[Target]


def plan_push(hub: Connection, proposals: Proposals) -> Plan:
    """Return what a push of `proposals` would do, checked against the portal as it is now.

    Raises UnknownProperty for a property that does not exist, PushRefused for one that may not be written and for
    records of another portal.
    """
    if proposals.portal_id != hub.portal.id:
        message = (
            f"These records are from portal {proposals.portal_id}, and this connection is to portal {hub.portal.id}. "
            "Connect to their own portal to push."
        )
        raise PushRefused(message)
    kind = background.run(resolve(hub.hubspot, proposals.object_type))
    names = [target.name for target in proposals.targets]
    known = background.run(read_properties(hub.hubspot, kind.name))
    definitions = pick(known, names, kind.name)
    for definition in definitions:
        _refuse_protected(hub, definition)
    stamp = _stamp(hub, known, names, kind)
    approved = [
        one.record_id
        for one in proposals.results
        if any(target.approved(one.record_id) for target in proposals.targets)
    ]
    present = _look(hub, kind.name, approved, [*names, stamp.name] if stamp else names)
    rows = []
    for one in proposals.results:
        targets = zip(proposals.targets, definitions, strict=True)
        values = [_row(one, target, definition, present) for target, definition in targets]
        rows += values
        if stamp and any(value.verdict == WILL_CHANGE for value in values):
            now = present[one.record_id][stamp.name]
            verdict = SAME if now == proposals.run_id else WILL_CHANGE
            rows.append(PlanRow(one.record_id, stamp.name, verdict, now, proposals.run_id))
    return Plan(
        hub.portal,
        kind,
        [*definitions, stamp] if stamp else definitions,
        rows,
        run_id=proposals.run_id,
        not_compared=[target.name for target in proposals.targets if target.pulled is None],
        stamp=stamp.name if stamp else None,
        settings=hub.workspace.settings.push,
    )


def plan_rest(hub: Connection, record: PushRecord, changes: Sequence[Change]) -> Plan:
    """Return what is left to do of a push that was broken off: `changes` whose end the journal does not know.

    Raises UnknownProperty where a property is gone, PushRefused where it can no longer be written.
    """
    kind = ObjectType(record.object_type, record.object_type_id)
    definitions = pick(background.run(read_properties(hub.hubspot, kind.name)), record.properties, kind.name)
    for definition in definitions:
        _refuse_protected(hub, definition)
    by_name = {definition.name: definition for definition in definitions}
    present = _look(hub, kind.name, _ids(changes), record.properties)
    rows = [_rest_row(one, present, by_name[one.property]) for one in changes]
    settings = hub.workspace.settings.push
    stamp = settings.run_id_property if settings.run_id_property in by_name else None
    return Plan(
        hub.portal,
        kind,
        definitions,
        rows,
        run_id=record.run_id,
        resumes=record.id,
        stamp=stamp,
        settings=settings,
    )


def plan_undo(hub: Connection, record: PushRecord, changes: Sequence[Change]) -> Plan:
    """Return what taking back `changes` would do: only values that are still as they were written are restored.

    Raises UnknownProperty where a property is gone, PushRefused where it can no longer be written.
    """
    kind = ObjectType(record.object_type, record.object_type_id)
    known = background.run(read_properties(hub.hubspot, kind.name))
    definitions = pick(known, record.properties, kind.name)
    for definition in definitions:
        _refuse_read_only(definition)
    present = _look(hub, kind.name, _ids(changes), record.properties)
    half = hub.store.pushes.half_undone(record.id)
    rows = [_undo_row(one, present, half_undone=(one.record_id, one.property) in half) for one in changes]
    return Plan(hub.portal, kind, definitions, rows, undoes=record.id, settings=hub.workspace.settings.push)


def _look(hub: Connection, object_type: str, ids: Sequence[str], names: Sequence[str]) -> Present:
    """Read what HubSpot holds of many records, a few batches at a time, with a progress line."""

    async def work(control: Control) -> Present:
        found: Present = {}
        starts = iter(range(0, len(ids), BATCH))

        async def some() -> None:
            for start in starts:
                batch = ids[start : start + BATCH]
                if control.stopping:
                    return
                found.update(await present_values(hub, object_type, batch, names))
                control.progress.done += len(batch)

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(some())
        return found

    progress = Progress(f"Looking what HubSpot holds of {', '.join(names)}", total=len(ids))
    try:
        return background.start(work, progress).wait("Nothing was written. Run the same again.")
    except ExceptionGroup as several:
        problem = several.exceptions[0]
    raise problem


async def present_values(
    hub: Connection, object_type: str, ids: Sequence[str], names: Sequence[str], room: Room | None = None
) -> Present:
    """Return the values that HubSpot holds now of some properties of up to 100 records.

    Raises PushRefused where a property is no longer there, which would otherwise look like unset everywhere.
    """
    records = await read_batch(hub.hubspot, object_type, ids, names, room=room)
    for name in names:
        if any(name not in record.properties for record in records.values()):
            message = (
                f"{object_type} no longer has the property {name!r}: it was deleted in HubSpot meanwhile. "
                "Restore it there (Settings → Properties → Archived properties), or push to another one."
            )
            raise PushRefused(message)
    return {one: {name: record.properties[name] or "" for name in names} for one, record in records.items()}


def _ids(changes: Sequence[Change]) -> list[str]:
    return list(dict.fromkeys(change.record_id for change in changes))


def _stamp(hub: Connection, known: Mapping[str, Property], names: Sequence[str], kind: ObjectType) -> Property | None:
    """Return the property that receives the run's id, None where none is set."""
    name = hub.workspace.settings.push.run_id_property
    if not name:
        return None
    definition = known.get(name)
    if definition is None or definition.type != "string" or not definition.writable:
        message = (
            f"run_id_property in hsai.toml is {name!r}, and {kind.name} has no text property of that name that can be "
            "written. Make one in HubSpot (Settings → Properties), or leave the setting empty."
        )
        raise PushRefused(message)
    if name in names:
        message = f"{name} receives the run's id (run_id_property in hsai.toml), so no answers can go there."
        raise PushRefused(message)
    _refuse_protected(hub, definition)
    return definition


def _rest_row(change: Change, present: Present, definition: Property) -> PlanRow:
    one, name, before, after = change.record_id, change.property, change.before or "", change.after or ""
    if one not in present:
        return PlanRow(one, name, GONE, before, after, "the record was deleted or merged since")
    now = present[one][name]
    if now == before:
        return PlanRow(one, name, WILL_CHANGE, now, after)
    if same(now, after, definition):
        written = "" if change.outcome == "not sent" else "it was written before the push was broken off"
        return PlanRow(one, name, SAME, before, after, written)
    return PlanRow(one, name, CONFLICT, before, after, f"the value was changed in HubSpot since, to {one_line(now)}")


def _undo_row(change: Change, present: Present, *, half_undone: bool) -> PlanRow:
    one, name, before, after = change.record_id, change.property, change.after or "", change.before or ""
    if one not in present:
        return PlanRow(one, name, GONE, before, after, "the record was deleted or merged since")
    now = present[one][name]
    if now == after:
        return PlanRow(one, name, SAME, now, after)
    # An undo may have to clear a value before it can restore the old one: what is blank then, is blank by us.
    if now != before and not (half_undone and not now):
        return PlanRow(one, name, CONFLICT, now, after, "the value was changed since the push")
    return PlanRow(one, name, WILL_CHANGE, now, after)


def _row(result: RowResult, target: Target, definition: Property, present: Present) -> PlanRow:
    one, name = result.record_id, target.name
    decision = target.decisions.get(one)
    pulled = (target.pulled or {}).get(one) or ""
    if decision is None or not _approved(decision):
        return _not_approved(result, target, decision, pulled)
    said = as_hubspot(decision.value)
    value = checked(said, definition)
    if value.value is None:
        return PlanRow(one, name, NOT_ALLOWED, pulled, said, value.reason)
    if not value.value:
        return PlanRow(one, name, BLANK, pulled, "", _BLANK_REASON)
    if one not in present:
        reason = "the record was deleted or merged since the pull"
        return PlanRow(one, name, GONE, pulled, value.value, reason)
    now = present[one][name]
    if same(now, value.value, definition):
        return PlanRow(one, name, SAME, now, value.value)
    known = {pulled, target.ours.get(one, pulled)}
    if target.pulled is not None and one in target.pulled and now not in known:
        return PlanRow(one, name, CONFLICT, now, value.value, "the value was changed in HubSpot since the pull")
    mapped = "" if value.value == said else f"{one_line(said)} is written as {one_line(value.value)}"
    return PlanRow(one, name, WILL_CHANGE, now, value.value, mapped)


def _not_approved(result: RowResult, target: Target, decision: Decision | None, pulled: str) -> PlanRow:
    """Say why a row is left alone that nobody approved: it was not looked at, or there is nothing to approve."""
    one, name, field = result.record_id, target.name, target.field
    pending = decision is None or decision.decision == "pending"
    answer = result.fields.get(field)
    if pending and pulled and answer is not None and as_hubspot(answer) == pulled:
        return PlanRow(one, name, SAME, pulled, pulled)
    if not pending or result.fields.get(field) is not None:
        return PlanRow(one, name, NOT_APPROVED, pulled, "", "pending" if decision is None else decision.decision)
    if result.status in {"refused", "cut_off", "failed", "skipped"}:
        status = result.status.replace("_", " ")
        return PlanRow(one, name, NOT_APPROVED, pulled, "", f"{status}: {result.reason}" if result.reason else status)
    if {"not allowed", f"{field}: not allowed"} & set(result.flags):
        reason = "the answer is not one that the assistant's output allows"
        return PlanRow(one, name, NOT_ALLOWED, pulled, "", reason)
    return PlanRow(one, name, BLANK, pulled, "", _BLANK_REASON)


def _approved(decision: Decision | None) -> bool:
    return decision is not None and decision.decision in {"approved", "edited"}


def _refuse_protected(hub: Connection, definition: Property) -> None:
    if definition.name in hub.workspace.settings.hubspot.protected_properties:
        message = (
            f"{definition.name} is protected in this workspace (protected_properties in hsai.toml), so nothing is "
            "written to it. Push to another property, or take it off that list."
        )
        raise PushRefused(message)
    _refuse_read_only(definition)


def _refuse_read_only(definition: Property) -> None:
    if not definition.writable:
        kind = "calculated by HubSpot" if definition.calculated else "read-only in HubSpot"
        message = (
            f"{definition.name} ({definition.label}) is {kind}, so it cannot be written. Push to another property."
        )
        raise PushRefused(message)
