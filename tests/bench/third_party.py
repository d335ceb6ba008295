"""Let published clients discover and read the sandbox's portal, each as its makers wrote it.

    python tests/bench/third_party.py [--venv FOLDER] [--dlt-source FOLDER] [--contacts 300]

They are installed into a virtual environment of their own (`--venv` keeps it for the next time), and only the address
of HubSpot's API is turned to the sandbox. dlt's source is no package: `--dlt-source` is the folder `sources/hubspot` of
a checkout of github.com/dlt-hub/verified-sources; without it, it is cloned. The table tells what each client read, and
which addresses the sandbox refused it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from hsai_kit.sandbox import Sandbox

PACKAGES = ("hubspot-sdk>=0.1.0a9", "tap-hubspot>=4.5", "dlt>=1.31")
SOURCES = "https://github.com/dlt-hub/verified-sources"
# Each prints as its last line what it read, as JSON: a name and how many records.
SDK = """
import json, os
from hubspot_sdk import HubSpot
client = HubSpot(access_token=os.environ["TOKEN"], base_url=os.environ["ADDRESS"])
crm, read = client.crm, {}
read["properties"] = len(crm.properties.list("contacts").results)
read["schemas"] = len(crm.object_schemas.list().results)
read["owners"] = len(list(crm.owners.list()))
read["pipelines"] = len(crm.pipelines.list("deals").results)
for name in ("contacts", "companies", "deals", "tickets", "notes", "tasks", "quotes"):
    read[name] = len(list(getattr(crm.objects, name).list(limit=100)))
read["lists"] = len(crm.lists.list_by_search(list_ids=[], offset=0, processing_types=[]).lists)
print(json.dumps(read))
"""
TAP = """
import contextlib, io, json, os, time
import tap_hubspot as tap
time.sleep = lambda seconds: None  # it waits before it tries again what is refused
tap.BASE_URL = os.environ["ADDRESS"]
tap.CONFIG.update(api_key=os.environ["TOKEN"], start_date="2020-01-01T00:00:00Z", select_fields_by_default=True)
catalog = tap.discover_schemas()
read = {"streams discovered": len(catalog["streams"])}
for stream in catalog["streams"]:
    name = stream["tap_stream_id"]
    chosen = json.loads(json.dumps(catalog))
    for one in chosen["streams"]:
        for entry in one["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = one["tap_stream_id"] == name
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            tap.do_sync({}, chosen)
    except Exception as error:
        read[name] = f"refused ({type(error).__name__})"
        continue
    lines = (json.loads(line) for line in out.getvalue().splitlines() if line.startswith("{"))
    read[name] = sum(one["type"] == "RECORD" for one in lines)
print(json.dumps(read))
"""
DLT = """
import json, os, sys
sys.path.insert(0, os.environ["SOURCE"])
from hubspot import helpers
helpers.BASE_URL = os.environ["ADDRESS"] + "/"
helpers.get_url.__globals__["BASE_URL"] = helpers.BASE_URL
helpers.get_url = get_url = lambda endpoint: helpers.BASE_URL + endpoint.lstrip("/")
import hubspot
source = hubspot.hubspot(api_key=os.environ["TOKEN"])
read = {}
for name, resource in source.resources.items():
    try:
        read[name] = sum(1 for _ in resource)
    except Exception as error:
        read[name] = f"refused ({type(error).__name__}: {str(error)[:80]})"
print(json.dumps(read))
"""


class Outcome(NamedTuple):
    """What a client read, and which addresses it was refused, by status."""

    read: dict[str, object]
    refused: dict[str, int]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venv", type=Path, help="a virtual environment to make, or to use again")
    parser.add_argument("--dlt-source", type=Path, help="the folder of dlt's hubspot source")
    parser.add_argument("--contacts", type=int, default=300, help="how large the portal is")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as room, Sandbox(contacts=given.contacts) as sandbox:
        sandbox.limits("hubspot", per_ten_seconds=None, search_per_second=None, search_lag=0)
        python = make_environment(given.venv or Path(room) / "venv")
        source = given.dlt_source or clone_source(Path(room))
        for name, script in (("hubspot-sdk", SDK), ("tap-hubspot", TAP), ("dlt's hubspot source", DLT)):
            show(name, run(sandbox, python, script, Path(room), source))
    return 0


def make_environment(folder: Path) -> Path:
    """Install the clients, unless they are there, one after the other: what two of them want may not agree."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    installed = subprocess.run([python, "-m", "pip", "list"], check=True, capture_output=True, text=True).stdout
    for package in PACKAGES:
        if package.partition(">")[0] not in installed:
            subprocess.run([python, "-m", "pip", "install", "--quiet", package], check=True)
    return python


def clone_source(room: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", "--depth=1", SOURCES, room / "dlt"], check=True)
    return room / "dlt" / "sources" / "hubspot"


def run(sandbox: Sandbox, python: Path, script: str, room: Path, source: Path) -> Outcome:
    """Run one client in a process of its own."""
    sandbox.reset()
    sandbox.limits("hubspot", per_ten_seconds=None, search_per_second=None, search_lag=0)
    environment = {
        "ADDRESS": sandbox.hubspot_url,
        "TOKEN": sandbox.hubspot_token,
        "SOURCE": str(source.parent),
        "PATH": str(python.parent),
        "HOME": str(room),
    }
    done = subprocess.run([python, "-c", script], env=environment, capture_output=True, text=True, cwd=room)
    lines = done.stdout.strip().splitlines()
    read = json.loads(lines[-1]) if done.returncode == 0 and lines else {"failed": done.stderr[-600:]}
    told = (one for one in sandbox.requests("hubspot", 2_000) if one["status"] is None or one["status"] >= 400)
    refused = dict(Counter(f"{one['method']} {one['path']} {one['status']}" for one in told))
    return Outcome(read, refused)


def show(name: str, outcome: Outcome) -> None:
    print(f"## {name}\n\n| what | read |\n| --- | --- |")
    print("\n".join(f"| {what} | {count} |" for what, count in outcome.read.items()))
    print(
        "\nrefused: "
        + (", ".join(f"{route} ({count})" for route, count in outcome.refused.items()) or "nothing")
        + "\n"
    )


if __name__ == "__main__":
    sys.exit(main())
