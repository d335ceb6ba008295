"""The hot path to the model's API: one request over aiohttp; and the limits of every body.

The SDK spends more on building and parsing a request than sending it takes (1.2 ms against 0.25 ms of CPU, see
tests/bench/), which is most of a bulk run, and importing it takes as long as importing all the rest (0.7 s). What is
neither asked ten thousand times nor wanted at each start goes through the SDK: see `sdk.py`.
No redirect is followed on either way: a request carries a key and what records say.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
import truststore
from yarl import URL

from hsai_kit.runtime.network import is_loopback

MOST_BYTES = 8 * 1024 * 1024
"""Of a model's answer after decompression, and of a line of a batch's file: a thousand times what one is like."""

# Answers are small, and unpacking them takes longer than they take on their way.
PLAIN_BODY = {"Accept-Encoding": "identity"}
ENCODING_UNASKED = "sent an answer in an encoding that was not asked for"
BODY_TOO_LARGE = "sent an answer that is too large to be one"
_STOPPED = "was still sending when the work was stopped"
# How often it is looked whether somebody stopped the work while a body is on its way.
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NoResponse:
    """No whole answer: what happened, as a part of a sentence, and whether the request may have been carried out.

    `may_pass` is false where the same is to be expected of another attempt.
    """

    what: str = "cannot be reached, or broke off"
    maybe_done: bool = True
    may_pass: bool = True


class BodyRefused(Exception):
    """A body that is not read on; the message is a part of a sentence, as in NoResponse."""


def tls_context() -> ssl.SSLContext:
    """Trust the system's own certificates, as a company's proxy may need; they are read at the first https call."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class HttpClient:
    """One connection pool to one address; `headers` hold the key, so neither they nor the session are ever shown."""

    def __init__(self, base_url: str, headers: Mapping[str, str], *, timeout: float) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {**headers, "Content-Type": "application/json", **PLAIN_BODY}
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=10)
        self._session: aiohttp.ClientSession | None = None
        # Read once: the same two addresses are posted to ten thousand times.
        self._urls: dict[str, URL] = {}

    def __repr__(self) -> str:
        return f"HttpClient({self._base_url!r})"

    async def get(self, path: str) -> HttpResponse | NoResponse:
        """GET what is at `path`, whatever the status, or that it was lost."""
        return await self._request("GET", path, None, lambda: False)

    async def post(
        self, path: str, body: bytes, is_stopped: Callable[[], bool] = lambda: False
    ) -> HttpResponse | NoResponse:
        """POST `body` (JSON) and return the answer, whatever its status, or that it was lost.

        Once `is_stopped` says so, a body that is still on its way is given up: an answer comes in one piece.
        """
        return await self._request("POST", path, body, is_stopped)

    async def _request(
        self, method: str, path: str, body: bytes | None, is_stopped: Callable[[], bool]
    ) -> HttpResponse | NoResponse:
        session = self._session or self._open()
        if (url := self._urls.get(path)) is None:
            url = self._urls[path] = URL(self._base_url + path)
        try:
            async with session.request(method, url, data=body, allow_redirects=False) as answer:
                return HttpResponse(answer.status, answer.headers, await _read_body(answer.content, is_stopped))
        except BodyRefused as problem:
            return NoResponse(str(problem), may_pass=False)
        except aiohttp.ConnectionTimeoutError:
            return NoResponse("did not answer in time", maybe_done=False)
        except TimeoutError:
            return NoResponse("did not answer in time")
        except aiohttp.ClientConnectorError:
            return NoResponse(maybe_done=False)
        except (aiohttp.ClientError, OSError):
            return NoResponse()

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
        )
        return self._session


async def _read_body(content: aiohttp.StreamReader, is_stopped: Callable[[], bool]) -> bytes:
    # Mostly all of it came with the headers. aiohttp unpacks what is compressed in pieces of bounded size.
    if content.is_eof() and content.exception() is None:
        whole = content.read_nowait()
        if len(whole) <= MOST_BYTES and content.at_eof():
            return whole
        raise BodyRefused(BODY_TOO_LARGE)
    body = bytearray()
    while not content.at_eof():
        with contextlib.suppress(TimeoutError):
            body += await asyncio.wait_for(content.readany(), _LOOK_SECONDS)
        if len(body) > MOST_BYTES:
            raise BodyRefused(BODY_TOO_LARGE)
        if is_stopped() and not content.at_eof():
            raise BodyRefused(_STOPPED)
    return bytes(body)
