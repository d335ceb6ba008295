"""The ASGI app: both doubles under one loopback port, and beside them the control address.

It arms faults, changes limits, shows the journal and the truth, and goes back to the start. `Sandbox` in `handle.py`
is its client. It wants the token that the server printed when it started, so that no web page in the same machine's
browser can drive it.
"""

from __future__ import annotations

import hmac
import inspect
import json
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hsai_kit.sandbox.faults import APIS, parse_fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from hsai_kit.sandbox.doubles import Doubles
    from hsai_kit.sandbox.middleware import ApiMiddleware


LOOPBACK_HOSTS = frozenset({b"127.0.0.1", b"localhost", b"[::1]"})


class SandboxApp:
    """The whole sandbox as one ASGI app."""

    def __init__(self, doubles: Doubles, control_token: str) -> None:
        self._apis = doubles.apis
        self._control = ControlApi(doubles, control_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the API that its path begins with; what is left is the path at that API's host."""
        if not _names_loopback(scope):
            await _error(403, "The sandbox answers only to this machine's own names.")(scope, receive, send)
            return
        name, slash, rest = scope["path"][1:].partition("/")
        scope["root_path"] = scope["app_root_path"] = f"/{name}"
        if name in self._apis:
            await self._apis[name](scope, receive, send, slash + rest)
        elif name == "control":
            await self._control.app(scope, receive, send)
        else:
            sentence = "This is a sandbox, no real service. It has /hubspot, /openai/v1 and /control."
            await _error(404, sentence)(scope, receive, send)


def _names_loopback(scope: Scope) -> bool:
    """Whether the Host header is this machine's; another one is a web page's trick (DNS rebinding)."""
    for name, value in scope["headers"]:
        if name == b"host":
            host, colon, port = value.rpartition(b":")
            return (host if colon and port.isdigit() else value) in LOOPBACK_HOSTS
    return False


class ControlApi:
    """What can be asked of a running sandbox; each public method is one route.

    Its parameters are the names in the JSON body or in the query.
    """

    def __init__(self, doubles: Doubles, token: str) -> None:
        self._doubles = doubles
        self._token = token
        self.app = Starlette(
            routes=[
                self._route("GET", "/counts", self.counts),
                self._route("GET", "/answered", self.count_answered),
                self._route("GET", "/requests", self.requests),
                self._route("GET", "/exchanges", self.exchanges),
                self._route("POST", "/exchanges", self.keep_exchanges),
                self._route("GET", "/truth", self.truth),
                self._route("GET", "/faults", self.faults),
                self._route("POST", "/faults", self.add_fault),
                self._route("DELETE", "/faults", self.clear_faults),
                self._route("POST", "/latency", self.latency),
                self._route("POST", "/limits", self.limits),
                self._route("POST", "/tokens", self.add_token),
                self._route("POST", "/keys", self.add_key),
                self._route("POST", "/account", self.account),
                self._route("POST", "/require", self.require),
                self._route("POST", "/reset", self.reset),
            ]
        )

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Count each API's requests by route and status."""
        return {name: api.journal.counts() for name, api in self._doubles.apis.items()}

    def count_answered(self) -> dict[str, dict[str, dict[str, int]]]:
        """Count by API and route the POSTs that were answered whole, once or again."""
        return {name: api.journal.count_answered() for name, api in self._doubles.apis.items()}

    def requests(self, side: str, last: str = "1000") -> list[dict[str, Any]]:
        """List an API's newest requests, newest last."""
        return self._api(side).journal.requests(int(last))

    def exchanges(self, side: str) -> list[dict[str, Any]]:
        """List an API's requests that were kept with their answers."""
        return self._api(side).journal.exchanges()

    def keep_exchanges(self, most: int) -> None:
        """Keep requests with their answers from now on, so many of each route and status."""
        for api in self._doubles.apis.values():
            api.journal.kept_exchanges = most

    def truth(self, object_type: str, property: str) -> dict[str, str]:  # noqa: A002  # HubSpot's own word
        """Tell the right value of each record's property, as the seed knows it."""
        return self._doubles.truth(object_type, property)

    def faults(self) -> dict[str, list[dict[str, Any]]]:
        """List the armed faults with how often each has struck."""
        return {name: api.faults.describe() for name, api in self._doubles.apis.items()}

    def add_fault(self, spec: str) -> None:
        """Arm a fault, in the words of `faults.py`."""
        fault = parse_fault(spec)
        self._api(fault.api).faults.add(fault)

    def clear_faults(self) -> None:
        """Disarm all faults of both APIs."""
        for api in self._doubles.apis.values():
            api.faults.clear()

    def latency(self, side: str, seconds: float, jitter: float = 0.0) -> None:
        """Delay every request to an API."""
        self._api(side).faults.set_latency(seconds, jitter)

    def limits(self, side: str, **limits: float | str | None) -> None:
        """Change an API's limits."""
        self._api(side).double.set_limits(**limits)

    def add_token(self, token: str, scopes: Sequence[str] | None = None, state: str = "live") -> None:
        """Accept another HubSpot token."""
        self._doubles.hubspot.add_token(token, scopes, state)

    def add_key(
        self,
        key: str,
        models: Sequence[str] | None = None,
        state: str = "live",
        scopes: Sequence[str] | None = None,
    ) -> None:
        """Accept another OpenAI key."""
        self._doubles.openai.add_key(key, models, state, scopes)

    def account(self, **details: Any) -> None:
        """Change what HubSpot's account details tell."""
        self._doubles.hubspot.set_account(**details)

    def require(self, object_type: str, name: str, controlling: str, value: str) -> None:
        """Make a property required where another one has a value."""
        self._doubles.hubspot.require(object_type, name, controlling, value)

    def reset(self) -> None:
        """Go back to the first state."""
        self._doubles.reset()

    def _api(self, name: str) -> ApiMiddleware:
        if name not in self._doubles.apis:
            message = f"There is no API {name!r}. APIs: {', '.join(APIS)}."
            raise ValueError(message)
        return self._doubles.apis[name]

    def _route(self, method: str, path: str, action: Callable[..., Any]) -> Route:
        return Route(path, self._endpoint(action), methods=[method])

    def _endpoint(self, action: Callable[..., Any]) -> Callable[[Request], Awaitable[Response]]:
        signature = inspect.signature(action)

        async def endpoint(request: Request) -> Response:
            if not self._is_allowed(request):
                return _error(401, "The control address wants the token that the sandbox printed at its start.")
            body = await request.body()
            try:
                values = {**request.query_params, **(json.loads(body) if body else {})}
                signature.bind(**values)
                # What arrived is shown as it was, NaN and halves of surrogate pairs included.
                return Response(json.dumps(action(**values)), media_type="application/json")
            except (ValueError, TypeError) as error:
                return _error(400, str(error))

        return endpoint

    def _is_allowed(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {self._token}".encode())


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status_code=status)
