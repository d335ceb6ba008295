"""The gate that every request passes: who calls, what is left of the minute, the answer, and pages of lists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from inspect import isawaitable
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from hsai_kit.sandbox.openai.checks import invalid_value, out_of_range
from hsai_kit.sandbox.openai.wire import JSON, OpenAIAnswer, OpenAIError, answer_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.types import Receive, Scope, Send

    from hsai_kit.sandbox.openai.keys import Key, Keys
    from hsai_kit.sandbox.openai.limits import OpenAILimits
    from hsai_kit.sandbox.openai.wire import Headers, Identifiers


@dataclass(slots=True)
class OpenAICall:
    """One request that has passed the gate."""

    key: Key
    body: bytes
    path: Mapping[str, str]
    query: str
    headers: Mapping[bytes, bytes]

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object; a 400 otherwise."""
        try:
            content = json.loads(self.body)
        except ValueError as error:
            message = f"The body of this request is no JSON: {error}."
            raise OpenAIError(400, message) from error
        if not isinstance(content, dict):
            message = "The body of this request must be a JSON object."
            raise OpenAIError(400, message)
        return content

    def parameters(self) -> dict[str, str]:
        """Read the query's parameters."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


class Gate:
    """What all routes share: who may pass, what is left of the minute, and which headers go along."""

    def __init__(self, keys: Keys, limits: OpenAILimits, identifiers: Identifiers) -> None:
        self.keys = keys
        self.limits = limits
        self.identifiers = identifiers

    def headers(self, started: float) -> Headers:
        """Make the headers that every answer carries."""
        spent = int((perf_counter() - started) * 1000)
        return [
            (b"x-request-id", self.identifiers.new("req_").encode()),
            (b"openai-processing-ms", str(spent).encode()),
            (b"openai-organization", b"sandbox"),
            (b"openai-version", b"2020-10-01"),
            *self.limits.headers(),
        ]


class Endpoint:
    """One route as an ASGI app: which permission a restricted key needs for it, and how its body is sent.

    A `charged` one is a call of a model, which the minute's budgets count.
    """

    def __init__(
        self,
        gate: Gate,
        handle: Callable[[OpenAICall], OpenAIAnswer | Awaitable[OpenAIAnswer]],
        scope: str,
        *,
        charged: bool = False,
        beta: str = "",
        media_type: bytes = JSON,
    ) -> None:
        self._gate = gate
        self._handle = handle
        self._scope = scope
        self._media_type = media_type
        self._charged = charged
        self._beta = beta

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = perf_counter()
        body = await _read_body(receive)
        try:
            answer = await self._answer(scope, body)
        except OpenAIError as error:
            answer = answer_json(error.body, error.status)
            answer.headers = error.headers
        await send_answer(send, answer, self._gate.headers(started))

    async def _answer(self, scope: Scope, body: bytes) -> OpenAIAnswer:
        headers = dict(scope["headers"])
        key = self._gate.keys.check(headers.get(b"authorization", b""))
        key.require(self._scope)
        given = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if body and given != self._media_type:
            wanted = self._media_type.decode()
            message = f"The Content-Type '{given.decode('latin-1')}' is not taken here. Send '{wanted}'."
            raise OpenAIError(400, message, code="invalid_content_type")
        if self._beta and self._beta.encode() not in headers.get(b"openai-beta", b""):
            message = f"This address is in beta: send the header 'OpenAI-Beta: {self._beta}'."
            raise OpenAIError(400, message, code="invalid_beta")
        call = OpenAICall(key, body, scope.get("path_params", {}), scope["query_string"].decode("latin-1"), headers)
        if not self._charged:
            return await _await_answer(self._handle(call))
        limits = self._gate.limits
        limits.admit()
        try:
            answer = await _await_answer(self._handle(call))
        except OpenAIError:
            limits.take(0)  # a request that fails counts as well
            raise
        limits.take(answer.tokens)
        if answer.commit is not None:
            answer.commit()
        return answer


async def send_answer(send: Send, answer: OpenAIAnswer, headers: Headers) -> None:
    """Send one answer with the shared headers."""
    shared = [(b"content-type", answer.media_type)]
    if not answer.events:
        shared.append((b"content-length", str(len(answer.body)).encode()))
    start = {"type": "http.response.start", "status": answer.status, "headers": shared + headers + answer.headers}
    await send(start)
    for event in answer.events:
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body", "body": answer.body})


async def _await_answer(result: OpenAIAnswer | Awaitable[OpenAIAnswer]) -> OpenAIAnswer:
    return await result if isawaitable(result) else result


async def _read_body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    chunks = [body]
    while message.get("more_body"):
        message = await receive()
        chunks.append(message.get("body", b""))
    return b"".join(chunks)


def cut_page(
    items: Sequence[dict[str, Any]], parameters: Mapping[str, str], *, default: int = 20, most: int = 100
) -> dict[str, Any]:
    """Cut one page out of all items, which come oldest first, by the query's `after`, `limit` and `order`.

    Raises OpenAIError 400 for a limit out of range, another order or an unknown cursor.
    """
    order = parameters.get("order", "desc")
    if order not in ("asc", "desc"):
        raise invalid_value("order", order, ("asc", "desc"))
    limit = _read_limit(parameters.get("limit"), default, most)
    ordered = list(items) if order == "asc" else list(reversed(items))
    start = 0
    after = parameters.get("after")
    if after:
        places = [index for index, item in enumerate(ordered) if item["id"] == after]
        if not places:
            raise OpenAIError(400, f"There is no object '{after}' to go on after.", code="invalid_value", param="after")
        start = places[0] + 1
    data = ordered[start : start + limit]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": start + limit < len(ordered),
    }


def _read_limit(given: str | None, default: int, most: int) -> int:
    if given is None:
        return default
    if not given.lstrip("-").isdigit():
        message = f"Invalid type for 'limit': expected an integer, but got '{given}' instead."
        raise OpenAIError(400, message, code="invalid_type", param="limit")
    if not 1 <= int(given) <= most:
        raise out_of_range("limit", "integer", int(given), 1, most)
    return int(given)
