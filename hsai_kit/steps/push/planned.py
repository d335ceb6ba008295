"""A plan as it is shown: the changes that a push would make, row by row, before any is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hsai_kit.defuse import one_line, write_csv
from hsai_kit.hubspot.account import Portal
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.hubspot.properties import Property
from hsai_kit.hubspot.values import same
from hsai_kit.steps.push.confirming import Confirmation
from hsai_kit.workspace import PushSettings

__all__ = ["BLANK", "CONFLICT", "GONE", "NOT_ALLOWED", "NOT_APPROVED", "SAME", "WILL_CHANGE", "Plan", "PlanRow"]

WILL_CHANGE = "will change"
SAME = "same already"
BLANK = "blank would overwrite"
NOT_APPROVED = "not approved"
NOT_ALLOWED = "not allowed"
CONFLICT = "conflict"
GONE = "gone"
# The accounts that people work in; the others are for trying things out.
LIVE = "STANDARD"
_COLUMNS = ("property", "verdict", "before", "after", "reason")


@dataclass(frozen=True)
class PlanRow:
    """What would happen to one value of a record, and why; `before` is what HubSpot holds now."""

    record_id: str
    property: str
    verdict: str
    before: str
    after: str
    reason: str = ""


class Plan:
    """Every value of a push with its verdict; show it with `print(plan)`, read it as `.frame`, keep it by `.to_csv()`.

    Verdicts: will change, same already, blank would overwrite, not approved, not allowed, conflict, gone.
    """

    def __init__(
        self,
        portal: Portal,
        kind: ObjectType,
        definitions: Sequence[Property],
        rows: Sequence[PlanRow],
        *,
        run_id: str | None = None,
        undoes: str | None = None,
        resumes: str | None = None,
        not_compared: Sequence[str] = (),
        stamp: str | None = None,
        sources: Mapping[str, str] | None = None,
        settings: PushSettings | None = None,
    ) -> None:
        self.portal = portal
        self.object_type = kind.name
        self.object_type_id = kind.type_id
        self.properties = tuple(one.name for one in definitions)
        self.rows = tuple(rows)
        self.run_id = run_id
        self.undoes = undoes
        self._definitions = {one.name: one for one in definitions}
        self.not_compared = not_compared
        self.resumes = resumes
        self.stamp = stamp
        self.sources = dict(sources or {})
        self._settings = settings or PushSettings()

    def __repr__(self) -> str:
        return f"Plan({', '.join(self.properties)} of {self.object_type}: {_said(self.rows)})"

    def __str__(self) -> str:
        what = f"Undo of {self.undoes}" if self.undoes else f"Rest of {self.resumes}" if self.resumes else "Plan"
        portal = self.where
        records = len({row.record_id for row in self.rows})
        lines = [f"{what}: {', '.join(self.properties)} of {records:,} {self.object_type} in {portal}"]
        several = len(self.properties) > 1
        for name in self.properties:
            rows = [row for row in self.rows if row.property == name]
            lines.append(f"  {f'{name}: ' if several else ''}{_said(rows)}")
            lines += self._samples([row for row in rows if row.verdict == WILL_CHANGE])
        if self.not_compared:
            names = ", ".join(self.not_compared)
            were = "were" if len(self.not_compared) > 1 else "was"
            lines.append(f"  Take care: {names} {were} not pulled with these records, so what changed there since")
            lines.append("  cannot be told. Whatever stands there now would be replaced.")
        reasons = Counter(
            row.reason for row in self.rows if row.reason and row.verdict in {NOT_ALLOWED, CONFLICT, GONE}
        )
        lines += [f"  Left alone: {one_line(reason, 100)} ({count:,})" for reason, count in reasons.most_common(5)]
        if self.too_many:
            lines.append(f"  Too many: {self.too_many}")
        return "\n".join(lines)

    @property
    def where(self) -> str:
        """The portal in words."""
        live = "the live portal" if self.portal.account_type == LIVE else "portal"
        return f"{live} {self.portal.id} ({self.portal.account_type})"

    @property
    def records(self) -> int:
        """How many records would be written to."""
        return len({row.record_id for row in self.changing})

    @property
    def too_many(self) -> str:
        """Why this plan is refused for its size, "" where it is not; `max_records` in hsai.toml is the cap."""
        most = self._settings.max_records
        if self.undoes or self.resumes or not most or self.records <= most:
            return ""
        return (
            f"{self.records:,} records would change, and this workspace lets a push change {most:,} "
            "(max_records in hsai.toml). Push a part, or raise it there."
        )

    @property
    def confirmation(self) -> Confirmation:
        """What somebody has to say before this plan is carried out, in words and as data."""
        count, records = len(self.changing), self.records
        values = f"{count:,} values" if count == records else f"{count:,} values of {records:,} {self.object_type}"
        if not count:
            return Confirmation("nothing", "Nothing would change.", self.portal.id)
        if self.portal.account_type == LIVE and records > self._settings.portal_id_above:
            verb, place = ("puts back", "in") if self.undoes else ("writes", "to")
            question = f"This {verb} {values} {place} {self.where}. Type the portal's id to go on: "
            return Confirmation("portal id", question, self.portal.id)
        verb, place = ("Put back", "in") if self.undoes else ("Write", "to")
        return Confirmation("yes", f"{verb} {values} {place} {self.where}? Type yes: ", self.portal.id)

    @property
    def changing(self) -> tuple[PlanRow, ...]:
        """The values that would be written."""
        return tuple(row for row in self.rows if row.verdict == WILL_CHANGE)

    @property
    def counts(self) -> dict[str, int]:
        """How many values have which verdict."""
        return _counts(self.rows)

    @property
    def frame(self) -> pd.DataFrame:
        """The plan as a DataFrame, one row for each value, index `record_id`.

        Columns: `property`, `verdict`, `before` (as HubSpot holds it now), `after`, `reason`, `link`.
        """
        index = pd.Index([row.record_id for row in self.rows], dtype="string", name="record_id")
        columns = {name: [getattr(row, name) for row in self.rows] for name in _COLUMNS}
        columns["link"] = [self.portal.record_link(self.object_type_id, row.record_id) for row in self.rows]
        return pd.DataFrame(columns, index=index, dtype="string")

    def same(self, name: str, one: str, other: str) -> bool:
        """Tell whether two values of the property `name` mean the same to HubSpot."""
        return same(one, other, self._definitions[name])

    def to_csv(self, path: str | Path) -> Path:
        """Write `.frame` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        return write_csv(self.frame, path)

    def _samples(self, rows: Sequence[PlanRow]) -> list[str]:
        changes = Counter((row.before, row.after) for row in rows)
        if not changes:
            return []
        shown = [
            f"{one_line(before)} → {one_line(after)} ({count:,})" for (before, after), count in changes.most_common(5)
        ]
        link = self.portal.record_link(self.object_type_id, rows[0].record_id)
        return [
            f"  Most common: {', '.join(shown)}",
            f"  For example: {one_line(rows[0].before)} → {one_line(rows[0].after)}, {link}",
        ]


def _counts(rows: Sequence[PlanRow]) -> dict[str, int]:
    return dict(Counter(row.verdict for row in rows).most_common())


def _said(rows: Sequence[PlanRow]) -> str:
    return ", ".join(f"{count:,} {verdict}" for verdict, count in _counts(rows).items()) or "no rows"
