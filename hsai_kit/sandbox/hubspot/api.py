"""HubSpot's double as the sandbox sees it: an ASGI app, the handles that control it, and its own faults."""

from __future__ import annotations

import json
import re
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from uuid import UUID

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from hsai_kit.sandbox.hubspot.access import require
from hsai_kit.sandbox.hubspot.crm import Crm
from hsai_kit.sandbox.hubspot.errors import ErrorCategory, HubSpotError, not_found
from hsai_kit.sandbox.hubspot.initial_data import fill_tables
from hsai_kit.sandbox.hubspot.rate_limits import RateLimitPolicy
from hsai_kit.sandbox.hubspot.routes import TOKEN_INFO, RouteAddress, addresses
from hsai_kit.sandbox.hubspot.tables import create_tables
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer, HubSpotCall, method_not_allowed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request

    from hsai_kit.sandbox.database import Database
    from hsai_kit.sandbox.hubspot.access import Token
    from hsai_kit.sandbox.hubspot.rate_limits import RateWindows
    from hsai_kit.sandbox.portal.model import Portal


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LONGEST_ADDRESS = 14_000  # [?] HubSpot's own limit is not documented; 414 is (hubspot-facts.md, "Errors")
MEDIA_TYPE = "application/json;charset=utf-8"
# The faults of whatever stands before HubSpot, which answers in HTML.
PAGES: Mapping[str, str] = {
    "414": "Request-URI Too Large",
    "521": "Web server is down",
    "524": "A timeout occurred",
}
_POLICIES = {
    "ten_secondly": RateLimitPolicy.TEN_SECONDLY,
    "secondly": RateLimitPolicy.SECONDLY,
    "daily": RateLimitPolicy.DAILY,
}
FAULT_KINDS = (*_POLICIES, "423", "477", *PAGES)


class HubSpotApi:
    """One portal behind HubSpot's API; `app` is what the server mounts."""

    def __init__(self, database: Database, *, token: str, seed: int) -> None:
        self._database = database
        self._seed = seed
        self._random = Random(seed)
        create_tables(database)
        self._crm = Crm(database, token)
        routes = [_ApiRoute(address, self._endpoint(address)) for address in addresses()]
        elsewhere = Route("/{path:path}", self._endpoint(None), methods=list(METHODS))
        self.app = Starlette(routes=[*routes, elsewhere])

    def fill(self, portal: Portal) -> None:
        """Write a portal's data into the database, in place of what is there."""
        fill_tables(self._database, portal)
        self._crm.forget()

    def add_token(self, token: str, scopes: Sequence[str] | None, state: str) -> None:
        """Accept another token, with all scopes where none are given; ValueError for an unknown state."""
        self._crm.access.add(token, scopes, state)

    def set_account(self, **details: Any) -> None:
        """Change what account details tell, by HubSpot's own field names."""
        self._crm.set_account(details)

    def require(self, object_type: str, name: str, controlling: str, value: str) -> None:
        """Make a property required where another one has a value; HubSpotError for an unknown type."""
        self._crm.validations.require(self._crm.catalog.resolve(object_type), name, controlling, value)

    def set_limits(self, **limits: Any) -> None:
        """Change rate limits and the search lag, and forget what has been used; ValueError for a wrong one."""
        self._crm.windows.set_limits(**limits)

    def reset(self) -> None:
        """Forget all that is not in the database: windows, extra tokens, changed limits, what was cached."""
        create_tables(self._database)  # the first state may come from a file that is older than some of them
        self._random = Random(self._seed)
        self._crm.access.reset()
        self._crm.windows.reset()
        self._crm.forget()

    def fault(self, kind: str, retry_after: float) -> Response:
        """Make the answer of a fault kind that only HubSpot has; ValueError for another."""
        correlation_id = self._correlation_id()
        if kind in PAGES:
            return _page(kind, correlation_id)
        return _refusal(_fault_error(kind, retry_after, self._crm.windows), correlation_id, {})

    def _endpoint(self, address: RouteAddress | None) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return self._respond(request, address, await request.body())

        return endpoint

    def _respond(self, request: Request, address: RouteAddress | None, body: bytes) -> Response:
        correlation_id = self._correlation_id()
        if len(request.url.path) + len(request.url.query) > LONGEST_ADDRESS:
            return _page("414", correlation_id)
        rate_headers: dict[str, str] = {}
        try:
            operation = address.operations.get(request.method) if address is not None else None
            if operation is TOKEN_INFO:
                token = self._crm.access.nobody()
            else:
                token = self._crm.access.authenticate(request.headers.get("authorization"))
                is_search = operation is not None and operation.is_search
                rate_headers = self._admit(token, is_search=is_search)
            if address is None:
                raise not_found()
            if operation is None:
                raise method_not_allowed(list(address.operations))
            call = _call(request, address, body, token)
            require(token, operation.needs(self._crm, call))
            call.check_body(request.headers.get("content-type", ""), operation.body)
            answer = operation.handler(self._crm, call)
        except HubSpotError as error:
            return _refusal(error, correlation_id, rate_headers)
        return _response(answer, correlation_id, rate_headers)

    def _admit(self, token: Token, *, is_search: bool) -> dict[str, str]:
        windows = self._crm.windows
        return windows.admit_search() if is_search else windows.admit(token.app_id)

    def _correlation_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


class _ApiRoute(Route):
    """A route of Starlette's that takes a trailing slash as well, as HubSpot does."""

    def __init__(self, address: RouteAddress, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        super().__init__(address.template, endpoint, methods=list(METHODS))
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + "/?$")


def _call(request: Request, address: RouteAddress, body: bytes, token: Token) -> HubSpotCall:
    return HubSpotCall(
        method=request.method,
        address=str(request.url.replace(query=None)),
        version=address.version,
        path=request.path_params,
        query=parse_qsl(request.url.query, keep_blank_values=True),
        raw_body=body,
        token=token,
    )


def _refusal(error: HubSpotError, correlation_id: str, rate_headers: dict[str, str]) -> Response:
    answer = HubSpotAnswer(error.status, error.envelope(correlation_id), error.headers)
    return _response(answer, correlation_id, rate_headers)


def _response(answer: HubSpotAnswer, correlation_id: str, rate_headers: dict[str, str]) -> Response:
    headers = {"X-HubSpot-Correlation-Id": correlation_id, **rate_headers, **answer.headers}
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content, answer.status, headers, MEDIA_TYPE)


def _page(kind: str, correlation_id: str) -> Response:
    headers = {"X-HubSpot-Correlation-Id": correlation_id}
    title = f"{kind} {PAGES[kind]}"
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return HTMLResponse(text, int(kind), headers)


def _fault_error(kind: str, retry_after: float, windows: RateWindows) -> HubSpotError:
    """Make the refusal of a fault kind that answers in JSON; ValueError for a kind that is none."""
    if kind in _POLICIES:
        return windows.build_refusal(_POLICIES[kind])
    if kind == "423":
        return HubSpotError(
            423, "The resource is locked by another change. Try again in two seconds.", ErrorCategory.LOCKED
        )
    if kind == "477":
        message = "This account is moving to another data center. Try again later."
        return HubSpotError(
            477, message, ErrorCategory.MIGRATION_IN_PROGRESS, headers={"Retry-After": f"{retry_after:g}"}
        )
    message = f"There is no HubSpot fault {kind!r}. There are: {', '.join(FAULT_KINDS)}."
    raise ValueError(message)
