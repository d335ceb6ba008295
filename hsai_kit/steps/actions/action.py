"""What an action is: settings that a person chooses, a plan, a check, the execution and the undo."""

from __future__ import annotations

import copy
import functools
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, ParamSpec, Self, TypeAlias, TypeVar, get_type_hints

import pandas as pd
from pydantic import ConfigDict

from hsai_kit.connection import Connection
from hsai_kit.errors import ActionRefused
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.steps.actions.action_input import ActionInput
from hsai_kit.steps.actions.executor import ActionExecutor, UndoExecutor
from hsai_kit.steps.actions.plan import ActionPlan, ActionRow, ActionTarget
from hsai_kit.steps.plans.reviews import ReviewLike
from hsai_kit.steps.push.plan import PushPlan
from hsai_kit.store import Act, ActionRecord
from hsai_kit.tabular.cell_text import format_line

Checked: TypeAlias = ReviewLike | Sequence[ReviewLike]
Only: TypeAlias = Mapping[str, str | Sequence[str]] | None
P = ParamSpec("P")
A = TypeVar("A", bound="Action")


@dataclass(frozen=True)
class Setting:
    """A setting as the command line and a form offer it; `default` is None where it has to be given."""

    name: str
    type: Any
    default: Any
    help: str
    minimum: int | None
    is_positional: bool
    is_template: bool


def describe(text: str, *, minimum: int | None = None, is_template: bool = False) -> dict[str, Any]:
    """Return the metadata of a field that a person may set: its help, its least value, whether it has {{ tokens }}."""
    return {"help": text, "minimum": minimum, "is_template": is_template}


@dataclass(frozen=True, kw_only=True)
class Action(ABC):
    """Something that is done about each approved record; one module of this folder for each.

    `name` tells two actions of one kind about the same rows apart. `only` leaves out rows whose columns have other
    values. A row gets an action once in a run; `limit_to_once` makes that once in all runs of a recipe.
    """

    do: ClassVar[str]
    """What it is called in recipes and, with dashes, on the command line."""
    kind: ClassVar[str]
    """What it is called in the store."""
    thing: ClassVar[str] = ""
    """What a record gets, such as "a task"; a plan warns of those that another run has made."""
    can_look_up: ClassVar[bool] = True
    """Whether HubSpot tells what became of an attempt whose answer was lost."""
    no_undo_reason: ClassVar[str] = "cannot be taken back"
    executor: ClassVar[type[ActionExecutor[Any]]]
    undo_executor: ClassVar[type[UndoExecutor] | None] = None
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    only: Only = None
    once: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Raise ActionRefused for a setting that cannot be meant."""
        if self.only is not None and not isinstance(self.only, Mapping):
            example = "only={'urgency': ['high']}"
            message = f"only is {self.only!r}; write the column and the values that are meant: {example}."
            raise ActionRefused(message)

    @classmethod
    def settings(cls) -> list[Setting]:
        """Return what a person may set of this action besides `name` and `only`, the positional ones first."""
        hints = get_type_hints(cls)
        return [
            Setting(
                name=one.name,
                type=hints[one.name],
                default=None if one.default is MISSING else one.default,
                is_positional=not one.kw_only,
                **one.metadata,
            )
            for one in sorted(fields(cls), key=lambda one: one.kw_only is True)
            if one.metadata
        ]

    @property
    def texts(self) -> list[str]:
        """Every text of it that may have {{ tokens }}, and the columns of `only` as such."""
        own = [getattr(self, one.name) for one in self.settings() if one.is_template]
        return [*filter(None, own), *(f"{{{{ {column} }}}}" for column in self.only or ())]

    @property
    def has_usual_name(self) -> bool:
        """Whether nobody gave it a name of its own."""
        return any(one.name == "name" and one.default == self.name for one in fields(self))

    def check(self, hub: Connection, kind: ObjectType) -> None:  # noqa: B027 -- many actions need no check
        """Raise what would be wrong with it for any records of this kind, before anything is paid for."""

    @abstractmethod
    def plan(self, hub: Connection, checked: Checked, frame: pd.DataFrame | None) -> ActionPlan | PushPlan:
        """Return what it would do about the approved rows."""

    @classmethod
    def plan_undo(cls, hub: Connection, record: ActionRecord, acts: Sequence[Act]) -> ActionPlan:  # noqa: ARG003 -- for those that can
        """Return what taking back `acts` would do; raises ActionRefused where that cannot be done."""
        message = f"{record.id} {cls.no_undo_reason}."
        raise ActionRefused(message)

    @classmethod
    def build_undo_plan(
        cls, hub: Connection, record: ActionRecord, target: ActionTarget, rows: Sequence[ActionRow]
    ) -> ActionPlan:
        """Return the plan of an undo, whose rows say what there is to take back."""
        return ActionPlan(
            hub,
            ObjectType(record.object_type, record.object_type_id),
            rows,
            target,
            action_kind=cls.kind,
            executor=cls.undo_executor or cls.executor,
            about=f"Undo: {record.about}",
            undoes=record.id,
        )

    def limit_to_once(self, scope: str) -> Self:
        """Return the same action, done once about a record by all that have this `scope`, as the runs of a recipe."""
        limited = copy.copy(self)
        object.__setattr__(limited, "once", scope)
        return limited

    def mark(self, source: ActionInput, record_id: str) -> str:
        """Return what is the same whenever this action is done about this row, and different from all else."""
        scope = self.once or source.run.id
        key = "|".join((str(source.hub.portal.id), scope, self.kind, self.name, record_id))
        return f"hsai-{hashlib.sha256(key.encode()).hexdigest()[:16]}"

    def explain_unmeant(self, source: ActionInput, ids: Sequence[str]) -> dict[str, str]:
        """Return those of some records that `only` leaves out, each with what it has instead."""
        found: dict[str, str] = {}
        for column, wanted in (self.only or {}).items():
            values = wanted if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
            meant = {str(one).strip().casefold() for one in values}
            for one, value in source.render(f"{{{{ {column} }}}}", ids).items():
                if value.strip().casefold() not in meant:
                    found.setdefault(one, f"{column} is {format_line(value) or 'blank'}")
        return found


def as_verb(action: Callable[P, A]) -> Callable[P, A]:
    """Return an action's class as the function that makes one: `create_task(…)` for `CreateTask(…)`."""

    @functools.wraps(action, updated=())
    def make(*args: P.args, **settings: P.kwargs) -> A:
        return action(*args, **settings)

    make.__name__ = make.__qualname__ = action.do  # type: ignore[attr-defined]
    return make
