"""HTTP under HubSpot's own client, within limits that neither it nor urllib3 sets: a size, and an end at any moment.

No redirect is followed: a request carries the key, and often what records say.
"""

from __future__ import annotations

import contextlib
import functools
import io
import socket
import threading
from collections.abc import Iterator
from typing import Any

import urllib3

from hsai_kit.runtime.server_text import mask_keys

MOST_BYTES = 64 * 1024 * 1024
"""Of one answer after decompression; a page of a hundred records with long texts has a few million."""
_PIECE = 256 * 1024

_lock = threading.Lock()
_thread = threading.local()


class BodyTooLarge(Exception):
    """An answer has more than MOST_BYTES; the rest of it was not read."""


class HttpCall:
    """One request that a thread makes; `end` breaks it off from any other thread, wherever it has got to.

    A time-out of urllib3 is for each byte: a server that sends one now and then could hold a thread for ever.
    """

    def __init__(self) -> None:
        self._connection: Any = None
        self._is_over = False

    @contextlib.contextmanager
    def make(self) -> Iterator[None]:
        """Make the request inside of the block."""
        _thread.call = self
        try:
            yield
        finally:
            with _lock:
                self._is_over = True

    def take(self, connection: Any) -> None:
        """Take note of the connection that the request goes over; raises urllib3's TimeoutError after an end."""
        with _lock:
            if self._is_over:
                raise urllib3.exceptions.TimeoutError
            self._connection, connection.owner = connection, self

    def end(self) -> None:
        """Break the request off; where it is over, or its connection serves another one, nothing happens."""
        with _lock:
            connection = None if self._is_over else self._connection
            self._is_over = True
            if connection is not None and connection.owner is self and connection.sock is not None:
                with contextlib.suppress(OSError):
                    # Of the socket itself and not of TLS above it, which another thread is using.
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


class _Owned:
    """A connection that knows which call goes over it."""

    def request(self, *args: Any, **options: Any) -> None:
        _thread.call.take(self)
        super().request(*args, **options)  # type: ignore[misc]


class _Limited:
    """A pool of connections that reads an answer as a whole, up to MOST_BYTES."""

    def urlopen(self, *args: Any, **options: Any) -> urllib3.HTTPResponse:
        response = super().urlopen(*args, **{**options, "preload_content": False})  # type: ignore[misc]
        body = bytearray()
        for piece in response.stream(_PIECE):
            body += piece
            if len(body) > MOST_BYTES:
                response.close()
                raise BodyTooLarge
        about = {"status": response.status, "reason": response.reason}
        # The body is decompressed by now, and JSON is UTF-8 whatever a server calls it.
        dropped = {"content-encoding", "content-type", "transfer-encoding"}
        headers = {name: mask_keys(value) for name, value in response.headers.items() if name.lower() not in dropped}
        # What is sent back may be kept, shown and logged from here on, also by HubSpot's client.
        plain = mask_keys(body.decode()).encode()
        return urllib3.HTTPResponse(io.BytesIO(plain), headers, **about)


class _HttpConnection(_Owned, urllib3.connection.HTTPConnection):
    pass


class _HttpsConnection(_Owned, urllib3.connection.HTTPSConnection):
    pass


class _HttpPool(_Limited, urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(_Limited, urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def limit_pools(manager: urllib3.PoolManager) -> None:
    """Let a manager make pools that keep the limits of this module, and follow no redirect."""
    manager.urlopen = functools.partial(manager.urlopen, redirect=False)  # type: ignore[method-assign]
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
