"""Earlier runs of a workspace: all of them in a table, one by its id, and the end of its jobs at OpenAI."""

from __future__ import annotations

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import RunError
from hsai_kit.llm.batches import BatchEngine
from hsai_kit.run import Run
from hsai_kit.runtime.background import Control, start
from hsai_kit.runtime.console import advise
from hsai_kit.runtime.progress import Progress, say
from hsai_kit.steps.ask.batch_collector import explain_open_jobs
from hsai_kit.steps.ask.batch_sender import BatchSender


def open_run(hub: Connection, run_id: str | None = None) -> Run:
    """Return an earlier run of this workspace by its id, or the newest one."""
    wanted = run_id or hub.store.runs.latest()
    if wanted is None:
        message = f"There are no runs in {hub.workspace.folder} yet. Make one with {advise('ask()', 'hsai ask')}."
        raise RunError(message)
    settings = hub.workspace.settings.review
    return Run(hub.store, wanted, low_confidence=settings.low_confidence, reviewer=hub.workspace.reviewer)


def runs(hub: Connection) -> pd.DataFrame:
    """Return the workspace's runs as a DataFrame, newest first.

    Columns: `id`, `at`, `assistant`, `version` (of the assistant), `model`, `engine`, `status` (running, waiting, done,
    stopped, paused, failed), `records`, `questions`, `answered` (records that have an answer, whoever gave it), `usd`
    (what the run paid, NA where a price is not known) and `note`. A run whose process is gone reads stopped.
    """
    listed = hub.store.runs.summaries()
    frame = pd.DataFrame.from_records([vars(one) for one in listed], columns=list(_COLUMNS))
    return frame.astype(_COLUMNS).assign(at=lambda made: pd.to_datetime(made["at"], utc=True))


def cancel(hub: Connection, run: Run | str) -> Run:
    """End the jobs that a batch run has at OpenAI, keep what they answered until then, and return the run.

    What was answered is paid for and kept; `resume(hub, run)` asks only the rest. Ending a job takes OpenAI up to ten
    minutes; Ctrl-C stops the waiting for it only. Raises RunError where the run has no job there.
    """
    found = open_run(hub, run.id if isinstance(run, Run) else run)
    jobs = hub.store.batches.open_for(found.id)
    if not any(job.run_id == found.id for job in jobs):
        others = ", ".join(sorted({job.run_id for job in jobs}))
        hint = f" Its questions are in the jobs of {others}: cancel that." if others else ""
        message = f"{found.id} has no job at OpenAI under way, so there is nothing to cancel.{hint}"
        raise RunError(message)
    engine = BatchEngine(found.assistant, found.record.model, own=found.record.own_price)
    batching = BatchSender(hub, engine, found.id, {})

    async def work(control: Control) -> Run:
        await batching.cancel(control)
        return open_run(hub, found.id)

    progress = Progress(f"Cancelling {found.id}", total=sum(job.questions for job in jobs))
    ended = start(work, progress).wait(explain_open_jobs(found.id))
    if ended.record.note:
        say(ended.record.note)
    return ended


_COLUMNS = {
    **dict.fromkeys(("id", "at", "assistant", "version", "model", "engine", "status"), "string"),
    **dict.fromkeys(("records", "questions", "answered"), "Int64"),
    "usd": "Float64",
    "note": "string",
}
