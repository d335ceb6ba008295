"""What became of a value, for the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hsai_kit.hubspot.merges import Survivor
from hsai_kit.hubspot.records import Updated
from hsai_kit.steps.push.current_values import gone_reason
from hsai_kit.steps.push.plan import Plan, PlanRow
from hsai_kit.store import Change
from hsai_kit.tabular.spreadsheet_safe import one_line

__all__ = ["FORWARD_ONLY", "answered", "left_alone", "noted"]

# The one property of HubSpot's own that takes a request, answers with success and keeps the old value.
FORWARD_ONLY = "lifecyclestage"


def noted(row: PlanRow, outcome: str, reason: str = "") -> Change:
    """Return a line of the journal."""
    return Change(row.record_id, row.property, row.before, row.after, outcome, reason)


def answered(plan: Plan, row: PlanRow, updated: Updated, merged: Mapping[str, Survivor]) -> Change:
    """Return what became of a value by HubSpot's answer to its update."""
    record = updated.records.get(row.record_id)
    if record is None:
        survivor = merged.get(row.record_id)
        known = updated.reasons.get(row.record_id) if survivor is None else None
        return noted(row, "missing", known or gone_reason(survivor, "while it was written"))
    # HubSpot may keep a value in a form of its own (a date, a phone number), which undo has to know again.
    held = record.properties.get(row.property, row.after) or ""
    if held == row.before and not plan.same(row.property, held, row.after):
        forward = f"; {FORWARD_ONLY} only moves forward" if row.property == FORWARD_ONLY else ""
        return noted(row, "refused", f"HubSpot took the request and kept the old value{forward}")
    return noted(replace(row, after=held), "written")


def left_alone(plan: Plan, row: PlanRow, now: str | None, merged: Mapping[str, Survivor], *, lost: bool) -> Change:
    """Return why a value is not written that HubSpot no longer holds as planned; `lost`: it may be ours."""
    if now is None:
        return noted(row, "missing", gone_reason(merged.get(row.record_id), "meanwhile"))
    if plan.same(row.property, now, row.after):
        if lost:
            return noted(replace(row, after=now), "written")
        return noted(row, "same already", "somebody wrote the same value meanwhile")
    return noted(row, "conflict", f"the value was changed in HubSpot meanwhile, to {one_line(now)}")
