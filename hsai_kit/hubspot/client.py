"""One place that knows HubSpot's wire: auth, time-outs, retries, pacing, and errors in words.

It goes through `hubspot-api-client`'s own `ApiClient`, which takes any path, so that date-based versions work.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

import urllib3
from hubspot.crm.objects import ApiClient, ApiException, Configuration
from pydantic import SecretStr

from hsai_kit.errors import AnswerTooLarge, CallWithdrawn, HsaiError, HubSpotError, NoConnection, WriteUncertain
from hsai_kit.hubspot.error_mapping import ErrorResponse, explain_error, find_pause, read_number
from hsai_kit.hubspot.http import MOST_BYTES, BodyTooLarge, HttpCall, limit_pools
from hsai_kit.hubspot.paths import Paths
from hsai_kit.runtime.clock import read_clock
from hsai_kit.runtime.control import may_read
from hsai_kit.runtime.network import explain_way_out, find_proxy
from hsai_kit.runtime.rate_limit import GoOn, Pacer, Room, Window, Withdrawal, backoff
from hsai_kit.runtime.server_text import remember_key

# The smallest allowance of any HubSpot plan; a larger one is learned from the first answer.
_FIRST_LIMIT = 100
# More than any plan has: a header that says so is mistaken, and following it would be refused.
_LARGEST_LIMIT = 1_000
# HubSpot's window is 10 s where requests arrive, and they do not all take equally long to get there.
_WINDOW_SECONDS = 10.25
# 5 a second is what HubSpot allows for search, for the whole account: where somebody else searches too, which a refusal
# shows, one of them is left to others. As above, requests do not all take equally long to get there.
_SEARCHES_PER_SECOND, _SEARCHES_BESIDE_OTHERS = 5, 4
_SEARCH_WINDOW_SECONDS = 1.02
_AT_ONCE = 8
_ATTEMPTS = 6
# An address that never answered is more likely wrong, or there is no network, and somebody waits before the screen.
_FIRST_ATTEMPTS = 2
_CONNECT_SECONDS, _ANSWER_SECONDS = 10.0, 60.0
# How often it is looked whether somebody stopped the work; an answer that is on its way has as long to arrive.
_LOOK_SECONDS = 0.25
# How long HubSpot may take to carry out what it answered with an error or not at all: 15 s were seen.
_SETTLE_SECONDS = 45.0


T = TypeVar("T")


class _Endless(NoConnection):
    """The answer did not come to its end."""


@dataclass(frozen=True)
class HubSpotResponse:
    """A good answer: HTTP status (200, 201, 204, 207) and the parsed body."""

    status: int
    data: dict[str, Any]


class _Request(NamedTuple):
    method: str
    path: str
    query: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | Sequence[str] | None = None


class HubSpotClient:
    """Calls to one portal with one key; `base_url` other than HubSpot's own is for the sandbox or a proxy.

    Time-outs are 10 s to connect, `answer_seconds` without a sign of the answer, and twice that for all of it. For a
    request that changes nothing, 429, 423, 477, 5xx and lost answers are waited out, six attempts in all (two while
    nothing was ever answered, or where an answer does not end); once the work is stopped it is withdrawn. What changes
    records goes through `write`.
    """

    def __init__(
        self,
        token: SecretStr,
        *,
        base_url: str | None = None,
        api_version: str = "2026-09",
        answer_seconds: float = _ANSWER_SECONDS,
        settle_seconds: float = _SETTLE_SECONDS,
    ) -> None:
        configuration = Configuration(host=base_url.rstrip("/") if base_url else "https://api.hubapi.com")
        configuration.access_token = token.get_secret_value()
        configuration.connection_pool_maxsize = _AT_ONCE
        configuration.retries = urllib3.Retry(total=False)
        # The client package, unlike the model's, does not look for a proxy by itself.
        configuration.proxy = find_proxy(configuration.host)
        self.base_url: str = configuration.host
        self.settle_seconds = settle_seconds
        self.paths = Paths(api_version)
        self._time_outs = (_CONNECT_SECONDS, answer_seconds)
        self._token = token
        remember_key(token)
        self._api = ApiClient(configuration)
        limit_pools(self._api.rest_client.pool_manager)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="hsai_kit HubSpot")
        self._window = Window(_FIRST_LIMIT, _WINDOW_SECONDS)
        self._pacer = Pacer(_AT_ONCE, (self._window,))
        self._search_window = Window(_SEARCHES_PER_SECOND, _SEARCH_WINDOW_SECONDS)
        self._search_pacer = Pacer(2, (self._search_window,))
        self.daily_left: int | None = None
        self._reached = False
        self.attempts = _ATTEMPTS
        self.patience = 1.0
        """What the waits before another attempt are multiplied by."""

    def __repr__(self) -> str:
        return f"HubSpotClient({self.base_url!r})"

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._api.rest_client.pool_manager.clear()
        self._api.close()

    async def get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """GET `path` and return the body; raises what `errors` says for HubSpot."""
        return (await self._call(_Request("GET", path, query), self._pacer)).data

    async def post(self, path: str, body: Mapping[str, Any], *, room: Room | None = None) -> HubSpotResponse:
        """POST `body` to `path`, for requests that change nothing."""
        return await self._call(_Request("POST", path, body=body), self._pacer, room)

    def room(self, calls: int) -> AbstractAsyncContextManager[Room]:
        """Wait for room for `calls` that follow each other at once, such as a look and the write that relies on it."""
        return self._pacer.room(calls)

    async def search(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a search, which has an allowance of its own."""
        return (await self._call(_Request("POST", path, body=body), self._search_pacer)).data

    async def write(
        self,
        path: str,
        body: Mapping[str, Any] | Sequence[str],
        *,
        attempt: int = 1,
        until: float = math.inf,
        room: Room | None = None,
        method: Literal["POST", "PUT"] = "POST",
    ) -> HubSpotResponse:
        """Send what changes records: once, and not after `until` on the clock of `read_clock`.

        HubSpot knows no If-Match: a write that waits, or is sent again after a pause, could overwrite what somebody
        wrote meanwhile. So where another request waits and repeats itself, this raises WriteUncertain, and the pause
        holds for whatever is sent next. `attempt` (1 is the first) lets the pauses grow.
        """
        request = _Request(method, path, body=body)
        # In the thread, as the last thing before it leaves: it may have waited for the window, for a thread, or for a
        # laptop that slept.
        async with self._pacer.turn(room=room):
            outcome = await self._run(lambda: None if read_clock() > until else self._send(request))
        if outcome is None:
            waiting = HubSpotError("HubSpot's allowance is used up by others. Run the same again later.")
            raise WriteUncertain(waiting, maybe_done=False, is_late=True)
        if isinstance(outcome, HubSpotResponse):
            return outcome
        problem, seconds = _explain_outcome(outcome, attempt, request)
        # A server, or a gateway before it, may give up on a write that is carried out all the same.
        maybe_done = (
            outcome.status >= 500 if isinstance(outcome, ErrorResponse) else getattr(outcome, "maybe_done", True)
        )
        if seconds is None and not maybe_done:
            raise problem
        self._pacer.pause((backoff(attempt) if seconds is None else seconds) * self.patience)
        raise WriteUncertain(problem, maybe_done=maybe_done)

    async def read_token_info(self) -> dict[str, Any]:
        """Return what HubSpot says about this key: user, portal, scopes."""
        body = {"tokenKey": self._token.get_secret_value()}
        return (await self.post("/oauth/v2/private-apps/get/access-token-info", body)).data

    async def _call(self, request: _Request, pacer: Pacer, room: Room | None = None) -> HubSpotResponse:
        attempt = 0
        while True:
            attempt += 1
            try:
                async with pacer.turn(go_on=may_read, room=room):
                    outcome = await self._run(lambda: self._send(request), may_read)
            except Withdrawal:
                raise CallWithdrawn("The work was stopped before HubSpot answered. Run the same again.") from None
            if isinstance(outcome, HubSpotResponse):
                return outcome
            if pacer is self._search_pacer and getattr(outcome, "status", 0) == 429:
                self._search_window.limit = _SEARCHES_BESIDE_OTHERS
            problem, seconds = _explain_outcome(outcome, attempt, request)
            most = self.attempts if self._reached and not isinstance(outcome, _Endless) else _FIRST_ATTEMPTS
            if seconds is None or attempt >= most:
                raise problem
            pacer.pause(seconds * self.patience)

    async def _run(self, send: Callable[[], T], go_on: GoOn | None = None) -> T | _Endless:
        """Send in a thread, and break off what takes too long; raises Withdrawal where `go_on` says no meanwhile."""
        call, loop = HttpCall(), asyncio.get_running_loop()

        def make_call() -> T:
            with call.make():
                return send()

        until = loop.time() + 2 * self._time_outs[1]
        answer = loop.run_in_executor(self._threads, make_call)
        try:
            while not (await asyncio.wait({answer}, timeout=_LOOK_SECONDS))[0]:
                if loop.time() > until:
                    return _Endless(self._explain_unreachable("did not come to the end of an answer"), maybe_done=True)
                if go_on and not await go_on() and not (await asyncio.wait({answer}, timeout=_LOOK_SECONDS))[0]:
                    raise Withdrawal
            return answer.result()
        finally:
            call.end()

    def _send(self, request: _Request) -> HubSpotResponse | ErrorResponse | NoConnection | AnswerTooLarge:
        try:
            data, status, headers = self._api.call_api(
                request.path,
                request.method,
                query_params=list((request.query or {}).items()),
                header_params={"Accept": "application/json"},
                body=request.body,
                response_types_map={200: "object", 201: "object", 202: "object", 207: "object"},
                auth_settings=["oauth2"],
                _request_timeout=self._time_outs,
            )
        except ApiException as problem:
            self._reached = True
            return ErrorResponse(problem.status or 0, problem.body or "", dict(problem.headers or {}))
        except (BodyTooLarge, RecursionError):
            size = f"more than {MOST_BYTES // 1024**2} MB, or too deep to be read"
            return AnswerTooLarge(f"HubSpot's answer to {request.method} {request.path} has {size}.")
        except UnicodeDecodeError:
            # The client decodes an error's body before anybody can ask for its status.
            self._reached = True
            return ErrorResponse(502, "", {})
        except AttributeError as problem:
            # On a failure of TLS the client makes an error of its own and then stumbles over its missing body.
            if not isinstance(problem.__context__, ApiException):
                raise
            said = str(problem.__context__.reason).splitlines()[-1]
            return NoConnection(self._explain_unreachable(f"cannot be reached safely ({said})"), maybe_done=True)
        except (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError):
            return NoConnection(self._explain_unreachable("cannot be reached", gone=True), maybe_done=False)
        except (urllib3.exceptions.HTTPError, OSError):
            return NoConnection(self._explain_unreachable("did not answer, or the answer broke off"), maybe_done=True)
        self._reached = True
        self._learn(headers)
        if not isinstance(data, dict | None):
            # The client hands back text that is no JSON as it is: an answer cut in the middle, or a proxy's page.
            return NoConnection(self._explain_unreachable("sent an answer that cannot be read"), maybe_done=True)
        return HubSpotResponse(status, data or {})

    def _explain_unreachable(self, what: str, *, gone: bool = False) -> str:
        way = explain_way_out(self.base_url if gone else None, "HUBSPOT_BASE_URL")
        return f"HubSpot ({self.base_url}) {what}. {way}"

    def _learn(self, headers: Mapping[str, str]) -> None:
        found = {name.lower(): value for name, value in headers.items()}
        if limit := read_number(found.get("x-hubspot-ratelimit-max")):
            self._window.limit = min(limit, _LARGEST_LIMIT)
        if (left := read_number(found.get("x-hubspot-ratelimit-daily-remaining"))) is not None:
            self.daily_left = left


def _explain_outcome(
    outcome: ErrorResponse | NoConnection | AnswerTooLarge, attempt: int, request: _Request
) -> tuple[HsaiError, float | None]:
    """Return the error in words, and the seconds to wait before another attempt, None where waiting is of no use."""
    if isinstance(outcome, ErrorResponse):
        return explain_error(outcome, request.method, request.path), find_pause(outcome, attempt)
    return outcome, None if isinstance(outcome, AnswerTooLarge) else backoff(attempt)
