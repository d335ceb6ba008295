"""`hsai then …`: a command for each action, made of its settings when it is asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import field, make_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperGroup

from hsai_kit.cli.command import Command, file_option
from hsai_kit.cli.console import PORTAL_ID, YES, connect_to_portal_of, find_run
from hsai_kit.cli.push import carry_out_or_show, open_reviewed_run
from hsai_kit.errors import CommandError

if TYPE_CHECKING:
    from hsai_kit.steps.actions.action import Action, Setting


class ActionGroup(TyperGroup):
    """The actions as commands; what an action is takes long to import, so that only this group does it."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all actions."""
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of an action, None where there is none of that name."""
        self._load()
        return super().get_command(ctx, cmd_name)

    def _load(self) -> None:
        if self.commands:
            return
        from hsai_kit.steps.actions.registry import action_types

        for do, action in action_types().items():
            app = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
            help_text = (action.__doc__ or "").partition("\n\n")[0]
            app.command(do.replace("_", "-"), cls=Command, help=help_text)(_command(action))
            self.add_command(typer.main.get_command(app))


then = typer.Typer(
    cls=ActionGroup,
    help="Do something about every approved record of a run: a task, a note, a list, a message. Each command shows its "
    "plan and asks first; the same again goes on where it was stopped and does nothing twice; hsai undo takes it back.",
    no_args_is_help=True,
)


class CommonOptions:
    """What every action can be told."""

    run: Annotated[str | None, typer.Option(help="The run's id (default: the newest).")] = None
    field: Annotated[str | None, typer.Option(help="Whose approvals count, where a run has several fields.")] = None
    only: Annotated[list[str] | None, typer.Option(help="Only with this value: urgency=high. Repeat it.")] = None
    name: Annotated[str | None, typer.Option(help="Tells it from another of its kind about the same run.")] = None
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what would be done, and do nothing.")] = False
    csv: Annotated[Path | None, file_option("Keep every row of the plan in this CSV file.")] = None
    yes: YES = False
    portal_id: PORTAL_ID = None


def _command(action: type[Action]) -> Callable[..., None]:
    """Return the command of an action: its own settings first, then those that all of them have."""
    settings = action.settings()
    hints = get_type_hints(CommonOptions, include_extras=True)
    shared = [(name, kind, field(default=getattr(CommonOptions, name))) for name, kind in hints.items()]
    options = make_dataclass(f"{action.__name__}Options", [*map(_parameter, settings), *shared])

    @functools.wraps(options, updated=())
    def command(*given: Any, **named: Any) -> None:
        chosen = options(*given, **named)
        values = {one.name: getattr(chosen, one.name) for one in settings}
        made = {name: _single(value) for name, value in values.items() if value is not None}
        _carry_out(action(**made), chosen)

    return command


def _parameter(setting: Setting) -> tuple[str, Any, Any]:
    """Return a setting as typer reads it: its name, its type with help, and its default."""
    info = (typer.Argument if setting.is_positional else typer.Option)(help=setting.help, min=setting.minimum)
    if _is_repeatable(setting.type):
        return setting.name, Annotated[list[str] | None, info], field(default=None)
    kind: Any = setting.type if setting.type is int else str
    is_required = setting.is_positional and setting.default is None
    return setting.name, Annotated[kind, info], field() if is_required else field(default=setting.default)


def _is_repeatable(kind: Any) -> bool:
    return get_origin(kind) is Sequence or any(map(_is_repeatable, get_args(kind)))


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _carry_out(action: Action, options: Any) -> None:
    from hsai_kit.steps.review import review

    wanted = find_run(options.run)
    with connect_to_portal_of(wanted) as hub:
        chosen = replace(action, only=_read_conditions(options.only or []), name=options.name or action.name)
        ready = chosen.plan(hub, review(open_reviewed_run(hub, wanted), options.field), None)
        confirm = options.portal_id or options.yes or None
        carry_out_or_show(hub, ready, csv=options.csv, plan_only=options.plan_only, confirm=confirm)


def _read_conditions(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        column, equals, value = text.partition("=")
        if not (equals and column.strip()):
            message = f"--only {text} is not clear. Write it as COLUMN=VALUE, such as urgency=high."
            raise CommandError(message)
        found[column.strip()] = (*found.get(column.strip(), ()), value)
    return found
