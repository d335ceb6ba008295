"""The plan to complete a push that was stopped or killed, made from its journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from hsai_kit.connection import Connection
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.hubspot.properties import Property, pick, read_properties
from hsai_kit.hubspot.value_check import is_same_value
from hsai_kit.runtime.background import Control
from hsai_kit.steps.plans.plan import list_record_ids
from hsai_kit.steps.push.current_values import Present, build_while_reading, read_present
from hsai_kit.steps.push.plan import PushPlan, PushRow, PushVerdict
from hsai_kit.steps.push.protection import refuse_protected
from hsai_kit.store import Change, DecisionRecord, PushOutcome, PushRecord, decision_of
from hsai_kit.tabular.cell_text import format_line


def build_rest_plan(hub: Connection, record: PushRecord, changes: Sequence[Change]) -> PushPlan:
    """Return what is left to do of a push that was broken off: `changes` whose end the journal does not know.

    Raises UnknownProperty where a property is gone, PushRefused where it can no longer be written.
    """
    kind, ids = ObjectType(record.object_type, record.object_type_id), list_record_ids(changes)

    async def build(control: Control) -> PushPlan:
        known = await read_properties(hub.hubspot, kind.name)
        definitions = {one.name: one for one in pick(known, record.properties, kind.name)}
        for definition in definitions.values():
            refuse_protected(hub, definition)
        present = await read_present(hub, kind.name, ids, record.properties, control)
        decisions = {
            name: hub.store.decisions.current(record.run_id, field)
            for name, field in record.sources.items()
            if record.run_id is not None
        }
        rows = [
            _unless_taken_back(_build_rest_row(one, present, definitions[one.property]), decisions.get(one.property))
            for one in changes
        ]
        stamp = hub.workspace.settings.push.run_id_property
        return PushPlan(
            hub,
            kind,
            list(definitions.values()),
            rows,
            run_id=record.run_id,
            resumes=record.id,
            stamp=stamp if stamp in definitions else None,
            sources=record.sources,
        )

    return build_while_reading(build, record.properties, len(ids))


def _unless_taken_back(row: PushRow, decisions: Mapping[str, DecisionRecord] | None) -> PushRow:
    """Leave a value alone that was approved when the push began and is not any more."""
    if row.verdict is not PushVerdict.WILL_CHANGE or decisions is None:
        return row
    decision = decision_of(decisions.get(row.record_id))
    if decision.is_approved:
        return row
    return replace(row, verdict=PushVerdict.NOT_APPROVED, reason=f"{decision} since the push began")


def _build_rest_row(change: Change, present: Present, definition: Property) -> PushRow:
    one, name, before, after = change.record_id, change.property, change.before or "", change.after or ""
    row = partial(PushRow, one, name)
    if one not in present:
        return row(PushVerdict.GONE, before, after, "the record was deleted or merged since")
    now = present[one][name]
    if now == before:
        return row(PushVerdict.WILL_CHANGE, now, after)
    if is_same_value(now, after, definition):
        written = "" if change.outcome is PushOutcome.NOT_SENT else "it was written before the push was broken off"
        return row(PushVerdict.SAME, before, after, written)
    return row(PushVerdict.CONFLICT, before, after, f"the value was changed in HubSpot since, to {format_line(now)}")
