"""The commands to begin with: demo, init, lab, app, sandbox."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated

import typer

from hsai_kit.cli.command import answer, hint, say, screen
from hsai_kit.cli.exit_codes import ExitCode
from hsai_kit.errors import CommandError, SandboxFailed

_FOLDER = Annotated[
    Path | None,
    typer.Argument(help="The workspace (default: the one around here, else hsai-workspace); made if it is not there."),
]
_SANDBOX = Annotated[
    bool, typer.Option("--sandbox", help="Work on a made-up portal with a scripted assistant; needs no keys.")
]
_BROWSER = Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")]
_PORT = Annotated[int | None, typer.Option(help="The port on 127.0.0.1 (default: a free one).")]


def demo(
    csv: Annotated[
        Path | None, typer.Option(help="A HubSpot export (CSV or Excel) of contacts to use instead of made-up ones.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="See it cope with a fault: hubspot:503_html:count=2. Can be repeated."),
    ] = None,
) -> None:
    """Show the whole job on a sandbox: pull, ask, review, push, undo. Needs no keys and touches no account."""
    from hsai_kit.cli.demo_script import run_demo

    if not run_demo(screen, csv, fault or ()):
        raise typer.Exit(ExitCode.FAILED)


def init(folder: Annotated[Path, typer.Argument(help="The folder; made if it is not there.")] = Path()) -> None:
    """Make a workspace: settings, four assistants and a recipe to start from, the store, and a .gitignore."""
    from hsai_kit.assistant.assistant import list_assistants
    from hsai_kit.steps.recipe import recipe_names
    from hsai_kit.store import Store
    from hsai_kit.workspace import Workspace

    made = Workspace.make(folder)
    Store(made.store).close()
    assistants, recipes = list_assistants(made), recipe_names(made)
    answer(workspace=made.folder, assistants=assistants, recipes=recipes)
    say(f"Workspace in {made.folder}")
    say(f"Assistants: {', '.join(assistants)}")
    say(f"Recipes: {', '.join(recipes)}")
    hint("Next: keep your keys with hsai connect, or try everything with hsai demo")
    hint("Without keys: hsai sandbox serves a made-up portal, and says what to set to work on it")


def lab(folder: _FOLDER = None, sandbox: _SANDBOX = False, browser: _BROWSER = True, port: _PORT = None) -> None:
    """Open JupyterLab in a workspace with the notebooks in it, beginning with the tour."""
    _greet("JupyterLab", sandbox=sandbox)
    from hsai_kit.lab.server import room, serve_lab

    serve_lab(room(folder), sandbox=sandbox, browser=browser, port=port)


def app(folder: _FOLDER = None, sandbox: _SANDBOX = False, browser: _BROWSER = True, port: _PORT = None) -> None:
    """Open the panels as one page, without any code in sight; needs one more package, and says which."""
    _greet("the panels", sandbox=sandbox)
    from hsai_kit.lab.server import room, serve_app

    serve_app(room(folder), sandbox=sandbox, browser=browser, port=port)


def _greet(what: str, *, sandbox: bool) -> None:
    # Said before anything heavy is loaded, which takes many seconds on a slow computer.
    say(f"Starting {'the sandbox and ' if sandbox else ''}{what}. This takes a moment; stop it with Ctrl-C.")


def sandbox(
    load: Annotated[
        list[str] | None, typer.Option(help="Fill it from an export: contacts=export.csv. Can be repeated.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Keep its state in this SQLite file.")] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="A fault on demand: openai:rate_limit:rate=0.05. Can be repeated.")
    ] = None,
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1 (default: a free one).")] = 0,
    seed: Annotated[int, typer.Option(help="The seed of the made-up portal.")] = 7,
    contacts: Annotated[int, typer.Option(min=1, help="How many contacts the made-up portal has.")] = 2400,
) -> None:
    """Serve a HubSpot portal and a scripted assistant on this computer until Ctrl-C."""
    from hsai_kit.sandbox import Sandbox, SandboxError

    pairs = [text.partition("=") for text in load or []]
    for pair in pairs:
        if not all(pair):
            message = f"--load {''.join(pair)} has the wrong form. Write it as --load contacts=export.csv"
            raise CommandError(message)
    loaded = {kind: file for kind, _, file in pairs}
    running = Sandbox(data=data, load=loaded, faults=fault or (), port=port, seed=seed, contacts=contacts)
    try:
        with running:
            for remark in running.remarks:
                say(remark)
            say("A sandbox with a made-up portal and a scripted assistant (no language model) is running.")
            say("In another terminal or notebook, set these and use connect() as for the real ones:")
            form = '$env:{} = "{}"' if os.name == "nt" else "export {}={}"
            settings = {
                "HUBSPOT_BASE_URL": running.hubspot_url,
                "HUBSPOT_ACCESS_TOKEN": running.hubspot_token,
                "OPENAI_BASE_URL": running.openai_url,
                "OPENAI_API_KEY": running.openai_key,
            }
            for line in ["", *(form.format(*setting) for setting in settings.items()), "", "Stop it with Ctrl-C."]:
                say(line)
            with contextlib.suppress(KeyboardInterrupt):
                running.wait()
    except SandboxError as problem:
        raise SandboxFailed(str(problem)) from None
