"""A plan of an action as it is shown: what would be done about each record, before anything is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from hsai_kit.connection import Connection
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.runtime.console import many
from hsai_kit.runtime.progress import Progress
from hsai_kit.steps.plans.executor import PlanExecutor
from hsai_kit.steps.plans.plan import PlanBase
from hsai_kit.store import Act, ActionOutcome
from hsai_kit.tabular.cell_text import format_line


class ActionVerdict(StrEnum):
    """What a plan says about a row."""

    TO_DO = "will be done"
    DONE = "done already"
    PERHAPS_DONE = "perhaps done"
    NO_ASSIGNEE = "no assignee"
    NOT_ALLOWED = "not allowed"
    NOT_APPROVED = "not approved"
    NOT_MEANT = "not meant"
    GONE = "gone"
    CHANGED = "changed since"


@dataclass(frozen=True)
class ActionRow:
    """What would be done about one record, and why or why not.

    `what` is the subject, the list or the message's title, `text` what people will read, `mark` the same whenever the
    same is done about the same row; `group` tells which rows go into one message.
    """

    record_id: str
    verdict: ActionVerdict
    what: str = ""
    text: str = ""
    assignee: str = ""
    reason: str = ""
    mark: str = ""
    group: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    made_id: str = ""


@dataclass(frozen=True)
class ActionTarget:
    """Where an action goes: `id` is the object type that is made, a list's id or an address's name.

    `title` says in words what is done, such as "Create a task"; `note` what else a person should know before it is.
    `properties` are those that are written of what is made, and read again to tell whether somebody changed it.
    """

    id: str
    title: str
    note: str = ""
    properties: Sequence[str] = ()


ExecutorFactory: TypeAlias = Callable[[Connection, "ActionPlan"], PlanExecutor[ActionRow, Act, ActionOutcome, Any]]
"""What carries out a plan: the executor of its action, or that of the undo."""


class ActionPlan(PlanBase[ActionRow]):
    """Every row of an action with its verdict; show it with `print(plan)`, read it as `.frame`, keep it by `.to_csv()`.

    Verdicts: will be done, done already, perhaps done (a message whose fate is not known), no assignee, not allowed,
    not approved, not meant (by `only`), gone; of an undo also changed since. `.frame` has the columns `verdict`,
    `what` (subject, list or title), `text` (what people will read), `assignee`, `reason`, `link`.
    """

    _columns = ("verdict", "what", "text", "assignee", "reason")
    _to_do = ActionVerdict.TO_DO
    nothing = "Nothing was done"
    idle = "Nothing would be done."

    def __init__(
        self,
        hub: Connection,
        kind: ObjectType,
        rows: Sequence[ActionRow],
        target: ActionTarget,
        *,
        action_kind: str,
        executor: ExecutorFactory,
        about: str,
        run_id: str | None = None,
        once: str = "",
        undoes: str | None = None,
        remarks: Sequence[str] = (),
    ) -> None:
        super().__init__(hub, kind, rows, run_id=run_id, undoes=undoes)
        self.target = target
        self.kind = action_kind
        self.executor = executor
        self.about = about
        self.once = once
        self.remarks = tuple(remarks)

    def __repr__(self) -> str:
        return f"ActionPlan({self._title()}: {self._describe_counts(self.rows, 'no rows')})"

    def __str__(self) -> str:
        title = f"Undo of {self.undoes}" if self.undoes else "Plan"
        lines = [f"{title}: {self._title()} in {self.where}", f"  {self._describe_counts(self.rows, 'no rows')}"]
        if self.to_do:
            first = self.to_do[0]
            lines.append(f"  For example: {format_line(first.what, 100)}, {self._link(first.record_id)}")
            if first.text:
                lines.append(f"    {format_line(first.text, 200)}")
            people = Counter(row.assignee for row in self.to_do if row.assignee)
            if people:
                said = ", ".join(f"{format_line(who)} {count:,}" for who, count in people.most_common(8))
                more = f" and {len(people) - 8} others" if len(people) > 8 else ""
                lines.append(f"  For: {said}{more}")
        lines += [f"  {remark}" for remark in (self.target.note, *self.remarks) if remark]
        left_alone = set(ActionVerdict) - {ActionVerdict.TO_DO, ActionVerdict.NOT_APPROVED}
        return "\n".join([*lines, *self._explain_left_alone(left_alone, 140)])

    @property
    def would(self) -> str:
        """What would be done and where."""
        return f"{self.target.title} for {self.records:,} {self.object_type} in {self.where}"

    @property
    def size(self) -> str:
        """How much would be done, as a sentence without its end."""
        return f"It would be about {many(len(self.to_do), 'record')}"

    @property
    def progress(self) -> Progress:
        """What the progress line says while the plan is carried out, and up to where it counts."""
        return Progress(self.target.title, total=len(self.to_do))

    def _title(self) -> str:
        return f"{self.target.title} for {len(self.rows):,} {self.object_type}"
