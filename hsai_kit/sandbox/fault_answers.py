"""The answers of those faults that both sides have, each in its side's own envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse, Response

if TYPE_CHECKING:
    from random import Random

_ID_HEADERS = {"hubspot": "x-hubspot-correlation-id", "openai": "x-request-id"}
_MESSAGES = {
    "hubspot": {"500": "internal error", "502": "bad gateway"},
    "openai": {
        "500": "The server had an error while processing your request. Try again later.",
        "502": "Bad gateway. The server is overloaded or not ready yet.",
    },
}
_PAGE = """<!DOCTYPE html>
<html><head><title>503 Service Temporarily Unavailable</title></head>
<body><h1>503 Service Temporarily Unavailable</h1><hr><p>A fault of the sandbox.</p></body></html>
"""


def common_answer(side: str, kind: str, random: Random) -> Response:
    """Make the answer for `500`, `502` or `503_html`."""
    call = _call_id(side, random)
    headers = {_ID_HEADERS[side]: call}
    if kind == "503_html":
        return HTMLResponse(_PAGE, status_code=503, headers=headers)
    message = _MESSAGES[side][kind]
    if side == "hubspot":
        envelope: dict[str, object] = {
            "status": "error",
            "message": message,
            "correlationId": call,
            "category": "INTERNAL_ERROR",
        }
    else:
        envelope = {"error": {"message": message, "type": "server_error", "param": None, "code": None}}
    return JSONResponse(envelope, status_code=int(kind), headers=headers)


def identify(side: str, response: Response, random: Random) -> None:
    """Give an answer the header by which its side identifies a call, unless it has one."""
    response.headers.setdefault(_ID_HEADERS[side], _call_id(side, random))


def _call_id(side: str, random: Random) -> str:
    number = f"{random.getrandbits(128):032x}"
    if side == "openai":
        return f"req_{number}"
    return "-".join((number[:8], number[8:12], number[12:16], number[16:20], number[20:]))
