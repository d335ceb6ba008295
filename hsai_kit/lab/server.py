"""Starting JupyterLab and Voilà for one person on this computer."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator
from importlib import import_module, resources, util
from pathlib import Path

from hsai_kit.credentials.lookup import ROOM_SANDBOX
from hsai_kit.errors import LabError, SandboxFailed
from hsai_kit.lab.kernels import APP_IDLE, LAB_IDLE, hide_kernels, list_kernel_arguments
from hsai_kit.lab.notebooks import FOLDER, place
from hsai_kit.runtime.extras import require_extra
from hsai_kit.runtime.progress import say
from hsai_kit.workspace import Workspace

_ROOM = "hsai-workspace"
_FIRST = "00_tour.ipynb"


def room(folder: Path | None) -> Workspace:
    """Return the workspace: in the folder given, around here, or in `hsai-workspace` here; made if need be."""
    if folder is not None:
        return Workspace.make(folder)
    return Workspace.find() or Workspace.make(_ROOM)


def serve_lab(workspace: Workspace, *, sandbox: bool, browser: bool, port: int | None) -> None:
    """Serve JupyterLab over the workspace until it is stopped, opened at the first notebook."""
    from jupyterlab.labapp import LabApp

    for made in place(workspace):
        say(f"Put {FOLDER}/{made.name} into {workspace.folder}")
    settings = Path(str(resources.files("hsai_kit.lab"))) / "settings"
    arguments = [
        *_server_arguments("ServerApp", port),
        *list_kernel_arguments(LAB_IDLE),
        f"--ServerApp.root_dir={workspace.folder}",
        f"--LabApp.default_url=/lab/tree/{FOLDER}/{_FIRST}",
        f"--LabApp.app_settings_dir={settings}",
        f"--LabApp.open_browser={browser}",
        "--log-level=WARN",
    ]
    # Voilà, where it is installed, has every deprecation shown that traitlets meets, and Jupyter itself causes some.
    if util.find_spec("voila"):
        with warnings.catch_warnings(record=True):
            import_module("voila")
    with hide_kernels(), _enter(workspace, sandbox=sandbox), _explain_start("JupyterLab", "ServerApp"):
        LabApp.launch_instance(arguments)


def serve_app(workspace: Workspace, *, sandbox: bool, browser: bool, port: int | None) -> None:
    """Serve the panels as one page until it is stopped; raises PackageMissing where the extra is not installed."""
    require_extra("voila", "app", "hsai app")
    from voila.app import Voila

    inside = Path(str(resources.files("hsai_kit.lab")))
    page = inside / "app.ipynb"
    # A template of our own, since Voilà's asks a CDN for icons.
    own = str(inside / "jupyter")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (own, os.environ.get("JUPYTER_PATH"))))
    arguments = [
        str(page),
        *_server_arguments("Voila", port),
        *list_kernel_arguments(APP_IDLE),
        "--Voila.auto_token=True",
        f"--Voila.open_browser={browser}",
        "--VoilaConfiguration.show_tracebacks=False",
        "--VoilaConfiguration.show_margins=False",
        "--VoilaConfiguration.template=hsai",
    ]
    # Voilà runs the page in the page's own folder.
    os.environ["HSAI_WORKSPACE"] = str(workspace.folder)
    with hide_kernels() as folder, _enter(workspace, sandbox=sandbox), _explain_start("The page", "Voila"):
        Voila.launch_instance([*arguments, f"--Voila.connection_dir_root={folder}"])


def _server_arguments(server: str, port: int | None) -> list[str]:
    return [f"--{server}.ip=127.0.0.1", *([f"--{server}.port={port}"] if port is not None else [])]


@contextlib.contextmanager
def _explain_start(what: str, server: str) -> Iterator[None]:
    try:
        yield
    except SystemExit as end:
        if not end.code:
            raise
        message = f"{what} did not start; the reason stands above."
        if getattr(os, "geteuid", lambda: 1)() == 0:
            message += f" For root it starts only where Jupyter's own settings say so: c.{server}.allow_root = True"
        raise LabError(message) from None


@contextlib.contextmanager
def _enter(workspace: Workspace, *, sandbox: bool) -> Iterator[None]:
    """Work in the workspace's folder, and give every notebook the same sandbox where one is wanted."""
    with contextlib.ExitStack() as cleanup:
        cleanup.enter_context(contextlib.chdir(workspace.folder))
        if sandbox:
            cleanup.enter_context(_run_sandbox(workspace))
        yield


@contextlib.contextmanager
def _run_sandbox(workspace: Workspace) -> Iterator[None]:
    # Imported only where one is started.
    from hsai_kit.sandbox import Sandbox, SandboxError

    # Its state is kept, so that what was pushed today can be undone tomorrow.
    running = Sandbox(data=workspace.folder / "sandbox.sqlite")
    try:
        running.start()
    except SandboxError as problem:
        raise SandboxFailed(str(problem)) from None
    os.environ |= {
        "HUBSPOT_BASE_URL": running.hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": running.hubspot_token,
        "OPENAI_BASE_URL": running.openai_url,
        "OPENAI_API_KEY": running.openai_key,
        ROOM_SANDBOX: "1",
    }
    say("A sandbox with a made-up portal and a scripted assistant (no language model) is running: no keys needed.")
    try:
        yield
    finally:
        running.stop()
