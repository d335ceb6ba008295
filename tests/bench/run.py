"""Measure asking in bulk against a raw aiohttp loop and the plain `openai` SDK, all in one run.

    python tests/bench/run.py [--only cpu,limit] [--rows 10000] [--repeat 3] [--json figures.json]

A server on loopback answers after 40 ms + 0-20 ms; 64 requests are in flight; the server has one core and each client,
a process of its own, the other. Figures are medians; on a machine that does other things as well, CPU and the ratio to
the raw loop tell more than seconds do. `--small` is a quick try of every measure, which holds no figure to its bound.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import measures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help=f"some of: {', '.join(measures.ALL)}")
    parser.add_argument("--rows", type=int, default=10_000, help="distinct questions of the long measures")
    parser.add_argument("--some", type=int, default=2_000, help="rows of the measures with faults and limits")
    parser.add_argument("--many", type=int, default=1_000_000, help="rows of the memory measure")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each client; the median counts")
    parser.add_argument("--small", action="store_true", help="a few rows of everything, once")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    given = parser.parse_args()
    if given.small:
        given.rows, given.some, given.many, given.repeat = 200, 100, 5_000, 1
    chosen = given.only.split(",") if given.only else list(measures.ALL)
    if unknown := set(chosen) - set(measures.ALL):
        parser.error(f"there is no measure {', '.join(sorted(unknown))}; there are {', '.join(measures.ALL)}")
    lines: list[measures.Line] = []
    for name in chosen:
        print(f"{name} …", file=sys.stderr, flush=True)
        lines += measures.ALL[name](given)
    print(table(lines))
    if given.json:
        about = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version()}
        about |= {
            "cores": os.cpu_count(),
            "load": os.getloadavg(),
            "sizes": {"rows": given.rows, "some": given.some, "many": given.many},
        }
        given.json.write_text(json.dumps({**about, "figures": [line.as_dict() for line in lines]}, indent=1), "utf-8")
    return 0 if given.small or all(line.holds is not False for line in lines) else 1


def table(lines: list[measures.Line]) -> str:
    cells = [("measure", "figure", "bound", ""), *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return "\n".join([rows[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *rows[1:]])


if __name__ == "__main__":
    sys.exit(main())
