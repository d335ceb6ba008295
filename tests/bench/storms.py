"""A run of `ask` through a storm: faults of the sandbox, and what people do meanwhile; and what must hold after it.

Nothing lost: every row has ended after each try, and all are answered in the end. Nothing paid twice: the sandbox gave
no whole answer to a request that had had one, but for what was in flight at a kill or where somebody broke off.
`tests/bench/soak.py` does it with 20,000 rows, `tests/steps/test_ask_storms.py` with few.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # where relay.py lies

import pandas as pd
from hypothesis import strategies as st
from relay import Answer, Relay, Request

from hsai_kit import ask, connect, resume, start_ask
from hsai_kit.errors import HsaiError, KeyRefused, NoQuota
from hsai_kit.llm.batches import is_passing
from hsai_kit.sandbox import Sandbox
from hsai_kit.steps.ask.batch_collector import BatchCollector
from hsai_kit.steps.ask.batch_sender import BatchSender

# What passes, with the options that keep a test short, and what stops a run until somebody has mended it.
PASSING = {
    "500": "",
    "502": "",
    "503_html": "",
    "reset": "",
    "cut": "",
    "rate_limit": ":retry_after=0.2",
    "stall": ":seconds=0.4",
    "commit_then_stall": ":seconds=0.4",
    "latency": ":seconds=0.3",
}
STOPPING = ("insufficient_quota", "billing_hard_limit_reached", "401")
KINDS = (*PASSING, *STOPPING)
ENGINES = ("responses", "decisions", "batch")
DEEDS = ("pause", "cancel", "break off", "kill")
PROMPT = "State: {{ state }}"
STATES = ("Texas", "Ohio", "Maine", "Iowa", "Utah", "Oregon", "Nevada")
# The connections of a run: what can be in flight at a moment.
IN_FLIGHT = 64
# A storm so dense that a question meets eight faults in a row fails some; each time only those are asked again.
TRIES = 12


@dataclass(frozen=True)
class Storm:
    """Which share of the requests each fault strikes, and what somebody does at which share of the rows.

    Of the faults in `STOPPING`, which nothing but a person ends, the share is that of the rows before it strikes once.
    """

    faults: tuple[tuple[str, float], ...]
    deeds: tuple[tuple[str, float], ...] = ()
    engine: str = "responses"
    latency: float = 0.0
    per_minute: int = 600_000
    odd: float = 0.0
    """The share of good answers, and of lines of a job's file, that are spoiled on their way back."""

    def __str__(self) -> str:
        faults = " ".join(f"{kind} {share:g}" for kind, share in self.faults)
        deeds = "".join(f", {deed} at {at:g}" for deed, at in self.deeds)
        slow = f", latency {self.latency:g} s" if self.latency else ""
        odd = f", odd {self.odd:g}" if self.odd else ""
        return f"{self.engine}: {faults or 'no fault'}{slow}{odd}, {self.per_minute:,} a minute{deeds}"


@dataclass
class Weathered:
    """What a storm came to: requests that arrived, those answered again, and what may have been in flight."""

    requests: int = 0
    again: int = 0
    in_flight: int = 0
    tries: int = 0
    failed: int = 0
    odd: int = 0
    struck: dict[str, int] = field(default_factory=dict)


def storms(rows: int, engines: tuple[str, ...] = ENGINES) -> st.SearchStrategy[Storm]:
    """Draw storms of one to all faults, with up to four deeds in their order."""
    densest = 0.06 if rows < 1_000 else 0.04
    passing = st.tuples(st.sampled_from(sorted(PASSING)), st.sampled_from([densest / 6, densest / 2, densest]))
    stopping = st.tuples(st.sampled_from(sorted(STOPPING)), st.sampled_from([0.1, 0.5, 0.8]))
    deeds = st.tuples(st.sampled_from(DEEDS), st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]))
    return st.builds(
        lambda some, stops, deeds, **more: Storm((*some, *stops), tuple(sorted(deeds, key=lambda one: one[1])), **more),
        some=st.lists(passing, min_size=1, max_size=len(PASSING), unique_by=lambda one: one[0]),
        stops=st.lists(stopping, max_size=2, unique_by=lambda one: one[0]),
        deeds=st.lists(deeds, max_size=4, unique_by=lambda one: one[1]),
        engine=st.sampled_from(engines),
        latency=st.sampled_from([0.0, 0.02]),
        per_minute=st.sampled_from([60_000, 600_000] if rows >= 1_000 else [3_000, 600_000]),
        odd=st.sampled_from([0.0, 0.01]),
    )


