"""Measure what evaluating takes: CPU for an exact-match row, and all of it again from memory.

    python tests/bench/evaluate.py [--rows 1000] [--assistants 4] [--json evaluate.json]

Assistants with different instructions are asked about the same distinct rows of a loopback server that answers after
20 ms; half of the labels are right. "Whole" is evaluate(), the table, all pairs compared with 10,000 resamples, and the
flipped rows. CPU counts both the analyst's thread and the background loop.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import client
import pandas as pd
from measures import Line, serving
from run import table

from hsai_kit import Assistant, evaluate
from hsai_kit.runtime.progress import quiet

OUTPUT = {"kind": "choice", "options": ["CA", "NV", "UNKNOWN"], "none_option": "UNKNOWN"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000, help="labeled rows, each a question of its own")
    parser.add_argument("--assistants", type=int, default=4)
    parser.add_argument("--small", action="store_true", help="a quick try, which holds no figure to its bound")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    given = parser.parse_args()
    if given.small:
        given.rows, given.assistants = 60, 2
    lines = measured(given)
    print(table(lines))
    if given.json:
        about = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version()}
        about |= {"cores": os.cpu_count(), "load": os.getloadavg(), "rows": given.rows, "assistants": given.assistants}
        given.json.write_text(json.dumps({**about, "figures": [line.as_dict() for line in lines]}, indent=1), "utf-8")
    return 0 if given.small or all(line.holds is not False for line in lines) else 1


def measured(given: argparse.Namespace) -> list[Line]:
    index = pd.Index([str(1 + place) for place in range(given.rows)], name="record_id")
    frame = pd.DataFrame({"state": [f"Place {place}" for place in range(given.rows)]}, index=index)
    labels = pd.Series(["CA" if place % 2 else "NV" for place in range(given.rows)], index=index)
    assistants = [
        Assistant(name=f"a{place}", instructions=f"Which state? ({place})", prompt="State: {{ state }}", output=OUTPUT)
        for place in range(given.assistants)
    ]

    with serving("--latency", "0.02", "--jitter", "0") as server, tempfile.TemporaryDirectory() as folder, quiet():

        def once() -> tuple[float, float]:
            """Evaluate with all that is looked at afterwards; returns seconds and CPU seconds."""
            # A connection and a process's caches are warm after the first, as in a notebook.
            wall, cpu = time.perf_counter(), time.process_time()
            found = evaluate(hub, frame, assistants, labels, confirm=True)
            assert found.complete
            assert (found.table["right"] == 0.5).all()
            assert len(found.compare()) == given.assistants * (given.assistants - 1) // 2
            assert found.flips.empty
            return time.perf_counter() - wall, time.process_time() - cpu

        with client.connection(server.url, Path(folder)) as hub:
            evaluate(hub, frame.head(10), assistants, labels).compare()
            asked = server.counts()["questions"]
            _, cpu = once()
            assert server.counts()["questions"] - asked == (given.rows - 10) * given.assistants
            again, again_cpu = once()
            assert server.counts()["questions"] - asked == (given.rows - 10) * given.assistants
    rows = given.rows * given.assistants
    return [
        Line("CPU an exact-match row, asked", cpu / rows * 1000, "ms", 1.5, f"{rows:,} rows"),
        Line("CPU an exact-match row, from memory", again_cpu / rows * 1000, "ms"),
        Line(f"whole, {given.rows:,} rows x {given.assistants} assistants from memory", again, "s", 2.0),
    ]


if __name__ == "__main__":
    sys.exit(main())
