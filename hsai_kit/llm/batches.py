"""OpenAI's Batch API: files of questions there, the states of jobs, and files of answers back, all through the SDK."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import IO, Any, Final, TypeVar

import openai
from openai.types import Batch

from hsai_kit.errors import HsaiError, ModelError, NoConnection, NoQuota
from hsai_kit.llm.client import LLMClient
from hsai_kit.llm.error_mapping import explain_no_response, explain_sdk_error
from hsai_kit.llm.http import NoResponse
from hsai_kit.llm.prices import Usage, price
from hsai_kit.llm.responses_engine import ResponsesEngine
from hsai_kit.runtime.rate_limit import backoff
from hsai_kit.store import Answer

# What one file may hold, from OpenAI's guide to the Batch API.
MOST_QUESTIONS = 50_000
MOST_BYTES = 200 * 1024 * 1024

_HALF = 0.5
_ENDPOINT: Final = "/v1/responses"
_ATTEMPTS = 5
_UPLOAD_SECONDS = 600.0
# A job takes a day at most. What it brought can be fetched for 30, the longest that OpenAI keeps it when told to.
_INPUT_LIFE = 3 * 86_400
_OUTPUT_LIFE = 30 * 86_400

T = TypeVar("T")


@dataclass(eq=False)
class BatchEngine(ResponsesEngine):
    """The questions of the Responses API under the same hashes, sent as jobs at half the price."""

    async def ask(self, client: LLMClient, question: str, text: str) -> Answer:
        """Ask one question live, at the full price: what the model does not take shows before the job is sent."""
        answer = await super().ask(client, question, text)
        used = Usage(answer.input_tokens, answer.cached_tokens, answer.output_tokens, answer.reasoning_tokens)
        return replace(answer, usd=price(self.model, used, self.own))

    def usd(self, usage: Usage) -> float | None:
        """Return the price of `usage` in a job in USD, None where it is not known."""
        live = super().usd(usage)
        return None if live is None else live * _HALF

    def line(self, question: str, text: str) -> bytes:
        """Return a line of the file that is uploaded; `question` is the hash by which the answer is known again."""
        head = f'{{"custom_id": "{question}", "method": "POST", "url": "{_ENDPOINT}", "body": '
        return head.encode() + self.body(text) + b"}\n"


class JobStatus(StrEnum):
    """How far a job is: OpenAI's states, and the kit's own of a file without a job and of a job that it gave up."""

    UPLOADED = "uploaded"
    VALIDATING = "validating"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    GONE = "gone"
    GIVEN_UP = "given up"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, _: object) -> JobStatus:
        # A server that only speaks like OpenAI may have states of its own; the job is looked at again.
        return cls.UNKNOWN

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come from OpenAI."""
        return self in {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.EXPIRED, JobStatus.CANCELLED}


@dataclass(frozen=True)
class BatchError:
    """Why a job was not begun: OpenAI's code and message, and the line of the file (from 1) where there is one."""

    code: str
    message: str
    line: int | None


@dataclass(frozen=True)
class Job:
    """A job as OpenAI shows it; `ended` questions are answered or have failed there."""

    id: str
    status: JobStatus
    ended: int
    files: tuple[str, ...]
    reasons: Sequence[BatchError] = ()


