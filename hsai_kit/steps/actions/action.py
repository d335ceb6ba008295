"""What can be done about a record once its answer is approved: each action is a value that says what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

from hsai_kit.errors import PushRefused

__all__ = [
    "RECORD_OWNER",
    "Action",
    "AddToList",
    "Creation",
    "Note",
    "Notify",
    "Per",
    "Task",
    "Update",
    "add_to_list",
    "create_note",
    "create_task",
    "log_email",
    "notify",
    "update",
]

RECORD_OWNER = "record owner"
Per = Literal["record", "owner", "digest"]
Only: TypeAlias = Mapping[str, str | Sequence[str]] | None
_TYPES = {"todo": "TODO", "to-do": "TODO", "call": "CALL", "email": "EMAIL", "e-mail": "EMAIL"}
_PRIORITIES = ("none", "low", "medium", "high")


@dataclass(frozen=True, kw_only=True)
class Action:
    """What every action has: `name` tells two actions of one kind about the same rows apart.

    `only` leaves rows out whose columns have other values. A row gets an action once in a run, or where `once` is told
    once for all that carries the same words there, as all runs of a recipe do.
    """

    kind: ClassVar[str]
    name: str
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    once: str = ""


@dataclass(frozen=True, kw_only=True)
class Task(Action):
    """A task about each record; made by `create_task`."""

    kind: ClassVar[str] = "create_task"
    makes: ClassVar[str] = "tasks"
    subject: str
    body: str
    assignee: str | tuple[str, ...]
    otherwise: str | tuple[str, ...] | None
    due_in: int
    priority: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Note(Action):
    """A note about each record; made by `create_note` and, with a subject, by `log_email`."""

    kind: ClassVar[str] = "create_note"
    makes: ClassVar[str] = "notes"
    body: str
    subject: str | None = None


@dataclass(frozen=True, kw_only=True)
class AddToList(Action):
    """Membership of a static list; made by `add_to_list`."""

    kind: ClassVar[str] = "add_to_list"
    list: str


@dataclass(frozen=True, kw_only=True)
class Notify(Action):
    """Messages to people outside of HubSpot; made by `notify`."""

    kind: ClassVar[str] = "notify"
    to: str
    message: str
    title: str
    per: Per
    most: int


@dataclass(frozen=True, kw_only=True)
class Update(Action):
    """Properties of the record itself; made by `update`."""

    kind: ClassVar[str] = "update"
    to: Mapping[str, str] | str | None


Creation: TypeAlias = Task | Note


def update(to: Mapping[str, str] | str | None = None, *, name: str = "update") -> Update:
    """Write answers to properties of the records: this is a push, with its plan, checks, receipt and undo.

    `to` is the property of the reviewed field, or properties by field; what it does not name goes where the assistant
    says.
    """
    return Update(to=to, name=name)


def create_task(
    subject: str,
    body: str = "{{ answer }}",
    *,
    assignee: str | Sequence[str] = RECORD_OWNER,
    otherwise: str | Sequence[str] | None = None,
    due_in: int = 2,
    priority: Literal["none", "low", "medium", "high"] = "none",
    type: Literal["todo", "call", "email"] = "todo",  # noqa: A002 -- HubSpot's own word
    only: Only = None,
    name: str = "task",
) -> Task:
    """Make a task about each approved record, for somebody to check and do; nothing is sent to anybody outside.

    `subject` and `body` are templates: `{{ answer }}`, the fields of the answer, the pulled columns, and `{{ link }}`,
    `{{ owner }}` and `{{ record_id }}`. `assignee` is "record owner", an owner by name or e-mail address,
    "team: Sales" or a list of those, who take turns; `otherwise` is who gets the task of a record without an owner,
    which is left alone without it. `due_in` is in business days from today, at 8:00 of the portal's time zone.
    `only` leaves all records out but those with these values, such as `only={"urgency": ["high", "critical"]}`.
    """
    if not subject.strip():
        message = "A task needs a subject, such as create_task('Call {{ firstname }}')."
        raise PushRefused(message)
    if isinstance(due_in, bool) or not isinstance(due_in, int) or not 0 <= due_in <= 1000:
        message = f"due_in is {due_in!r}; it is a number of business days from today on, from 0 to 1,000."
        raise PushRefused(message)
    return Task(
        subject=subject,
        body=body,
        assignee=_people(assignee, "assignee"),
        otherwise=None if otherwise is None else _people(otherwise, "otherwise"),
        due_in=due_in,
        priority=_one_of(priority, {one: one.upper() for one in _PRIORITIES}, "priority"),
        type=_one_of(type, _TYPES, "type"),
        only=_only(only),
        name=name,
    )


def create_note(body: str = "{{ answer }}", *, only: Only = None, name: str = "note") -> Note:
    """Make a note about each approved record; `body` and `only` are as in `create_task`."""
    return Note(body=body, only=_only(only), name=name)


def log_email(subject: str, body: str = "{{ answer }}", *, only: Only = None, name: str = "email") -> Note:
    """Keep a drafted e-mail as a note about each approved record, marked as not sent; nothing is sent to anybody.

    Where somebody is to check and send it, give it to them: `create_task(…, body, type="email")`.
    """
    return Note(subject=subject, body=body, only=_only(only), name=name)


def add_to_list(list: str | int, *, only: Only = None, name: str = "list") -> AddToList:  # noqa: A002 -- HubSpot's own word
    """Add each approved record to a static list, by its name or id; `undo` removes only those that were added here.

    `only` is as in `create_task`.
    """
    return AddToList(list=str(list), only=_only(only), name=name)


def notify(
    to: str,
    message: str = "{{ answer }}",
    *,
    title: str = "",
    per: Per = "digest",
    most: int = 50,
    only: Only = None,
    name: str = "message",
) -> Notify:
    """Send a message about the approved records through the address that `hsai notify add NAME` has kept.

    `message` and `only` are as in `create_task`, rendered for each record; the record's link is put behind it. `per` is
    "record" (a message each), "owner" (one for each owner, with their records) or "digest" (one in all). More than
    `most` messages are refused before any is sent. A message cannot be taken back.
    """
    if per not in {"record", "owner", "digest"}:
        problem = f"per is {per!r}; it is 'record', 'owner' or 'digest'."
        raise PushRefused(problem)
    return Notify(to=to, message=message, title=title, per=per, most=most, only=_only(only), name=name)


def _only(given: Only) -> Mapping[str, tuple[str, ...]]:
    if given is not None and not isinstance(given, Mapping):
        message = f"only is {given!r}; write the column and the values that are meant: only={{'urgency': ['high']}}."
        raise PushRefused(message)
    several = (list, tuple, set, frozenset)
    return {
        str(column): tuple(map(str, one)) if isinstance(one, several) else (str(one),)
        for column, one in (given or {}).items()
    }


def _people(given: str | Sequence[str], called: str) -> str | tuple[str, ...]:
    people = given if isinstance(given, str) else tuple(given)
    named = [people] if isinstance(people, str) else people
    if not named or not all(isinstance(one, str) and one.strip() for one in named):
        message = f"{called} is {given!r}; name somebody, such as 'record owner', an e-mail address or 'team: Sales'."
        raise PushRefused(message)
    return people


def _one_of(given: str, known: dict[str, str], called: str) -> str:
    found = known.get(str(given).strip().casefold())
    if found is None:
        message = f"{called} is {given!r}; it is one of {', '.join(known)}."
        raise PushRefused(message)
    return found
