"""A run that is killed outright: the store is whole, and at most what was in flight is asked again."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from typing import Any

import pytest

from hsai_kit import ask, connect, pull, resume
from hsai_kit.errors import HsaiError

ASKING = """
import sys
from hsai_kit import ask, connect, pull

with connect(workspace=sys.argv[1]) as hub:
    ask(hub, pull(hub, "contacts", ["state", "country"], where="state is known"), "state-abbreviations")
"""


def answered(sandbox) -> int:
    return sandbox.counts()["openai"].get("POST /v1/responses", {}).get("200", 0)


def asking(workspace) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", ASKING, str(workspace)], stdout=subprocess.DEVNULL)


def wait_for_answers(sandbox, count: int, process: subprocess.Popen[Any]) -> None:
    ends = time.monotonic() + 60
    while answered(sandbox) < count:
        assert process.poll() is None, "the run ended before it could be interrupted"
        assert time.monotonic() < ends
        time.sleep(0.03)


def test_a_run_killed_at_half_keeps_every_answer_and_asks_only_the_rest(keys, tmp_path):
    workspace = tmp_path / "workspace"
    keys.latency("openai", 0.05)
    process = asking(workspace)
    wait_for_answers(keys, 290, process)
    process.kill()
    process.wait()

    store = sqlite3.connect(workspace / "hsai.sqlite")
    assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    (kept,) = store.execute("SELECT COUNT(*) FROM answers WHERE status = 'answered'").fetchone()
    store.close()
    assert kept >= 290 - 64  # the sandbox counts an answer before it has arrived

    keys.latency("openai", 0)
    with connect(workspace=workspace) as hub:
        contacts = pull(hub, "contacts", ["state", "country"], where="state is known")
        run = ask(hub, contacts, "state-abbreviations")
        assert run.record.status == "done"
        assert set(run.answers["status"]) <= {"answered", "from_memory", "refused"}
        assert (run.answers["status"] == "from_memory").sum() >= kept
        sent = sum(keys.counts()["openai"]["POST /v1/responses"].values())
        assert sent <= run.questions + hub.llm.concurrency


def test_a_run_that_another_session_is_asking_is_not_asked_twice(keys, tmp_path):
    workspace = tmp_path / "workspace"
    keys.latency("openai", 0.1)
    process = asking(workspace)
    wait_for_answers(keys, 20, process)
    keys.latency("openai", 3)
    with connect(workspace=workspace) as hub:
        with pytest.raises(HsaiError, match="by another notebook or terminal"):
            resume(hub)
        contacts = pull(hub, "contacts", ["state", "country"], where="state is known").tail(200)
        (theirs,) = hub.store.runs.summaries()
        for engine in ("responses", "batch"):
            with pytest.raises(HsaiError, match=f"are being asked by {theirs.id} just now.*comes from memory then"):
                ask(hub, contacts, "state-abbreviations", engine=engine)
        assert len(hub.store.runs.summaries()) == 1, "what was refused leaves no run behind"
        others = contacts.head(3).assign(state=["Utah 1", "Utah 2", "Utah 3"])
        keys.latency("openai", 0)
        assert ask(hub, others, "state-abbreviations").record.status == "done"
        resumed = theirs.id
    process.kill()
    process.wait()
    keys.latency("openai", 0)
    with connect(workspace=workspace) as hub:
        run = resume(hub, resumed)
        assert run.record.status == "done"
        sent = sum(keys.counts()["openai"]["POST /v1/responses"].values()) - 3
        assert sent <= run.questions + hub.llm.concurrency
    assert not list(workspace.glob(".run-*"))


def test_ctrl_c_keeps_what_is_there_and_says_how_to_go_on(keys, tmp_path):
    workspace = tmp_path / "workspace"
    keys.latency("openai", 0.05)
    process = subprocess.Popen(
        [sys.executable, "-c", ASKING, str(workspace)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    wait_for_answers(keys, 100, process)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "Stopped after" in said
    assert "ask the same again" in said

    store = sqlite3.connect(workspace / "hsai.sqlite")
    (kept,) = store.execute("SELECT COUNT(*) FROM answers").fetchone()
    (status,) = store.execute("SELECT status FROM runs").fetchone()
    store.close()
    assert status == "stopped"
    # Nothing that was in flight is thrown away: what was sent and answered is kept.
    assert kept == sum(keys.counts()["openai"]["POST /v1/responses"].values())
