"""The commands to begin with: demo, init, lab, app, sandbox."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated

import typer

from hsai_kit.cli.console import say, screen
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
    """Make a workspace: settings, four assistants to start from, and the store."""
    from hsai_kit.assistant.assistant import list_assistants
    from hsai_kit.workspace import Workspace

    made = Workspace.make(folder)
    say(f"Workspace in {made.folder}")
    say(f"Assistants: {', '.join(list_assistants(made))}")
    screen.print("Next: keep your keys with [bold]hsai connect[/bold], or try everything with [bold]hsai demo[/bold]")
    screen.print("Without keys: [bold]hsai sandbox[/bold] serves a made-up portal, and says what to set to work on it")


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
    if bad := next(
        (text for text, (kind, _, file) in zip(load or [], pairs, strict=True) if not (kind and file)), None
    ):
        message = f"--load {bad} has the wrong form. Write it as --load contacts=export.csv"
        raise CommandError(message)
    running = Sandbox(
        data=data,
        load={kind: file for kind, _, file in pairs},
        faults=fault or (),
        port=port,
        seed=seed,
        contacts=contacts,
    )
    try:
        with running:
            for remark in running.remarks:
                say(remark)
            say("A sandbox with a made-up portal and a scripted assistant (no language model) is running.")
            say("In another terminal or notebook, set these and use connect() as for the real ones:")
            screen.print()
            for line in _settings_lines(
                running.hubspot_url, running.hubspot_token, running.openai_url, running.openai_key
            ):
                say(line)
            screen.print()
            say("Stop it with Ctrl-C.")
            with contextlib.suppress(KeyboardInterrupt):
                running.wait()
    except SandboxError as problem:
        raise SandboxFailed(str(problem)) from None


def _settings_lines(hubspot_url: str, token: str, openai_url: str, key: str) -> list[str]:
    values = {
        "HUBSPOT_BASE_URL": hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": token,
        "OPENAI_BASE_URL": openai_url,
        "OPENAI_API_KEY": key,
    }
    form = '$env:{} = "{}"' if os.name == "nt" else "export {}={}"
    return [form.format(name, value) for name, value in values.items()]
