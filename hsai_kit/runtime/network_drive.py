"""Whether a folder lies on a network drive, where SQLite's journal is not safe."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# By https://www.sqlite.org/wal.html all processes of a store have to be on one computer, and its locks have to work.
_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|afs|ceph|gfs2?|ocfs2|glusterfs|lustre|beegfs|ncpfs|davfs|webdav|afpfs"
    r"|fuse\.(sshfs|rclone|s3fs|gcsfuse|glusterfs|davfs2?|smbnetfs|gvfsd-fuse|ceph|curlftpfs|google-drive-ocamlfuse)"
)
_DRIVE_REMOTE = 4


@lru_cache(maxsize=64)
def find_network_drive(folder: Path) -> str | None:
    """Return what kind of network drive a folder lies on, such as "nfs4"; None where none is known."""
    try:
        if sys.platform == "win32":
            return _read_windows(folder)
        return _read_macos(folder) if sys.platform == "darwin" else _read_linux(folder)
    except (OSError, ValueError, LookupError, subprocess.SubprocessError):
        return None


def _read_linux(folder: Path) -> str | None:
    found: tuple[int, str, str] = (-1, "", "")
    for line in MOUNTS.read_text("utf-8", "surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        place = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split(" ")[4])
        kind, _, options = after.partition(" ")
        # The last of those mounted at one place is the one that is seen.
        if folder.is_relative_to(place) and len(place) >= found[0]:
            found = (len(place), kind, options)
    # Under WSL the drives of Windows are reached through a network protocol as well.
    is_network = _NETWORK.fullmatch(found[1]) or (found[1] == "9p" and "aname=drvfs" in found[2])
    return found[1] if is_network else None


def _read_macos(folder: Path) -> str | None:
    mounted = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=True).stdout
    places = re.findall(r"^.+? on (/.*?) \((\w+)([^)]*)\)$", mounted, re.MULTILINE)
    around = [(len(place), kind, flags) for place, kind, flags in places if folder.is_relative_to(place)]
    if not around:
        return None
    _, kind, flags = max(around)
    return kind if "local" not in flags or _NETWORK.fullmatch(kind) else None


def _read_windows(folder: Path) -> str | None:
    # \\server\share, or a letter for one.
    remote = folder.drive.startswith("\\\\") or (
        ctypes.windll.kernel32.GetDriveTypeW(folder.anchor) == _DRIVE_REMOTE  # type: ignore[attr-defined,unused-ignore]
    )
    return "a share of another computer" if remote else None
