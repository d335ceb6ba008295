"""Requests in, answers out: OpenAI's error form, its headers, and the gate that every request passes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from inspect import isawaitable
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from hsai_kit.sandbox.openai.keys import Key, Keys
    from hsai_kit.sandbox.openai.limits import OpenAILimits

Headers = list[tuple[bytes, bytes]]
JSON = b"application/json"


class OpenAIError(Exception):
    """An error as OpenAI tells it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": kind, "param": param, "code": code}
        self.headers: Headers = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]

    @property
    def body(self) -> dict[str, Any]:
        """The whole JSON body."""
        return {"error": self.error}


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


@dataclass(slots=True)
class OpenAIAnswer:
    """What goes back: `tokens` are charged to the minute's budget, then `commit` runs, then it is sent."""

    body: bytes
    status: int = 200
    media_type: bytes = JSON
    headers: Headers = field(default_factory=list)
    tokens: int = 0
    commit: Callable[[], object] | None = None


def answer_json(content: Any, status: int = 200) -> OpenAIAnswer:
    """Answer with JSON."""
    return OpenAIAnswer(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), status)


class Identifiers:
    """Request ids and object ids, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._resets = 0
        self._random = Random(f"{seed}: openai ids")

    def reset(self) -> None:
        """Begin another sequence: a client may still hold ids of the one before, and must not find strangers there."""
        self._resets += 1
        self._random = Random(f"{self._seed}: openai ids after reset {self._resets}")

    def new(self, prefix: str, digits: int = 32) -> str:
        """Make one more id."""
        return f"{prefix}{self._random.getrandbits(digits * 4):0{digits}x}"


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
    """One route as an ASGI app. A `charged` one is a call of a model, which the minute's budgets count."""

    def __init__(
        self,
        gate: Gate,
        handle: Callable[[OpenAICall], OpenAIAnswer | Awaitable[OpenAIAnswer]],
        *,
        charged: bool = False,
        beta: str = "",
    ) -> None:
        self._gate = gate
        self._handle = handle
        self._charged = charged
        self._beta = beta

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = perf_counter()
        body = await _body(receive)
        try:
            answer = await self._answer(scope, body)
        except OpenAIError as error:
            answer = answer_json(error.body, error.status)
            answer.headers = error.headers
        await send_answer(send, answer, self._gate.headers(started))

    async def _answer(self, scope: Scope, body: bytes) -> OpenAIAnswer:
        headers = dict(scope["headers"])
        key = self._gate.keys.check(headers.get(b"authorization", b""))
        if self._beta and self._beta.encode() not in headers.get(b"openai-beta", b""):
            message = f"This address is in beta: send the header 'OpenAI-Beta: {self._beta}'."
            raise OpenAIError(400, message, code="invalid_beta")
        call = OpenAICall(key, body, scope.get("path_params", {}), scope["query_string"].decode("latin-1"), headers)
        if not self._charged:
            return await _result(self._handle(call))
        limits = self._gate.limits
        limits.admit()
        try:
            answer = await _result(self._handle(call))
        except OpenAIError:
            limits.take(0)  # a request that fails counts as well
            raise
        limits.take(answer.tokens)
        if answer.commit is not None:
            answer.commit()
        return answer


async def send_answer(send: Send, answer: OpenAIAnswer, headers: Headers) -> None:
    """Send one answer with the shared headers."""
    shared = [(b"content-type", answer.media_type), (b"content-length", str(len(answer.body)).encode())]
    start = {"type": "http.response.start", "status": answer.status, "headers": shared + headers + answer.headers}
    await send(start)
    await send({"type": "http.response.body", "body": answer.body})


async def _result(result: OpenAIAnswer | Awaitable[OpenAIAnswer]) -> OpenAIAnswer:
    return await result if isawaitable(result) else result


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    chunks = [body]
    while message.get("more_body"):
        message = await receive()
        chunks.append(message.get("body", b""))
    return b"".join(chunks)
