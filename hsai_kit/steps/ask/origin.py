"""Which records a frame is about: what a later push compares with and writes to."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import FrameError
from hsai_kit.tabular.provenance import Origin, read_origin

__all__ = ["source_of"]


def source_of(hub: Connection, frame: pd.DataFrame, ids: Sequence[str], object_type: str | None) -> Origin:
    """Return the pull that the frame came from and its object type, as far as they can be told.

    A frame that was merged or joined has lost its own note; then the pulls in the store that hold its records tell.
    An object type that cannot be told is "", and nothing can be pushed from such a run. Raises FrameError where the
    records are another portal's, or could be of several object types.
    """
    noted = read_origin(frame)
    pull = hub.store.pulls.get(noted.pull_id) if noted.pull_id else None
    if pull is not None:
        if pull.portal_id != hub.portal.id:
            message = (
                f"These records were pulled from portal {pull.portal_id}, and this connection is to portal "
                f"{hub.portal.id}. Pull them from here, or connect to their own portal."
            )
            raise FrameError(message)
        return Origin(pull.id, pull.object_type)
    fitting = [p for p in hub.store.pulls.find_holding(hub.portal.id, ids) if object_type in {None, p.object_type}]
    kinds = sorted({p.object_type for p in fitting})
    if len(kinds) > 1:
        message = (
            f"The record ids fit pulls of {' and of '.join(kinds)}, and the DataFrame has lost which it came from "
            f"(merges and joins lose it). Say it: ask(..., object_type={kinds[0]!r})."
        )
        raise FrameError(message)
    if fitting:
        return Origin(fitting[0].id, fitting[0].object_type)
    return Origin(None, object_type or "")
