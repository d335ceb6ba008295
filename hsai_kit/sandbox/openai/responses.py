"""POST and GET /v1/responses: the answer's shape, what fits into it, and what it used."""

from __future__ import annotations

import json
from collections import Counter
from enum import StrEnum
from time import time
from typing import TYPE_CHECKING, Any
from zlib import crc32

from hsai_kit.sandbox.openai.bodies import INPUT_TOKENS, check_fields
from hsai_kit.sandbox.openai.catalog import DECISIONS_VOICE
from hsai_kit.sandbox.openai.output import Output, answer, list_token_logprobs
from hsai_kit.sandbox.openai.request import read_request
from hsai_kit.sandbox.openai.streams import read_stream, stream_response
from hsai_kit.sandbox.openai.tokens import count_tokens
from hsai_kit.sandbox.openai.wire import OpenAIAnswer, OpenAIError, answer_json

if TYPE_CHECKING:
    from hsai_kit.sandbox.database import Database
    from hsai_kit.sandbox.openai.gate import OpenAICall
    from hsai_kit.sandbox.openai.keys import Key
    from hsai_kit.sandbox.openai.request import ResponseRequest
    from hsai_kit.sandbox.openai.tokens import PromptCache
    from hsai_kit.sandbox.openai.wire import Identifiers

# Words in a record that make a response end in ways which real ones sometimes take.
CONTENT_FILTER_WORD = "sandbox-content-filter"
SERVER_ERROR_WORD = "sandbox-server-error"

_REASONING_TOKENS = {"none": 0, "minimal": 24, "low": 64, "medium": 192, "high": 512, "xhigh": 1_024, "max": 2_048}
_TIERS = {"flex": "flex", "priority": "priority", "fast": "priority", "scale": "scale", "ultrafast": "ultrafast"}


class ResponseStatus(StrEnum):
    """How a response, or one item of it, ended."""

    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    FAILED = "failed"


