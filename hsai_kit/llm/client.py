"""One place that knows the model's wire: auth, time-outs, retries, pacing, and errors in words."""

from __future__ import annotations

import asyncio
import copy
import json
import math
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from hsai_kit.errors import HsaiError, KeyNotFound, KeyRefused, ModelError
from hsai_kit.llm.error_mapping import (
    explain_failure,
    explain_no_response,
    may_have_cost,
    read_failure,
    retry_delay,
)
from hsai_kit.llm.http import HttpClient, HttpResponse, NoResponse
from hsai_kit.llm.response_fields import read_objects, read_text
from hsai_kit.runtime.rate_limit import GoOn, Pacer, Withdrawal, backoff
from hsai_kit.runtime.server_text import clean_text, remember_key
from hsai_kit.store import AccountLimits

if TYPE_CHECKING:
    import openai

CALL_SECONDS = 120.0
"""The time-out of one call, all of it."""

# A header without a key is none that the SDK sends; this one opens nothing.
_NO_KEY = "no-key-needed"
_OPENAI_URL = "https://api.openai.com/v1"
# Of somebody whose key belongs to several, as the SDK reads them.
_ACCOUNT_HEADERS = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}
_ATTEMPTS = 9
_LIST_ATTEMPTS = 3
_FIRST_AT_ONCE = 8
_LIMITS = [(f"x-ratelimit-limit-{name}", f"x-ratelimit-remaining-{name}") for name in ("requests", "tokens")]

T = TypeVar("T")


def is_openai_address(base_url: str | None) -> bool:
    """Tell whether an address is OpenAI's own, as it is without one, where nothing is answered without a key."""
    host = urlsplit(base_url or "https://api.openai.com").hostname or ""
    return host == "openai.com" or host.endswith(".openai.com")


@dataclass(frozen=True, slots=True)
class ModelResponse:
    """A good answer: its body (JSON, not parsed), request id, and the seconds it took, None where that is not known."""

    body: bytes
    request_id: str
    seconds: float | None

    def json(self) -> dict[str, Any]:
        """Return the body as it reads; raises ModelError where it is no JSON object.

        Read by hand: the SDK's models cost more than the request, and a field that is not there must not end a run.
        """
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            message = "The model's API sent an answer that cannot be read."
            raise ModelError(message, request_id=self.request_id)
        return content


@dataclass
class Attempts:
    """What the attempts at one question may have cost: each of `lost` as much as it can cost at most.

    `renew` is asked after each of them for as much again; False says that the budget does not have it.
    """

    renew: Callable[[], Awaitable[bool]] | None = None
    lost: int = 0
    in_flight: bool = False

    async def count_lost(self) -> bool:
        """Count an attempt whose answer never came whole, and tell whether another may be made."""
        self.lost += 1
        return self.renew is None or await self.renew()


