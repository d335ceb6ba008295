"""What a push or an action is made from: one review, or several of the same run, of this workspace and portal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.run import Run
from hsai_kit.runtime.console import advise


class ReviewLike(Protocol):
    """What a push or an action takes: the result of `review`."""

    run: Run
    field: str
    to: str | None


def as_reviews(checked: ReviewLike | Sequence[ReviewLike], example: str) -> Sequence[ReviewLike]:
    """Return reviews of one run as a list; raises PushRefused for what is none, with an example of how it is meant."""
    reviewed = list(checked) if isinstance(checked, Sequence) and not isinstance(checked, str) else [checked]
    if not reviewed or not all(isinstance(getattr(one, "run", None), Run) for one in reviewed):
        what = "nothing" if not reviewed else type(reviewed[0]).__name__
        message = (
            f"What is reviewed comes here, and this is {what}: checked = review(run), approve what is right, {example}."
        )
        raise PushRefused(message)
    run = reviewed[0].run
    if other := next((one.run.id for one in reviewed if one.run.id != run.id), None):
        message = f"These are reviews of two runs, {run.id} and {other}. Take each run by itself."
        raise PushRefused(message)
    return reviewed


def refuse_elsewhere(hub: Connection, run: Run) -> None:
    """Raise PushRefused for a run of another workspace or portal, and where it is not known which records it is of."""
    if run.store.path != hub.store.path:
        message = (
            f"This run is kept in {run.store.path}, and this connection works in {hub.workspace.folder}. "
            "Connect with the workspace of the run."
        )
        raise PushRefused(message)
    if not run.record.object_type:
        example = advise("ask(..., object_type='contacts')", "hsai ask ASSISTANT contacts")
        message = (
            "It is not known which records these are: they came from no pull of this workspace. Ask again, and say "
            f"which kind they are: {example}."
        )
        raise PushRefused(message)
    if run.record.portal_id != hub.portal.id:
        message = (
            f"These records are from portal {run.record.portal_id}, and this connection is to portal {hub.portal.id}. "
            "Connect to their own portal."
        )
        raise PushRefused(message)
