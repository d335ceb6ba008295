"""The layer between the wire and one double: journals each request, delays it, and breaks it where a fault says so.

Pure ASGI, so that a request without a fault costs a few microseconds.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, cast

from starlette.responses import HTMLResponse, JSONResponse, Response
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from hsai_kit.sandbox.faults import OWN_KINDS, FaultKind

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from random import Random

    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.types import Message, Receive, Scope, Send

    from hsai_kit.sandbox.faults import Faults, FaultSpec
    from hsai_kit.sandbox.journal import Journal, JournalEntry


CLOSING_SECONDS = 5.0


class ApiDouble(Protocol):
    """What one double offers to the server: its routes, and the handles that the control address turns."""

    @property
    def app(self) -> Starlette:
        """The routes, as they stand under the API's own host."""

    def fault(self, kind: str, retry_after: float) -> Response:
        """Make the answer for a fault kind that only this API has."""

    def set_limits(self, **limits: Any) -> None:
        """Change some of the API's limits; ValueError or TypeError for a wrong one."""

    def reset(self) -> None:
        """Forget all that is not in the database: windows, extra keys, changed limits."""


class ApiMiddleware:
    """One double behind its journal and its faults."""

    def __init__(self, name: str, double: ApiDouble, faults: Faults, journal: Journal) -> None:
        self.name = name
        self.double = double
        self.faults = faults
        self.journal = journal
        self._app = double.app
        self._random = Random(f"{name}: request ids")

    async def __call__(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        """Serve one request; `path` is the one under the API's host."""
        body = await _read_body(receive)
        if body is None:
            return
        entry = self.journal.begin(scope["method"], path, scope["query_string"].decode("latin-1"), body)

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            elif self.journal.kept_exchanges:
                entry.answer += message.get("body", b"")
            await send(message)

        try:
            await self._serve(scope, _Replay(body, receive), send_and_note, entry)
        finally:
            self.journal.end(entry)

    async def _serve(self, scope: Scope, receive: _Replay, send: Send, entry: JournalEntry) -> None:
        delay, fault = self.faults.draw(entry.method, entry.path)
        if delay and await receive.client_leaves(delay):
            return
        if fault is None:
            await self._app(scope, receive, send)
            return
        entry.fault = fault.kind
        match fault.kind:
            case FaultKind.RESET:
                reset_connection(get_transport(scope))
                await receive.client_leaves(CLOSING_SECONDS)
            case FaultKind.STALL:
                if not await receive.client_leaves(fault.seconds):
                    await self._app(scope, receive, send)
            case FaultKind.COMMIT_THEN_STALL:
                answer = await self._answer(scope, receive)
                if not await receive.client_leaves(fault.seconds):
                    for message in answer:
                        await send(message)
            case FaultKind.CUT:
                await _cut(await self._answer(scope, receive), scope, receive, send)
            case _:
                await self._response(fault)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: _Replay) -> list[Message]:
        """Let the double handle the request, and hold back what it answers."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        return messages

    def _response(self, fault: FaultSpec) -> Response:
        if fault.kind not in OWN_KINDS[self.name]:
            return build_common_answer(self.name, fault.kind, self._random)
        response = self.double.fault(fault.kind, fault.retry_after)
        identify(self.name, response, self._random)
        return response


class _Replay:
    """`receive` for an app whose request has been read already, and a way to see its client leave."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        if self._message is None:
            return await self._receive()
        message, self._message = self._message, None
        return message

    async def client_leaves(self, seconds: float) -> bool:
        """Wait; True as soon as the connection is gone, False when the time is over."""
        try:
            async with asyncio.timeout(seconds):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True


async def _read_body(receive: Receive) -> bytes | None:
    """Read the request's body; None where the client left before its end."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _cut(answer: list[Message], scope: Scope, receive: _Replay, send: Send) -> None:
    """Promise the whole body, send half of it, and hang up; an answer without a body becomes a reset."""
    if not answer:  # the client had left before the double could answer
        return
    transport = get_transport(scope)
    start = answer[0]
    body = b"".join(message.get("body", b"") for message in answer[1:])
    if not body:
        reset_connection(transport)
    else:
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        transport.close()
    if not await receive.client_leaves(CLOSING_SECONDS):
        transport.abort()


_ID_HEADERS = {"hubspot": "x-hubspot-correlation-id", "openai": "x-request-id"}
_MESSAGES = {
    "hubspot": {"500": "internal error", "502": "bad gateway"},
    "openai": {
        "500": "The server had an error while processing your request. Try again later.",
        "502": "Bad gateway. The server is overloaded or not ready yet.",
    },
}
_PAGE = """<!DOCTYPE html>
<html><head><title>503 Service Temporarily Unavailable</title></head>
<body><h1>503 Service Temporarily Unavailable</h1><hr><p>A fault of the sandbox.</p></body></html>
"""


def build_common_answer(api: str, kind: str, random: Random) -> Response:
    """Make the answer for `500`, `502` or `503_html`."""
    call = _call_id(api, random)
    headers = {_ID_HEADERS[api]: call}
    if kind == FaultKind.UNAVAILABLE_PAGE:
        return HTMLResponse(_PAGE, status_code=503, headers=headers)
    message = _MESSAGES[api][kind]
    if api == "hubspot":
        envelope: dict[str, object] = {
            "status": "error",
            "message": message,
            "correlationId": call,
            "category": "INTERNAL_ERROR",
        }
    else:
        envelope = {"error": {"message": message, "type": "server_error", "param": None, "code": None}}
    return JSONResponse(envelope, status_code=int(kind), headers=headers)


def identify(api: str, response: Response, random: Random) -> None:
    """Give an answer the header by which its API identifies a call, unless it has one."""
    response.headers.setdefault(_ID_HEADERS[api], _call_id(api, random))


def _call_id(api: str, random: Random) -> str:
    number = f"{random.getrandbits(128):032x}"
    if api == "openai":
        return f"req_{number}"
    return "-".join((number[:8], number[8:12], number[12:16], number[16:20], number[20:]))


_KEY = "sandbox_transport"
_LINGER_ZERO = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class ReachableProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]  # a class chosen at import: h11 or httptools
    """uvicorn's HTTP protocol, which also puts its transport into the state of every request's scope."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport; uvicorn copies `app_state` into each scope."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _KEY: transport}


def get_transport(scope: MutableMapping[str, Any]) -> asyncio.Transport:
    """Find the connection that this request came over."""
    return cast("asyncio.Transport", scope["state"][_KEY])


def reset_connection(transport: asyncio.Transport) -> None:
    """Drop the connection with a TCP RST, as a crashed or overloaded peer does, not with an orderly FIN."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()
