"""The measures: each starts a server and clients of its own and returns lines with a figure and its bound."""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import client

HERE = Path(__file__).parent
# 40 ms and half of 20 ms on average, 64 at a time.
SECONDS_EACH = 0.05 / client.AT_ONCE


@dataclass(frozen=True)
class Line:
    """A figure, what it may be at most (None: it is there to compare with), and a remark."""

    measure: str
    figure: float
    unit: str
    bound: float | None = None
    remark: str = ""

    @property
    def holds(self) -> bool | None:
        return None if self.bound is None else self.figure <= self.bound

    def cells(self) -> tuple[str, str, str, str]:
        bound = "" if self.bound is None else f"≤ {self.bound:,.6g} {self.unit}"
        verdict = {None: "", True: "holds", False: "DOES NOT HOLD"}[self.holds]
        return self.measure, f"{self.figure:,.4g} {self.unit}", bound, " ".join(filter(None, [verdict, self.remark]))

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "holds": self.holds}


class Server:
    """The answering server on a core of its own."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, str(HERE / "answering.py"), *options]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: client.pin(1)
        )
        self.url = f"http://127.0.0.1:{self._process.stdout.readline().strip()}/v1"

    def counts(self) -> dict[str, int]:
        with urllib.request.urlopen(self.url.removesuffix("/v1") + "/counts") as answer:
            return json.load(answer)

    def stop(self) -> None:
        self._process.communicate("")


@contextlib.contextmanager
def serving(*options: str) -> Iterator[Server]:
    server = Server(*options)
    try:
        yield server
    finally:
        server.stop()


def command(server: Server, kind: str, rows: int, *options: str) -> list[str]:
    return [sys.executable, str(HERE / "client.py"), kind, "--url", server.url, "--rows", str(rows), *options]


def run(server: Server, kind: str, rows: int, *options: str) -> dict[str, Any]:
    """Run one client to its end; what it sent is told by the server."""
    before = server.counts()["questions"]
    done = subprocess.run(command(server, kind, rows, *options), capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return {**json.loads(done.stdout.splitlines()[-1]), "requests": server.counts()["questions"] - before}


def median(runs: list[dict[str, Any]], name: str) -> float:
    return statistics.median(one[name] for one in runs)


def cpu(given: argparse.Namespace) -> list[Line]:
    """CPU a request and wall, in turn with the raw loop, and the SDK's two transports beside them."""
    with serving() as server:
        raw, ours = [], []
        for _ in range(given.repeat):
            raw.append(run(server, "raw", given.rows))
            ours.append(run(server, "ours", given.rows))
        beside = {kind: run(server, kind, max(100, given.rows // 5)) for kind in ("sdk-aiohttp", "sdk")}
    each = 1000 / given.rows
    base, mine = median(raw, "cpu_s") * each, median(ours, "cpu_s") * each
    ideal = given.rows * SECONDS_EACH
    return [
        Line("CPU a request, raw aiohttp", base, "ms"),
        *(Line(f"CPU a request, {kind}", one["cpu_s"] * 1000 / one["requests"], "ms") for kind, one in beside.items()),
        Line(f"CPU a request, ours, {given.rows:,} questions", mine, "ms", 0.8),
        Line("… as a multiple of raw aiohttp", mine / base, "times", 4),
        Line(f"wall of raw aiohttp, ideal {ideal:.1f} s", median(raw, "wall_s"), "s"),
        Line(f"wall of ours, ideal {ideal:.1f} s", median(ours, "wall_s"), "s", 1.2 * ideal),
        Line("… as a multiple of raw aiohttp", median(ours, "wall_s") / median(raw, "wall_s"), "times"),
        Line(f"memory above import, {given.rows:,} rows", median(ours, "memory_with_answers_mb"), "MB", 50),
    ]


def memory(given: argparse.Namespace) -> list[Line]:
    """200 distinct questions, the same again, one row edited: what each sends and how long it takes."""
    found: dict[str, list[dict[str, Any]]] = {"first": [], "again": [], "edited": []}
    distinct = ("--distinct", str(max(10, given.rows // 50)))
    with serving() as server:
        for _ in range(given.repeat):
            place = ("--workspace", tempfile.mkdtemp())
            found["first"].append(run(server, "ours", given.rows, *distinct, *place))
            found["again"].append(run(server, "ours", given.rows, *distinct, *place))
            found["edited"].append(run(server, "ours", given.rows, *distinct, *place, "--edited"))
    asked = int(distinct[1])
    return [
        Line(f"{given.rows:,} rows, {asked} distinct: requests", median(found["first"], "requests"), "", asked),
        Line("… wall", median(found["first"], "wall_s"), "s", 0.6),
        Line("the same again: requests", median(found["again"], "requests"), "", 0),
        Line("… wall", median(found["again"], "wall_s"), "s", 0.4),
        Line("one row edited, again: requests", median(found["edited"], "requests"), "", 1),
    ]


def killed(given: argparse.Namespace) -> list[Line]:
    """Kill -9 at half, and the same again."""
    totals = []
    for _ in range(given.repeat):
        place = ("--workspace", tempfile.mkdtemp())
        with serving() as server:
            first = subprocess.Popen(
                command(server, "ours", given.some, *place), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            while server.counts()["questions"] < given.some // 2 and first.poll() is None:
                time.sleep(0.002)
            first.kill()
            first.wait()
            again = run(server, "ours", given.some, *place)
            lost = given.some - sum(again["statuses"].get(name, 0) for name in ("answered", "from_memory"))
            totals.append({"requests": server.counts()["questions"], "lost": lost})
    return [
        Line(
            f"kill -9 at half of {given.some:,}, again: requests in all",
            max(one["requests"] for one in totals),
            "",
            given.some + client.AT_ONCE,
            "the most of all runs",
        ),
        Line("… rows lost", max(one["lost"] for one in totals), "", 0),
    ]


def limit(given: argparse.Namespace) -> list[Line]:
    """6,000 requests a minute, kept by the server in a bucket of one second's worth."""
    ideal = max(0.0, (given.some - 100) / 100)
    lines = []
    for told, named in (("bucket", "headers tell the bucket"), ("minute", "headers tell a whole minute")):
        with serving("--per-minute", "6000", "--told", told) as server:
            one = run(server, "ours", given.some)
            refused = server.counts().get("429", 0)
        lost = given.some - one["statuses"].get("answered", 0)
        # An account that says that it has room where it has none is there to compare with.
        strict = told == "bucket"
        lines += [
            Line(
                f"6,000 a minute, {named}, ideal {ideal:.0f} s: wall", one["wall_s"], "s", ideal + 3 if strict else None
            ),
            Line("… 429s", refused / given.some * 100, "%", 1 if strict else None),
            Line("… rows lost", lost, "", 0),
        ]
    return lines


def storm(given: argparse.Namespace) -> list[Line]:
    """5 % 429 with retry-after 1 s and 2 % 500, against the same without."""
    over, lost, clean = [], 0, []
    for seed in range(given.repeat):
        with serving() as server:
            clean.append(run(server, "ours", given.some)["wall_s"])
        with serving("--limited", "0.05", "--broken", "0.02", "--seed", str(seed)) as server:
            one = run(server, "ours", given.some)
        over.append(one["wall_s"] - clean[-1])
        lost += given.some - one["statuses"].get("answered", 0)
    return [
        Line(f"5 % 429 and 2 % 500 over {given.some:,} rows: over the clean run", statistics.median(over), "s", 3),
        Line("… rows lost", lost, "", 0),
    ]


def refused(given: argparse.Namespace) -> list[Line]:
    """One row that the API always refuses."""
    with serving() as server:
        one = run(server, "ours", given.some, "--refused")
        tries = server.counts().get("400", 0)
    return [
        Line(
            f"one of {given.some:,} always refused: answers missing besides",
            given.some - 1 - one["statuses"]["answered"],
            "",
            0,
        ),
        Line("… reasons told", len(one["reasons"]), "", 1),
        Line("… times it was sent", tries, "", 1),
    ]


def million(given: argparse.Namespace) -> list[Line]:
    """A million rows of 2,000 questions."""
    distinct = min(2_000, given.many)
    with serving() as server:
        one = run(server, "ours", given.many, "--distinct", str(distinct))
    named = f"memory above import, {given.many:,} rows of {distinct:,} questions"
    return [
        Line(f"{named}, all answers read", one["memory_with_answers_mb"] / 1024, "GB", 1.5),
        Line("… wall, with reading all answers", one["wall_with_answers_s"], "s"),
    ]


def kernel(given: argparse.Namespace) -> list[Line]:
    """A real IPython kernel during a run."""
    with serving() as server:
        asked = [sys.executable, str(HERE / "kernel.py"), "--url", server.url, "--rows", str(given.rows)]
        done = subprocess.run(asked, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    told = json.loads(done.stdout.splitlines()[-1])
    return [
        Line(
            f"kernel's thread held at longest, {given.rows:,} rows",
            told["held_ms"],
            "ms",
            50,
            f"idle {told['idle_ms']:.0f} ms",
        ),
        Line("… for 99 of 100 moments at most", told["p99_ms"], "ms"),
        Line("progress drawn", told["updates_per_s"], "a second", 4),
    ]


ALL: dict[str, Callable[[argparse.Namespace], list[Line]]] = {
    "cpu": cpu,
    "memory": memory,
    "killed": killed,
    "limit": limit,
    "storm": storm,
    "refused": refused,
    "kernel": kernel,
    "million": million,
}
