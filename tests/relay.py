"""A loopback relay between the kit and the sandbox that is late, repeats itself, or lies, as told."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any
from urllib.parse import urlsplit

_KEPT = ("x-hubspot", "content-type", "x-ratelimit", "x-request-id", "retry-after")
__all__ = ["Answer", "Relay", "Request"]


@dataclass
class Answer:
    """An answer on its way back; `data` is its body as JSON, None where it has none.

    `raw` is a body that is no JSON. `write` sends all of the answer by itself, down to its last byte, or never ends.
    """

    status: int
    data: Any
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    write: Callable[[BufferedIOBase], None] | None = None


@dataclass
class Request:
    """A request on its way to the sandbox; `forward()` lets the sandbox do it."""

    method: str
    path: str
    data: Any
    at: float
    raw: bytes = field(repr=False)
    _send: Callable[[Request], Answer] = field(repr=False)

    def forward(self) -> Answer:
        return self._send(self)


@dataclass
class _Rule:
    path: str
    change: Callable[[Request], Answer]
    method: str
    times: int
    after: int
    seen: int = 0

    def takes(self, request: Request) -> bool:
        if request.method != self.method or not request.path.split("?")[0].endswith(self.path):
            return False
        self.seen += 1
        return self.after < self.seen <= self.after + self.times


class Relay:
    """Passes requests on to `target`; `rule` says which of them are treated otherwise."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length")}

                def send(request: Request) -> Answer:
                    return relay._forward(request, headers)

                request = Request(self.command, self.path, _read(raw), time.monotonic(), raw, send)
                answer = relay._answer(request)
                if answer.write is not None:
                    self.close_connection = True
                    answer.write(self.wfile)
                    return
                body = answer.raw if answer.data is None else json.dumps(answer.data).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 -- http.server's names

            def handle(self) -> None:
                try:
                    super().handle()
                except (OSError, http.client.HTTPException):
                    self.close_connection = True  # whoever asked has gone, or whoever answers has

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def rule(
        self,
        path: str,
        change: Callable[[Request], Answer],
        *,
        method: str = "POST",
        times: int = 1_000_000,
        after: int = 0,
    ) -> None:
        """Let `change` answer the requests whose path ends so, from the one after `after` on, `times` times."""
        self._rules.append(_Rule(path, change, method, times, after))

    def clear(self) -> None:
        self._rules.clear()

    def sent(self, path: str, method: str = "POST") -> list[Request]:
        """Return the requests that came by whose path ends so."""
        return [one for one in self.requests if one.method == method and one.path.split("?")[0].endswith(path)]

    def _answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            rule = next((one for one in self._rules if one.takes(request)), None)
        return rule.change(request) if rule else request.forward()

    def _forward(self, request: Request, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(self._target.hostname or "", self._target.port, timeout=60)
        try:
            body = request.raw or None if request.data is None else json.dumps(request.data)
            connection.request(request.method, self._target.path.rstrip("/") + request.path, body, headers)
            reply = connection.getresponse()
            raw = reply.read()
            kept = {k: v for k, v in reply.getheaders() if k.lower().startswith(_KEPT)}
            return Answer(reply.status, _read(raw), kept, raw)
        finally:
            connection.close()


def _read(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
