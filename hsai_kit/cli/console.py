"""What commands stand on: the workspace of this folder, its store and runs, and the connection to work with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from hsai_kit.cli.exit_codes import ExitCode
from hsai_kit.errors import CommandError, HsaiError, NothingToDo

if TYPE_CHECKING:
    from hsai_kit.connection import Connection
    from hsai_kit.store import Store
    from hsai_kit.workspace import Workspace


def end_with(code: ExitCode) -> None:
    """End the command with a code; DONE goes on to its end."""
    if code is not ExitCode.DONE:
        raise typer.Exit(code)


def find_workspace() -> Workspace:
    """Return the workspace of this folder; raises CommandError where there is none."""
    from hsai_kit.workspace import Workspace

    here = Workspace.find()
    if here is None:
        message = "There is no workspace in this folder or above it. Go to one, or make one with: hsai init"
        raise CommandError(message)
    return here


@contextlib.contextmanager
def open_store() -> Iterator[Store]:
    """Open the store of this folder's workspace for as long as the context lasts."""
    from hsai_kit.store import Store

    with contextlib.closing(Store(find_workspace().store)) as store:
        yield store


def find_run(given: str | None) -> str:
    """Return the id of the run that was given, or of the newest; raises NothingToDo where there is none."""
    none = "There are no runs here yet. Make one with: hsai ask"
    return find_newest(given, lambda store: store.runs.latest(), none)


def find_newest(given: str | None, newest: Callable[[Store], str | None], none: str) -> str:
    """Return the id that was given, or that of the newest; raises NothingToDo with `none` where there is none."""
    with open_store() as store:
        found = given or newest(store)
    if found is None:
        raise NothingToDo(none)
    return found


def connect_here(portal: int | None) -> Connection:
    """Connect in this folder's workspace."""
    from hsai_kit.steps.connect import connect

    return connect(portal_id=portal, workspace=find_workspace().folder)


def connect_to_portal_of(wanted: str) -> Connection:
    """Connect with the keys of the portal that a run or receipt belongs to."""
    with open_store() as store:
        record = store.pushes.get(wanted) or store.actions.get(wanted) or store.runs.get(wanted)
    if record is None:
        folder = find_workspace().folder
        message = f"There is no run {wanted!r} in {folder}, and no receipt. See what there is with: hsai runs"
        raise CommandError(message)
    return connect_here(record.portal_id)


def _names(list_names: Callable[[], list[str]]) -> Callable[[str], list[str]]:
    """Return what a shell completes a word from: names of this folder's workspace."""

    def complete(incomplete: str) -> list[str]:
        with contextlib.suppress(HsaiError):
            return [name for name in list_names() if name.startswith(incomplete)]
        return []

    return complete


def _list_assistants() -> list[str]:
    from hsai_kit.assistant.assistant import list_assistants

    return list_assistants(find_workspace())


def _list_recipes() -> list[str]:
    return sorted(path.stem for path in find_workspace().recipes.glob("*.toml"))


def _list_runs() -> list[str]:
    with open_store() as store:
        return [one.id for one in store.runs.summaries()]


complete_assistants, complete_recipes, complete_runs = map(_names, (_list_assistants, _list_recipes, _list_runs))

RUN = Annotated[str | None, typer.Argument(help="The run's id (default: the newest).", autocompletion=complete_runs)]
PORTAL = Annotated[int | None, typer.Option(help="The portal's id (default: the last used).")]
BUDGET = Annotated[float | None, typer.Option(min=0, help="Another cap on what this may cost in all, in USD.")]
YES = Annotated[bool, typer.Option("--yes", help="Do not ask; many records in a live account still need --portal-id.")]
PORTAL_ID = Annotated[int | None, typer.Option(help="The portal's id, in place of typing it where that is asked for.")]