def everything(rows: int, engine: str = "responses") -> Storm:
    """Every fault there is, in one storm, with every deed."""
    share = 0.02 if rows >= 1_000 else 0.03
    faults = (*((kind, share) for kind in PASSING), *((kind, 0.2 + 0.25 * i) for i, kind in enumerate(STOPPING)))
    deeds = (("pause", 0.1), ("kill", 0.3), ("cancel", 0.5), ("break off", 0.6), ("kill", 0.8))
    return Storm(faults, deeds, engine, 0.01, odd=0.01)


def frame_of(rows: int) -> pd.DataFrame:
    ids = pd.Index([str(row + 1) for row in range(rows)], name="record_id")
    return pd.DataFrame({"state": [f"{STATES[row % len(STATES)]} {row}" for row in range(rows)]}, index=ids)


@contextlib.contextmanager
def keys_of(sandbox: Sandbox, openai_url: str = "") -> Iterator[None]:
    """Put the sandbox's keys and addresses where `connect()` and the processes it is tried in find them."""
    told = {
        "HUBSPOT_BASE_URL": sandbox.hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot_token,
        "OPENAI_BASE_URL": openai_url or sandbox.openai_url,
        "OPENAI_API_KEY": sandbox.openai_key,
    }
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def weather(sandbox: Sandbox, workspace: Path, storm: Storm, rows: int) -> Weathered:
    """Go through a storm and back to good weather; AssertionError says what did not hold."""
    _set_off(sandbox, storm, rows)
    through, stopped = Weathered(), 0
    with _spoiled(sandbox, storm, through) as address, keys_of(sandbox, address), _small_jobs(rows):
        for deed, at in storm.deeds:
            goal = int(rows * at)
            if deed == "kill":
                through.in_flight += IN_FLIGHT * _killed(sandbox, workspace, storm, rows, goal)
            else:
                through.in_flight += IN_FLIGHT * (deed == "break off")
                stopped += _disturbed(sandbox, workspace, storm, rows, goal, deed)
        # Nobody waits for this many: each stops the run at most once, and then the rows are asked again.
        for _ in range(TRIES + len(STOPPING)):
            through.tries += 1
            done, failed, met = _to_the_end(workspace, storm, rows)
            stopped += met
            through.failed += failed
            if done:
                break
            if storm.engine == "batch" and not met:
                through.struck = _struck(sandbox) or through.struck
                _set_off(sandbox, Storm((), engine="batch"), rows, fresh=False)
    _settle(sandbox, workspace, storm, rows, through, stopped)
    return through


