"""A loopback server that answers every question after a delay, so cheaply that it never is what is measured.

    python tests/bench/answering.py [--per-minute 6000 [--told minute]] [--limited 0.05] [--broken 0.02]

It prints its port and serves until its standard input ends. Raw asyncio: at 64 in flight it must spend less on each
request than any client that is measured against it. A question with the words `always refused` gets a 400.
GET /counts tells how many questions came and how they were answered, by status.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time

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
PLENTY = 1_000_000


def http(status: str, body: object, *headers: str) -> bytes:
    content = json.dumps(body).encode()
    lines = (f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(content)}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def error(status: str, code: str, *headers: str) -> bytes:
    told = {"message": f"the bench says {code}", "type": "bench", "param": None, "code": code}
    return http(status, {"error": told}, "x-request-id: req_bench", *headers)


def limits(limit: int, left: int, wait: float) -> tuple[str, ...]:
    return (
        "x-request-id: req_bench",
        f"x-ratelimit-limit-requests: {limit}",
        f"x-ratelimit-remaining-requests: {left}",
        f"x-ratelimit-reset-requests: {wait * 1000:.0f}ms",
        "x-ratelimit-limit-tokens: 1000000000",
        "x-ratelimit-remaining-tokens: 999999999",
        "x-ratelimit-reset-tokens: 1ms",
    )


class Account:
    """What all connections share: the counts, a bucket that holds one second's worth of requests, and the faults.

    With `told="bucket"` the headers tell what is left in that bucket, with `"minute"` what is left of a whole minute,
    as of an account that counts in shorter spans than it says.
    """

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.counts: dict[str, int] = {"questions": 0}
        self._dice = random.Random(given.seed)
        self._level = self._most = (given.per_minute or 0) / 60
        self._minute = float(given.per_minute or 0)
        self._at = time.monotonic()
        told = () if given.untold else limits(PLENTY, PLENTY - 1, 0.001)
        self._plain = http("200 OK", ANSWER, *told)
        self._limited = error("429 Too Many Requests", "rate_limit_exceeded", "retry-after: 1", "retry-after-ms: 1000")

    def delay(self) -> float:
        return self.given.latency + self._dice.random() * self.given.jitter

    def answer(self, body: bytes) -> bytes:
        """Decide what comes back, and count it."""
        self.counts["questions"] += 1
        status, answer = self._decide(body)
        self.counts[status] = self.counts.get(status, 0) + 1
        return answer

    def _decide(self, body: bytes) -> tuple[str, bytes]:
        if b"always refused" in body:
            return "400", error("400 Bad Request", "invalid_request_error")
        if self.given.limited and self._dice.random() < self.given.limited:
            return "429", self._limited
        if self.given.broken and self._dice.random() < self.given.broken:
            return "500", error("500 Internal Server Error", "server_error")
        return self._from_bucket() if self._most else ("200", self._plain)

    def _from_bucket(self) -> tuple[str, bytes]:
        now = time.monotonic()
        refilled, self._at = (now - self._at) * self._most, now
        self._level = min(self._most, self._level + refilled)
        self._minute = min(self._most * 60, self._minute + refilled)
        if self._level < 1:
            wait = (1 - self._level) / self._most
            waits = (f"retry-after: {int(wait) + 1}", f"retry-after-ms: {int(wait * 1000) + 1}")
            return "429", error("429 Too Many Requests", "rate_limit_exceeded", *waits, *self._told()[1:])
        self._level -= 1
        self._minute -= 1
        return "200", http("200 OK", ANSWER, *self._told())

    def _told(self) -> tuple[str, ...]:
        left = self._level if self.given.told == "bucket" else self._minute
        return limits(self.given.per_minute, int(left), (self._most - self._level) / self._most)


class Answering(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, account: Account) -> None:
        self._account = account
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
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._respond(head, body)

    def _respond(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"post"):
            answer = self._account.answer(body)
            asyncio.get_running_loop().call_later(self._account.delay(), self._write, answer)
        else:
            self._write(http("200 OK", self._account.counts if head.startswith(b"get /counts") else MODELS))

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)  # type: ignore[attr-defined]


async def serve(given: argparse.Namespace) -> None:
    account = Account(given)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(account), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.04)
    parser.add_argument("--jitter", type=float, default=0.02)
    parser.add_argument("--per-minute", type=int)
    parser.add_argument("--told", choices=("bucket", "minute"), default="bucket")
    parser.add_argument("--untold", action="store_true", help="tell no limits, as many gateways do")
    parser.add_argument("--limited", type=float, default=0.0)
    parser.add_argument("--broken", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=7)
    asyncio.run(serve(parser.parse_args()))