class LLMClient:
    """Calls to the model's API with one key; `base_url` other than OpenAI's own is for the sandbox or a gateway.

    The SDK's own retries are off: where an account has nothing left, one pause here holds back every question, where
    the SDK would let each run into the limit by itself. 429, 5xx, time-outs and lost connections are tried 9 times.
    Where no key was found, `key` is the KeyNotFound that says so: many servers of one's own want none, and it is raised
    where one does.
    """

    def __init__(self, key: SecretStr | KeyNotFound, *, base_url: str | None = None, concurrency: int = 64) -> None:
        self.concurrency = concurrency
        self.missing_key = key if isinstance(key, KeyNotFound) else None
        if not isinstance(key, KeyNotFound):
            remember_key(key)
        self.base_url = (base_url or _OPENAI_URL).rstrip("/") + "/"
        self._key = SecretStr(_NO_KEY) if isinstance(key, KeyNotFound) else key
        self._wire = HttpClient(self.base_url, _build_headers(self._key), timeout=CALL_SECONDS)
        # A list, which the copies for single pieces of work share: one client is opened and closed for all of them.
        self._sdk_opened: list[openai.AsyncOpenAI] = []
        self._pacer = Pacer(concurrency, first=_FIRST_AT_ONCE)
        self._go_on: GoOn | None = None
        self._is_stopped: Callable[[], bool] = lambda: False
        self.patience = 1.0
        """What the waits before another attempt are multiplied by."""

    def __repr__(self) -> str:
        return f"LLMClient({self.base_url!r})"

    async def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        await self._wire.close()
        for sdk in self._sdk_opened:
            await sdk.close()

    @property
    def sdk(self) -> openai.AsyncOpenAI:
        """The SDK's client with the same key and address, opened when it is first wanted."""
        if not self._sdk_opened:
            from hsai_kit.llm.sdk import open_sdk

            self._sdk_opened.append(open_sdk(self._key.get_secret_value(), self.base_url, CALL_SECONDS))
        return self._sdk_opened[0]

    async def call(self, work: Callable[[], Awaitable[T]], *, seconds: float = CALL_SECONDS) -> T:
        """Return what `work`, a use of the SDK, returns; `seconds` are for all of it, however slow a server is.

        Raises what `errors` says for the model's API, also where the server sent something that is none of its answers.
        """
        import openai

        try:
            async with asyncio.timeout(seconds):
                return await work()
        except openai.OpenAIError as problem:
            failure = self.explain_error(problem)
        except TimeoutError:
            failure = explain_no_response(NoResponse("did not answer in time"), self.base_url)
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            # The SDK takes any JSON for what it asked for, also that of a server that only speaks like OpenAI.
            failure = ModelError("The model's API sent an answer that cannot be read.")
        raise failure

    def explain_error(self, problem: openai.OpenAIError) -> HsaiError:
        """Return the error to raise for what the SDK raised."""
        from hsai_kit.llm.sdk import explain_sdk_error

        return self._explain_missing_key(explain_sdk_error(problem, self.base_url))

    async def models(self) -> list[dict[str, Any]]:
        """Return the models that the key's project may use, as they are sent, their ids as text.

        Raises what `errors` says for the model's API, after the last of three attempts.
        """
        attempt = 0
        while True:
            attempt += 1
            reply = await self._wire.get("/models")
            if isinstance(reply, HttpResponse):
                self._learn_limits(reply.headers)
                if reply.status < 300:
                    listed = ModelResponse(reply.body, clean_text(reply.headers.get("x-request-id")), 0).json()
                    return [model | {"id": read_text(model["id"])} for model in _list_models(listed.get("data"))]
                failure = read_failure(reply)
                problem, wait = self._explain_missing_key(explain_failure(failure)), retry_delay(failure, attempt)
            else:
                problem, wait = explain_no_response(reply, self.base_url), backoff(attempt)
            if wait is None or attempt == _LIST_ATTEMPTS:
                raise problem
            await asyncio.sleep(wait * self.patience)

    async def post(self, path: str, body: bytes, *, tokens: int = 0, attempts: Attempts | None = None) -> ModelResponse:
        """POST a question, waiting out what passes; `tokens` is about what it will use, for the account's limit.

        Raises ModelError and its kin, KeyRefused, or NoConnection after the last attempt, and Withdrawal where the
        work that it is for was stopped, or `attempts` may not go on, before it was sent.
        """
        attempts = attempts or Attempts()
        attempt = 0
        while True:
            attempt += 1
            async with self._pacer.turn(tokens, self._go_on):
                started = time.monotonic()
                attempts.in_flight = True
                reply = await self._wire.post(path, body, self._is_stopped)
                attempts.in_flight = False
                seconds = time.monotonic() - started
            if isinstance(reply, HttpResponse):
                left = self._learn_limits(reply.headers)
                if reply.status < 300:
                    self._pacer.record_answer(seconds)
                    return ModelResponse(reply.body, clean_text(reply.headers.get("x-request-id")), seconds)
                failure = read_failure(reply)
                problem, wait = self._explain_missing_key(explain_failure(failure)), retry_delay(failure, attempt)
                spent = failure.is_rate_limit and left < 1
            else:
                problem, spent = explain_no_response(reply, self.base_url), False
                wait = backoff(attempt) if reply.may_pass else None
            self.settle(tokens, 0)
            may_go_on = not may_have_cost(problem) or await attempts.count_lost()
            if wait is None:
                raise problem
            wait *= self.patience
            self._pacer.record_refusal(wait, everybody=spent)
            if attempt == _ATTEMPTS:
                raise problem
            if not may_go_on:
                raise Withdrawal
            await self._pacer.rest(wait, self._go_on)

    def for_work(self, go_on: GoOn, is_stopped: Callable[[], bool]) -> LLMClient:
        """Return this client for one piece of work: it sends nothing while that is paused or once it is stopped."""
        mine = copy.copy(self)
        mine._go_on, mine._is_stopped = go_on, is_stopped  # noqa: SLF001 -- a copy of this very object
        return mine

    @property
    def limits(self) -> AccountLimits | None:
        """What the answers so far told of the account's limits, None where they told nothing."""
        told = AccountLimits(self._pacer.requests.limit, self._pacer.tokens.limit)
        return None if told == AccountLimits() else told

    def estimate_seconds(self, requests: float, tokens: float) -> float:
        """Return how many seconds so many requests and tokens take at the account's limits, 0 where none are known."""
        pairs = ((requests, self._pacer.requests.limit), (tokens, self._pacer.tokens.limit))
        return max((amount * 60 / limit for amount, limit in pairs if limit), default=0.0)

    def _explain_missing_key(self, problem: HsaiError) -> HsaiError:
        refused = self.missing_key is not None and isinstance(problem, KeyRefused)
        return KeyNotFound(str(self.missing_key)) if refused else problem

    def settle(self, reserved: int, used: int) -> None:
        """Give back tokens that were reserved for a question and not used."""
        self._pacer.tokens.settle(reserved, used)

    def _learn_limits(self, headers: Mapping[str, str]) -> float:
        """Take over what the account's limits are, and return what is left of the scarcer, infinite if untold."""
        least = math.inf
        for (limited, remaining), budget in zip(_LIMITS, (self._pacer.requests, self._pacer.tokens), strict=True):
            limit, left = headers.get(limited), headers.get(remaining)
            # `isdigit` takes ² for one, and an endless row of digits is no limit.
            if limit and left and _is_count(limit) and _is_count(left) and int(limit) > 0:
                budget.learn(int(limit), int(left))
                least = min(least, int(left))
        return least


def _build_headers(key: SecretStr) -> dict[str, str]:
    told = {header: os.environ[name] for name, header in _ACCOUNT_HEADERS.items() if os.environ.get(name)}
    return {"Authorization": f"Bearer {key.get_secret_value()}", "Accept": "application/json"} | told


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def _list_models(sent: object) -> list[dict[str, Any]]:
    """Return those models of a list that have an id; a list without one may still hold others."""
    whole = [one for one in sent if isinstance(one, dict)] if isinstance(sent, list) else read_objects(sent)
    return [one for one in whole if isinstance(one.get("id"), str)]
