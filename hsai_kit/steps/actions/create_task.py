"""A task about each approved record, for somebody to check and do: for whom, and due when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import date, datetime, time
from functools import partial
from typing import ClassVar, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import ActionRefused
from hsai_kit.hubspot.dtypes import as_hubspot
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.hubspot.owners import Owner, find_owner, find_team, read_owners
from hsai_kit.hubspot.rich_text import build_html
from hsai_kit.runtime import background
from hsai_kit.runtime.console import advise
from hsai_kit.steps.actions.action import Checked, as_verb, describe
from hsai_kit.steps.actions.action_input import ActionInput, read_action_input
from hsai_kit.steps.actions.engagement import BODY_HELP, Engagement, explain_too_long, signature
from hsai_kit.steps.actions.plan import ActionPlan, ActionRow, ActionVerdict
from hsai_kit.steps.actions.registry import register

RECORD_OWNER = "record owner"
People: TypeAlias = str | Sequence[str]
_PEOPLE = "an e-mail address, a name, or 'team: Sales'. Repeat it for people who take turns"
_TEAM = "team:"
_TYPES = {"todo": "TODO", "to-do": "TODO", "call": "CALL", "email": "EMAIL", "e-mail": "EMAIL"}
_PRIORITIES = {one: one.upper() for one in ("none", "low", "medium", "high")}
# The time of day at which HubSpot itself lets tasks be due.
_HOUR = time(8)


@register
@dataclass(frozen=True)
class CreateTask(Engagement):
    """Make a task about each approved record, for somebody to check and do.

    Nothing is sent to anybody outside. `subject` and `body` are templates: `{{ answer }}`, the fields of the answer,
    the pulled columns, and `{{ link }}`, `{{ owner }}` and `{{ record_id }}`. `assignee` is "record owner", an owner by
    name or e-mail address, "team: Sales" or a list of those, who take turns; `otherwise` is who gets the task of a
    record without an owner, which is left alone without it. `due_in` is in business days from today, at 8:00 of the
    portal's time zone. `only` leaves all records out but those with these values, such as
    `only={"urgency": ["high", "critical"]}`.
    """

    do: ClassVar[str] = "create_task"
    kind: ClassVar[str] = "create_task"
    thing: ClassVar[str] = "a task"
    makes: ClassVar[str] = "tasks"
    properties: ClassVar[tuple[str, ...]] = (
        "hs_task_subject",
        "hs_task_body",
        "hs_task_status",
        "hs_task_priority",
        "hs_task_type",
        "hs_timestamp",
        "hubspot_owner_id",
    )

    subject: str = field(metadata=describe('Such as "Call {{ firstname }}".', is_template=True))
    body: str = field(default="{{ answer }}", metadata=describe(BODY_HELP, is_template=True))
    _: KW_ONLY
    assignee: People = field(default=RECORD_OWNER, metadata=describe(f"Default: the record's owner; else {_PEOPLE}."))
    otherwise: People | None = field(default=None, metadata=describe(f"For records without an owner: {_PEOPLE}."))
    due_in: int = field(default=2, metadata=describe("Business days from today.", minimum=0))
    priority: Literal["none", "low", "medium", "high"] = field(
        default="none", metadata=describe("none, low, medium or high.")
    )
    type: Literal["todo", "call", "email"] = field(default="todo", metadata=describe("todo, call or email."))
    name: str = "task"

    def __post_init__(self) -> None:
        """Raise ActionRefused for a setting that cannot be meant."""
        super().__post_init__()
        if not self.subject.strip():
            message = "A task needs a subject, such as 'Call {{ firstname }}'."
            raise ActionRefused(message)
        if isinstance(self.due_in, bool) or not isinstance(self.due_in, int) or not 0 <= self.due_in <= 1000:
            message = f"due_in is {self.due_in!r}; it is a number of business days from today on, from 0 to 1,000."
            raise ActionRefused(message)
        _refuse_nobody(self.assignee, "assignee")
        if self.otherwise is not None:
            _refuse_nobody(self.otherwise, "otherwise")
        _find(self.priority, _PRIORITIES, "priority")
        _find(self.type, _TYPES, "type")

    def check(self, hub: Connection, kind: ObjectType) -> None:  # noqa: ARG002 -- people are there for any kind
        """Raise UnknownOwner for somebody who is not there."""
        Assigner(background.run(read_owners(hub.hubspot)), self.assignee, self.otherwise)

    def plan(self, hub: Connection, checked: Checked, frame: pd.DataFrame | None) -> ActionPlan:
        """Plan a task about each record, all of them due at the same time."""
        source, zone = read_action_input(hub, checked, frame), hub.portal.time_zone
        day = due_day(self.due_in, datetime.now(_zone(zone)).date())
        how = f"type {self._type.casefold()}, priority {self._priority.casefold()}"
        note = f"Due on {day:%A}, {day}, 8:00 in {zone}; {how}."
        draft = partial(self._draft, source, due_moment(day, zone))
        return self.plan_creation(source, draft, "Create a task", note)

    def _draft(self, source: ActionInput, due: str, ids: Sequence[str]) -> dict[str, ActionRow]:
        done_before = source.hub.store.actions.count_done(source.hub.portal.id, self.kind)
        assigner = Assigner(source.owners, self.assignee, self.otherwise, done_before=done_before)
        subjects, bodies = source.render(self.subject, ids), source.render(self.body, ids)
        rows = {}
        for one in ids:
            mark, subject, text = self.mark(source, one), " ".join(subjects[one].split()), bodies[one]
            body = build_html(text) + signature(source, one, mark)
            refusal = explain_too_long(subject, body) if subject else "the subject is blank"
            owner = None if refusal else assigner.next_for(source.present[one])
            if refusal:
                rows[one] = ActionRow(one, ActionVerdict.NOT_ALLOWED, subject, text, reason=refusal)
            elif owner is None:
                reason = assigner.explain_nobody(source.present[one])
                rows[one] = ActionRow(one, ActionVerdict.NO_ASSIGNEE, subject, text, reason=reason)
            else:
                values = (subject, body, "NOT_STARTED", self._priority, self._type, due, owner.id)
                properties = dict(zip(self.properties, values, strict=True))
                rows[one] = ActionRow(
                    one, ActionVerdict.TO_DO, subject, text, str(owner), mark=mark, properties=properties
                )
        return rows

    @property
    def _priority(self) -> str:
        return _find(self.priority, _PRIORITIES, "priority")

    @property
    def _type(self) -> str:
        return _find(self.type, _TYPES, "type")


create_task = as_verb(CreateTask)


class Assigner:
    """Gives each record's task to somebody; whoever takes turns goes on where the tasks made before ended.

    Raises UnknownOwner for somebody who is not there.
    """

    def __init__(
        self, owners: Sequence[Owner], assignee: People, otherwise: People | None, *, done_before: int = 0
    ) -> None:
        self._by_id = {one.id: one for one in owners}
        self._takes_owner = isinstance(assignee, str) and assignee.strip().casefold() == RECORD_OWNER
        named = otherwise if self._takes_owner else assignee
        self._pool = [] if named is None else list(dict.fromkeys(_read_pool(owners, named)))
        self._turn = done_before

    def next_for(self, owner_id: str) -> Owner | None:
        """Return who gets the task of a record that `owner_id` owns ("" for nobody), or None where nobody does."""
        if self._takes_owner and owner_id in self._by_id:
            return self._by_id[owner_id]
        if not self._pool:
            return None
        self._turn += 1
        return self._pool[(self._turn - 1) % len(self._pool)]

    def explain_nobody(self, owner_id: str) -> str:
        """Say why a record's task would be nobody's."""
        what = "its owner is no longer active" if owner_id else "the record has no owner"
        example = advise("create_task(…, otherwise='team: …')", "--otherwise 'team: …'")
        return f"{what}: say who gets it, such as {example}"


def due_day(days: int, today: date) -> date:
    """Return the day that is `days` business days after `today`, weekends left out.

    >>> due_day(1, date(2026, 11, 20))
    datetime.date(2026, 11, 23)
    """
    # From a weekend one business day on is Monday, and today is Monday as well.
    day: date = np.busday_offset(np.datetime64(today), days, roll="backward" if days else "forward").astype(date)
    return day


def due_moment(day: date, zone: str) -> str:
    """Return 8:00 of a day in the portal's time zone, as HubSpot takes it.

    >>> due_moment(date(2026, 11, 23), "US/Eastern")
    '2026-11-23T13:00:00.000Z'
    """
    return as_hubspot(datetime.combine(day, _HOUR, _zone(zone)))


def _read_pool(owners: Sequence[Owner], named: People) -> Iterable[Owner]:
    for one in [named] if isinstance(named, str) else named:
        if one.strip().casefold().startswith(_TEAM):
            yield from find_team(owners, one.strip()[len(_TEAM) :].strip())
        else:
            yield find_owner(owners, one)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _refuse_nobody(people: People, setting: str) -> None:
    named = [people] if isinstance(people, str) else people
    if not named or not all(isinstance(one, str) and one.strip() for one in named):
        example = "such as 'record owner', an e-mail address or 'team: Sales'"
        message = f"{setting} is {people!r}; name somebody, {example}."
        raise ActionRefused(message)


def _find(given: str, known: Mapping[str, str], setting: str) -> str:
    found = known.get(str(given).strip().casefold())
    if found is None:
        message = f"{setting} is {given!r}; it is one of {', '.join(known)}."
        raise ActionRefused(message)
    return found
