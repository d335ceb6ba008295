"""Answers as streams of events, in the order in which OpenAI sends them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.openai.checks import wrong_type
from hsai_kit.sandbox.openai.tokens import tokenize
from hsai_kit.sandbox.openai.wire import OpenAIAnswer, OpenAIError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EVENTS = b"text/event-stream; charset=utf-8"


def read_stream(body: dict[str, Any]) -> bool:
    """Take `stream` out of a body and return it; a 400 where it is no boolean, or its options stand alone."""
    stream = body.pop("stream", None)
    if stream is not None and not isinstance(stream, bool):
        raise wrong_type("stream", "a boolean", stream)
    if body.pop("stream_options", None) is not None and not stream:
        message = "'stream_options' is taken only where 'stream' is true."
        raise OpenAIError(400, message, code="invalid_value", param="stream_options")
    return bool(stream)


def stream_response(response: dict[str, Any]) -> OpenAIAnswer:
    """Make the events of a whole response: its beginning, each item with its text token by token, and its end."""
    events = []
    for number, event in enumerate(_list_events(response)):
        data = json.dumps({**event, "sequence_number": number}, ensure_ascii=False, separators=(",", ":"))
        events.append(f"event: {event['type']}\ndata: {data}\n\n".encode())
    return OpenAIAnswer(b"", media_type=EVENTS, events=tuple(events))


def stream_chunks(chunks: Iterable[dict[str, Any]]) -> OpenAIAnswer:
    """Make the events of a chat completion, whose end is a word."""
    events = [f"data: {json.dumps(one, ensure_ascii=False, separators=(',', ':'))}\n\n".encode() for one in chunks]
    return OpenAIAnswer(b"", media_type=EVENTS, events=(*events, b"data: [DONE]\n\n"))


def _list_events(response: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = {**response, "status": "in_progress", "output": [], "usage": None, "completed_at": None, "error": None}
    begun["incomplete_details"] = None
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(response["output"]):
        begun_item = {**item, "content": [], "status": "in_progress"} if item["type"] == "message" else item
        yield {"type": "response.output_item.added", "output_index": index, "item": begun_item}
        if item["type"] == "message":
            yield from _list_part_events(item, index)
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{response['status']}", "response": response}


def _list_part_events(item: dict[str, Any], index: int) -> Iterator[dict[str, Any]]:
    (part,) = item["content"]
    place = {"item_id": item["id"], "output_index": index, "content_index": 0}
    is_refusal = part["type"] == "refusal"
    empty = {**part, "refusal": ""} if is_refusal else {**part, "text": "", "logprobs": []}
    yield {"type": "response.content_part.added", **place, "part": empty}
    if is_refusal:
        for token in tokenize(part["refusal"]):
            yield {"type": "response.refusal.delta", **place, "delta": token}
        yield {"type": "response.refusal.done", **place, "refusal": part["refusal"]}
    else:
        logprobs = part["logprobs"]
        for number, token in enumerate(tokenize(part["text"])):
            told = [_drop_bytes(one) for one in logprobs[number : number + 1]]
            yield {"type": "response.output_text.delta", **place, "delta": token, "logprobs": told}
        told = [_drop_bytes(one) for one in logprobs]
        yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": told}
    yield {"type": "response.content_part.done", **place, "part": part}


def _drop_bytes(logprob: dict[str, Any]) -> dict[str, Any]:
    """Show a token as the events of a stream do: without its bytes."""
    top = [{"token": one["token"], "logprob": one["logprob"]} for one in logprob["top_logprobs"]]
    return {"token": logprob["token"], "logprob": logprob["logprob"], "top_logprobs": top}
