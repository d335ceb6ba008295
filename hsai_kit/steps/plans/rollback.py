"""Whether a store went back to an older point, as by a backup or a synchronized folder, and forgot what was done."""

from __future__ import annotations

import contextlib

from hsai_kit.connection import Connection
from hsai_kit.credentials.backends import read_note, write_note
from hsai_kit.errors import HsaiError

# Outside of the workspace, so that it does not go back with it.
_NOTE = "receipts.json"
# Of so many workspaces the last receipt is known.
_MOST = 200


def remember_receipt(hub: Connection, receipt_id: str) -> None:
    """Note on this computer which receipt is the last of a workspace."""
    place = str(hub.store.path.resolve())
    others = {path: known for path, known in _read_last().items() if path != place}
    # Where nothing can be written, nothing is known later; that is no reason to refuse a push.
    with contextlib.suppress(HsaiError, OSError):
        write_note(_NOTE, dict([*others.items(), (place, receipt_id)][-_MOST:]))


def explain_rollback(hub: Connection) -> str:
    """Say that the store does not know the last receipt of its workspace, "" where it does."""
    last = _read_last().get(str(hub.store.path.resolve()))
    if last is None or hub.store.pushes.get(last) or hub.store.actions.get(last):
        return ""
    return (
        f"Take care: the store {hub.store.path} does not know {last}, the last thing done from here. It went back to "
        "an older point, as a backup or a synchronized folder does it, or was made anew. Tasks, notes and members of "
        "lists are found in HubSpot itself, so none is made twice. Messages are not; and what is missing here cannot "
        "be taken back."
    )


def _read_last() -> dict[str, str]:
    with contextlib.suppress(HsaiError, OSError, ValueError):
        found = read_note(_NOTE)
        return {str(path): str(known) for path, known in found.items()} if isinstance(found, dict) else {}
    return {}
