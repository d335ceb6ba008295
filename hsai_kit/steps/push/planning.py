"""The plan: the changes that a push would make, row by row, before any is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hsai_kit import background
from hsai_kit.connection import Connection
from hsai_kit.defuse import defused, one_line
from hsai_kit.errors import PushRefused
from hsai_kit.hubspot.objects import resolve
from hsai_kit.hubspot.properties import Property, pick, read_properties
from hsai_kit.hubspot.records import BATCH, read_batch
from hsai_kit.hubspot.values import as_hubspot, checked
from hsai_kit.store import Change, Decision
from hsai_kit.store import Pull as PullRecord

__all__ = ["WILL_CHANGE", "Plan", "PlanRow", "Proposals", "plan_push", "plan_undo", "present_values"]

WILL_CHANGE = "will change"
SAME = "same already"
BLANK = "blank would overwrite"
NOT_APPROVED = "not approved"
NOT_ALLOWED = "not allowed"
CONFLICT = "conflict"
GONE = "gone"


@dataclass(frozen=True)
class PlanRow:
    """What would happen to one record, and why; `before` is the value that HubSpot holds now."""

    record_id: str
    verdict: str
    before: str
    after: str
    reason: str = ""


@dataclass(frozen=True)
class Proposals:
    """What a push is made from: the decisions of a run about one field."""

    run_id: str
    portal_id: int
    pull: PullRecord | None
    pulled: dict[str, str | None] | None
    object_type: str
    decisions: dict[str, Decision]
    blank: frozenset[str]
    record_ids: tuple[str, ...]


class Plan:
    """Every row of a push with its verdict; show it with `print(plan)`, read it as `.frame`, keep it with `.to_csv()`.

    Verdicts: will change, same already, blank would overwrite, not approved, not allowed, conflict, gone.
    """

    def __init__(
        self,
        hub: Connection,
        object_type: str,
        object_type_id: str,
        name: str,
        rows: Sequence[PlanRow],
        *,
        run_id: str | None,
        undoes: str | None = None,
    ) -> None:
        self.portal = hub.portal
        self.object_type = object_type
        self.object_type_id = object_type_id
        self.property = name
        self.rows = tuple(rows)
        self.run_id = run_id
        self.undoes = undoes

    def __repr__(self) -> str:
        return f"Plan({self.property} of {self.object_type}: {self._said()})"

    def __str__(self) -> str:
        what = f"Undo of {self.undoes}" if self.undoes else "Plan"
        portal = f"portal {self.portal.id} ({self.portal.account_type})"
        lines = [f"{what}: {self.property} of {len(self.rows):,} {self.object_type} in {portal}", f"  {self._said()}"]
        changes = Counter((row.before, row.after) for row in self.changing)
        if changes:
            shown = [
                f"{one_line(before)} → {one_line(after)} ({count:,})"
                for (before, after), count in changes.most_common(5)
            ]
            first = self.changing[0]
            link = self.portal.record_link(self.object_type_id, first.record_id)
            lines += [
                f"  Most common: {', '.join(shown)}",
                f"  For example: {one_line(first.before)} → {one_line(first.after)}, {link}",
            ]
        reasons = Counter(
            row.reason for row in self.rows if row.reason and row.verdict in {NOT_ALLOWED, CONFLICT, GONE}
        )
        lines += [f"  Left alone: {reason} ({count:,})" for reason, count in reasons.most_common(5)]
        return "\n".join(lines)

    @property
    def changing(self) -> tuple[PlanRow, ...]:
        """The rows that would be written."""
        return tuple(row for row in self.rows if row.verdict == WILL_CHANGE)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have which verdict."""
        return dict(Counter(row.verdict for row in self.rows).most_common())

    @property
    def frame(self) -> pd.DataFrame:
        """The plan as a DataFrame, index `record_id`: `verdict`, `before`, `after`, `reason`, `link`."""
        index = pd.Index([row.record_id for row in self.rows], dtype="string", name="record_id")
        columns = {name: [getattr(row, name) for row in self.rows] for name in ("verdict", "before", "after", "reason")}
        columns["link"] = [self.portal.record_link(self.object_type_id, row.record_id) for row in self.rows]
        return pd.DataFrame(columns, index=index, dtype="string")

    def to_csv(self, path: str | Path) -> Path:
        """Write `.frame` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        defused(self.frame).to_csv(path, encoding="utf-8-sig")
        return Path(path)

    def _said(self) -> str:
        return ", ".join(f"{count:,} {verdict}" for verdict, count in self.counts.items()) or "no rows"


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
    approved = [one for one in proposals.record_ids if _approved(proposals.decisions.get(one))]
    present = background.run(present_values(hub, kind.name, approved, to))
    rows = [_row(one, proposals, definition, present) for one in proposals.record_ids]
    return Plan(hub, kind.name, kind.type_id, to, rows, run_id=proposals.run_id)


async def present_values(hub: Connection, object_type: str, ids: Sequence[str], name: str) -> dict[str, str]:
    """Return the value that HubSpot holds now for each record, "" where unset; records that are gone are absent."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), BATCH):
        records = await read_batch(hub.hubspot, object_type, ids[start : start + BATCH], [name])
        found |= {one: record.properties.get(name) or "" for one, record in records.items()}
    return found


