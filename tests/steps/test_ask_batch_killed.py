"""A batch run that is killed or left at any moment: no question is sent in two jobs, and any process goes on."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hsai_kit import connect, resume
from hsai_kit.steps.ask.batch_collector import BatchCollector
from hsai_kit.steps.ask.batch_sender import BatchSender

HSAI = shutil.which("hsai", path=str(Path(sys.executable).parent)) or "hsai"
ASKING = """
import sys
import pandas as pd
from hsai_kit import ask, connect
from hsai_kit.steps.ask.batch_collector import BatchCollector
from hsai_kit.steps.ask.batch_sender import BatchSender

BatchCollector.first_poll = 0.02
BatchSender.most_questions = 20
index = pd.Index([str(1 + n) for n in range(41)], name="record_id")
frame = pd.DataFrame({"state": [f"Texas, place {n}" for n in range(41)], "country": "US"}, index=index)
with connect(workspace=sys.argv[1]) as hub:
    ask(hub, frame, "state-abbreviations", engine="batch")
"""


@pytest.fixture
def workspace(tmp_path):
    return tmp_path / "workspace"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(BatchCollector, "first_poll", 0.02)
    monkeypatch.setattr(BatchSender, "most_questions", 20)


def asking(workspace) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ASKING, str(workspace)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(true, process) -> None:
    ends = time.monotonic() + 60
    while not true():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < ends
        time.sleep(0.05)


def kill(process) -> None:
    process.kill()
    process.communicate()


def arrived(sandbox, method: str, path: str) -> int:
    """How many requests arrived there, answered or not."""
    return sum(one["method"] == method and one["path"].endswith(path) for one in sandbox.requests("openai", 10_000))


def finished(sandbox, workspace, client) -> None:
    """Go on in this process, and see that every question was asked live or in a job, and once only."""
    with connect(workspace=workspace) as hub:
        run = resume(hub)
        assert run.record.status == "done"
        assert run.answers["status"].tolist() == ["answered"] * 41
    jobs = list(client.batches.list(limit=100))
    live = arrived(sandbox, "POST", "/responses")
    assert sum(job.request_counts.total for job in jobs) + live == 41
    assert live <= 2  # one for each session that has something to send
    assert len(jobs) == 2


def test_killed_while_it_waits_the_jobs_are_picked_up_and_none_is_sent_again(keys, workspace, openai_client):
    keys.limits("openai", batch_seconds=3)
    process = asking(workspace)
    wait_until(lambda: arrived(keys, "POST", "/batches") == 2, process)
    time.sleep(0.3)
    kill(process)
    store = sqlite3.connect(workspace / "hsai.sqlite")
    assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store.close()
    finished(keys, workspace, openai_client)
    assert arrived(keys, "POST", "/batches") == 2
    assert arrived(keys, "POST", "/files") == 2


@pytest.mark.parametrize(
    ("fault", "reached", "files"),
    [
        # While the file goes up: one file may be left over that no job uses.
        ("openai:commit_then_stall:seconds=60:count=1:path=/files:method=POST", ("POST", "/files", 1), 3),
        # The file is there and the job was asked for in vain: the same file is used.
        ("openai:stall:seconds=60:count=1:path=/batches:method=POST", ("POST", "/batches", 1), 2),
        # The job is there and its id was never heard of: it is found by its file.
        ("openai:commit_then_stall:seconds=60:count=1:path=/batches:method=POST", ("POST", "/batches", 1), 2),
        # The same for the second job, while the first one is at work.
        ("openai:commit_then_stall:seconds=60:count=1:after=1:path=/batches:method=POST", ("POST", "/batches", 2), 2),
        # While answers are read.
        ("openai:stall:seconds=60:count=1:path=/content", ("GET", "/content", 1), 2),
    ],
    ids=["uploading", "ordering", "ordered", "second", "reading"],
)
def test_killed_in_between_no_question_is_in_two_jobs(keys, workspace, openai_client, fault, reached, files):
    keys.limits("openai", batch_seconds=0.2)
    keys.fault(fault)
    method, path, count = reached
    process = asking(workspace)
    wait_until(lambda: arrived(keys, method, path) >= count, process)
    time.sleep(0.3)
    kill(process)
    keys.clear_faults()
    finished(keys, workspace, openai_client)
    uploads = keys.counts()["openai"]["POST /v1/files"]["200"]
    assert uploads <= files


def test_ctrl_c_stops_only_the_waiting_and_the_terminal_picks_it_up(keys, workspace, openai_client):
    keys.limits("openai", batch_seconds=2)
    process = asking(workspace)
    wait_until(lambda: arrived(keys, "POST", "/batches") == 2, process)
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "goes on at OpenAI" in said
    assert "resume(hub, 'run-" in said
    assert "cancel(hub, 'run-" in said
    assert not {job.status for job in openai_client.batches.list()} & {"cancelling", "cancelled"}

    def hsai(*words: str) -> str:
        done = subprocess.run([HSAI, *words], cwd=workspace, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    listed = hsai("runs")
    assert "waiting" in listed
    assert "40 questions are in jobs at OpenAI" in listed
    assert "done: 41 answered" in hsai("resume").replace("\n", " ")
    assert "done, 41 of 41 answered, 0.00 USD spent, 0.00 saved" in hsai("runs")
    assert len(list(openai_client.batches.list())) == 2


def test_ctrl_c_in_the_terminal_says_the_same_and_cancel_ends_it(keys, workspace, openai_client):
    # A tenth of it is what ending the job takes.
    keys.limits("openai", batch_seconds=40)
    process = asking(workspace)
    wait_until(lambda: arrived(keys, "POST", "/batches") == 2, process)
    time.sleep(0.3)
    kill(process)
    resuming = subprocess.Popen(
        [HSAI, "resume"], cwd=workspace, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    before = arrived(keys, "GET", "")
    wait_until(lambda: arrived(keys, "GET", "") > before + 1, resuming)
    os.kill(resuming.pid, signal.SIGINT)
    _, said = resuming.communicate(timeout=30)
    assert resuming.returncode == 130
    assert "goes on at OpenAI" in said
    run_id = said.partition("hsai resume ")[2].split(".")[0]
    keys.limits("openai", batch_seconds=0.1)
    unknown = subprocess.run([HSAI, "cancel", "run-none"], cwd=workspace, capture_output=True, text=True, check=False)
    assert unknown.returncode == 1
    assert "There is no run 'run-none'" in unknown.stderr
    cancelled = subprocess.run([HSAI, "cancel", run_id], cwd=workspace, capture_output=True, text=True, check=False)
    assert cancelled.returncode == 0, cancelled.stderr
    assert "A job was cancelled" in cancelled.stdout
    assert {job.status for job in openai_client.batches.list()} == {"cancelled"}


def test_a_session_that_comes_between_a_file_and_its_job_makes_no_second_job_of_it(keys, workspace, openai_client):
    keys.limits("openai", batch_seconds=0.2)
    # The order lies at OpenAI for a while; whoever looks for a job over that file finds none.
    keys.fault("openai:stall:seconds=2:count=1:path=/batches:method=POST")
    process = asking(workspace)
    wait_until(lambda: arrived(keys, "POST", "/batches") == 1, process)
    finished(keys, workspace, openai_client)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert arrived(keys, "POST", "/batches") == 2
