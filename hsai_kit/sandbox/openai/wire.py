"""What goes out: OpenAI's form of answers and errors, and its ids."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


Headers = list[tuple[bytes, bytes]]
JSON = b"application/json"
FORM = b"multipart/form-data"


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
class OpenAIAnswer:
    """What goes back: `tokens` are charged to the minute's budget, then `commit` runs, then it is sent.

    `events` are a stream's, sent one by one in place of the body.
    """

    body: bytes
    status: int = 200
    media_type: bytes = JSON
    headers: Headers = field(default_factory=list)
    tokens: int = 0
    commit: Callable[[], object] | None = None
    events: tuple[bytes, ...] = ()


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
