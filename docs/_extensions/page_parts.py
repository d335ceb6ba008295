"""Write into pages what the code says itself: the commands with their options, and the tree of errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer.main

from hsai_kit import errors
from hsai_kit.cli import app as command_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def write_commands() -> str:
    """Return every command of `hsai`, in its order, as Markdown."""
    commands = vars(typer.main.get_command(command_line))["commands"]
    return "\n".join(line for name, command in commands.items() for line in _lines(f"hsai {name}", command))


def _lines(name: str, command: Any) -> Iterator[str]:
    names = command.list_commands(None) if hasattr(command, "list_commands") else ()
    inner = {name: command.get_command(None, name) for name in names}
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    shape = " ".join([name, "COMMAND" if inner else "[OPTIONS]", *(_shape(one) for one in arguments)])
    yield from (f"### `{name}`", "", "```text", shape, "```", "")
    yield from ((command.help or "").strip(), "")
    rows = [_row(one) for one in command.params if not getattr(one, "hidden", False)]
    if rows and not inner:
        yield from ("| argument or option | |", "| --- | --- |", *rows, "")
    for part, one in inner.items():
        yield from _lines(f"{name} {part}", one)


def _shape(argument: Any) -> str:
    name = argument.name.rstrip("_").upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _row(one: Any) -> str:
    if one.param_type_name == "argument":
        named = f"`{one.name.rstrip('_').upper()}`"
    else:
        spelled = ", ".join(f"`{option}`" for option in (*one.opts, *one.secondary_opts))
        named = spelled if one.is_flag else f"{spelled} *value*"
    what = (one.help or "").replace("|", "\\|")
    if one.default not in {None, False, True, ""} and "default" not in what.lower():
        what = f"{what} Default: `{one.default}`."
    return f"| {named} | {what} |"


def write_error_tree() -> str:
    """Return the tree of errors, each with the first sentence of what it is."""
    return "\n".join(["```text", *_draw(errors.HsaiError), *_draw(errors.WorkStopped), "```"])


def _draw(error: type[BaseException], depth: int = 0) -> Iterator[str]:
    what = (error.__doc__ or "").partition("\n")[0]
    yield f"{'    ' * depth + error.__name__:<32}{what}"
    for inner in error.__subclasses__():
        yield from _draw(inner, depth + 1)


PARTS = {
    "command-line": ("<!-- The commands are written here when the page is built. -->", write_commands),
    "reference": ("<!-- The tree of errors is written here when the page is built. -->", write_error_tree),
}


def _fill(app: Sphinx, name: str, source: list[str]) -> None:  # noqa: ARG001 -- Sphinx hands it over
    if name not in PARTS:
        return
    mark, write = PARTS[name]
    if source[0].count(mark) != 1:
        message = f"{name}.md needs this line exactly once: {mark}"
        raise RuntimeError(message)
    source[0] = source[0].replace(mark, write())


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill the pages when they are read."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