class Responses:
    """Makes responses, and keeps those that are to be stored."""

    def __init__(self, database: Database, identifiers: Identifiers, cache: PromptCache) -> None:
        self._database = database
        self._identifiers = identifiers
        self._cache = cache
        self._asked: Counter[tuple[str, str, str]] = Counter()
        database.execute(
            "CREATE TABLE IF NOT EXISTS openai_responses (id TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID"
        )

    def create(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer POST /v1/responses."""
        body = call.json()
        is_stored, is_streamed = body.get("store") is not False, read_stream(body)
        response = self.respond(call.key, body)
        result = stream_response(response) if is_streamed else answer_json(response)
        result.tokens = response["usage"]["total_tokens"]
        if is_stored:
            result.commit = lambda: self.keep(response)
        return result

    def respond(self, key: Key, body: dict[str, Any], limit: int | None = None) -> dict[str, Any]:
        """Make the response to a request; OpenAIError for one that is not in order.

        `limit` is one of output tokens that the request itself does not have.
        """
        ask = read_request(key, body)
        ask.max_output_tokens = limit or ask.max_output_tokens
        if SERVER_ERROR_WORD in ask.text:
            response = self._shape(ask, ResponseStatus.FAILED, [], self._usage(ask, 0, 0))
            message = "The model failed while it wrote the answer. Try again."
            response["error"] = {"code": "server_error", "message": message}
            return response
        if not ask.model.is_fickle:
            return self._build(ask, answer(ask))
        same = (ask.model.id, ask.instructions, ask.text)
        self._asked[same] += 1
        return self._build(ask, answer(ask, self._asked[same]))

    def reset(self) -> None:
        """Forget what was asked before."""
        self._asked.clear()

    def keep(self, response: dict[str, Any]) -> None:
        """Store a response for later retrieval."""
        self._database.execute(
            "INSERT OR REPLACE INTO openai_responses VALUES (?, ?)", (response["id"], json.dumps(response))
        )

    def retrieve(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer GET /v1/responses/{id}."""
        return answer_json(self._load(call.path["response_id"]))

    def delete(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer DELETE /v1/responses/{id}."""
        response = self._load(call.path["response_id"])
        self._database.execute("DELETE FROM openai_responses WHERE id = ?", (response["id"],))
        return answer_json({"id": response["id"], "object": "response", "deleted": True})

    def count_input(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer POST /v1/responses/input_tokens."""
        body = call.json()
        check_fields(body, INPUT_TOKENS)
        counted: dict[str, Any] = {"model": DECISIONS_VOICE}
        counted |= {name: body[name] for name in ("model", "input", "instructions", "text") if name in body}
        ask = read_request(call.key, counted)
        return answer_json({"object": "response.input_tokens", "input_tokens": ask.input_tokens})

    def _load(self, response_id: str) -> dict[str, Any]:
        row = self._database.execute("SELECT content FROM openai_responses WHERE id = ?", (response_id,)).fetchone()
        if row is None:
            raise OpenAIError(404, f"Response with id '{response_id}' not found.")
        content: dict[str, Any] = json.loads(row[0])
        return content

    def _build(self, ask: ResponseRequest, output: Output) -> dict[str, Any]:
        reasoning = _count_reasoning(ask)
        tokens = output.tokens()
        limit = ask.max_output_tokens
        reason = None
        if limit is not None and reasoning + len(tokens) > limit:
            reason = "max_output_tokens"
            reasoning = min(reasoning, limit)
            tokens = tokens[: limit - reasoning]
        elif CONTENT_FILTER_WORD in ask.text:
            reason = "content_filter"
            tokens = tokens[: len(tokens) // 2]
        items: list[dict[str, Any]] = []
        if reasoning:
            items.append({"id": self._identifiers.new("rs_", 48), "type": "reasoning", "summary": []})
        if tokens:
            items.append(self._message(ask, output, tokens, is_whole=reason is None))
        usage = self._usage(ask, len(tokens), reasoning)
        response = self._shape(
            ask, ResponseStatus.COMPLETED if reason is None else ResponseStatus.INCOMPLETE, items, usage
        )
        if reason is not None:
            response["incomplete_details"] = {"reason": reason}
        return response

    def _message(self, ask: ResponseRequest, output: Output, tokens: list[str], *, is_whole: bool) -> dict[str, Any]:
        text = "".join(tokens)
        part: dict[str, Any]
        if output.refusal is not None:
            part = {"type": "refusal", "refusal": text}
        else:
            logprobs: list[dict[str, Any]] = []
            if ask.top_logprobs is not None:
                logprobs = list_token_logprobs(output, ask.top_logprobs)[: len(tokens)]
            part = {"type": "output_text", "annotations": [], "logprobs": logprobs, "text": text}
        return {
            "id": self._identifiers.new("msg_", 48),
            "type": "message",
            "status": ResponseStatus.COMPLETED if is_whole else ResponseStatus.INCOMPLETE,
            "content": [part],
            "role": "assistant",
        }

    def _usage(self, ask: ResponseRequest, written: int, reasoning: int) -> dict[str, Any]:
        beginning = count_tokens(ask.instructions) + ask.format.tokens
        cache_key = ask.body.get("prompt_cache_key") or ""
        cached, stored = self._cache.read(ask.model.id, cache_key, ask.instructions, beginning)
        return {
            "input_tokens": ask.input_tokens,
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": stored},
            "output_tokens": written + reasoning,
            "output_tokens_details": {"reasoning_tokens": reasoning},
            "total_tokens": ask.input_tokens + written + reasoning,
        }

    def _shape(
        self, ask: ResponseRequest, status: ResponseStatus, output: list[dict[str, Any]], usage: dict[str, Any]
    ) -> dict[str, Any]:
        body = ask.body
        now = int(time())
        text = body.get("text") or {}
        return {
            "id": self._identifiers.new("resp_", 48),
            "object": "response",
            "created_at": now,
            "status": status,
            "background": False,
            "completed_at": now if status is ResponseStatus.COMPLETED else None,
            "error": None,
            "incomplete_details": None,
            "instructions": body.get("instructions"),
            "max_output_tokens": ask.max_output_tokens,
            "max_tool_calls": None,
            "model": ask.model.id,
            "output": output,
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "prompt_cache_key": body.get("prompt_cache_key"),
            "reasoning": {"effort": ask.effort, "summary": None},
            "safety_identifier": body.get("safety_identifier"),
            "service_tier": _TIERS.get(body.get("service_tier") or "", "default"),
            "temperature": _number_or(body, "temperature", 1.0),
            "text": {"format": text.get("format") or {"type": "text"}, "verbosity": text.get("verbosity") or "medium"},
            "tool_choice": "auto",
            "tools": [],
            "top_logprobs": body.get("top_logprobs") or 0,
            "top_p": _number_or(body, "top_p", 1.0),
            "truncation": body.get("truncation") or "disabled",
            "usage": usage,
            "user": None,
            "metadata": body.get("metadata") or {},
        }


def _number_or(body: dict[str, Any], name: str, default: float) -> float:
    value = body.get(name)
    return default if value is None else float(value)


def _count_reasoning(ask: ResponseRequest) -> int:
    """Thought grows with the effort and with the text; about every sixth text takes three times as long as others."""
    base = _REASONING_TOKENS[ask.effort or "none"]
    kind = crc32(ask.text.encode())
    return base and base * (3 if kind % 6 == 0 else 1) + kind % (base // 2)
