"""One place that knows the model's wire: auth, time-outs, retries, pacing, and errors in words."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import openai
from openai.types.responses import Response
from pydantic import SecretStr

from hsai_kit.errors import HsaiError
from hsai_kit.llm.problems import in_words, pause_for
from hsai_kit.network import is_loopback
from hsai_kit.pacing import Pacer, backoff

__all__ = ["Answered", "LLMClient"]

_TIMEOUT_SECONDS = 120.0
_ATTEMPTS = 8


class Answered:
    """A good answer of the Responses API with what its headers and the clock say."""

    def __init__(self, response: Response, request_id: str, seconds: float) -> None:
        self.response = response
        self.request_id = request_id
        self.seconds = seconds


class LLMClient:
    """Calls to the model's API with one key; `base_url` other than OpenAI's own is for the sandbox or a gateway.

    The SDK's own retries are off: one pause here holds back every question, where the SDK would let each run
    into the limit by itself. 429, 5xx, time-outs and lost connections are tried eight times in all.
    """

    def __init__(self, key: SecretStr, *, base_url: str | None = None, concurrency: int = 32) -> None:
        self.concurrency = concurrency
        self._client = openai.AsyncOpenAI(
            api_key=key.get_secret_value(),
            base_url=base_url,
            max_retries=0,
            timeout=_TIMEOUT_SECONDS,
            # A proxy in the environment is for the world outside, not for a sandbox on this computer.
            http_client=openai.DefaultAioHttpClient(trust_env=not is_loopback(base_url)),
        )
        self.base_url = str(self._client.base_url)
        self._pacer = Pacer(concurrency)
        self.without_logprobs: set[str] = set()
        """Models that were found to give no log probabilities."""

    def __repr__(self) -> str:
        return f"LLMClient({self.base_url!r})"

    async def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        await self._client.close()

    async def models(self) -> list[openai.types.Model]:
        """Return the models that this key's project may use; raises what `errors` says for the model's API."""
        try:
            return [model async for model in self._client.models.list()]
        except openai.OpenAIError as problem:
            failure = in_words(problem, self.base_url)
        raise failure

    async def respond(self, request: Mapping[str, Any]) -> Answered:
        """Send one request to the Responses API, waiting out what passes; raises ModelError and its kin."""
        for attempt in range(1, _ATTEMPTS + 1):
            async with self._pacer.turn():
                started = time.monotonic()
                outcome = await self._send(request)
            if isinstance(outcome, tuple):
                response, request_id = outcome
                return Answered(response, request_id, time.monotonic() - started)
            failure, seconds = self._judged(outcome, attempt)
            if seconds is None or attempt == _ATTEMPTS:
                raise failure
            self._pacer.pause(seconds)
        raise AssertionError  # the last attempt returns or raises

    async def _send(self, request: Mapping[str, Any]) -> tuple[Response, str] | Exception:
        try:
            raw = await self._client.responses.with_raw_response.create(**request)
            response = raw.parse()
        except (openai.OpenAIError, ValueError) as problem:
            # ValueError: an answer that broke off in the middle is no JSON.
            return problem
        if not isinstance(response, Response):
            return ValueError()
        return response, raw.headers.get("x-request-id", "")

    def _judged(self, problem: Exception, attempt: int) -> tuple[HsaiError, float | None]:
        if isinstance(problem, openai.APIStatusError):
            return in_words(problem, self.base_url), pause_for(problem, attempt)
        return in_words(problem, self.base_url), backoff(attempt)