def plan_undo(
    hub: Connection, push_id: str, object_type: str, object_type_id: str, name: str, changes: Sequence[Change]
) -> Plan:
    """Return what taking back `changes` would do: only values that are still as they were written are restored."""
    present = background.run(present_values(hub, object_type, [change.record_id for change in changes], name))
    rows = [_undo_row(change, present.get(change.record_id)) for change in changes]
    return Plan(hub, object_type, object_type_id, name, rows, run_id=None, undoes=push_id)


def _undo_row(change: Change, now: str | None) -> PlanRow:
    before, after = change.after or "", change.before or ""
    if now is None:
        return PlanRow(change.record_id, GONE, before, after, "the record was deleted or merged since")
    if now == after:
        return PlanRow(change.record_id, SAME, now, after)
    if now != before:
        return PlanRow(change.record_id, CONFLICT, now, after, "the value was changed since the push")
    return PlanRow(change.record_id, WILL_CHANGE, now, after)


def _row(one: str, proposals: Proposals, definition: Property, present: dict[str, str]) -> PlanRow:
    decision = proposals.decisions.get(one)
    pulled = (proposals.pulled or {}).get(one) or ""
    if decision is None or not _approved(decision):
        verdict = BLANK if one in proposals.blank and decision is None else NOT_APPROVED
        reason = "the answer is blank, and a blank never overwrites" if verdict == BLANK else ""
        return PlanRow(one, verdict, pulled, "", reason or (decision.decision if decision else "pending"))
    value = checked(as_hubspot(decision.value), definition)
    if value.value is None:
        return PlanRow(one, NOT_ALLOWED, pulled, as_hubspot(decision.value), value.reason)
    if not value.value:
        return PlanRow(one, BLANK, pulled, "", "the answer is blank, and a blank never overwrites")
    now = present.get(one)
    if now is None:
        return PlanRow(one, GONE, pulled, value.value, "the record was deleted or merged since the pull")
    if now == value.value:
        return PlanRow(one, SAME, now, value.value)
    if proposals.pulled is not None and now != pulled:
        return PlanRow(one, CONFLICT, now, value.value, "the value was changed in HubSpot since the pull")
    return PlanRow(one, WILL_CHANGE, now, value.value)


def _approved(decision: Decision | None) -> bool:
    return decision is not None and decision.decision in {"approved", "edited"}


def _refuse_protected(hub: Connection, definition: Property) -> None:
    if definition.name in hub.workspace.settings.hubspot.protected_properties:
        message = (
            f"{definition.name} is protected in this workspace (protected_properties in hsai.toml), so nothing is "
            "written to it. Push to another property, or take it off that list."
        )
        raise PushRefused(message)
    if not definition.writable:
        kind = "calculated by HubSpot" if definition.calculated else "read-only in HubSpot"
        message = (
            f"{definition.name} ({definition.label}) is {kind}, so it cannot be written. Push to another property."
        )
        raise PushRefused(message)
