"""Kill a push at random moments, complete it, take it back, and compare every record with what it was.

    python tests/bench/push_killed.py [--rounds 20] [--records 1500] [--seed 1]

Each round kills the push, and then its completion as well, each after a random time. What is completed has to hold
every new value, and what is taken back every old one, with two properties of each record.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from push import reviewed

from hsai_kit import connect, open_receipt, pull, undo
from hsai_kit.connection import Connection
from hsai_kit.runtime.progress import quiet
from hsai_kit.sandbox import Sandbox
from hsai_kit.steps.push import push

PUSHING = """
import sys
from hsai_kit import connect, open_receipt, open_run, push, review
from hsai_kit.runtime.progress import quiet

folder, how = sys.argv[1:]
with connect(workspace=folder) as hub, quiet():
    print("ready", flush=True)
    if how == "begin":
        push(hub, [review(open_run(hub), field) for field in ("place", "job")], confirm=True)
    else:
        push(hub, open_receipt(hub), confirm=True)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--records", type=int, default=2_400)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance, bad = random.Random(given.seed), 0
    with Sandbox(contacts=given.records) as sandbox, tempfile.TemporaryDirectory() as folder, quiet():
        os.environ |= {
            "HUBSPOT_BASE_URL": sandbox.hubspot_url,
            "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot_token,
            "OPENAI_BASE_URL": sandbox.openai_url,
            "OPENAI_API_KEY": sandbox.openai_key,
        }
        sandbox.limits("hubspot", per_ten_seconds=None)
        with connect(workspace=folder) as hub:
            reviewed(hub)
            before = values(hub)
            sandbox.latency("hubspot", 0.15, 0.1)
            for number in range(given.rounds):
                held = round_held(hub, Path(folder), chance, before)
                bad += not held
                print(f"round {number + 1}: {'held' if held else 'DID NOT HOLD'}", flush=True)
    print(f"{given.rounds - bad} of {given.rounds} rounds held")
    return 1 if bad else 0


def round_held(hub: Connection, folder: Path, chance: random.Random, before: dict[str, tuple[str, str]]) -> bool:
    known = hub.store.newest_receipt()
    killed(folder, "begin", chance.uniform(0, 1.5), lambda: hub.store.newest_receipt() != known)
    receipt: Any = open_receipt(hub)
    seen = receipt.counts
    killed(folder, "go on", chance.uniform(0, 1.5))
    receipt = push(hub, receipt, confirm=True)
    pushed = set(values(hub).values()) == {("new place", "new job")}
    back = undo(hub, receipt, confirm=True)
    held = pushed and values(hub) == before and receipt.counts == {"written": 2 * len(before)} == back.counts
    print(f"  killed at {seen or 'nothing noted'}, completed: {receipt.counts}, taken back: {back.counts}")
    return held


def killed(folder: Path, how: str, after: float, begun: Callable[[], bool] = lambda: True) -> None:
    command = [sys.executable, "-c", PUSHING, str(folder), how]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    child.stdout.readline()
    while not begun() and child.poll() is None:
        time.sleep(0.002)
    time.sleep(after)
    child.kill()
    child.wait()


def values(hub: Connection) -> dict[str, tuple[str, str]]:
    frame = pull(hub, "contacts", ["city", "jobtitle"]).fillna("")
    return {one: (str(city), str(job)) for one, city, job in frame.itertuples(name=None)}


if __name__ == "__main__":
    sys.exit(main())