def _spoil(body: bytes, dice: random.Random) -> bytes:
    """Return a good answer as no server should send it."""
    answer = json.loads(body)
    odd = dice.choice(("half", "page", "list", "kinds", "nesting", "usage"))
    if odd == "kinds":
        answer = dict.fromkeys(answer, 5)
    if odd == "usage":
        answer = {**answer, "output": [5], "answers": [5], "usage": {"input_tokens": -1, "output_tokens": 10**30}}
    changed = {"half": body[: len(body) // 2], "page": b"<html>", "list": b"[]", "nesting": b"[" * 100_000}
    return changed.get(odd, json.dumps(answer).encode())


@contextlib.contextmanager
def _spoiled(sandbox: Sandbox, storm: Storm, through: Weathered) -> Iterator[str]:
    """Stand between the kit and the sandbox and spoil some answers on their way back; yields the address."""
    if not storm.odd:
        yield ""
        return
    dice, relay = random.Random(1), Relay(sandbox.openai_url)

    def spoil_answer(request: Request) -> Answer:
        answer = request.forward()
        if answer.status == 200 and answer.raw and dice.random() < storm.odd:
            through.odd += 1
            return Answer(200, None, answer.headers, _spoil(answer.raw, dice))
        return answer

    def spoil_lines(request: Request) -> Answer:
        answer = request.forward()
        lines = answer.raw.splitlines()
        for place, line in enumerate(lines):
            if answer.status == 200 and dice.random() < storm.odd:
                through.odd += 1
                lines[place] = _spoil(line, dice)
        return Answer(answer.status, None, answer.headers, b"\n".join(lines))

    for path in ("/responses", "/decisions"):
        relay.rule(path, spoil_answer)
    relay.rule("/content", spoil_lines, method="GET")
    try:
        yield relay.url
    finally:
        relay.close()


def _set_off(sandbox: Sandbox, storm: Storm, rows: int, *, fresh: bool = True) -> None:
    if fresh:
        sandbox.reset()
    sandbox.clear_faults()
    sandbox.limits("openai", requests_per_minute=storm.per_minute, tokens_per_minute=None)
    sandbox.latency("openai", storm.latency, storm.latency)
    batched = storm.engine == "batch"
    # Jobs take few requests: each is struck more often, or nothing would be.
    more = min(8.0, 0.3 / (sum(share for kind, share in storm.faults if kind in PASSING) or 1)) if batched else 1.0
    sandbox.limits("openai", batch_seconds=0.5 if rows < 1_000 else 3.0, batch_failures=0.02 if batched else 0.0)
    for kind, share in storm.faults:
        where = "" if batched else f":path=/{storm.engine}"
        if kind in PASSING:
            sandbox.fault(f"openai:{kind}{where}:rate={share * more:.4f}{PASSING[kind]}")
        else:
            after = int(share * 20) if batched else int(share * rows)
            sandbox.fault(f"openai:{kind}{where}:count=1:after={after}")


@contextlib.contextmanager
def _small_jobs(rows: int) -> Iterator[None]:
    """Send several jobs and look at them often, so that there is something to be struck."""
    before = BatchSender.most_questions, BatchCollector.first_poll, BatchCollector.longest_poll
    BatchSender.most_questions, BatchCollector.first_poll, BatchCollector.longest_poll = max(20, rows // 6), 0.05, 0.5
    try:
        yield
    finally:
        BatchSender.most_questions, BatchCollector.first_poll, BatchCollector.longest_poll = before


def _ask(hub: Any, storm: Storm, rows: int, step: Any = ask) -> Any:
    return step(hub, frame_of(rows), "state-abbreviations", PROMPT, engine=storm.engine, confirm=True)


def _disturbed(sandbox: Sandbox, workspace: Path, storm: Storm, rows: int, goal: int, deed: str) -> int:
    """Ask until `goal` rows are done and do the deed then; returns how often a fault stopped the run by itself."""
    with connect(workspace=workspace) as hub:
        known = _kept(workspace)
        handle = _ask(hub, storm, rows, start_ask)
        while not handle.done and known + handle.progress.done < goal:
            time.sleep(0.005)
        if deed == "pause":
            handle.pause()
            time.sleep(0.8)  # what was in flight, stalled or not, is over
            before = _arrived(sandbox)
            time.sleep(0.2)
            assert storm.engine == "batch" or handle.done or _arrived(sandbox) == before, "sent during a pause"
            handle.resume()
            time.sleep(0.2)
        handle.cancel(drain=deed != "break off")
        try:
            status = handle.result(120).record.status
        except HsaiError as problem:
            return _met(storm, problem)
        assert status in {"stopped", "done", "waiting"}, f"a stopped run says {status}"
        return 0


def _killed(sandbox: Sandbox, workspace: Path, storm: Storm, rows: int, goal: int) -> int:
    """Ask in a process of its own and kill it outright at `goal`; returns whether it was still asking."""
    command = [sys.executable, __file__, str(workspace), str(rows), storm.engine]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ends = time.monotonic() + 600
    while process.poll() is None and _kept(workspace) < goal and time.monotonic() < ends:
        time.sleep(0.02)
    running = process.poll() is None
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.wait()
    _whole(workspace)
    return running


def _to_the_end(workspace: Path, storm: Storm, rows: int) -> tuple[bool, int, int]:
    """Ask, or go on with the newest run; returns whether all is answered, rows that failed, and whether it stopped."""
    with connect(workspace=workspace) as hub:
        latest = hub.store.runs.latest()
        try:
            run = _ask(hub, storm, rows) if latest is None or latest.endswith(("0", "2", "4", "6")) else resume(hub)
        except HsaiError as problem:
            return False, 0, _met(storm, problem)
        answers = run.answers
    statuses = answers["status"].value_counts().to_dict()
    assert list(answers.index) == list(frame_of(rows).index), "rows were lost"
    ended = {"answered", "from_memory", "failed", *(["skipped"] if storm.engine == "batch" else [])}
    assert set(statuses) <= ended, f"rows did not end: {statuses}"
    failed = answers["status"].isin(["failed", "skipped"])
    assert (answers.loc[failed, "reason"].str.len() > 10).all(), "a row failed without a reason"
    if failed.any():
        return False, int(failed.sum()), 0
    assert run.record.status == "done", f"all is answered and the run says {run.record.status}"
    wanted = [code_of(row) for row in range(rows)]
    right = (answers["answer"].fillna("") == wanted).mean()
    # The scripted assistant errs now and then; answers that were given to the wrong row would be right by chance only.
    assert right > 0.9, f"only {right:.0%} of the rows have their own answer"
    return True, 0, 0


def _met(storm: Storm, problem: HsaiError) -> int:
    """Count a stop by what a person has to mend; jobs also stop at trouble that went on for too long."""
    if isinstance(problem, NoQuota | KeyRefused):
        return 1
    assert storm.engine == "batch", f"the run was ended by what passes: {problem}"
    assert is_passing(problem), f"the run was ended by: {problem}"
    return 0


def code_of(row: int) -> str:
    return {"Texas": "TX", "Ohio": "OH", "Maine": "ME", "Iowa": "IA", "Utah": "UT", "Oregon": "OR", "Nevada": "NV"}[
        STATES[row % len(STATES)]
    ]


def _settle(sandbox: Sandbox, workspace: Path, storm: Storm, rows: int, through: Weathered, stopped: int) -> None:
    assert _whole(workspace) == rows, "answers are missing in the store"
    through.struck = _struck(sandbox) or through.struck
    told = sum(through.struck.get(kind, 0) for kind in STOPPING)
    # Sixty in flight meet a used-up account together, but each of these faults strikes one request.
    assert stopped <= told or storm.engine == "batch", f"{stopped} runs were stopped by {told} faults"
    through.requests = _arrived(sandbox)
    route = "POST /v1/decisions" if storm.engine == "decisions" else "POST /v1/responses"
    seen = sandbox.count_answered()["openai"].get(route, {"once": 0, "again": 0})
    if storm.engine == "batch":
        through.again = seen["once"] + seen["again"] + _done_in_jobs(sandbox) - rows
        # One question of each session goes live, and a job may have been cut off with it.
        allowed = through.in_flight // IN_FLIGHT + through.odd
    else:
        assert seen["once"] == rows, f"{seen['once']:,} questions were answered whole, of {rows:,}"
        through.again, allowed = seen["again"], through.in_flight + through.odd
    assert through.again <= allowed, f"{through.again} answers were paid twice, and {allowed} could be lost"


def _struck(sandbox: Sandbox) -> dict[str, int]:
    return {one["kind"]: one["struck"] for one in sandbox.faults()["openai"]}


def _done_in_jobs(sandbox: Sandbox) -> int:
    from openai import OpenAI

    with OpenAI(api_key=sandbox.openai_key, base_url=sandbox.openai_url) as client:
        return sum(job.request_counts.completed for job in client.batches.list(limit=100))


def _arrived(sandbox: Sandbox) -> int:
    counts = sandbox.counts()["openai"]
    return sum(sum(counts.get(f"POST /v1/{path}", {}).values()) for path in ("responses", "decisions"))


def _kept(workspace: Path) -> int:
    """Count the answers in the store, as another process sees them."""
    path = workspace / "hsai.sqlite"
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as store:
        try:
            return int(store.execute("SELECT COUNT(*) FROM answers WHERE status != 'failed'").fetchone()[0])
        except sqlite3.OperationalError:  # the tables are not made yet
            return 0


def _whole(workspace: Path) -> int:
    """See that the store is in order, and count its answers."""
    path = workspace / "hsai.sqlite"
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert store.execute("PRAGMA foreign_key_check").fetchall() == []
    return _kept(workspace)


if __name__ == "__main__":
    # The process that is killed.
    folder, count, name = sys.argv[1:]
    with _small_jobs(int(count)), connect(workspace=folder) as connected:
        _ask(connected, Storm((), engine=name), int(count))
