"""What became of a value, for the journal; and what a refusal of a whole batch is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hsai_kit.errors import HsaiError, HubSpotError, InvalidValues, PushRefused
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


def _errors_of(problem: HsaiError) -> list[dict[str, Any]]:
    detail = getattr(problem, "detail", None)
    return [one for one in detail if isinstance(one, dict)] if isinstance(detail, list) else []


def properties_at_fault(problem: HsaiError) -> set[str]:
    """Return the properties that HubSpot names as the reason.

    Where a value makes another property required, which is blank, it names that value's property in brackets.
    """
    found: set[str] = set()
    for error in _errors_of(problem):
        if error.get("code") == "MISSING_CONDITIONAL_REQUIRED_PROPERTY":
            found.update(re.findall(r"\[([a-z0-9_]+)\]", str(error.get("message"))))
        context = error.get("context")
        names = context.get("propertyName") if isinstance(context, dict) else None
        found.update(map(str, names if isinstance(names, list) else [names] if names else []))
    return found


def _of_the_property(problem: HsaiError) -> bool:
    """Tell whether every other record would be refused too."""
    return any(one.get("code") in {"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"} for one in _errors_of(problem))


def about_one_record(problem: HsaiError) -> bool:
    """Tell whether single records of a batch were refused, so that the others can be written without them."""
    # 409: another record holds a value that has to be unique.
    refused = isinstance(problem, InvalidValues) or (isinstance(problem, HubSpotError) and problem.status == 409)
    return refused and not _of_the_property(problem)


def explain_refusal(problem: HsaiError, object_type: str) -> HsaiError:
    """Return what to raise for an error that concerns every record."""
    if not _of_the_property(problem):
        return problem
    message = (
        f"{', '.join(sorted(properties_at_fault(problem)))} of {object_type} was changed in HubSpot since the plan was "
        f"made and can no longer be written. {problem} Look at the property there, then plan anew."
    )
    return PushRefused(message)
