"""A run inside a real IPython kernel: how long the kernel's own thread is held, and how often progress is drawn.

    python tests/bench/kernel.py --url http://127.0.0.1:PORT/v1 --rows 10000

A heartbeat of 1 ms on the kernel's event loop tells how late it ever is, from before `start_ask(...)` until all
answers are there. Then the same rows are asked once more in a cell that waits, and the drawings of its progress are
counted. It prints its figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

PREPARE = """
import argparse, asyncio, sys, time
sys.path.insert(0, {folder!r})
import client
from pathlib import Path
from hsai_kit import ask, start_ask
client.pin(0)
given = argparse.Namespace(rows={rows}, distinct={rows}, edited=False, refused=False)
hub = client.connection({url!r}, Path({workspace!r}))
hub.models()
rows, chosen = client.frame(given), client.assistant()
late, at = [], [time.perf_counter()]

async def heartbeat():
    while True:
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        late.append(now - at[0] - 0.001)
        at[0] = now

beating = asyncio.get_running_loop().create_task(heartbeat())
"""
IDLE = "import asyncio; await asyncio.sleep(1); idle = max(late); late.clear()"
ASK = "handle = start_ask(hub, rows, chosen, budget_usd=1000.0, confirm=True)"
WATCH = """
while not handle.done:
    await asyncio.sleep(0.05)
handle.result()
gaps = sorted(late)
"""
TELL = (
    "print(json.dumps(dict(held_ms=gaps[-1] * 1000, p99_ms=gaps[int(len(gaps) * 0.99)] * 1000, idle_ms=idle * 1000)))"
)
AGAIN = """
beating.cancel()
chosen = chosen.model_copy(update={"instructions": "Another question."})
run = ask(hub, rows, chosen, budget_usd=1000.0, confirm=True)
"""


def main(given: argparse.Namespace) -> dict[str, float]:
    workspace = tempfile.mkdtemp()
    manager, client = start_new_kernel()
    try:

        def cell(code: str) -> list[dict[str, Any]]:
            said: list[dict[str, Any]] = []
            reply = client.execute_interactive(code, timeout=600, output_hook=said.append)
            if reply["content"]["status"] != "ok":
                sys.exit("\n".join(reply["content"]["traceback"]))
            return said

        folder = str(Path(__file__).parent)
        cell("import json" + PREPARE.format(folder=folder, rows=given.rows, url=given.url, workspace=workspace))
        cell(IDLE)
        cell(ASK)
        cell(WATCH)
        told = next(message for message in cell(TELL) if message["msg_type"] == "stream")
        figures = json.loads(told["content"]["text"])
        started = time.perf_counter()
        drawn = [one for one in cell(AGAIN) if one["msg_type"] in {"display_data", "update_display_data"}]
        cell("hub.close()")
        return {**figures, "updates_per_s": len(drawn) / (time.perf_counter() - started)}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--rows", type=int, default=10_000)
    print(json.dumps(main(parser.parse_args())))
