"""A command of `hsai`: what it prints where, its errors in sentences, and the options that every command has."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typer.core import TyperCommand

from hsai_kit.cli.exit_codes import ExitCode, code_of
from hsai_kit.errors import CommandError, HsaiError, WorkStopped
from hsai_kit.screen_text import make_printable

screen = Console()
_errors = Console(stderr=True)
_JSON, _QUIET, _STREAMED = "hsai.json", "hsai.quiet", "hsai.streamed"
STDOUT = Path("-")


@dataclasses.dataclass
class CommandOutput:
    """Where a command's words go; `result` is what --json prints, `stdout` the stream that it was started with."""

    stdout: TextIO
    is_json: bool = False
    is_quiet: bool = False
    result: dict[str, Any] = dataclasses.field(default_factory=dict)


_output: ContextVar[CommandOutput] = ContextVar("output")


def _set_json(ctx: typer.Context, value: bool) -> None:
    ctx.meta[_JSON] = value


def _set_quiet(ctx: typer.Context, value: bool) -> None:
    ctx.meta[_QUIET] = value


def _common(
    as_json: Annotated[
        bool, typer.Option("--json", callback=_set_json, help="Print the result as JSON, and nothing else.")
    ] = False,
    is_quiet: Annotated[
        bool, typer.Option("--quiet", callback=_set_quiet, help="No progress, no advice and no questions.")
    ] = False,
) -> None:
    """Hold the options that are added to every command."""


_template = typer.Typer(add_completion=False)
_template.command()(_common)
_COMMON = typer.main.get_command(_template).params
for _option in _COMMON:
    _option.expose_value = False


class PlainCommand(TyperCommand):
    """A command that ends in a sentence and an exit code where something is wrong."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, then print what --json asks for; an error ends it with its exit code."""
        from hsai_kit.runtime.console import advise_for_terminal, ask_nobody
        from hsai_kit.runtime.progress import quiet

        output = CommandOutput(sys.stdout, is_json=ctx.meta.get(_JSON, False), is_quiet=ctx.meta.get(_QUIET, False))
        token = _output.set(output)
        try:
            with contextlib.ExitStack() as held:
                held.enter_context(advise_for_terminal())
                if output.is_json or ctx.meta.get(_STREAMED):
                    held.enter_context(contextlib.redirect_stdout(sys.stderr))
                if output.is_json and ctx.meta.get(_STREAMED):
                    message = "--json and a file that goes to standard output (-) exclude each other. Leave one out."
                    raise CommandError(message)
                if output.is_quiet:
                    held.enter_context(quiet())
                    held.enter_context(ask_nobody())
                with _print_result(output):
                    return super().invoke(ctx)
        except HsaiError as problem:
            # Reasons that stand line by line stay so; nothing else in a message can begin a line.
            for line in " ".join([str(problem), *getattr(problem, "__notes__", [])]).splitlines():
                print_line(line, _errors, style="red")
            raise typer.Exit(code_of(problem)) from None
        except KeyboardInterrupt as interruption:
            print_line(str(interruption) if isinstance(interruption, WorkStopped) else "Stopped.", _errors)
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        finally:
            _output.reset(token)


class Command(PlainCommand):
    """A command that takes --json and --quiet as well."""

    def __init__(self, *args: Any, params: list[Any] | None = None, **options: Any) -> None:
        super().__init__(*args, params=[*(params or []), *_COMMON], **options)


@contextlib.contextmanager
def _print_result(output: CommandOutput) -> Iterator[None]:
    """Print the result of --json in the end, also of a command that ends with a code of its own."""
    ended: typer.Exit | None = None
    try:
        yield
    except typer.Exit as code:
        ended = code
    if output.is_json:
        # Escaped to ASCII: control characters and marks of direction never reach a terminal raw.
        print(json.dumps(output.result, default=_as_json, indent=2), file=output.stdout)
    if ended is not None:
        raise ended


def _as_json(value: Any) -> Any:
    if hasattr(value, "to_json"):
        return json.loads(value.reset_index().to_json(orient="records", date_format="iso"))
    is_record = dataclasses.is_dataclass(value) and not isinstance(value, type)
    return dataclasses.asdict(value) if is_record else str(value)


def answer(**result: Any) -> None:
    """Keep what --json prints: DataFrames become lists of rows, data classes objects; functions are called for it."""
    if (output := _output.get()).is_json:
        output.result |= {name: value() if callable(value) else value for name, value in result.items()}


def say(text: str, style: str | None = None) -> None:
    """Print a line of the result as it is: not broken, not colored by what it says."""
    if not _output.get().is_json:
        print_line(text, screen, style)


def describe(thing: object) -> str:
    """Return what a run, a review or a receipt says of itself, without its class, which is Python's business."""
    return repr(thing).partition("(")[2].removesuffix(")")


def hint(text: str) -> None:
    """Print a line of advice, which --quiet leaves out."""
    if not _output.get().is_quiet:
        say(text)


def print_line(text: str, console: Console, style: str | None = None) -> None:
    """Print a line to a console, without the powers that a record's text could have over it."""
    console.print(escape_line(text), style=style, soft_wrap=True, highlight=False)


def escape_line(text: str) -> str:
    """Return text without markup, and without control characters that a record or a portal may have put there."""
    return escape(" ".join(make_printable(text).splitlines()))


def show_table(rows: Iterable[Iterable[object]], *columns: str, numbers: Iterable[str] = ()) -> None:
    """Print rows as a table; without names of columns it has no heading."""
    if _output.get().is_json:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_header=bool(columns))
    for name in columns:
        table.add_column(escape_line(name), justify="right" if name in numbers else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(escape_line(str(cell)) if str(cell) else "" for cell in row))
    screen.print(table)


def _check_target(ctx: typer.Context, value: Path | None) -> Path | None:
    """Refuse a file that cannot be written, before anything else is done."""
    if value is None or ctx.resilient_parsing:
        return value
    if value == STDOUT:
        ctx.meta[_STREAMED] = True
        return value
    is_new = not value.exists()
    try:
        value.open("ab").close()
        if is_new:
            value.unlink()
    except OSError as problem:
        message = f"{value} cannot be written: {problem.strerror}. Choose another place, or - for standard output."
        raise typer.BadParameter(message) from None
    return value


def file_option(text: str, *names: str) -> Any:
    """Return an option for a file that a command writes: checked before it works, `-` for standard output."""
    return typer.Option(*names, callback=_check_target, help=f"{text} (- for standard output)")


def save(path: Path | None, write: Callable[[Path], object], what: str) -> None:
    """Write a file and say `what` is in it, or send it to standard output; None writes nothing."""
    if path is None:
        return
    try:
        if path != STDOUT:
            write(path)
            say(f"{what} in {path}.")
            return
        with tempfile.TemporaryDirectory(prefix="hsai-") as folder:
            write(file := Path(folder) / "file")
            _output.get().stdout.write(file.read_text("utf-8-sig"))
    except OSError as problem:
        message = f"{path} cannot be written: {problem.strerror}. Choose another place."
        raise CommandError(message) from None
