"""A line of a file of answers of OpenAI's Batch API."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from hsai_kit.errors import ModelError
from hsai_kit.llm.response_fields import read_number, read_object, read_text
from hsai_kit.runtime.server_text import clean_reason

_CUSTOM_ID = re.compile(rb'"custom_id"\s*:\s*"([0-9a-f]{64})"')


@dataclass(frozen=True)
class BatchLine:
    """A line of a file of answers: the question's hash, its HTTP status (0 for none), body, and OpenAI's error.

    `question` is "" where the line is broken, or names none.
    """

    question: str
    status: int = 0
    body: bytes = b""
    request_id: str = ""
    code: str = ""
    message: str = ""
    is_broken: bool = False


def read_line(line: bytes) -> BatchLine:
    """Read a line; one that cannot be read is broken, and its question kept where it shows."""
    try:
        read = read_object(json.loads(line))
        response, error = read_object(read.get("response")), read_object(read.get("error"))
        return BatchLine(
            question=read_text(read.get("custom_id")),
            status=int(read_number(response.get("status_code") or 0, 0, 999)),
            body=json.dumps(response.get("body")).encode(),
            request_id=read_text(response.get("request_id")),
            code=clean_reason(error.get("code"), 100),
            message=clean_reason(error.get("message")),
        )
    except (ModelError, ValueError, RecursionError):
        # Whose it was may still show: it was answered, and is not to be asked for again without a word.
        named = _CUSTOM_ID.search(line)
        return BatchLine(named[1].decode() if named else "", is_broken=bool(line.strip()))
