"""An evaluation that is killed outright: the same call asks only the rest, repeats included."""

from __future__ import annotations

import subprocess
import sys
import time

from hsai_kit import connect, evaluate, pull

EVALUATING = """
import sys
from hsai_kit import connect, evaluate, pull

with connect(workspace=sys.argv[1]) as hub:
    contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=150)
    models = ["sandbox-fickle", "sandbox-luna"]
    found = evaluate(hub, contacts, [("state-abbreviations", model) for model in models], repeats=2)
"""


def answered(sandbox) -> int:
    return sum(sandbox.counts()["openai"].get("POST /v1/responses", {}).values())


def test_after_a_kill_every_question_and_repeat_is_paid_once_but_for_those_in_flight(keys, tmp_path):
    keys.latency("openai", 0.1)
    process = subprocess.Popen([sys.executable, "-c", EVALUATING, str(tmp_path)], stdout=subprocess.DEVNULL)
    ends = time.monotonic() + 60
    # In the second repeat of the first model.
    while answered(keys) < 180:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < ends
        time.sleep(0.03)
    process.kill()
    process.wait()
    killed_at = answered(keys)

    keys.latency("openai", 0)
    with connect(workspace=tmp_path) as hub:
        contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=150)
        models = ["sandbox-fickle", "sandbox-luna"]
        found = evaluate(hub, contacts, [("state-abbreviations", model) for model in models], repeats=2)
        assert found.complete
        questions = 4 * found.table["questions"].iloc[0]
        assert killed_at < questions
        assert questions <= answered(keys) <= questions + hub.llm.concurrency
