"""One measured client in a process of its own: it asks a number of questions and prints its figures as JSON.

    python tests/bench/client.py ours|raw|sdk|sdk-aiohttp --url http://127.0.0.1:PORT/v1 --rows 10000 [--distinct 200]

`ours` works in a workspace (`--workspace`), so the same again is answered from memory. CPU is that of all threads of
the process, from the moment at which everything is imported; memory is the highest resident size above that moment,
the rows themselves included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

AT_ONCE = 64
OPTIONS = [f"option {number}" for number in range(60)]
INSTRUCTIONS = "Answer with the option that the record means. " * 20
PROMPT = "Region: {{ region }}"


def pin(core: int) -> None:
    """Stay on one core where the system lets a process choose."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})


def region(number: int) -> str:
    return f"Region {number} of the north"


def request(text: str) -> dict[str, Any]:
    """What ours sends as well: instructions, the text as data, and the schema of a closed answer."""
    answer = {"type": "string", "enum": OPTIONS}
    schema = {"type": "object", "properties": {"answer": answer}, "required": ["answer"], "additionalProperties": False}
    return {
        "model": "gpt-6-luna",
        "instructions": INSTRUCTIONS,
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}],
        "store": False,
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": schema, "strict": True}},
    }


class Meter:
    """CPU and wall (s) and memory (MB) since it was made."""

    def __init__(self) -> None:
        self._resident = memory("VmRSS")
        self._cpu, self._at = time.process_time(), time.perf_counter()

    def read(self) -> dict[str, float]:
        return {
            "cpu_s": time.process_time() - self._cpu,
            "wall_s": time.perf_counter() - self._at,
            "memory_mb": memory("VmHWM") - self._resident,
        }


def memory(name: str) -> float:
    """Return the resident size now (VmRSS) or the highest so far (VmHWM) in MB; elsewhere than on Linux the highest."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return highest / 1024**2 if sys.platform == "darwin" else highest / 1024
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


async def in_parallel(count: int, ask: Callable[[int], Awaitable[object]]) -> None:
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await ask(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())


def raw(given: argparse.Namespace) -> dict[str, object]:
    """The least that Python can do: aiohttp, one POST a row, JSON in and out, nothing kept and nothing checked."""
    import aiohttp

    async def main() -> None:
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=AT_ONCE), headers={"Authorization": "Bearer sk-bench"}
        ) as session:

            async def ask(number: int) -> None:
                async with session.post(f"{given.url}/responses", json=request(region(number))) as answer:
                    await answer.json()

            await in_parallel(given.rows, ask)

    meter = Meter()
    asyncio.run(main())
    return dict(meter.read())


def sdk(given: argparse.Namespace) -> dict[str, object]:
    """The plain loop over the `openai` package, on its own transport or on aiohttp."""
    import openai

    async def main(rows: int) -> None:
        http = openai.DefaultAioHttpClient() if given.kind == "sdk-aiohttp" else None
        async with openai.AsyncOpenAI(api_key="sk-bench", base_url=given.url, http_client=http) as client:

            async def ask(number: int) -> None:
                (await client.responses.create(**request(region(number)))).output_text  # noqa: B018 -- as one reads it

            await in_parallel(rows, ask)

    asyncio.run(main(1))  # its types are built at the first answer, which would count against it
    meter = Meter()
    asyncio.run(main(given.rows))
    return dict(meter.read())


def connection(url: str, workspace: Path):
    """A connection to the bench's server; HubSpot is not reached, since the rows are made here."""
    from pydantic import SecretStr

    from hsai_kit.connection import Connection
    from hsai_kit.hubspot.account import Portal
    from hsai_kit.hubspot.client import HubSpotClient
    from hsai_kit.llm.client import LLMClient
    from hsai_kit.workspace import Workspace

    llm = LLMClient(SecretStr("sk-bench"), base_url=url, concurrency=AT_ONCE)
    # Models at an address of this computer have no price, and the budget is to be on.
    llm.base_url = "https://api.example.com/v1"
    return Connection(
        portal=Portal(1, "SANDBOX", "UTC", "app.example.com", "USD", "bench"),
        hubspot=HubSpotClient(SecretStr("none"), base_url="http://127.0.0.1:9"),
        llm=llm,
        workspace=Workspace.make(workspace),
    )


def assistant():
    from hsai_kit.assistant.assistant import Assistant

    output = {"kind": "choice", "options": [*OPTIONS, "CA"]}
    return Assistant(name="bench", instructions=INSTRUCTIONS, prompt=PROMPT, output=output)


def frame(given: argparse.Namespace):
    import pandas as pd

    regions = [region(row % given.distinct) for row in range(given.rows)]
    if given.edited:
        regions[given.rows // 2] = "Somewhere else"
    if given.refused:
        regions[given.rows // 2] = "always refused"
    ids = pd.Index([str(101 + row) for row in range(given.rows)], name="record_id")
    return pd.DataFrame({"region": regions}, index=ids)


def ours(given: argparse.Namespace) -> dict[str, object]:
    """The whole of `ask` with everything on: plan, budget, checks, an answer committed as it arrives, progress."""
    from hsai_kit import ask

    chosen = assistant()
    with connection(given.url, Path(given.workspace)) as hub:
        hub.models()
        meter = Meter()
        rows = frame(given)
        made = meter.read()["wall_s"]
        run = ask(hub, rows, chosen, budget_usd=1000.0, confirm=True)
        asked = meter.read()
        answers = run.answers
        whole = meter.read()
        statuses = answers["status"].value_counts()
        return {
            "cpu_s": whole["cpu_s"],
            "wall_s": asked["wall_s"] - made,
            "wall_with_answers_s": whole["wall_s"] - made,
            "memory_mb": asked["memory_mb"],
            "memory_with_answers_mb": whole["memory_mb"],
            "statuses": {str(name): int(count) for name, count in statuses.items()},
            "reasons": sorted(set(answers.loc[answers["status"] == "failed", "reason"])),
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("ours", "raw", "sdk", "sdk-aiohttp"))
    parser.add_argument("--url", required=True)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--distinct", type=int)
    parser.add_argument("--workspace")
    parser.add_argument("--edited", action="store_true")
    parser.add_argument("--refused", action="store_true")
    arguments = parser.parse_args()
    arguments.distinct = arguments.distinct or arguments.rows
    arguments.workspace = arguments.workspace or tempfile.mkdtemp()
    # Progress is drawn as in a terminal, also where nobody watches.
    os.environ["FORCE_COLOR"] = "1"
    pin(0)
    print(json.dumps({"raw": raw, "ours": ours}.get(arguments.kind, sdk)(arguments)))
