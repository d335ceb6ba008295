"""A plan as it is shown: the changes that a push would make, row by row, before any is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hsai_kit.defuse import one_line, write_csv
from hsai_kit.hubspot.account import Portal
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.hubspot.properties import Property
from hsai_kit.hubspot.values import same

__all__ = ["BLANK", "CONFLICT", "GONE", "NOT_ALLOWED", "NOT_APPROVED", "SAME", "WILL_CHANGE", "Plan", "PlanRow"]

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


class Plan:
    """Every row of a push with its verdict; show it with `print(plan)`, read it as `.frame`, keep it with `.to_csv()`.

    Verdicts: will change, same already, blank would overwrite, not approved, not allowed, conflict, gone.
    """

    def __init__(
        self,
        portal: Portal,
        kind: ObjectType,
        definition: Property,
        rows: Sequence[PlanRow],
        *,
        run_id: str | None = None,
        undoes: str | None = None,
        compared: bool = True,
    ) -> None:
        self.portal = portal
        self.object_type = kind.name
        self.object_type_id = kind.type_id
        self.property = definition.name
        self.rows = tuple(rows)
        self.run_id = run_id
        self.undoes = undoes
        self._definition = definition
        self._compared = compared

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
        if not self._compared:
            lines.append(f"  Take care: {self.property} was not pulled with these records, so what changed there since")
            lines.append("  cannot be told. Whatever stands there now would be replaced.")
        reasons = Counter(
            row.reason for row in self.rows if row.reason and row.verdict in {NOT_ALLOWED, CONFLICT, GONE}
        )
        lines += [f"  Left alone: {one_line(reason, 100)} ({count:,})" for reason, count in reasons.most_common(5)]
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

    def same(self, one: str, other: str) -> bool:
        """Tell whether two values of the property mean the same to HubSpot."""
        return same(one, other, self._definition)

    def to_csv(self, path: str | Path) -> Path:
        """Write `.frame` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        return write_csv(self.frame, path)

    def _said(self) -> str:
        return ", ".join(f"{count:,} {verdict}" for verdict, count in self.counts.items()) or "no rows"
