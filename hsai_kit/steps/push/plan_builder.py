"""A push's plan: what is approved, checked against the portal as it is now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused, ScopesMissing, UnknownOwner
from hsai_kit.hubspot.dtypes import as_hubspot
from hsai_kit.hubspot.objects import find_object_type
from hsai_kit.hubspot.owners import Owner, find_owner, read_owners
from hsai_kit.hubspot.pipelines import PIPELINE_OF, Pipeline, explain_stage, narrow_to_pipeline, read_pipelines
from hsai_kit.hubspot.properties import Property, pick, read_properties, read_rules
from hsai_kit.hubspot.records import Survivor, read_survivors
from hsai_kit.hubspot.value_check import ValueCheck, check_value, is_same_value
from hsai_kit.run import RowResult
from hsai_kit.runtime.background import Control
from hsai_kit.steps.push.current_values import Present, build_while_reading, read_present
from hsai_kit.steps.push.outcomes import explain_absence
from hsai_kit.steps.push.plan import PushPlan, PushRow, PushVerdict
from hsai_kit.steps.push.protection import protect_from_blank, refuse_protected
from hsai_kit.store import Decision, DecisionRecord, decision_of
from hsai_kit.tabular.cell_text import format_line


@dataclass(frozen=True)
class PropertyTarget:
    """A field of the answers and the property that it goes to, with what was decided about it.

    `pulled` holds the property's values as pulled, None where it was not pulled; `ours` what earlier pushes from this
    workspace wrote to it since.
    """

    field: str
    name: str
    decisions: Mapping[str, DecisionRecord]
    pulled: Mapping[str, str | None] | None
    ours: Mapping[str, str]

    def is_approved(self, record_id: str) -> bool:
        """Tell whether somebody let a value through for this record."""
        return decision_of(self.decisions.get(record_id)).is_approved


@dataclass(frozen=True)
class PushSource:
    """What a push is made from: the rows of a run, and which of its fields go where."""

    run_id: str
    object_type: str
    results: Sequence[RowResult]
    targets: Sequence[PropertyTarget]


@dataclass(frozen=True)
class _PushLookup:
    """What was read for a plan: present values, what merged records are now, owners (None: not needed), pipelines."""

    present: Present
    merged: Mapping[str, Survivor]
    owners: Sequence[Owner] | None
    pipelines: Mapping[str, Pipeline]

    def find_pipeline(self, record_id: str, stage_name: str) -> Pipeline | None:
        """Return the pipeline of a record whose stage is meant, None for another property or where it is in none."""
        held = self.present.get(record_id, {}).get(PIPELINE_OF.get(stage_name, ""), "")
        return self.pipelines.get(held)


def build_push_plan(hub: Connection, source: PushSource) -> PushPlan:
    """Return what a push of `source` would do, checked against the portal as it is now.

    Raises UnknownProperty for a property that does not exist, PushRefused for one that may not be written.
    """
    names, ids = [target.name for target in source.targets], [one.record_id for one in source.results]
    approved = [one for one in ids if any(target.is_approved(one) for target in source.targets)]
    stamp_name = hub.workspace.settings.push.run_id_property
    if stamp_name in names:
        message = f"{stamp_name} receives the run's id (run_id_property in hsai.toml), so no answers can go there."
        raise PushRefused(message)
    wanted = [*names, stamp_name] if stamp_name else names

    async def build(control: Control) -> PushPlan:
        kind = await find_object_type(hub.hubspot, source.object_type)
        known, rules = await asyncio.gather(
            read_properties(hub.hubspot, kind.name), read_rules(hub.hubspot, kind.type_id)
        )
        definitions = [replace(one, rules=rules.get(one.name, ())) for one in pick(known, names, kind.name)]
        stamp = _find_stamp(known, stamp_name, kind.name) if stamp_name else None
        written = [*definitions, stamp] if stamp else definitions
        for definition in written:
            refuse_protected(hub, definition)
        # A stage belongs to a pipeline, so that both are read where a stage is written.
        beside = [PIPELINE_OF[name] for name in names if PIPELINE_OF.get(name) in known]
        read = list(dict.fromkeys([*wanted, *beside]))
        present, owners, pipelines = await asyncio.gather(
            read_present(hub, kind.name, approved, read, control),
            _read_owners(hub, definitions),
            read_pipelines(hub.hubspot, kind.name) if beside else _nothing(),
        )
        gone = [one for one in approved if one not in present]
        found = _PushLookup(present, await read_survivors(hub.hubspot, kind.name, gone, []), owners, pipelines)
        return PushPlan(
            hub,
            kind,
            written,
            _build_rows(source, definitions, stamp_name, found),
            run_id=source.run_id,
            not_compared=[target.name for target in source.targets if target.pulled is None],
            stamp=stamp_name or None,
            sources={target.name: target.field for target in source.targets},
            is_approved=any(made.decision.is_approved for one in source.targets for made in one.decisions.values()),
        )

    return build_while_reading(build, wanted, len(approved))


def _find_stamp(known: Mapping[str, Property], name: str, object_type: str) -> Property:
    """Return the property that receives the run's id."""
    definition = known.get(name)
    if definition is None or definition.type != "string" or not definition.writable:
        message = (
            f"run_id_property in hsai.toml is {name!r}, and {object_type} has no text property of that name that can "
            "be written. Make one in HubSpot (Settings → Properties), or leave the setting empty."
        )
        raise PushRefused(message)
    return definition


