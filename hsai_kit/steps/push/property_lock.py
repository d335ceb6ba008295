"""One push or undo of a workspace at a time writes to a property: two would both look before either writes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.runtime.console import advise
from hsai_kit.runtime.file_lock import hold_lock


@contextlib.contextmanager
def hold_properties(hub: Connection, object_type: str, names: Sequence[str]) -> Iterator[None]:
    """Keep properties of this portal to one push, of all processes; raises PushRefused where another writes there."""
    portal_id = hub.portal.id
    with contextlib.ExitStack() as held:
        # In one order, so that two pushes of the same properties cannot each hold what the other one needs.
        for name in sorted(names):
            other = hub.store.pushes.find_running(portal_id, object_type, name) or "Another push"
            stop = advise("cancel it first: handle.cancel()", "stop it there with Ctrl-C")
            busy = PushRefused(f"{other} is still writing {name} of {object_type}. Wait for it, or {stop}.")
            file = f".push-{portal_id}-{quote(object_type, safe='')}-{quote(name, safe='')}.lock"
            held.enter_context(hold_lock(hub.workspace.folder / file, busy))
        yield


def refuse_while_written(hub: Connection, object_type: str, names: Sequence[str]) -> None:
    """Raise PushRefused while a push or undo of any process writes to one of the properties."""
    with hold_properties(hub, object_type, names):
        pass
