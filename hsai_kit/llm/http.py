"""The hot path to the model's API: one POST over aiohttp, with the SDK's own headers.

The SDK spends more on building and parsing a request than sending it takes (1.2 ms against 0.25 ms of CPU, see
tests/bench/), which is most of a bulk run. Everything that is not asked ten thousand times goes through the SDK.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import truststore
from yarl import URL

from hsai_kit.runtime.network import is_loopback


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NoResponse:
    """No whole answer: `timed_out` where it took too long, otherwise the connection broke."""

    timed_out: bool


def tls_context() -> ssl.SSLContext:
    """Trust the system's own certificates, as a company's proxy may need; they are read at the first https call."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class HttpClient:
    """One connection pool to one address; `headers` hold the key, so neither they nor the session are ever shown."""

    def __init__(self, base_url: str, headers: Mapping[str, str], *, timeout: float) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {**headers, "Content-Type": "application/json"}
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=10)
        self._session: aiohttp.ClientSession | None = None
        self._urls: dict[str, URL] = {}

    def __repr__(self) -> str:
        return f"HttpClient({self._base_url!r})"

    async def post(self, path: str, body: bytes) -> HttpResponse | NoResponse:
        """POST `body` (JSON) and return the answer, whatever its status, or that it was lost."""
        session = self._session or self._open()
        try:
            async with session.post(self._url(path), data=body) as answer:
                return HttpResponse(answer.status, answer.headers, await answer.read())
        except TimeoutError:
            return NoResponse(timed_out=True)
        except (aiohttp.ClientError, OSError):
            return NoResponse(timed_out=False)

    def _url(self, path: str) -> URL:
        # Read once: the same two addresses are posted to ten thousand times.
        if path not in self._urls:
            self._urls[path] = URL(self._base_url + path)
        return self._urls[path]

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        # Made on the loop that uses it. A proxy in the environment is for the world outside, not for a sandbox on this
        # computer.
        connector = aiohttp.TCPConnector(limit=0, ssl=tls_context())
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            timeout=self._timeout,
            # No answer depends on a cookie, and looking for some takes as long as writing the request.
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=not is_loopback(self._base_url),
            auto_decompress=True,
        )
        return self._session
