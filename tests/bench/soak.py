"""Ask about 20,000 rows through every fault of the sandbox: each alone, then all, then mixes that hypothesis draws.

    python tests/bench/soak.py [--rows 20000] [--mixes 8] [--only alone,all,mixes] [--engines responses,decisions,batch]

In the mixes runs are paused, stopped, broken off and killed outright as well. What must hold is said in `storms.py`:
nothing lost, nothing paid twice beyond what was in flight, every row ended. It takes about half an hour on two cores
and prints a line for each storm as it ends; the exit code is 1 where one did not hold, and its line tells how to
repeat it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import storms
from hypothesis import HealthCheck, Phase, given, seed, settings

from hsai_kit.runtime.progress import quiet
from hsai_kit.sandbox import Sandbox

# What each fault alone strikes: dense enough that thousands of requests meet it.
ALONE = 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--mixes", type=int, default=8, help="how many mixes hypothesis draws")
    parser.add_argument("--seed", type=int, default=1, help="another one draws other mixes")
    parser.add_argument("--only", default="alone,all,mixes")
    parser.add_argument("--engines", default="responses,decisions,batch")
    parser.add_argument("--kinds", default=",".join(storms.KINDS), help="the faults that are tried alone")
    asked = parser.parse_args()
    parts, engines = asked.only.split(","), tuple(asked.engines.split(","))
    broken = 0
    with Sandbox(contacts=50) as sandbox:

        def went_well(storm: storms.Storm) -> None:
            nonlocal broken
            broken += not _tried(sandbox, storm, asked.rows)

        for kind in asked.kinds.split(",") if "alone" in parts else ():
            share = 0.5 if kind in storms.STOPPING else ALONE
            went_well(storms.Storm(((kind, share),)))
        for engine in engines if "all" in parts else ():
            went_well(storms.everything(asked.rows, engine))
        if "mixes" in parts:
            _mixes(asked, engines)(went_well)
    print(f"{broken} storms did not hold." if broken else "Every storm held.", flush=True)
    return 1 if broken else 0


def _mixes(asked: argparse.Namespace, engines: tuple[str, ...]):
    def tried(went_well) -> None:
        @seed(asked.seed)
        @settings(
            max_examples=asked.mixes,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # a smaller storm would take as long again
            suppress_health_check=list(HealthCheck),
        )
        @given(storm=storms.storms(asked.rows, engines))
        def mix(storm: storms.Storm) -> None:
            went_well(storm)

        mix()

    return tried


def _tried(sandbox: Sandbox, storm: storms.Storm, rows: int) -> bool:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, quiet():
        try:
            through = storms.weather(sandbox, Path(folder) / "workspace", storm, rows)
        except AssertionError as problem:
            print(f"DOES NOT HOLD  {storm}\n    {problem}\n    {storm!r}", flush=True)
            return False
    struck = sum(through.struck.values())
    print(
        f"holds  {storm}\n    {through.requests:,} requests for {rows:,} rows, {struck:,} faults struck, "
        f"{through.again} answered again of {through.in_flight} that could be in flight, "
        f"{through.odd:,} answers spoiled, {through.failed} failed on the way and were asked again, "
        f"{time.monotonic() - began:.0f} s",
        flush=True,
    )
    return True


if __name__ == "__main__":
    sys.exit(main())
