"""Files that only this user can read, and folders that are another user's."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def keep_private(path: Path) -> Path:
    """Have a file read and written by this user alone (mode 0600), made if it is not there, and return its path.

    Call it before something is written, so that there is no moment at which others can read it. A pipe or a device
    stays as it is. Windows has no such mode: there a file has the permissions of its folder, which in a user's own
    folders let nobody in but the user and administrators.
    """
    if os.name != "nt":
        with contextlib.suppress(OSError):  # what cannot be written ends in the writer's own sentence
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK, 0o600))
            if path.is_file():
                path.chmod(0o600)
    return path


def find_owner(path: Path) -> str | None:
    """Return the name of another user who owns a file or folder, None where it is this user's (or on Windows)."""
    if os.name == "nt":
        return None
    owner, mine = path.stat().st_uid, {os.geteuid()}
    if os.geteuid() == 0 and (caller := os.environ.get("SUDO_UID", "")).isdecimal():
        mine.add(int(caller))  # the user who called sudo
    if owner in mine:
        return None
    import pwd

    with contextlib.suppress(KeyError):
        return pwd.getpwuid(owner).pw_name
    return f"the user with the number {owner}"
