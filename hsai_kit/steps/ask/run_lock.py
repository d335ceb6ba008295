"""Who asks what at this moment: a question is under way once, in whichever notebook or terminal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from filelock import FileLock, Timeout

from hsai_kit.connection import Connection
from hsai_kit.errors import RunError
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.file_lock import hold_lock

_LOOK_SECONDS = 0.1


@contextlib.contextmanager
def lock_run(hub: Connection, run_id: str, *, in_jobs: bool = False) -> Iterator[None]:
    """Keep a run that is written down, and its questions, to this session inside the block.

    Raises RunError where another session asks the same: both would pay. With `in_jobs` questions may be in jobs at
    OpenAI, which are shared, or about to be. The system lets go of a run where its session dies.
    """
    with contextlib.ExitStack() as held:
        # One session at a time looks who asks what and joins them; what they ask was written down before.
        with hub.store.transaction():
            held.enter_context(_hold_run(hub, run_id))
            refuse_under_way(hub, run_id, in_jobs=in_jobs)
        yield


@contextlib.asynccontextmanager
async def lock_jobs(hub: Connection, control: Control) -> AsyncIterator[bool]:
    """Keep every other session of this workspace from sending jobs, also those of other processes.

    Two that go on with the same file after a kill would both find no job over it, and both ask for one. The system
    lets go of the lock where its holder is killed. False where a stop was asked for meanwhile.
    """
    lock = FileLock(hub.workspace.folder / ".jobs.lock", thread_local=False)
    held = False
    while not held and await control.gate():
        try:
            lock.acquire(blocking=False)
        except Timeout:
            control.progress.note = "waiting for another session to send its questions"
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            held = True
    try:
        yield held
    finally:
        if held:
            lock.release()


def refuse_under_way(hub: Connection, run_id: str, *, in_jobs: bool = False) -> None:
    """Raise RunError where a question that a run has left is asked by another run just now, or is in a job."""
    for other in _list_live_runs(hub):
        record = hub.store.runs.get(other)
        joined = other == run_id or record is None or (in_jobs and record.engine == "batch")
        if not joined and (both := hub.store.answers.count_shared(run_id, other)):
            message = (
                f"{both:,} of these questions are being asked by {other} just now, in another cell, notebook or "
                "terminal, and asking them here as well would pay twice. Wait until that run has ended (hsai runs) or "
                "stop it, and ask the same again: what it has answered comes from memory then."
            )
            raise RunError(message)
    if not in_jobs and (both := hub.store.batches.count_shared(run_id)):
        message = (
            f"{both:,} of these questions are in jobs at OpenAI, and asking them live would pay for them twice. "
            "Wait for the jobs with engine='batch', or find the run with hsai runs and end it with hsai cancel."
        )
        raise RunError(message)


def _hold_run(hub: Connection, run_id: str) -> contextlib.AbstractContextManager[None]:
    message = (
        f"{run_id} is being asked by another notebook or terminal just now, and asking it here as well would pay "
        "twice. Wait for it or stop it there; its answers are kept as they come."
    )
    return hold_lock(hub.workspace.folder / f".{run_id}.lock", RunError(message))


def _list_live_runs(hub: Connection) -> list[str]:
    """Return the runs that a session asks at this moment; what a killed one left behind is tidied away."""
    live: list[str] = []
    # Trying a run's lock must not hinder a session that takes it just then.
    with hub.store.transaction():
        for path in hub.workspace.folder.glob(".run-*.lock"):
            run_id = path.name.removeprefix(".").removesuffix(".lock")
            try:
                with _hold_run(hub, run_id):
                    pass
            except RunError:
                live.append(run_id)
    return live
