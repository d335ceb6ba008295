"""A plan of an action as it is shown: what would be done about each record, before anything is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.defuse import one_line, write_csv
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.steps.push.confirming import Confirmation
from hsai_kit.steps.push.planned import LIVE

__all__ = [
    "CHANGED",
    "DONE",
    "GONE",
    "NOBODY",
    "NOT_ALLOWED",
    "NOT_APPROVED",
    "PERHAPS",
    "WILL",
    "ActionPlan",
    "ActionRow",
    "Target",
]

WILL = "will be done"
DONE = "done already"
PERHAPS = "perhaps done"
NOBODY = "no assignee"
NOT_ALLOWED = "not allowed"
NOT_APPROVED = "not approved"
GONE = "gone"
CHANGED = "changed since"
_COLUMNS = ("verdict", "what", "text", "assignee", "reason")


@dataclass(frozen=True)
class ActionRow:
    """What would be done about one record, and why or why not.

    `what` is the subject, the list or the message's title, `text` what people will read, `mark` the same whenever the
    same is done about the same row; `group` tells which rows go into one message.
    """

    record_id: str
    verdict: str
    what: str = ""
    text: str = ""
    assignee: str = ""
    reason: str = ""
    mark: str = ""
    group: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    made_id: str = ""


@dataclass(frozen=True)
class Target:
    """Where an action goes: `id` is the object type that is made, a list's id or an address's name.

    `said` says in words what is done, such as "Create a task"; `note` what else a person should know before it is.
    """

    id: str
    said: str
    note: str = ""


class ActionPlan:
    """Every row of an action with its verdict; show it with `print(plan)`, read it as `.frame`, keep it by `.to_csv()`.

    Verdicts: will be done, done already, perhaps done (a message whose fate is not known), no assignee, not allowed,
    not approved, gone; of an undo also changed since.
    """

    def __init__(
        self,
        hub: Connection,
        kind: ObjectType,
        rows: Sequence[ActionRow],
        target: Target,
        *,
        kind_of_action: str,
        about: str,
        run_id: str | None = None,
        undoes: str | None = None,
        remarks: Sequence[str] = (),
    ) -> None:
        self.portal = hub.portal
        self.object_type = kind.name
        self.object_type_id = kind.type_id
        self.rows = tuple(rows)
        self.target = target
        self.kind = kind_of_action
        self.about = about
        self.run_id = run_id
        self.undoes = undoes
        self.remarks = tuple(remarks)
        self._settings = hub.workspace.settings.push

    def __repr__(self) -> str:
        return f"ActionPlan({self._title()}: {self._said()})"

    def __str__(self) -> str:
        title = f"Undo of {self.undoes}" if self.undoes else "Plan"
        lines = [f"{title}: {self._title()} in {self.where}", f"  {self._said()}"]
        if self.acting:
            first = self.acting[0]
            link = self.portal.record_link(self.object_type_id, first.record_id)
            lines.append(f"  For example: {one_line(first.what, 100)}, {link}")
            if first.text:
                lines.append(f"    {one_line(first.text, 200)}")
            people = Counter(row.assignee for row in self.acting if row.assignee)
            if people:
                said = ", ".join(f"{one_line(who)} {count:,}" for who, count in people.most_common(8))
                more = f" and {len(people) - 8} others" if len(people) > 8 else ""
                lines.append(f"  For: {said}{more}")
        lines += [f"  {remark}" for remark in (self.target.note, *self.remarks) if remark]
        reasons = Counter(row.reason for row in self.rows if row.reason and row.verdict not in {WILL, NOT_APPROVED})
        lines += [f"  Left alone: {one_line(reason, 140)} ({count:,})" for reason, count in reasons.most_common(5)]
        if self.too_many:
            lines.append(f"  Too many: {self.too_many}")
        return "\n".join(lines)

    @property
    def where(self) -> str:
        """The portal in words."""
        live = "the live portal" if self.portal.account_type == LIVE else "portal"
        return f"{live} {self.portal.id} ({self.portal.account_type})"

    @property
    def too_many(self) -> str:
        """Why this plan is refused for its size, "" where it is not; `max_records` in hsai.toml is the cap."""
        count, most = len(self.acting), self._settings.max_records
        if self.undoes or not most or count <= most:
            return ""
        return (
            f"it is about {count:,} records, and this workspace lets an action be about {most:,} "
            "(max_records in hsai.toml). Approve a part, or raise it there."
        )

    @property
    def confirmation(self) -> Confirmation:
        """What somebody has to say before this plan is carried out, in words and as data."""
        count = len(self.acting)
        said = f"{self.target.said} for {count:,} {self.object_type} in {self.where}"
        if not count:
            return Confirmation("nothing", "Nothing would be done.", self.portal.id)
        if self.portal.account_type == LIVE and count > self._settings.portal_id_above:
            return Confirmation("portal id", f"{said}. Type the portal's id to go on: ", self.portal.id)
        return Confirmation("yes", f"{said}? Type yes: ", self.portal.id)

    @property
    def acting(self) -> tuple[ActionRow, ...]:
        """The rows about which something would be done."""
        return tuple(row for row in self.rows if row.verdict == WILL)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have which verdict."""
        return dict(Counter(row.verdict for row in self.rows).most_common())

    @property
    def frame(self) -> pd.DataFrame:
        """The plan as a DataFrame, index `record_id`.

        Columns: `verdict`, `what` (subject, list or title), `text` (what people will read), `assignee`, `reason`,
        `link`.
        """
        index = pd.Index([row.record_id for row in self.rows], dtype="string", name="record_id")
        columns = {name: [getattr(row, name) for row in self.rows] for name in _COLUMNS}
        columns["link"] = [self.portal.record_link(self.object_type_id, row.record_id) for row in self.rows]
        return pd.DataFrame(columns, index=index, dtype="string")

    def to_csv(self, path: str | Path) -> Path:
        """Write `.frame` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        return write_csv(self.frame, path)

    def _title(self) -> str:
        return f"{self.target.said} for {len(self.rows):,} {self.object_type}"

    def _said(self) -> str:
        return ", ".join(f"{count:,} {verdict}" for verdict, count in self.counts.items()) or "no rows"
