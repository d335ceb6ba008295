"""The SDK, for what is asked seldom: files, batches, agents. Imported late, since importing it takes 0.7 s.

Over aiohttp; no redirect is followed and every body is limited, as on the hot path in `http.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import openai

from hsai_kit.errors import HsaiError
from hsai_kit.llm.error_mapping import build_failure, explain_failure, explain_no_response
from hsai_kit.llm.http import (
    BODY_TOO_LARGE,
    ENCODING_UNASKED,
    MOST_BYTES,
    PLAIN_BODY,
    BodyRefused,
    NoResponse,
    tls_context,
)
from hsai_kit.runtime.network import is_loopback


def open_sdk(key: str, base_url: str, timeout: float) -> openai.AsyncOpenAI:
    """Return the SDK's client for one key and address; it retries nothing by itself, and `timeout` is in seconds."""
    return openai.AsyncOpenAI(
        api_key=key,
        base_url=base_url,
        max_retries=0,
        timeout=timeout,
        # A proxy in the environment is for the world outside, not for a sandbox on this computer.
        http_client=_open_transport(trust_env=not is_loopback(base_url)),
    )


def explain_sdk_error(problem: openai.OpenAIError, base_url: str) -> HsaiError:
    """Return the error to raise for what the SDK raised."""
    if isinstance(problem, openai.APIStatusError):
        body = problem.body if isinstance(problem.body, dict) else {}
        return explain_failure(build_failure(problem.status_code, body, problem.response.headers))
    cause = problem.__cause__
    if isinstance(cause, BodyRefused):
        return explain_no_response(NoResponse(str(cause)), base_url)
    # Over aiohttp, a connection that is refused at once is a time-out to the SDK as well.
    is_late = isinstance(problem, openai.APITimeoutError) and not type(cause).__name__.startswith("Connect")
    return explain_no_response(NoResponse("did not answer in time") if is_late else NoResponse(), base_url)


def _open_transport(*, trust_env: bool) -> httpx2.AsyncClient:
    return openai.DefaultAioHttpClient(
        trust_env=trust_env,
        verify=tls_context(),
        follow_redirects=False,
        headers=PLAIN_BODY,
        event_hooks={"request": [_ask_for_plain_body], "response": [_limit_body]},
    )


async def _ask_for_plain_body(request: httpx2.Request) -> None:
    request.headers.update(PLAIN_BODY)


async def _limit_body(response: httpx2.Response) -> None:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise BodyRefused(ENCODING_UNASKED)
    # A file of answers is read piece by piece, and whoever reads it counts.
    if response.request.headers.get("Accept") != "application/binary" or response.status_code >= 300:
        response.stream = _LimitedStream(response.stream)


class _LimitedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: object) -> None:
        assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101 -- an async client has no other
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MOST_BYTES
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise BodyRefused(BODY_TOO_LARGE)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
