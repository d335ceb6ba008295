"""A plan as it is shown: the changes that a push would make, row by row, before any is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hsai_kit.connection import Connection
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.hubspot.properties import Property
from hsai_kit.hubspot.value_check import is_same_value
from hsai_kit.runtime.console import many
from hsai_kit.runtime.progress import Progress
from hsai_kit.steps.plans.plan import PlanBase
from hsai_kit.tabular.cell_text import format_exact


class PushVerdict(StrEnum):
    """What a push would do about a value, or why it leaves it alone."""

    WILL_CHANGE = "will change"
    SAME = "same already"
    BLANK = "blank would overwrite"
    NOT_APPROVED = "not approved"
    NOT_ALLOWED = "not allowed"
    CONFLICT = "conflict"
    GONE = "gone"

    @property
    def is_trouble(self) -> bool:
        """Whether somebody wanted the value written, and it cannot be."""
        return self in {PushVerdict.NOT_ALLOWED, PushVerdict.CONFLICT, PushVerdict.GONE}


@dataclass(frozen=True)
class PushRow:
    """What would happen to one value of a record, and why; `before` is what HubSpot holds now."""

    record_id: str
    property: str
    verdict: PushVerdict
    before: str
    after: str
    reason: str = ""


class PushPlan(PlanBase[PushRow]):
    """Every value of a push with its verdict; show it with `print(plan)`, read it as `.frame`, keep it by `.to_csv()`.

    Verdicts: will change, same already, blank would overwrite, not approved, not allowed, conflict, gone. `.frame` has
    one row for each value: `property`, `verdict`, `before` (as HubSpot holds it now), `after`, `reason`, `link`.
    """

    _columns = ("property", "verdict", "before", "after", "reason")
    _to_do = PushVerdict.WILL_CHANGE
    nothing = "Nothing was written"
    idle = "Nothing would change."

    def __init__(
        self,
        hub: Connection,
        kind: ObjectType,
        definitions: Sequence[Property],
        rows: Sequence[PushRow],
        *,
        run_id: str | None = None,
        undoes: str | None = None,
        resumes: str | None = None,
        not_compared: Sequence[str] = (),
        stamp: str | None = None,
        sources: Mapping[str, str] | None = None,
        is_approved: bool = True,
    ) -> None:
        super().__init__(hub, kind, rows, run_id=run_id, undoes=undoes)
        self.properties = tuple(one.name for one in definitions)
        self._definitions = {one.name: one for one in definitions}
        self.not_compared = not_compared
        # What is left of a push, or taken back, was approved when it began.
        self._is_approved = is_approved
        self.resumes = resumes
        self.stamp = stamp
        self.sources = dict(sources or {})

    def __repr__(self) -> str:
        return (
            f"Plan({', '.join(self.properties)} of {self.object_type}: {self._describe_counts(self.rows, 'no rows')})"
        )

    def __str__(self) -> str:
        what = f"Undo of {self.undoes}" if self.undoes else f"Rest of {self.resumes}" if self.resumes else "Plan"
        records = len({row.record_id for row in self.rows})
        lines = [f"{what}: {', '.join(self.properties)} of {records:,} {self.object_type} in {self.where}"]
        several = len(self.properties) > 1
        for name in self.properties:
            rows = [row for row in self.rows if row.property == name]
            lines.append(f"  {f'{name}: ' if several else ''}{self._describe_counts(rows, 'no rows')}")
            lines += self._samples([row for row in rows if row.verdict is PushVerdict.WILL_CHANGE])
        if self.not_compared:
            names = ", ".join(self.not_compared)
            were = "were" if len(self.not_compared) > 1 else "was"
            lines.append(f"  Take care: {names} {were} not pulled with these records, so what changed there since")
            lines.append("  cannot be told. Whatever stands there now would be replaced.")
        return "\n".join([*lines, *self._explain_left_alone({one for one in PushVerdict if one.is_trouble}, 100)])

    @property
    def is_undecided(self) -> bool:
        """Whether there is something to approve and nobody approved any of it."""
        return not self._is_approved and PushVerdict.NOT_APPROVED in self.counts

    @property
    def would(self) -> str:
        """What would be done and where."""
        count, records = len(self.changes), self.records
        values = many(count, "value") + ("" if count == records else f" of {records:,} {self.object_type}")
        return f"Put back {values} in {self.where}" if self.undoes else f"Write {values} to {self.where}"

    @property
    def size(self) -> str:
        """How much would be done, as a sentence without its end."""
        return f"{many(len(self.changes), 'value')} would change"

    @property
    def progress(self) -> Progress:
        """What the progress line says while the plan is carried out, and up to where it counts."""
        verb = "Undoing" if self.undoes else "Pushing"
        return Progress(f"{verb} {', '.join(self.properties)}", total=len(self.rows if self.resumes else self.changes))

    @property
    def changes(self) -> tuple[PushRow, ...]:
        """The values that would be written."""
        return self.to_do

    def same(self, name: str, one: str, other: str) -> bool:
        """Tell whether two values of the property `name` mean the same to HubSpot."""
        return is_same_value(one, other, self._definitions[name])

    def _samples(self, rows: Sequence[PushRow]) -> list[str]:
        changes = Counter((row.before, row.after) for row in rows)
        if not changes:
            return []
        shown = [
            f"{format_exact(before)} → {format_exact(after)} ({count:,})"
            for (before, after), count in changes.most_common(5)
        ]
        first = f"{format_exact(rows[0].before)} → {format_exact(rows[0].after)}, {self._link(rows[0].record_id)}"
        return [f"  Most common: {', '.join(shown)}", f"  For example: {first}"]
