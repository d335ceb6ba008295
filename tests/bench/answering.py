"""A loopback server that answers every question after a delay, so cheaply that it never is what is measured.

    python tests/bench/answering.py [--latency 0.04] [--jitter 0.02]

It prints its port and serves until its standard input ends. Raw asyncio: at 64 in flight it must spend less on each
request than any client that is measured against it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys

USAGE = {
    "input_tokens": 60,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 8,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 68,
}
TEXT = {"type": "output_text", "text": '{"answer":"CA"}', "annotations": [], "logprobs": []}
ANSWER = {
    "id": "resp_bench",
    "object": "response",
    "created_at": 1_790_000_000,
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "model": "gpt-6-luna",
    "output": [{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [TEXT]}],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": USAGE,
}
MODELS = {"object": "list", "data": [{"id": "gpt-6-luna", "object": "model", "created": 1, "owned_by": "bench"}]}


def _http(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nx-request-id: req_bench\r\n"
        "x-ratelimit-limit-requests: 1000000\r\nx-ratelimit-remaining-requests: 999999\r\n"
        "x-ratelimit-limit-tokens: 1000000000\r\nx-ratelimit-remaining-tokens: 999999999\r\n"
        "x-ratelimit-reset-requests: 1ms\r\nx-ratelimit-reset-tokens: 1ms\r\n\r\n"
    )
    return head.encode() + body


class Answering(asyncio.Protocol):
    """One keep-alive connection."""

    answer = _http(json.dumps(ANSWER).encode())
    models = _http(json.dumps(MODELS).encode())

    def __init__(self, latency: float, jitter: float, counts: dict[str, int]) -> None:
        self._latency, self._jitter, self._counts = latency, jitter, counts
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            mark = head.find(b"content-length:")
            length = int(head[mark + 15 :].split(b"\r\n", 1)[0]) if mark >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            self._respond(head)

    def _respond(self, head: bytes) -> None:
        if head.startswith(b"post"):
            self._counts["questions"] += 1
            delay = self._latency + random.random() * self._jitter
            asyncio.get_running_loop().call_later(delay, self._write, self.answer)
        elif head.startswith(b"get /counts"):
            self._write(_http(json.dumps(self._counts).encode()))
        else:
            self._write(self.models)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


async def serve(latency: float, jitter: float) -> None:
    counts = {"questions": 0}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(latency, jitter, counts), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.04)
    parser.add_argument("--jitter", type=float, default=0.02)
    given = parser.parse_args()
    asyncio.run(serve(given.latency, given.jitter))
