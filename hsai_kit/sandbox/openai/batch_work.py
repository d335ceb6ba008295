"""The work inside a batch: its lines answered one by one, in an order of its own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.openai.wire import OpenAIError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hsai_kit.sandbox.openai.batch_lines import BatchLine, BatchLines
    from hsai_kit.sandbox.openai.keys import Key
    from hsai_kit.sandbox.openai.responses import Responses
    from hsai_kit.sandbox.openai.wire import Identifiers

_AT_ONCE = 25  # lines answered before other requests get their turn
_PATIENCE = 0.5  # seconds of work that one look at a batch may cost
_COUNTED = ("input", "cached", "output", "reasoning")


@dataclass
class BatchWork:
    """A batch's lines, those answered so far, and what they used."""

    lines: BatchLines
    order: list[int]
    done: int = 0
    outputs: list[bytes] = field(default_factory=list)
    errors: list[bytes] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def counts(self) -> dict[str, int]:
        """How many lines there are, and how many of them went well or not so far."""
        return {
            "total": len(self.lines.lines),
            "completed": len(self.outputs),
            "failed": len(self.errors),
        }

    def usage(self) -> dict[str, Any]:
        """Sum up what the answered lines used."""
        used = self.tokens
        return {
            "input_tokens": used["input"],
            "input_tokens_details": {"cached_tokens": used["cached"]},
            "output_tokens": used["output"],
            "output_tokens_details": {"reasoning_tokens": used["reasoning"]},
            "total_tokens": used["input"] + used["output"],
        }

    def list_unanswered(self) -> list[BatchLine]:
        """List the lines that have no answer yet."""
        return [self.lines.lines[index] for index in self.order[self.done :]]


def begin(lines: BatchLines, batch_id: str) -> BatchWork:
    """Lay out the work; the order is the batch's own, and seldom the file's."""
    order = list(range(len(lines.lines)))
    Random(batch_id).shuffle(order)
    return BatchWork(lines, order)


class BatchWorker:
    """Answers the lines of batches."""

    def __init__(self, responses: Responses, identifiers: Identifiers) -> None:
        self._responses = responses
        self._identifiers = identifiers

    async def advance(self, work: BatchWork, target: int, key: Key, fails: Callable[[str], bool]) -> bool:
        """Answer lines until so many are done, or for half a second; says whether they are done.

        `fails` says which custom ids end with a server error.
        """
        until = monotonic() + _PATIENCE
        while work.done < target and monotonic() < until:
            for index in work.order[work.done : min(target, work.done + _AT_ONCE)]:
                self._answer(work, work.lines.lines[index], key, fails)
                work.done += 1
            await asyncio.sleep(0)
        return work.done >= target

    def build_error_line(self, line: BatchLine, code: str, message: str) -> bytes:
        """Make the error file's line for a request that the batch did not come to."""
        return self._line(line, None, {"code": code, "message": message})

    def _answer(self, work: BatchWork, line: BatchLine, key: Key, fails: Callable[[str], bool]) -> None:
        try:
            if fails(line.custom_id):
                message = "The server had an error while it worked on this request."
                raise OpenAIError(500, message, code="server_error", kind="server_error")
            body = self._responses.respond(key, line.body)
        except OpenAIError as error:
            work.errors.append(self._line(line, self._response(error.status, error.body), None))
            return
        if line.body.get("store") is not False:
            self._responses.keep(body)
        usage = body["usage"]
        used = (
            usage["input_tokens"],
            usage["input_tokens_details"]["cached_tokens"],
            usage["output_tokens"],
            usage["output_tokens_details"]["reasoning_tokens"],
        )
        for name, count in zip(_COUNTED, used, strict=True):
            work.tokens[name] += count
        work.outputs.append(self._line(line, self._response(200, body), None))

    def _response(self, status: int, body: dict[str, Any]) -> dict[str, Any]:
        return {"status_code": status, "request_id": self._identifiers.new("req_"), "body": body}

    def _line(self, line: BatchLine, response: dict[str, Any] | None, error: dict[str, Any] | None) -> bytes:
        request_id = self._identifiers.new("batch_req_", 24)
        content = {"id": request_id, "custom_id": line.custom_id, "response": response, "error": error}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
