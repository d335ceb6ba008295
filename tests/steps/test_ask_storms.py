"""Runs through storms of faults, stopped, paused and killed in the middle: nothing lost, nothing paid twice.

The mixes are drawn by hypothesis. The same for 20,000 rows is a soak test, run by hand:

    HSAI_SOAK_ROWS=20000 python -m pytest tests/steps/test_ask_storms.py -k soak
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from hsai_kit import ask, connect, resume

if TYPE_CHECKING:
    from pathlib import Path

    from hsai_kit.connection import Connection
    from hsai_kit.run import Run
    from hsai_kit.sandbox import Sandbox

ROWS = 120
PROMPT = "State: {{ state }}"
KINDS = {
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
ASKING = f"""
import sys
import pandas as pd
from hsai_kit import ask, connect

states = ["Texas %d" % (row + 1) for row in range({ROWS})]
frame = pd.DataFrame({{"state": states}}, index=pd.Index([str(row + 1) for row in range({ROWS})], name="record_id"))
with connect(workspace=sys.argv[1]) as hub:
    ask(hub, frame, "state-abbreviations", {PROMPT!r}, confirm=True)
"""


@dataclass(frozen=True)
class Storm:
    """Faults with the share of requests that each strikes, the account's limit a minute, and what somebody does."""

    faults: dict[str, float]
    latency: float
    per_minute: int
    middle: str


storms = st.builds(
    Storm,
    faults=st.dictionaries(st.sampled_from(sorted(KINDS)), st.sampled_from([0.02, 0.06]), min_size=1, max_size=4),
    latency=st.sampled_from([0.0, 0.02]),
    per_minute=st.sampled_from([3_000, 600_000]),
    middle=st.sampled_from(["nothing", "cancel", "resume", "pause", "kill"]),
)


def frame_of(rows: int) -> pd.DataFrame:
    ids = pd.Index([str(row + 1) for row in range(rows)], name="record_id")
    return pd.DataFrame({"state": [f"Texas {one}" for one in ids]}, index=ids)


def set_off(sandbox: Sandbox, storm: Storm) -> None:
    sandbox.reset()
    sandbox.limits("openai", requests_per_minute=storm.per_minute, tokens_per_minute=None)
    sandbox.latency("openai", storm.latency, storm.latency)
    for kind, rate in storm.faults.items():
        sandbox.fault(f"openai:{kind}:path=/responses:rate={rate}{KINDS[kind]}")


def answered(sandbox: Sandbox) -> int:
    return sandbox.counts()["openai"].get("POST /v1/responses", {}).get("200", 0)


def whole_answers(sandbox: Sandbox) -> Counter[str]:
    """Count how often each question was answered, and so paid, by an answer that came whole."""
    return Counter(
        str(one["body"]["input"])
        for one in sandbox.requests("openai", 2000)
        if one["path"].endswith("/responses") and one["status"] == 200 and one["fault"] != "cut"
    )


def ask_through(hub: Connection, sandbox: Sandbox, storm: Storm) -> Run:
    frame = frame_of(ROWS)
    if storm.middle in {"nothing", "kill"}:
        return ask(hub, frame, "state-abbreviations", PROMPT, confirm=True)
    handle = ask(hub, frame, "state-abbreviations", PROMPT, confirm=True, wait=False)
    while handle.progress.done < ROWS // 3:
        time.sleep(0.005)
    if storm.middle == "pause":
        handle.pause()
        time.sleep(0.7)  # what was in flight, stalled or not, is over
        sent = answered(sandbox)
        time.sleep(0.2)
        assert answered(sandbox) == sent
        handle.resume()
        return handle.result(60)
    handle.cancel()
    stopped = handle.result(30)
    assert stopped.record.status in {"stopped", "done"}
    if storm.middle == "resume":
        return resume(hub, stopped)
    return ask(hub, frame, "state-abbreviations", PROMPT, confirm=True)


def kill_at_a_third(sandbox: Sandbox, workspace: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ASKING, str(workspace)], stdout=subprocess.DEVNULL)
    while answered(sandbox) < ROWS // 3 and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    process.wait()


def assert_whole(workspace: Path, rows: int) -> None:
    store = sqlite3.connect(workspace / "hsai.sqlite")
    try:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert store.execute("PRAGMA foreign_key_check").fetchall() == []
        assert store.execute("SELECT COUNT(*) FROM answers WHERE status != 'failed'").fetchone() == (rows,)
    finally:
        store.close()


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(storm=storms)
@example(storm=Storm(dict.fromkeys(KINDS, 0.03), 0.0, 600_000, "cancel"))
@example(storm=Storm({"rate_limit": 0.1, "500": 0.05}, 0.02, 600_000, "kill"))
@example(storm=Storm({"reset": 0.06, "cut": 0.06}, 0.02, 600_000, "pause"))
def test_no_storm_loses_a_row_or_pays_one_twice(keys, tmp_path_factory, storm):
    workspace = tmp_path_factory.mktemp("storm") / "workspace"
    set_off(keys, storm)
    if storm.middle == "kill":
        kill_at_a_third(keys, workspace)
    with connect(workspace=workspace) as hub:
        run = ask_through(hub, keys, storm)
        in_flight = hub.llm.concurrency if storm.middle == "kill" else 0
        answers = run.answers
    assert run.record.status == "done"
    assert list(answers.index) == list(frame_of(ROWS).index)
    assert set(answers["status"]) <= {"answered", "from_memory"}
    paid = whole_answers(keys)
    assert len(paid) == ROWS
    assert sum(paid.values()) <= ROWS + in_flight
    assert_whole(workspace, ROWS)


@pytest.mark.skipif("HSAI_SOAK_ROWS" not in os.environ, reason="a soak test, run by hand: see the top of this file")
def test_soak_all_faults_together_over_many_rows(keys, tmp_path):
    rows = int(os.environ["HSAI_SOAK_ROWS"])
    # Without what is answered and then broken off: that is paid by nobody's fault, and the counts cannot tell it.
    kinds = [kind for kind in KINDS if kind != "cut"]
    set_off(keys, Storm(dict.fromkeys(kinds, 0.02), 0.02, 600_000, "nothing"))
    with connect(workspace=tmp_path / "workspace") as hub:
        handle = ask(hub, frame_of(rows), "state-abbreviations", PROMPT, confirm=True, wait=False)
        for part in (1, 2, 3):
            while handle.progress.done < rows * part // 4:
                time.sleep(0.05)
            handle.pause()
            time.sleep(0.5)
            handle.resume()
        handle.cancel()
        handle.result(60)
        run = resume(hub)
        answers = run.answers
    assert run.record.status == "done"
    assert len(answers) == rows
    assert set(answers["status"]) == {"answered"}
    assert answered(keys) == rows
    assert_whole(tmp_path / "workspace", rows)
