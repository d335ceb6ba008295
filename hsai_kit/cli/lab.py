"""The commands that open a room to work in: lab and app."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hsai_kit.cli.console import say

__all__ = ["app", "lab"]

_Folder = Annotated[
    Path | None,
    typer.Argument(help="The workspace (default: the one around here, else hsai-workspace); made if it is not there."),
]
_Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="Work on a made-up portal with a scripted assistant; needs no keys.")
]
_Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")]
_Port = Annotated[int | None, typer.Option(help="The port on 127.0.0.1 (default: a free one).")]


def lab(folder: _Folder = None, sandbox: _Sandbox = False, browser: _Browser = True, port: _Port = None) -> None:
    """Open JupyterLab in a workspace with the notebooks in it, beginning with the tour."""
    _greet("JupyterLab", sandbox=sandbox)
    from hsai_kit.lab.server import room, serve_lab

    serve_lab(room(folder), sandbox=sandbox, browser=browser, port=port)


def app(folder: _Folder = None, sandbox: _Sandbox = False, browser: _Browser = True, port: _Port = None) -> None:
    """Open the panels as one page, without any code in sight; needs one more package, and says which."""
    _greet("the panels", sandbox=sandbox)
    from hsai_kit.lab.server import room, serve_app

    serve_app(room(folder), sandbox=sandbox, browser=browser, port=port)


def _greet(what: str, *, sandbox: bool) -> None:
    # Said before anything heavy is loaded, which takes many seconds on a slow computer.
    say(f"Starting {'the sandbox and ' if sandbox else ''}{what}. This takes a moment; stop it with Ctrl-C.")
