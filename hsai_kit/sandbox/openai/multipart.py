"""Reading multipart/form-data, as an upload comes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hsai_kit.sandbox.openai.wire import OpenAIError

_BOUNDARY = re.compile(rb'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_NAME = re.compile(rb'[;\s]name="((?:[^"\\]|\\.)*)"')
_FILENAME = re.compile(rb'filename="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Part:
    """One field of the form; `filename` None where it is no file."""

    content: bytes
    filename: str | None

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")


def read_form(content_type: bytes, body: bytes) -> dict[str, Part]:
    """Split a form into its fields by name; a 400 for what is no multipart form."""
    match = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith(b"multipart/form-data") or match is None:
        message = "Send the file as multipart/form-data, with the fields 'file' and 'purpose'."
        raise OpenAIError(400, message, code="invalid_content_type")
    boundary = b"--" + (match[1] or match[2])
    parts: dict[str, Part] = {}
    for section in (b"\r\n" + body).split(b"\r\n" + boundary)[1:]:
        if section.startswith(b"--"):
            break
        head, blank, content = section.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not blank or name is None:
            message = "The multipart form of this request cannot be read."
            raise OpenAIError(400, message)
        filename = _FILENAME.search(head)
        parts[_unescaped(name[1])] = Part(content, _unescaped(filename[1]) if filename else None)
    return parts


def _unescaped(value: bytes) -> str:
    return re.sub(r"\\(.)", r"\1", value.decode("utf-8", "replace")).replace("%22", '"')
