"""The command line: `hsai …`, one module for each group of commands."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hsai_kit.cli.actions import then
from hsai_kit.cli.command import Command, PlainCommand
from hsai_kit.cli.exit_codes import ExitCode
from hsai_kit.cli.forget import forget
from hsai_kit.cli.history import cancel, log, resume, runs
from hsai_kit.cli.keys import connect, disconnect, status
from hsai_kit.cli.notify import notify
from hsai_kit.cli.push import push, undo
from hsai_kit.cli.recipes import evaluate, run
from hsai_kit.cli.records import ask, pull, review
from hsai_kit.cli.start import app as app_command
from hsai_kit.cli.start import demo, init, lab, sandbox
from hsai_kit.cli.streams import protect_streams

__all__ = ["app"]


class _Hsai(TyperGroup):
    """`hsai` itself."""

    def main(self, *args: Any, **options: Any) -> Any:
        protect_streams()
        return super().main(*args, **options)


app = typer.Typer(
    name="hsai",
    cls=_Hsai,
    help="Put a language model to work on HubSpot records: try, see every change first, know the price, take it back.",
    epilog=f"Exit codes: {', '.join(f'{code.value} {code.label}' for code in ExitCode)}.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

# In the order in which `hsai --help` shows them. A module must stay quick to import: what is heavy, its commands load.
_BEGIN = (demo, init, lab, app_command, connect, disconnect, status)
_WORK = (pull, ask, review, runs, resume, cancel, push, undo, log, forget, evaluate, run, sandbox)
for _function in (*_BEGIN, *_WORK):
    app.command(cls=PlainCommand if _function in (demo, lab, app_command, sandbox) else Command)(_function)
app.add_typer(then, name="then")
app.add_typer(notify, name="notify")


def _show_version(asked: bool) -> None:
    if asked:
        from hsai_kit import __version__

        typer.echo(f"hsai_kit {__version__}")
        raise typer.Exit(ExitCode.DONE)


@app.callback()
def _hsai(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version, and end.")
    ] = False,
) -> None:
    """Put a language model to work on HubSpot records."""
