"""Making a plan: what is approved, checked against the portal as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused, ScopesMissing, UnknownOwner
from hsai_kit.hubspot.objects import ObjectType, find_object_type
from hsai_kit.hubspot.owners import Owner, find_owner, read_owners
from hsai_kit.hubspot.properties import Property, pick, read_properties, read_rules
from hsai_kit.hubspot.records import Survivor, read_survivors
from hsai_kit.hubspot.value_check import ValueCheck, check_value, is_same_value
from hsai_kit.hubspot.values import as_hubspot
from hsai_kit.run import RowResult
from hsai_kit.runtime import background
from hsai_kit.steps.push.current_values import Present, explain_absence, look
from hsai_kit.steps.push.plan import (
    BLANK,
    CONFLICT,
    GONE,
    NOT_ALLOWED,
    NOT_APPROVED,
    SAME,
    WILL_CHANGE,
    PushPlan,
    PushRow,
)
from hsai_kit.steps.push.protection import refuse_protected
from hsai_kit.store import Decision, DecisionRecord, decision_of
from hsai_kit.tabular.cell_text import format_line

__all__ = ["PropertyTarget", "PushSource", "plan_push"]

_BLANK_REASON = "the answer is blank, and a blank never overwrites"


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
    portal_id: int
    object_type: str
    results: Sequence[RowResult]
    targets: Sequence[PropertyTarget]


def plan_push(hub: Connection, proposals: PushSource) -> PushPlan:
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
    kind = background.run(find_object_type(hub.hubspot, proposals.object_type))
    names = [target.name for target in proposals.targets]
    known = background.run(read_properties(hub.hubspot, kind.name))
    rules = background.run(read_rules(hub.hubspot, kind.type_id))
    definitions = [replace(one, rules=rules.get(one.name, ())) for one in pick(known, names, kind.name)]
    for definition in definitions:
        refuse_protected(hub, definition)
    stamp = _stamp(hub, known, names, kind)
    approved = [
        one.record_id
        for one in proposals.results
        if any(target.is_approved(one.record_id) for target in proposals.targets)
    ]
    present = look(hub, kind.name, approved, [*names, stamp.name] if stamp else names)
    gone = [one for one in approved if one not in present]
    merged = background.run(read_survivors(hub.hubspot, kind.name, gone, []))
    found = _PushLookup(present, merged, background.run(_owners(hub, definitions)))
    rows = []
    for one in proposals.results:
        targets = zip(proposals.targets, definitions, strict=True)
        values = [_row(one, target, definition, found) for target, definition in targets]
        rows += values
        if stamp and any(value.verdict == WILL_CHANGE for value in values):
            now = present[one.record_id][stamp.name]
            verdict = SAME if now == proposals.run_id else WILL_CHANGE
            rows.append(PushRow(one.record_id, stamp.name, verdict, now, proposals.run_id))
    return PushPlan(
        hub.portal,
        kind,
        [*definitions, stamp] if stamp else definitions,
        rows,
        run_id=proposals.run_id,
        not_compared=[target.name for target in proposals.targets if target.pulled is None],
        stamp=stamp.name if stamp else None,
        sources={target.name: target.field for target in proposals.targets},
        settings=hub.workspace.settings.push,
        approved=any(one.decision.is_approved for target in proposals.targets for one in target.decisions.values()),
    )


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
    refuse_protected(hub, definition)
    return definition


@dataclass(frozen=True)
class _PushLookup:
    """What was read for a plan: present values, what merged records are now, and the owners (None: not needed)."""

    present: Present
    merged: Mapping[str, Survivor]
    owners: Sequence[Owner] | None


async def _owners(hub: Connection, definitions: Sequence[Property]) -> list[Owner] | None:
    if not any(definition.holds_owners for definition in definitions):
        return None
    try:
        return await read_owners(hub.hubspot)
    except ScopesMissing:
        return None


def _checked(said: str, definition: Property, owners: Sequence[Owner] | None) -> ValueCheck:
    """Return a value as HubSpot takes it; an owner may be told by name or e-mail address."""
    if not definition.holds_owners or owners is None or not said.strip():
        return check_value(said, definition)
    try:
        return ValueCheck(find_owner(owners, said).id)
    except UnknownOwner as problem:
        return ValueCheck(None, str(problem))


def _row(result: RowResult, target: PropertyTarget, definition: Property, found: _PushLookup) -> PushRow:
    one, name = result.record_id, target.name
    decision = target.decisions.get(one)
    pulled = (target.pulled or {}).get(one) or ""
    if decision is None or not decision.decision.is_approved:
        return _not_approved(result, target, decision, pulled)
    said = as_hubspot(decision.value)
    value = _checked(said, definition, found.owners)
    if value.value is None:
        return PushRow(one, name, NOT_ALLOWED, pulled, said, value.reason)
    if not value.value:
        return _blank(one, target)
    if one not in found.present:
        return PushRow(one, name, GONE, pulled, value.value, explain_absence(found.merged.get(one), "since the pull"))
    now = found.present[one][name]
    if is_same_value(now, value.value, definition):
        return PushRow(one, name, SAME, now, value.value)
    known = {pulled, target.ours.get(one, pulled)}
    if target.pulled is not None and one in target.pulled and now not in known:
        return PushRow(one, name, CONFLICT, now, value.value, "the value was changed in HubSpot since the pull")
    mapped = "" if value.value == said else f"{format_line(said)} is written as {format_line(value.value)}"
    return PushRow(one, name, WILL_CHANGE, now, value.value, mapped)


def _not_approved(result: RowResult, target: PropertyTarget, decision: DecisionRecord | None, pulled: str) -> PushRow:
    """Say why a row is left alone that nobody approved: it was not looked at, or there is nothing to approve."""
    one, name, field = result.record_id, target.name, target.field
    state = decision_of(decision)
    pending = state is Decision.PENDING
    answer = result.fields.get(field)
    if pending and pulled and answer is not None and as_hubspot(answer) == pulled:
        return PushRow(one, name, SAME, pulled, pulled)
    if not pending or result.fields.get(field) is not None:
        return PushRow(one, name, NOT_APPROVED, pulled, "", state)
    if not result.status.has_answer:
        status = result.status.replace("_", " ")
        return PushRow(one, name, NOT_APPROVED, pulled, "", f"{status}: {result.reason}" if result.reason else status)
    if {"not allowed", f"{field}: not allowed"} & set(result.flags):
        reason = "the answer is not one that the assistant's output allows"
        return PushRow(one, name, NOT_ALLOWED, pulled, "", reason)
    return _blank(one, target)


def _blank(record_id: str, target: PropertyTarget) -> PushRow:
    """Leave a value alone for a blank answer; where it was pulled blank, nothing would have changed anyhow."""
    pulled = None if target.pulled is None else target.pulled.get(record_id)
    if target.pulled is not None and record_id in target.pulled and not pulled:
        return PushRow(record_id, target.name, SAME, "", "")
    return PushRow(record_id, target.name, BLANK, pulled or "", "", _BLANK_REASON)
