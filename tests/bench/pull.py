"""Measure pulls against what HubSpot's window allows, beside a plain paging loop of `hubspot-api-client`.

    python tests/bench/pull.py [--records 100000] [--latency 0.15] [--limit 190] [--only …] [--json …]

The sandbox holds an export of that many made-up contacts with gaps between their ids, keeps the window as HubSpot does
(so many calls in any 10 s) and answers each call late by `--latency` seconds. The ideal is the window used to its last
call: calls x 10 / limit seconds, one call for a hundred records and for a list one more for 250 members; 1.15 times
that holds. Memory is the highest resident size above that after import, as a multiple of the frame's own; the frame is
measured as pandas counts it. Each pull is a process of its own. `--small` is a quick try, which holds no figure.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from client import Meter
from measures import Line
from run import table

from hsai_kit.sandbox import Sandbox

COLUMNS = {
    "First Name": "firstname", "Last Name": "lastname", "Email": "email", "City": "city", "State/Region": "state",
    "Country/Region": "country", "Job Title": "jobtitle", "Lifecycle Stage": "lifecyclestage",
    "Phone Number": "phone", "Create Date": "createdate",
}  # fmt: skip
NAMES = list(COLUMNS.values())
TIMES, MEMORY = 1.15, 3.0
WAYS = ("everything", "ids", "list", "search", "plain")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--searched", type=int, default=20_000, help="records that the search finds")
    parser.add_argument("--latency", type=float, default=0.15, help="seconds that each call takes longer")
    parser.add_argument("--limit", type=int, default=190, help="calls that HubSpot allows in 10 s")
    parser.add_argument("--only", default=",".join(WAYS), help=f"some of: {', '.join(WAYS)}")
    parser.add_argument("--small", action="store_true", help="a quick try, which holds no figure to its bound")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--child", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--export", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(pulled(given)))
        return 0
    if given.small:
        given.records, given.searched, given.latency, given.limit = 3_000, 1_000, 0.01, 1_000
    with tempfile.TemporaryDirectory() as folder:
        given.export = Path(folder) / "contacts.csv"
        export(given)
        with Sandbox(load={"contacts": given.export}) as sandbox:
            lines = [line for way in given.only.split(",") for line in measured(given, sandbox, way)]
    print(table(lines))
    if given.json:
        about = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version()}
        about |= {"cores": os.cpu_count(), "load": os.getloadavg()}
        about |= {name: getattr(given, name) for name in ("records", "searched", "latency", "limit")}
        given.json.write_text(json.dumps({**about, "figures": [line.as_dict() for line in lines]}, indent=1), "utf-8")
    return 0 if given.small or all(line.holds is not False for line in lines) else 1


def export(given: argparse.Namespace) -> None:
    """Write contacts as HubSpot exports them; ids have small gaps, and one large one."""
    rng = random.Random(7)
    record = 101
    with given.export.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["Record ID", *COLUMNS])
        for number in range(given.records):
            record += rng.choice((1, 1, 1, 2, 5, 40)) + (5_000_000_000 if number == given.records // 3 else 0)
            city, state = rng.choice((("Austin", "TX"), ("Boston", "Mass."), ("Chicago", "Ill."), ("Albany", "N.Y.")))
            stage = "Customer" if number % max(1, given.records // given.searched) == 0 else "Lead"
            rows.writerow([
                *(record, rng.choice(("Ana", "Bo", "Cy", "Dee")), f"Last{number % 997}", f"p{number}@example.com"),
                *(city, state, "United States", rng.choice(("Buyer", "Head of Sales", "", "CFO")), stage),
                *(f"+1 212 555 01{number % 100:02}", f"2025-{1 + number % 12:02}-{1 + number % 28:02} 10:30"),
            ])  # fmt: skip


def measured(given: argparse.Namespace, sandbox: Sandbox, way: str) -> list[Line]:
    sandbox.limits("hubspot", per_ten_seconds=given.limit)
    sandbox.latency("hubspot", given.latency)
    print(f"{way} …", file=sys.stderr, flush=True)
    before = counted(sandbox)
    environment = {
        **os.environ,
        "HUBSPOT_BASE_URL": sandbox.hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot_token,
        "OPENAI_BASE_URL": sandbox.openai_url,
        "OPENAI_API_KEY": sandbox.openai_key,
    }
    command = [sys.executable, __file__, "--child", way, "--export", str(given.export)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    found = json.loads(done.stdout.splitlines()[-1])
    records = given.searched if way == "search" else given.records
    calls, refused = (now - then for now, then in zip(counted(sandbox), before, strict=True))
    return lines_of(way, given, records, {**found, "calls": calls, "refused": refused})


def lines_of(way: str, given: argparse.Namespace, records: int, found: dict[str, Any]) -> list[Line]:
    cpu = Line("… CPU for 1,000 records", found["cpu_s"] * 1e6 / max(1, found["records"]), "ms")
    if way == "plain":
        return [
            Line(f"plain paging loop: wall for {found['records']:,} records", found["wall_s"], "s"),
            Line("… memory, times the frame", found["memory_mb"] / found["frame_mb"], "times"),
            cpu,
        ]
    calls = -(-records // (200 if way == "search" else 100)) + (-(-records // 250) if way == "list" else 0)
    ideal = calls * 10 / given.limit
    wall = Line(f"{way}: wall for {records:,} records, ideal {ideal:.1f} s", found["wall_s"], "s", TIMES * ideal)
    if way == "search":
        # 200 a page, five pages a second at most.
        ideal = records / 200 / 5
        wall = Line(f"{way}: wall for {records:,} records, {ideal:.1f} s at 5 a second", found["wall_s"], "s")
    return [
        wall,
        Line("… records missing or twice", abs(records - found["records"]) + found["twice"], "", 0),
        Line("… 429s", found["refused"], "", 0),
        Line(f"… calls, {calls:,} of them needed", found["calls"], ""),
        # A small frame is small beside what any program takes; the large ones count.
        Line(
            "… memory, times the frame",
            found["memory_mb"] / found["frame_mb"],
            "times",
            MEMORY if records >= 50_000 else None,
        ),
        cpu,
    ]


def counted(sandbox: Sandbox) -> tuple[int, int]:
    """Return how many calls there were, connecting included, and how many of them were refused for their number."""
    counts = sandbox.counts()["hubspot"].values()
    return sum(sum(one.values()) for one in counts), sum(one.get("429", 0) for one in counts)


def pulled(given: argparse.Namespace) -> dict[str, float]:
    """Pull in this process and return what it took."""
    import pandas as pd

    from hsai_kit import connect, pull

    ids = pd.read_csv(given.export, usecols=["Record ID"], dtype=str)["Record ID"] if given.child == "ids" else None
    with tempfile.TemporaryDirectory() as folder, connect(workspace=folder) as hub:
        # Everything is imported and built once, and what the account allows is learned.
        pull(hub, "contacts", NAMES, limit=1)
        meter = Meter()
        match given.child:
            case "plain":
                frame = plain()
            case "search":
                frame = pull(hub, "contacts", NAMES, where="lifecyclestage is customer")
            case "list":
                frame = pull(hub, "contacts", NAMES, list=f"All of {given.export.name}")
            case _:
                frame = pull(hub, "contacts", NAMES, ids=ids)
        told = meter.read()
    told["frame_mb"] = float(frame.memory_usage(deep=True).sum()) / 1024**2
    return told | {"records": len(frame), "twice": int(frame.index.duplicated().sum())}


def plain() -> Any:
    """What somebody writes who follows the client's README: one page after the other, a list of dicts, a frame."""
    import pandas as pd
    from hubspot import HubSpot

    client = HubSpot(access_token=os.environ["HUBSPOT_ACCESS_TOKEN"], host=os.environ["HUBSPOT_BASE_URL"])
    records, after = [], None
    while True:
        page = client.crm.contacts.basic_api.get_page(limit=100, after=after, properties=NAMES)
        records += [{"record_id": one.id, **one.properties} for one in page.results]
        if page.paging is None:
            return pd.DataFrame(records).set_index("record_id")
        after = page.paging.next.after


if __name__ == "__main__":
    sys.exit(main())
