"""The TCP connection under a request: how a fault reaches it, resets it, or breaks an answer off."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_KEY = "sandbox_transport"
_LINGER_ZERO = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class ReachableProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]  # a class chosen at import: h11 or httptools
    """uvicorn's HTTP protocol, which also puts its transport into the state of every request's scope."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport; uvicorn copies `app_state` into each scope."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _KEY: transport}


def transport_of(scope: MutableMapping[str, Any]) -> asyncio.Transport:
    """Find the connection that this request came over."""
    return cast("asyncio.Transport", scope["state"][_KEY])


def reset_connection(transport: asyncio.Transport) -> None:
    """Drop the connection with a TCP RST, as a crashed or overloaded peer does, not with an orderly FIN."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()
