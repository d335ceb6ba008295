"""/v1/files: uploads as multipart forms, and the files that batches write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.openai.checks import invalid_value
from hsai_kit.sandbox.openai.gate import cut_page
from hsai_kit.sandbox.openai.wire import OpenAIAnswer, OpenAIError, answer_json

if TYPE_CHECKING:
    from hsai_kit.sandbox.database import Database
    from hsai_kit.sandbox.openai.gate import OpenAICall
    from hsai_kit.sandbox.openai.wire import Identifiers


PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
_READABLE = frozenset({"batch", "batch_output", "fine-tune", "fine-tune-results"})
MAX_BATCH_BYTES = 200 * 1024 * 1024
MAX_BYTES = 512 * 1024 * 1024
_BATCH_LIFE = 30 * 86_400
_COLUMNS = "id, bytes, created_at, filename, purpose, expires_at"


class Files:
    """Keeps files in the database."""

    def __init__(self, database: Database, identifiers: Identifiers) -> None:
        self._database = database
        self._identifiers = identifiers
        database.execute(
            "CREATE TABLE IF NOT EXISTS openai_files (number INTEGER PRIMARY KEY AUTOINCREMENT,"
            " id TEXT UNIQUE NOT NULL, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL, filename TEXT NOT NULL,"
            " purpose TEXT NOT NULL, expires_at INTEGER, content BLOB NOT NULL)"
        )

    def add(self, content: bytes, filename: str, purpose: str, life: int | None) -> dict[str, Any]:
        """Keep a file and return it as the API shows it; `life` in seconds, None for ever."""
        now = int(time())
        expires_at = None if life is None else now + life
        file_id = self._identifiers.new("file-", 24)
        while self._row(file_id) is not None:  # a sandbox with --data begins its ids again
            file_id = self._identifiers.new("file-", 24)
        row = (file_id, len(content), now, filename, purpose, expires_at, content)
        self._database.execute(f"INSERT INTO openai_files ({_COLUMNS}, content) VALUES (?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
        return _file_json(row[:6])

    def content(self, file_id: str) -> bytes:
        """Return a file's content; 404 where there is no such file."""
        row = self._database.execute("SELECT content FROM openai_files WHERE id = ?", (file_id,)).fetchone()
        if row is None:
            raise _not_found(file_id)
        return bytes(row[0])

    def find(self, file_id: str) -> dict[str, Any]:
        """Return a file as the API shows it; 404 where there is no such file."""
        row = self._row(file_id)
        if row is None:
            raise _not_found(file_id)
        return _file_json(row)

    def create(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer POST /v1/files."""
        form = read_form(call.headers.get(b"content-type", b""), call.body)
        for name in ("file", "purpose"):
            if name not in form:
                message = f"The field '{name}' is missing."
                raise OpenAIError(400, message, code="missing_required_parameter", param=name)
        purpose = form["purpose"].text
        if purpose not in PURPOSES:
            raise invalid_value("purpose", purpose, PURPOSES)
        content = form["file"].content
        filename = form["file"].filename or "upload"
        _check_upload(content, filename, purpose)
        life = _BATCH_LIFE if purpose == "batch" else None
        if "expires_after[seconds]" in form:
            life = _life(form["expires_after[seconds]"].text)
        return answer_json(self.add(content, filename, purpose, life))

    def list(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer GET /v1/files."""
        parameters = call.parameters()
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM openai_files ORDER BY number").fetchall()  # noqa: S608
        files = [_file_json(row) for row in rows]
        if parameters.get("purpose"):
            files = [file for file in files if file["purpose"] == parameters["purpose"]]
        return answer_json(cut_page(files, parameters, default=10_000, most=10_000))

    def retrieve(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer GET /v1/files/{id}."""
        return answer_json(self.find(call.path["file_id"]))

    def read(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer GET /v1/files/{id}/content."""
        file = self.find(call.path["file_id"])
        if file["purpose"] not in _READABLE:
            message = f"Files of purpose '{file['purpose']}' cannot be downloaded."
            raise OpenAIError(400, message)
        return OpenAIAnswer(self.content(file["id"]), media_type=b"application/octet-stream")

    def delete(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer DELETE /v1/files/{id}."""
        file = self.find(call.path["file_id"])
        self._database.execute("DELETE FROM openai_files WHERE id = ?", (file["id"],))
        return answer_json({"id": file["id"], "object": "file", "deleted": True})

    def _row(self, file_id: str) -> tuple[Any, ...] | None:
        query = f"SELECT {_COLUMNS} FROM openai_files WHERE id = ?"  # noqa: S608
        row: tuple[Any, ...] | None = self._database.execute(query, (file_id,)).fetchone()
        return row


def _file_json(row: tuple[Any, ...]) -> dict[str, Any]:
    file_id, size, created_at, filename, purpose, expires_at = row
    return {
        "object": "file",
        "id": file_id,
        "purpose": purpose,
        "filename": filename,
        "bytes": size,
        "created_at": created_at,
        "expires_at": expires_at,
        "status": "processed",
        "status_details": None,
    }


def _not_found(file_id: str) -> OpenAIError:
    return OpenAIError(404, f"No such File object: {file_id}", param="id")


def _check_upload(content: bytes, filename: str, purpose: str) -> None:
    if not content:
        raise OpenAIError(400, "The file is empty.", code="empty_file", param="file")
    if purpose == "batch" and not filename.endswith(".jsonl"):
        message = f"The file '{filename}' has the wrong format for purpose 'batch': it must be .jsonl."
        raise OpenAIError(400, message, code="invalid_file_format", param="file")
    most = MAX_BATCH_BYTES if purpose == "batch" else MAX_BYTES
    if len(content) > most:
        message = f"The file has {len(content)} bytes, more than the {most} that a file of this purpose may have."
        raise OpenAIError(413, message, code="file_too_large", param="file")


def _life(text: str) -> int:
    if not text.isdigit() or not 3_600 <= int(text) <= 2_592_000:
        message = "Invalid 'expires_after.seconds': expected a value from 3600 to 2592000."
        raise OpenAIError(400, message, code="invalid_value", param="expires_after.seconds")
    return int(text)


_BOUNDARY = re.compile(rb'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_NAME = re.compile(rb'[;\s]name="((?:[^"\\]|\\.)*)"')
_FILENAME = re.compile(rb'filename="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class FormPart:
    """One field of the form; `filename` None where it is no file."""

    content: bytes
    filename: str | None

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")


def read_form(content_type: bytes, body: bytes) -> dict[str, FormPart]:
    """Split a form into its fields by name; a 400 for what is no multipart form."""
    match = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith(b"multipart/form-data") or match is None:
        message = "Send the file as multipart/form-data, with the fields 'file' and 'purpose'."
        raise OpenAIError(400, message, code="invalid_content_type")
    boundary = b"--" + (match[1] or match[2])
    parts: dict[str, FormPart] = {}
    for section in (b"\r\n" + body).split(b"\r\n" + boundary)[1:]:
        if section.startswith(b"--"):
            break
        head, blank, content = section.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not blank or name is None:
            message = "The multipart form of this request cannot be read."
            raise OpenAIError(400, message)
        filename = _FILENAME.search(head)
        parts[_unescape(name[1])] = FormPart(content, _unescape(filename[1]) if filename else None)
    return parts


def _unescape(value: bytes) -> str:
    return re.sub(r"\\(.)", r"\1", value.decode("utf-8", "replace")).replace("%22", '"')
