"""Measure a push and its undo against what HubSpot's window allows: two calls for a hundred records, and one more.

    python tests/bench/push.py [--records 20000] [--latency 0.15] [--limit 190] [--json push.json]

The sandbox keeps the window as HubSpot does (so many calls in any 10 s) and answers each call late by `--latency`
seconds. What the window allows is its rate, calls x 10 / limit seconds; a share of 85 % and more holds. Beside it
stands the harder measure: the same calls by somebody who begins with an unused window and loses no moment. Two
properties of each record are written, which takes no more calls than one. Give it 20,000 records or more: a few hundred
calls fit into one window, and then nothing is measured but the sandbox.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from measures import Line
from run import table

from hsai_kit import Assistant, ask, connect, pull, review
from hsai_kit.connection import Connection
from hsai_kit.runtime.progress import quiet
from hsai_kit.sandbox import Sandbox
from hsai_kit.steps.push import PushPlan, PushReceipt, carry_out_push, plan_push, plan_undo
from hsai_kit.steps.review import Review
from hsai_kit.workspace import PushSettings

FIELDS = {
    "kind": "fields",
    "fields": {"place": {"kind": "text", "to": "city"}, "job": {"kind": "text", "to": "jobtitle"}},
}
SHARE = 0.85


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--latency", type=float, default=0.15, help="seconds that each call takes longer")
    parser.add_argument("--limit", type=int, default=190, help="calls that HubSpot allows in 10 s")
    parser.add_argument("--small", action="store_true", help="a quick try, which holds no figure to its bound")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    given = parser.parse_args()
    if given.small:
        given.records, given.latency, given.limit = 250, 0.01, 1_000
    lines = measured(given)
    print(table(lines))
    if given.json:
        about = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version()}
        about |= {"cores": os.cpu_count(), "load": os.getloadavg()}
        about |= {name: getattr(given, name) for name in ("records", "latency", "limit")}
        given.json.write_text(json.dumps({**about, "figures": [line.as_dict() for line in lines]}, indent=1), "utf-8")
    return 0 if given.small or all(line.holds is not False for line in lines) else 1


def measured(given: argparse.Namespace) -> list[Line]:
    with Sandbox(contacts=given.records) as sandbox, tempfile.TemporaryDirectory() as folder, quiet():
        os.environ |= {
            "HUBSPOT_BASE_URL": sandbox.hubspot_url,
            "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot_token,
            "OPENAI_BASE_URL": sandbox.openai_url,
            "OPENAI_API_KEY": sandbox.openai_key,
        }
        with connect(workspace=folder) as hub:
            hub.workspace.settings = hub.workspace.settings.model_copy(update={"push": PushSettings(max_records=0)})
            checks = reviewed(hub)
            sandbox.limits("hubspot", per_ten_seconds=given.limit)
            sandbox.latency("hubspot", given.latency)
            lines, receipt = timed("push", given, sandbox, hub, plan_push(hub, checks))
            more, back = timed("undo", given, sandbox, hub, plan_undo(hub, receipt))
    wrong = sum(outcome != "written" for one in (receipt, back) for outcome in one.counts)
    return [*lines, *more, Line("outcomes other than written", wrong, "", 0)]


def reviewed(hub: Connection) -> list[Review]:
    contacts = pull(hub, "contacts", ["city", "jobtitle"])
    asked = Assistant(name="bench", instructions="Say it.", prompt="place: {{ said }}", output=FIELDS)
    run = ask(hub, contacts.assign(said="hello"), asked)
    checks = [review(run, field) for field in ("place", "job")]
    for checked in checks:
        checked.edit(None, f"new {checked.field}")
    return checks


def timed(
    name: str, given: argparse.Namespace, sandbox: Sandbox, hub: Connection, ready: PushPlan
) -> tuple[list[Line], PushReceipt]:
    """Time how a plan is carried out. What its making has used of the window is over by then."""
    time.sleep(0 if given.small else 10.5)
    before, cpu, begun = calls(sandbox), processor_seconds(), time.monotonic()
    receipt = carry_out_push(hub, ready, confirm=True)
    took, cpu = time.monotonic() - begun, processor_seconds() - cpu
    reads, updates, refused = (now - then for now, then in zip(calls(sandbox), before, strict=True))
    sent = reads + updates
    # The first `limit` calls at once, as many again when ten seconds are over, and so on; the last two take their time.
    ideal = (sent - 1) // given.limit * 10 + 2 * given.latency
    rate = sent * 10 / given.limit
    # A look and a write for each batch, and one look at a sample when all is through.
    most = 2 * math.ceil(given.records / 100) + 1
    return [
        Line(f"{name}: calls for a hundred records", sent * 100 / given.records, "", most * 100 / given.records),
        Line(f"{name}: wall, {sent} calls at the window's rate {rate:.1f} s", took, "s", rate / SHARE),
        Line("… share of what the window allows", min(100.0, 100 * rate / took), "%"),
        Line(f"… as a multiple of {ideal:.1f} s, the window used from a full start", took / ideal, "times"),
        Line("… 429s", refused, "", 0),
        Line("… CPU of this process for a record", cpu * 1000 / given.records, "ms"),
    ], receipt


def calls(sandbox: Sandbox) -> tuple[int, int, int]:
    """Return how many batch reads and updates there were, and how many calls were refused for their number."""
    counts = sandbox.counts()["hubspot"]
    reads, updates = (
        sum(sum(by_status.values()) for path, by_status in counts.items() if path.endswith(end))
        for end in ("/batch/read", "/batch/update")
    )
    return reads, updates, sum(by_status.get("429", 0) for by_status in counts.values())


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