async def _nothing() -> dict[str, Pipeline]:
    return {}


async def _read_owners(hub: Connection, definitions: Sequence[Property]) -> list[Owner] | None:
    if not any(definition.holds_owners for definition in definitions):
        return None
    try:
        return await read_owners(hub.hubspot)
    except ScopesMissing:
        return None


def _build_rows(
    source: PushSource, definitions: Sequence[Property], stamp_name: str, found: _PushLookup
) -> list[PushRow]:
    """Return a row for each value, and one for the run's id where a value of the record changes."""
    rows = []
    for one in source.results:
        targets = zip(source.targets, definitions, strict=True)
        values = [_build_row(one, target, definition, found) for target, definition in targets]
        rows += values
        if stamp_name and any(value.verdict is PushVerdict.WILL_CHANGE for value in values):
            now = found.present[one.record_id][stamp_name]
            verdict = PushVerdict.SAME if now == source.run_id else PushVerdict.WILL_CHANGE
            rows.append(PushRow(one.record_id, stamp_name, verdict, now, source.run_id))
    return rows


def _build_row(result: RowResult, target: PropertyTarget, definition: Property, found: _PushLookup) -> PushRow:
    one, row = result.record_id, partial(PushRow, result.record_id, target.name)
    decision = target.decisions.get(one)
    pulled = (target.pulled or {}).get(one) or ""
    if decision is None or not decision.decision.is_approved:
        return _leave_unapproved(result, target, decision, pulled)
    approved = as_hubspot(decision.value)
    value = _check_value(approved, definition, found.owners)
    if pipeline := found.find_pipeline(one, target.name):
        value = check_value(approved, narrow_to_pipeline(definition, pipeline))
        if value.value is None:
            value = ValueCheck(None, explain_stage(approved, pipeline, definition))
    if value.value is None:
        return row(PushVerdict.NOT_ALLOWED, pulled, approved, value.reason)
    if not value.value:
        return protect_from_blank(one, target.name, target.pulled)
    if one not in found.present:
        return row(PushVerdict.GONE, pulled, value.value, explain_absence(found.merged.get(one), "since the pull"))
    now = found.present[one][target.name]
    if is_same_value(now, value.value, definition):
        return row(PushVerdict.SAME, now, value.value)
    known = {pulled, target.ours.get(one, pulled)}
    if target.pulled is not None and one in target.pulled and now not in known:
        return row(PushVerdict.CONFLICT, now, value.value, "the value was changed in HubSpot since the pull")
    mapped = "" if value.value == approved else f"{format_line(approved)} is written as {format_line(value.value)}"
    return row(PushVerdict.WILL_CHANGE, now, value.value, mapped)


def _check_value(value: str, definition: Property, owners: Sequence[Owner] | None) -> ValueCheck:
    """Return a value as HubSpot takes it; an owner may be given by name or e-mail address."""
    if not definition.holds_owners or owners is None or not value.strip():
        return check_value(value, definition)
    try:
        return ValueCheck(find_owner(owners, value).id)
    except UnknownOwner as problem:
        return ValueCheck(None, str(problem))


def _leave_unapproved(result: RowResult, target: PropertyTarget, made: DecisionRecord | None, pulled: str) -> PushRow:
    """Say why a row is left alone that nobody approved: it was not looked at, or there is nothing to approve."""
    row, decision, answer = (
        partial(PushRow, result.record_id, target.name),
        decision_of(made),
        result.fields.get(target.field),
    )
    is_pending = decision is Decision.PENDING
    if is_pending and pulled and answer is not None and as_hubspot(answer) == pulled:
        return row(PushVerdict.SAME, pulled, pulled)
    if not is_pending or answer is not None:
        return row(PushVerdict.NOT_APPROVED, pulled, "", decision)
    if not result.status.has_answer:
        status = result.status.replace("_", " ")
        return row(PushVerdict.NOT_APPROVED, pulled, "", f"{status}: {result.reason}" if result.reason else status)
    if {"not allowed", f"{target.field}: not allowed"} & set(result.flags):
        reason = "the answer is not one that the assistant's output allows"
        return row(PushVerdict.NOT_ALLOWED, pulled, "", reason)
    return protect_from_blank(result.record_id, target.name, target.pulled)
