"""Serving a sandbox on loopback: uvicorn in one process and one event loop, which starts and ends quickly."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from hsai_kit.sandbox.app import SandboxApp
from hsai_kit.sandbox.doubles import Doubles
from hsai_kit.sandbox.middleware import ReachableProtocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from hsai_kit.sandbox.doubles import SandboxSettings

_STDIN = 0
_KEEP_ALIVE_SECONDS = 75  # longer than any client's pool keeps a connection, so that none is cut under its feet
_HEADER_BYTES = 262_144  # an address too long for HubSpot must still reach the double that says so


class PortError(Exception):
    """The port asked for cannot be had; the message says why."""


class _Server(uvicorn.Server):
    """uvicorn's server, which prints where it is, ends at once, and ends without an error when told to."""

    def __init__(self, config: uvicorn.Config, ready_line: str) -> None:
        super().__init__(config)
        self._ready_line = ready_line

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take a signal as the order to end; uvicorn would raise it again after the end."""

        def end(_number: int, _frame: FrameType | None) -> None:
            self.should_exit = True

        numbers = [signal.SIGINT, signal.SIGTERM]
        if sys.platform == "win32":
            numbers.append(signal.SIGBREAK)
        before = {number: signal.signal(number, end) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and print the one line that a parent waits for."""
        await super().startup(sockets=sockets)
        sys.stdout.write(self._ready_line + "\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, without waiting for requests under way: a stalled one could take a minute."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # lets the lost connections be noticed
        await super().shutdown(sockets=sockets)


def serve(settings: SandboxSettings, *, port: int = 0, with_parent: bool = False) -> None:
    """Serve until SIGINT or SIGTERM, or with a parent until stdin ends; prints one JSON line when ready.

    Raises PortError where the port is taken, and whatever `Doubles` raises.
    """
    # The protocol is named because asyncio turns Nagle's delay off only where it is; 40 ms a request otherwise.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        _bind(listener, port)
        doubles = Doubles(settings)
        try:
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            server = _Server(
                _build_config(SandboxApp(doubles, settings.control_token)),
                _write_ready_line(settings, base, doubles.remarks),
            )
            if with_parent:
                threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
            server.run(sockets=[listener])
        finally:
            doubles.close()


def _bind(listener: socket.socket, port: int) -> None:
    if os.name == "posix":  # on Windows this option would let two servers share the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        message = f"Port {port} cannot be used ({error}). Leave --port out for a free one."
        raise PortError(message) from error


def _write_ready_line(settings: SandboxSettings, base: str, remarks: list[str]) -> str:
    return json.dumps(
        {
            "hubspot": f"{base}/hubspot",
            "openai": f"{base}/openai/v1",
            "control": f"{base}/control",
            "hubspot_token": settings.hubspot_token,
            "openai_key": settings.openai_key,
            "control_token": settings.control_token,
            "remarks": remarks,
        }
    )


def _build_config(app: SandboxApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=ReachableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=_HEADER_BYTES,
    )


def _end_with_parent(server: _Server) -> None:
    # Not sys.stdin: its lock, held by this thread, would crash the interpreter's own end.
    while os.read(_STDIN, 4096):
        pass
    server.should_exit = True
