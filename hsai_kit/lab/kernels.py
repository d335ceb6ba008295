"""Kernels that no other user of this computer can reach, and that end where nobody uses them any more."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# A socket's path has 103 characters at most on macOS and 107 on Linux; a kernel's file takes 50 of them.
_LONGEST_FOLDER = 53
# Seconds without a browser and without work in a cell after which a kernel ends; work in the background (`start_ask`)
# does not count, so that a page which is closed by mistake leaves it time.
LAB_IDLE, APP_IDLE = 12 * 3600, 3600
_SETTINGS = {"transport_encryption": "auto"} if sys.platform == "win32" else {"transport": "ipc"}


@contextlib.contextmanager
def hide_kernels() -> Iterator[Path]:
    """Have every kernel that is started inside reached by files of this user alone, and new files be this user's alone.

    Ports of 127.0.0.1 are open to everybody on a computer, and what a kernel publishes there anybody can read. Sockets
    that are files lie in Jupyter's own folder, or in a short one of our own where its path is too long for a socket.
    What a notebook, its terminal or an export starts inherits this. Windows has no such sockets: there messages are
    encrypted, as far as the installed Jupyter can (not tried on Windows). Yields a short folder of this user alone.
    """
    with contextlib.ExitStack() as cleanup:
        folder = Path(tempfile.mkdtemp(prefix="hsai-", dir=_find_short_folder()))
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "jupyter_config.json").write_text(json.dumps({"KernelManager": _SETTINGS}), "utf-8")
        given = {
            "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("JUPYTER_CONFIG_PATH")]))
        }
        if sys.platform != "win32":
            given["JUPYTER_RUNTIME_DIR"] = str(_find_runtime_folder(folder))
            cleanup.callback(os.umask, os.umask(0o077))
        before = {name: os.environ.get(name) for name in given}
        cleanup.callback(_restore, before)
        os.environ |= given
        yield folder


def list_kernel_arguments(idle: int) -> list[str]:
    """Return the arguments of a server for such kernels, which end after so many seconds without a browser or work."""
    # Not every server reads the settings that its environment names.
    hidden = [f"--KernelManager.{name}={value}" for name, value in _SETTINGS.items()]
    return [*hidden, f"--MappingKernelManager.cull_idle_timeout={idle}", "--MappingKernelManager.cull_interval=300"]


def _find_runtime_folder(own: Path) -> Path:
    from jupyter_core.paths import jupyter_runtime_dir

    folder = Path(jupyter_runtime_dir())
    if len(os.fsencode(folder)) > _LONGEST_FOLDER:
        return own
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        return own
    folder.chmod(0o700)
    return folder


def _find_short_folder() -> str | None:
    """Return where to make a folder with a short path: the system's own place is too long on macOS."""
    if sys.platform == "win32":
        return None
    places = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"]  # noqa: S108 -- a folder of our own in it, with mode 0700
    room = _LONGEST_FOLDER - len("/hsai-12345678/voila_12345678")
    return next((one for one in places if one and len(os.fsencode(one)) <= room and os.access(one, os.W_OK)), None)


def _restore(before: dict[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
