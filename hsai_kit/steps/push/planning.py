"""Making a plan: what is approved, checked against the portal as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hsai_kit import background
from hsai_kit.connection import Connection
from hsai_kit.defuse import one_line
from hsai_kit.errors import PushRefused
from hsai_kit.hubspot.objects import ObjectType, resolve
from hsai_kit.hubspot.properties import Property, pick, read_properties
from hsai_kit.hubspot.records import BATCH, read_batch
from hsai_kit.hubspot.values import as_hubspot, checked, same
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
from hsai_kit.store import Pull as PullRecord

__all__ = ["Proposals", "plan_push", "plan_undo", "present_values"]

_BLANK_REASON = "the answer is blank, and a blank never overwrites"


@dataclass(frozen=True)
class Proposals:
    """What a push is made from: the decisions of a run about one field.

    `pulled` holds the property's values as pulled, None where it was not pulled; `ours` what earlier pushes from this
    workspace wrote to it since.
    """

    run_id: str
    portal_id: int
    pull: PullRecord | None
    pulled: Mapping[str, str | None] | None
    ours: Mapping[str, str]
    object_type: str
    decisions: Mapping[str, Decision]
    results: Sequence[RowResult]
    field: str


def plan_push(hub: Connection, proposals: Proposals, to: str) -> Plan:
    """Return what a push of `proposals` to the property `to` would do, checked against the portal as it is now.

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
    definition = pick(background.run(read_properties(hub.hubspot, kind.name)), [to], kind.name)[0]
    _refuse_protected(hub, definition)
    approved = [one.record_id for one in proposals.results if _approved(proposals.decisions.get(one.record_id))]
    present = background.run(present_values(hub, kind.name, approved, to))
    rows = [_row(one, proposals, definition, present) for one in proposals.results]
    return Plan(hub.portal, kind, definition, rows, run_id=proposals.run_id, compared=proposals.pulled is not None)


def plan_undo(hub: Connection, record: PushRecord, changes: Sequence[Change]) -> Plan:
    """Return what taking back `changes` would do: only values that are still as they were written are restored.

    Raises UnknownProperty where the property is gone, PushRefused where it can no longer be written.
    """
    kind = ObjectType(record.object_type, record.object_type_id)
    definition = pick(background.run(read_properties(hub.hubspot, kind.name)), [record.property], kind.name)[0]
    _refuse_read_only(definition)
    ids = [change.record_id for change in changes]
    present = background.run(present_values(hub, kind.name, ids, definition.name))
    half = hub.store.pushes.half_undone(record.id)
    rows = [_undo_row(one, present.get(one.record_id), half_undone=one.record_id in half) for one in changes]
    return Plan(hub.portal, kind, definition, rows, undoes=record.id)


async def present_values(hub: Connection, object_type: str, ids: Sequence[str], name: str) -> dict[str, str]:
    """Return the value that HubSpot holds now for each record, "" where unset; records that are gone are absent.

    Raises PushRefused where the property is no longer there, which would otherwise look like unset everywhere.
    """
    found: dict[str, str] = {}
    for start in range(0, len(ids), BATCH):
        records = await read_batch(hub.hubspot, object_type, ids[start : start + BATCH], [name])
        if any(name not in record.properties for record in records.values()):
            message = (
                f"{object_type} no longer has the property {name!r}: it was deleted in HubSpot meanwhile. "
                "Restore it there (Settings → Properties → Archived properties), or push to another one."
            )
            raise PushRefused(message)
        found |= {one: record.properties.get(name) or "" for one, record in records.items()}
    return found


def _undo_row(change: Change, now: str | None, *, half_undone: bool) -> PlanRow:
    before, after = change.after or "", change.before or ""
    if now is None:
        return PlanRow(change.record_id, GONE, before, after, "the record was deleted or merged since")
    if now == after:
        return PlanRow(change.record_id, SAME, now, after)
    # An undo may have to clear a value before it can restore the old one: what is blank then, is blank by us.
    if now != before and not (half_undone and not now):
        return PlanRow(change.record_id, CONFLICT, now, after, "the value was changed since the push")
    return PlanRow(change.record_id, WILL_CHANGE, now, after)


def _row(result: RowResult, proposals: Proposals, definition: Property, present: Mapping[str, str]) -> PlanRow:
    one = result.record_id
    decision = proposals.decisions.get(one)
    pulled = (proposals.pulled or {}).get(one) or ""
    if decision is None or not _approved(decision):
        return _not_approved(result, proposals.field, decision, pulled)
    said = as_hubspot(decision.value)
    value = checked(said, definition)
    if value.value is None:
        return PlanRow(one, NOT_ALLOWED, pulled, said, value.reason)
    if not value.value:
        return PlanRow(one, BLANK, pulled, "", _BLANK_REASON)
    now = present.get(one)
    if now is None:
        return PlanRow(one, GONE, pulled, value.value, "the record was deleted or merged since the pull")
    if same(now, value.value, definition):
        return PlanRow(one, SAME, now, value.value)
    known = {pulled, proposals.ours.get(one, pulled)}
    if proposals.pulled is not None and one in proposals.pulled and now not in known:
        return PlanRow(one, CONFLICT, now, value.value, "the value was changed in HubSpot since the pull")
    mapped = "" if value.value == said else f"{one_line(said)} is written as {one_line(value.value)}"
    return PlanRow(one, WILL_CHANGE, now, value.value, mapped)


def _not_approved(result: RowResult, field: str, decision: Decision | None, pulled: str) -> PlanRow:
    """Say why a row is left alone that nobody approved: it was not looked at, or there is nothing to approve."""
    one = result.record_id
    pending = decision is None or decision.decision == "pending"
    answer = result.fields.get(field)
    if pending and pulled and answer is not None and as_hubspot(answer) == pulled:
        return PlanRow(one, SAME, pulled, pulled)
    if not pending or result.fields.get(field) is not None:
        return PlanRow(one, NOT_APPROVED, pulled, "", "pending" if decision is None else decision.decision)
    if result.status in {"refused", "cut_off", "failed", "skipped"}:
        status = result.status.replace("_", " ")
        return PlanRow(one, NOT_APPROVED, pulled, "", f"{status}: {result.reason}" if result.reason else status)
    if {"not allowed", f"{field}: not allowed"} & set(result.flags):
        return PlanRow(one, NOT_ALLOWED, pulled, "", "the answer is not one that the assistant's output allows")
    return PlanRow(one, BLANK, pulled, "", _BLANK_REASON)


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
