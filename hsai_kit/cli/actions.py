"""The commands that do something else about approved records: then create-task, create-note, log-email, and so on."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from hsai_kit.cli.console import in_words, say
from hsai_kit.cli.push import PORTAL_ID, YES, connection_of, open_reviewed_run, show_plan, the_meant
from hsai_kit.errors import HsaiError

if TYPE_CHECKING:
    from hsai_kit.steps.actions.action import AddToList, Note, Notify, Task

    Made: TypeAlias = Task | Note | AddToList | Notify
else:
    # typer reads annotations when a command is made, and what an action is takes long to import.
    Made: TypeAlias = Any

__all__ = ["then"]

then = typer.Typer(
    help="Do something about every approved record of a run: a task, a note, a list, a message. Each command shows its "
    "plan and asks first; the same again goes on where it was stopped and does nothing twice; hsai undo takes it back.",
    no_args_is_help=True,
)
_BODY = Annotated[
    str, typer.Argument(help="A text with tokens: {{ answer }}, pulled columns, {{ owner }}, {{ link }}.")
]
_PEOPLE = "an e-mail address, a name, or 'team: Sales'. Repeat it for people who take turns"


def _carry_out(
    action: Made,
    *,
    run: Annotated[str | None, typer.Option(help="The run's id (default: the newest).")] = None,
    field: Annotated[str | None, typer.Option(help="Whose approvals count, where a run has several fields.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only with this value: urgency=high. Repeat it.")] = None,
    name: Annotated[str | None, typer.Option(help="Tells it from another of its kind about the same run.")] = None,
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what would be done, and do nothing.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Keep every row of the plan in this CSV file.")] = None,
    yes: YES = False,
    portal_id: PORTAL_ID = None,
) -> None:
    from dataclasses import replace

    from hsai_kit.steps.actions import carry_out, plan
    from hsai_kit.steps.review import review

    wanted = the_meant(run, "run")
    meant: dict[str, tuple[str, ...]] = {}
    for text in only or []:
        column, equals, value = text.partition("=")
        if not (equals and column.strip()):
            message = f"--only {text} is not clear. Write it as COLUMN=VALUE, such as urgency=high."
            raise HsaiError(message)
        meant[column.strip()] = (*meant.get(column.strip(), ()), value)
    with connection_of(wanted) as hub:
        meant_one = replace(action, only=meant, name=name or action.name)
        ready = plan(hub, review(open_reviewed_run(hub, wanted), field), meant_one)
        if csv is not None:
            say(f"Every row of the plan is in {ready.to_csv(csv)}.")
        if plan_only:
            show_plan(ready)
            return
        say(repr(carry_out(hub, ready, confirm=portal_id or (True if yes else None))))


def _command(make: Callable[..., Made]) -> None:
    """Make a command of what makes an action: its own options first, then those that all of them have."""

    def command(**given: Any) -> None:
        own = {name: given.pop(name) for name in made}
        _carry_out(make(**own), **given)

    made = inspect.signature(make, eval_str=True).parameters
    _, *shared = inspect.signature(_carry_out, eval_str=True).parameters.values()
    everything = [*(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in made.values()), *shared]
    command.__signature__ = inspect.Signature(everything)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in everything}
    command.__doc__ = make.__doc__
    then.command(make.__name__.replace("_", "-"))(in_words(command))


def create_task(
    subject: Annotated[str, typer.Argument(help='Such as "Call {{ firstname }}".')],
    body: _BODY = "{{ answer }}",
    assignee: Annotated[list[str] | None, typer.Option(help=f"Default: the record's owner; else {_PEOPLE}.")] = None,
    otherwise: Annotated[list[str] | None, typer.Option(help=f"For records without an owner: {_PEOPLE}.")] = None,
    due_in: Annotated[int, typer.Option(min=0, help="Business days from today.")] = 2,
    priority: Annotated[str, typer.Option(help="none, low, medium or high.")] = "none",
    type: Annotated[str, typer.Option(help="todo, call or email.")] = "todo",  # noqa: A002 -- HubSpot's own word
) -> Made:
    """Make a task about each approved record, for somebody to check and do."""
    from hsai_kit.steps.actions.action import RECORD_OWNER
    from hsai_kit.steps.actions.action import create_task as task

    settings: dict[str, Any] = {"due_in": due_in, "priority": priority, "type": type, "otherwise": otherwise or None}
    people = assignee[0] if assignee and len(assignee) == 1 else assignee
    return task(subject, body, assignee=people or RECORD_OWNER, **settings)


def create_note(body: _BODY = "{{ answer }}") -> Made:
    """Make a note about each approved record."""
    from hsai_kit.steps.actions.action import create_note as note

    return note(body)


def log_email(subject: Annotated[str, typer.Argument(help="Of the e-mail.")], body: _BODY = "{{ answer }}") -> Made:
    """Keep a drafted e-mail as a note about each approved record, marked as not sent."""
    from hsai_kit.steps.actions.action import log_email as email

    return email(subject, body)


def add_to_list(
    list: Annotated[str, typer.Argument(help="A static list, by name or id.")],  # noqa: A002 -- HubSpot's own word
) -> Made:
    """Add each approved record to a static list."""
    from hsai_kit.steps.actions.action import add_to_list as add

    return add(list)


def notify(
    to: Annotated[str, typer.Argument(help="The name under which hsai notify add has kept an address.")],
    message: _BODY = "{{ answer }}",
    title: Annotated[str, typer.Option(help="Default: the assistant's name.")] = "",
    per: Annotated[str, typer.Option(help="One message per record, per owner, or one digest.")] = "digest",
    most: Annotated[int, typer.Option(min=1, help="More messages than these are refused.")] = 50,
) -> Made:
    """Send a message about the approved records; a message cannot be taken back."""
    from hsai_kit.steps.actions.action import notify as tell

    return tell(to, message, title=title, per=per, most=most)  # type: ignore[arg-type]


for _make in (create_task, create_note, log_email, add_to_list, notify):
    _command(_make)
