"""A plan as an analyst reads it: numbers, what is left alone and why, and every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

import ipywidgets

from hsai_kit.runtime.console import many
from hsai_kit.steps.actions import ActionPlan
from hsai_kit.steps.push import PushPlan
from hsai_kit.widgets.blocks import Block, facts, table, text
from hsai_kit.widgets.rows import RowsView
from hsai_kit.widgets.view import MessageView

__all__ = ["AnyPlan", "PlanView", "acting", "verb"]

AnyPlan: TypeAlias = PushPlan | ActionPlan

_MOST_REASONS = 12
_VERDICT, _WHY = "Verdict", "Why"
_NAMES = {
    "property": "Property",
    "before": "Now",
    "after": "After",
    "what": "What",
    "text": "Text",
    "assignee": "For",
    "verdict": _VERDICT,
    "reason": _WHY,
}


class PlanView(ipywidgets.VBox):
    """Shows the plan of a push, an action or an undo; `remarks` are what else is to be said about it."""

    def __init__(self) -> None:
        super().__init__()
        self.add_class("hsai-stack")
        self.numbers = MessageView()
        self.rows = RowsView()
        self.children = (self.numbers, self.rows)

    def show(self, made: AnyPlan, remarks: Sequence[str] = ()) -> None:
        """Show a plan in place of the one before."""
        told = [facts([*_where(made), *made.counts.items()])]
        told += [text(said, "warn") for said in _warnings(made)]
        told += [text(said, "muted") for said in (*_notes(made), *remarks) if said]
        self.numbers.show(*told, *_left_alone(made))
        frame = made.frame.rename(columns=_NAMES).rename_axis("Record")
        order = [name for name in _NAMES.values() if name in frame and _says_something(made, name)]
        compare = ("Now", "After") if "Now" in frame else None
        left_alone = frame[_VERDICT] != _doing(made)
        if compare is not None:
            # A row for which nothing was approved keeps its value; shown beside a blank it would look taken away.
            frame["After"] = frame["After"].mask(left_alone & (frame["After"] == ""), frame["Now"])
        # What would be done comes first, then what is left alone.
        frame = frame.iloc[left_alone.argsort(kind="stable")]
        self.rows.show(frame[[*order, "link"]], "Rows of the plan", compare=compare, filters=(_VERDICT, _WHY))

    def clear(self) -> None:
        """Show nothing."""
        self.numbers.clear()
        self.rows.clear()


def acting(made: AnyPlan) -> int:
    """Return how many values would be written, or about how many records something would be done."""
    return len(made.changes if isinstance(made, PushPlan) else made.to_do)


def verb(made: AnyPlan) -> str:
    """Return what the button says that carries a plan out."""
    count = acting(made)
    if isinstance(made, ActionPlan):
        return f"{made.target.title} for {many(count, 'record')}"
    return f"{'Put back' if made.undoes else 'Write'} {many(count, 'value')}"


def _doing(made: AnyPlan) -> str:
    """Return the verdict of the rows about which something would be done, "" where there are none."""
    rows = made.changes if isinstance(made, PushPlan) else made.to_do
    return rows[0].verdict if rows else ""


def _where(made: AnyPlan) -> list[tuple[str, object]]:
    portal = f"{made.portal.name or 'portal'} {made.portal.id} ({made.portal.account_type})"
    if isinstance(made, ActionPlan):
        return [("To do", made.target.title), ("In", portal)]
    return [("Undo of" if made.undoes else "Write to", ", ".join(made.properties)), ("In", portal)]


def _warnings(made: AnyPlan) -> list[str]:
    said = list(made.remarks) if isinstance(made, ActionPlan) else []
    if isinstance(made, PushPlan) and made.not_compared:
        names = ", ".join(made.not_compared)
        said.append(f"Take care: {names} was not pulled with these records, so nobody can tell what changed since.")
    return [*said, made.too_many] if made.too_many else said


def _notes(made: AnyPlan) -> list[str]:
    if isinstance(made, PushPlan):
        return []
    people = Counter(row.assignee for row in made.to_do if row.assignee)
    listed = ", ".join(f"{who} {count:,}" for who, count in people.most_common(8))
    more = f" and {len(people) - 8:,} others" if len(people) > 8 else ""
    return [made.target.note, f"For: {listed}{more}." if people else ""]


def _left_alone(made: AnyPlan) -> list[Block]:
    doing = _doing(made)
    left = Counter((one.verdict, one.reason) for one in made.rows if one.verdict != doing)
    if not left:
        return []
    rows = [(verdict, reason, count) for (verdict, reason), count in left.most_common(_MOST_REASONS)]
    more = f"and {len(left) - _MOST_REASONS:,} other reasons, below" if len(left) > _MOST_REASONS else ""
    return [table(("verdict", "why", "rows"), rows, title="Left alone", more=more, numbers=["rows"])]


def _says_something(made: AnyPlan, name: str) -> bool:
    if name == "Property":
        return isinstance(made, PushPlan) and len(made.properties) > 1
    if isinstance(made, ActionPlan) and name in {"For", "Text"}:
        return any(row.assignee if name == "For" else row.text for row in made.rows)
    return True
