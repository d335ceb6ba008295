"""The ASGI app: both doubles and the control address under one loopback port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from hsai_kit.sandbox.control import ControlApi

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from hsai_kit.sandbox.doubles import Doubles

LOOPBACK_HOSTS = frozenset({b"127.0.0.1", b"localhost", b"[::1]"})


class SandboxApp:
    """The whole sandbox as one ASGI app."""

    def __init__(self, doubles: Doubles, control_token: str) -> None:
        self._apis = doubles.apis
        self._control = ControlApi(doubles, control_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the API that its path begins with; what is left is the path at that API's host."""
        if not _names_loopback(scope):
            await _refusal(403, "The sandbox answers only to this machine's own names.")(scope, receive, send)
            return
        name, slash, rest = scope["path"][1:].partition("/")
        scope["root_path"] = scope["app_root_path"] = f"/{name}"
        if name in self._apis:
            await self._apis[name](scope, receive, send, slash + rest)
        elif name == "control":
            await self._control.app(scope, receive, send)
        else:
            sentence = "This is a sandbox, no real service. It has /hubspot, /openai/v1 and /control."
            await _refusal(404, sentence)(scope, receive, send)


def _names_loopback(scope: Scope) -> bool:
    """Whether the Host header is this machine's; another one is a web page's trick (DNS rebinding)."""
    for name, value in scope["headers"]:
        if name == b"host":
            host, colon, port = value.rpartition(b":")
            return (host if colon and port.isdigit() else value) in LOOPBACK_HOSTS
    return False


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status_code=status)