class BatchApi:
    """Files and jobs with one key; every error is raised in words, as `hsai_kit.errors` lists them."""

    def __init__(self, client: LLMClient) -> None:
        self._sdk = client.sdk
        self._base_url = client.base_url
        self._patience = client.patience

    async def upload(self, file: IO[bytes]) -> str:
        """Upload a file of lines, read from where it lies as it is sent, and return its id."""

        async def send() -> str:
            file.seek(0)
            lasting = {"anchor": "created_at", "seconds": _INPUT_LIFE}
            made = await self._sdk.with_options(timeout=_UPLOAD_SECONDS).files.create(
                file=("questions.jsonl", file),
                purpose="batch",
                expires_after=lasting,  # type: ignore[arg-type]
            )
            if not made.id:
                message = "The server kept no file: it may have no Batch API. Ask with engine='responses'."
                raise ModelError(message)
            return made.id

        return await self._retry(send)

    async def create(self, file_id: str, run_id: str) -> Job:
        """Ask for the job over an uploaded file; an answer that is lost never makes two jobs of it."""

        async def send() -> Job:
            lasting = {"anchor": "created_at", "seconds": _OUTPUT_LIFE}
            made = await self._sdk.batches.create(
                input_file_id=file_id,
                endpoint=_ENDPOINT,
                completion_window="24h",
                metadata={"hsai_run": run_id},
                output_expires_after=lasting,  # type: ignore[arg-type]
            )
            return _read_job(made)

        attempt, found = 1, None
        while found is None:
            try:
                return await self._retry(send, attempts=1)
            except HsaiError as problem:
                if not is_passing(problem) or attempt == _ATTEMPTS:
                    raise
            await asyncio.sleep(backoff(attempt) * self._patience)
            attempt += 1
            found = await self.find(file_id)
        return found

    async def find(self, file_id: str) -> Job | None:
        """Return the job over an uploaded file, or None where there is none."""

        async def look() -> Job | None:
            born = (await self._sdk.files.retrieve(file_id)).created_at
            async for batch in self._sdk.batches.list(limit=100):  # newest first
                if batch.input_file_id == file_id:
                    return _read_job(batch)
                if batch.created_at < born:
                    return None
            return None

        return await self._retry(look)

    async def look(self, job_id: str) -> Job:
        """Return a job as it stands now."""

        async def look() -> Job:
            return _read_job(await self._sdk.batches.retrieve(job_id))

        return await self._retry(look, attempts=1)

    async def cancel(self, job_id: str) -> None:
        """Ask for the end of a job; one that is over stays as it is."""

        async def send() -> None:
            await self._sdk.batches.cancel(job_id)

        try:
            await self._retry(send)
        except ModelError as problem:
            if problem.status not in {400, 409} or not (await self.look(job_id)).status.is_over:
                raise

    async def lines(self, file_id: str) -> AsyncIterator[dict[str, Any]]:
        """Yield the lines of a file as they arrive; raises NoConnection where it breaks off."""
        rest = b""
        async for chunk in self._chunks(file_id):
            # By the byte: a line of JSON may hold characters that other ways of splitting take for its end.
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                if (read := _read_line(line)) is not None:
                    yield read
        if (read := _read_line(rest)) is not None:
            yield read

    async def delete(self, file_id: str) -> None:
        """Delete a file at OpenAI; one that cannot be deleted expires there by itself."""
        try:
            await self._sdk.files.delete(file_id)
        except openai.OpenAIError:
            return

    async def _chunks(self, file_id: str) -> AsyncIterator[bytes]:
        try:
            async with self._sdk.files.with_streaming_response.content(file_id) as answer:
                async for chunk in answer.iter_bytes():
                    yield chunk
                return
        except openai.OpenAIError as problem:
            failure = explain_sdk_error(problem, self._base_url)
        except Exception:  # noqa: BLE001 -- while a body is read, the SDK lets its transport's own errors through
            failure = explain_no_response(NoResponse(timed_out=False), self._base_url)
        raise failure

    async def _retry(self, call: Callable[[], Awaitable[T]], attempts: int = _ATTEMPTS) -> T:
        attempt = 1
        while True:
            try:
                return await call()
            except openai.OpenAIError as problem:
                failure = explain_sdk_error(problem, self._base_url)
            if attempt == attempts or not is_passing(failure):
                raise failure
            await asyncio.sleep(backoff(attempt) * self._patience)
            attempt += 1


def is_passing(problem: HsaiError) -> bool:
    """Tell whether the same call may go through later: a lost connection, a busy server."""
    if isinstance(problem, NoQuota):
        return False
    return isinstance(problem, NoConnection) or (
        isinstance(problem, ModelError) and (problem.status in {408, 429} or problem.status >= 500)
    )


def _read_job(batch: Batch) -> Job:
    if not (batch.id and batch.status):
        # The SDK takes any JSON for a job, also that of a server that only speaks like OpenAI.
        message = "The server sent something else than a job: it may have no Batch API. Ask with engine='responses'."
        raise ModelError(message)
    counts = batch.request_counts
    errors = (batch.errors.data if batch.errors else None) or ()
    return Job(
        id=batch.id,
        status=JobStatus(batch.status),
        ended=counts.completed + counts.failed if counts else 0,
        files=tuple(one for one in (batch.output_file_id, batch.error_file_id) if one),
        reasons=[BatchError(one.code or "", one.message or "no reason was given", one.line) for one in errors],
    )


def _read_line(line: bytes) -> dict[str, Any] | None:
    try:
        read = json.loads(line)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None
