"""The command line: `hsai …`, one module for each group of commands."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from hsai_kit.cli.actions import then
from hsai_kit.cli.console import explain_errors
from hsai_kit.cli.exit_codes import ExitCode
from hsai_kit.cli.history import cancel, log, resume, runs
from hsai_kit.cli.keys import connect, disconnect, status
from hsai_kit.cli.notify import notify
from hsai_kit.cli.push import push, undo
from hsai_kit.cli.recipes import evaluate, run
from hsai_kit.cli.records import ask, pull, review
from hsai_kit.cli.start import app as app_command
from hsai_kit.cli.start import demo, init, lab, sandbox

__all__ = ["app"]

app = typer.Typer(
    name="hsai",
    help="Put a language model to work on HubSpot records: try, see every change first, know the price, take it back.",
    epilog=f"Exit codes: {', '.join(f'{code.value} {code.label}' for code in ExitCode)}.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

# In the order in which `hsai --help` shows them. A module must stay quick to import: what is heavy, its commands load.
_BEGIN = (demo, init, lab, app_command, connect, disconnect, status)
_WORK = (pull, ask, review, runs, resume, cancel, push, undo, log, evaluate, run, sandbox)
for _command in (*_BEGIN, *_WORK):
    app.command()(explain_errors(_command))
app.add_typer(then, name="then")
app.add_typer(notify, name="notify")


def _show_version(asked: bool) -> None:
    if asked:
        from hsai_kit import __version__

        typer.echo(f"hsai_kit {__version__}")
        raise typer.Exit(ExitCode.DONE)


@app.callback()
def _prepare(
    version: Annotated[  # noqa: ARG001 -- its callback shows it
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version, and end.")
    ] = False,
) -> None:
    # A terminal or a pipe whose encoding lacks a letter of somebody's record must not end the work.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
