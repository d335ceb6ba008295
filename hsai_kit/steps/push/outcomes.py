"""What became of a value, for the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hsai_kit.hubspot.records import Survivor, UpdateResult
from hsai_kit.steps.push.plan import PushPlan, PushRow
from hsai_kit.store import Change, PushOutcome
from hsai_kit.tabular.cell_text import format_line

# The one property of HubSpot's own that takes a request, answers with success and keeps the old value.
FORWARD_ONLY = "lifecyclestage"


def as_change(row: PushRow, outcome: PushOutcome, reason: str = "") -> Change:
    """Return a line of the journal."""
    return Change(row.record_id, row.property, row.before, row.after, outcome, reason)


def read_outcome(plan: PushPlan, row: PushRow, updated: UpdateResult, merged: Mapping[str, Survivor]) -> Change:
    """Return what became of a value by HubSpot's answer to its update."""
    record = updated.records.get(row.record_id)
    if record is None:
        survivor = merged.get(row.record_id)
        known = updated.reasons.get(row.record_id) if survivor is None else None
        return as_change(row, PushOutcome.MISSING, known or explain_absence(survivor, "while it was written"))
    # HubSpot may keep a value in a form of its own (a date, a phone number), which undo has to know again.
    held = record.properties.get(row.property, row.after) or ""
    if held == row.before and not plan.same(row.property, held, row.after):
        forward = f"; {FORWARD_ONLY} only moves forward" if row.property == FORWARD_ONLY else ""
        return as_change(row, PushOutcome.REFUSED, f"HubSpot took the request and kept the old value{forward}")
    return as_change(replace(row, after=held), PushOutcome.WRITTEN)


def explain_left_alone(
    plan: PushPlan, row: PushRow, now: str | None, merged: Mapping[str, Survivor], *, lost: bool
) -> Change:
    """Return why a value is not written that HubSpot no longer holds as planned; `lost`: it may be ours."""
    if now is None:
        return as_change(row, PushOutcome.MISSING, explain_absence(merged.get(row.record_id), "meanwhile"))
    if plan.same(row.property, now, row.after):
        if lost:
            return as_change(replace(row, after=now), PushOutcome.WRITTEN)
        return as_change(row, PushOutcome.SAME, "somebody wrote the same value meanwhile")
    return as_change(row, PushOutcome.CONFLICT, f"the value was changed in HubSpot meanwhile, to {format_line(now)}")


def explain_absence(survivor: Survivor | None, when: str) -> str:
    """Say what became of a record that is gone; None for one that was deleted, or of which HubSpot does not tell."""
    if survivor is None:
        return f"the record was deleted or merged {when}"
    return f"the record was merged into {survivor.id} {when}"
