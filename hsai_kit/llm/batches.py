"""OpenAI's Batch API: files of questions there, the states of jobs, and files of answers back, all through the SDK."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Final, TypeVar

from hsai_kit.errors import HsaiError, ModelError, NoConnection, NoQuota
from hsai_kit.llm.batch_line import BatchLine, read_line
from hsai_kit.llm.client import CALL_SECONDS, Attempts, LLMClient
from hsai_kit.llm.error_mapping import explain_no_response
from hsai_kit.llm.http import MOST_BYTES, NoResponse
from hsai_kit.llm.prices import Usage
from hsai_kit.llm.response_fields import read_text
from hsai_kit.llm.responses_engine import ResponsesEngine
from hsai_kit.runtime.rate_limit import backoff
from hsai_kit.runtime.server_text import clean_reason
from hsai_kit.store import Answer

if TYPE_CHECKING:
    from openai.types import Batch
    from openai.types.batch_create_params import OutputExpiresAfter
    from openai.types.file_create_params import ExpiresAfter as FileExpiresAfter

# What one file may hold, from OpenAI's guide to the Batch API.
MOST_QUESTIONS = 50_000
MOST_FILE_BYTES = 200 * 1024 * 1024

_HALF = 0.5
_ENDPOINT: Final = "/v1/responses"
_ATTEMPTS = 5
_UPLOAD_SECONDS = 600.0
_DOWNLOAD_SECONDS = 3600.0
# Far more than a file of answers, or an account, has.
_MOST_LINES, _MOST_JOBS = 2 * MOST_QUESTIONS, 100_000
# A job takes a day at most. What it brought can be fetched for 30, the longest that OpenAI keeps it when told to.
_INPUT_LIFE: Final[FileExpiresAfter] = {"anchor": "created_at", "seconds": 3 * 86_400}
_OUTPUT_LIFE: Final[OutputExpiresAfter] = {"anchor": "created_at", "seconds": 30 * 86_400}
_NO_BATCH_API = "The server {}: it may have no Batch API. Ask with engine='responses'."

T = TypeVar("T")


@dataclass(eq=False)
class BatchEngine(ResponsesEngine):
    """The questions of the Responses API under the same hashes, sent as jobs at half the price."""

    async def ask(self, client: LLMClient, question: str, text: str, attempts: Attempts | None = None) -> Answer:
        """Ask one question live, at the full price: what the model does not take shows before the job is sent."""
        answer = await super().ask(client, question, text, attempts)
        return replace(answer, usd=None if answer.usd is None else answer.usd / _HALF)

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
        self._client = client
        self._sdk = client.sdk

    async def upload(self, file: IO[bytes]) -> str:
        """Upload a file of lines, read from where it lies as it is sent, and return its id."""

        async def send() -> str:
            file.seek(0)
            made = await self._sdk.with_options(timeout=_UPLOAD_SECONDS).files.create(
                file=("questions.jsonl", file), purpose="batch", expires_after=_INPUT_LIFE
            )
            if not made.id:
                raise ModelError(_NO_BATCH_API.format("kept no file"))
            return read_text(made.id)

        return await self._retry(send, seconds=_UPLOAD_SECONDS)

    async def create(self, file_id: str, run_id: str) -> Job:
        """Ask for the job over an uploaded file; an answer that is lost never makes two jobs of it."""

        async def send() -> Job:
            # Where an answer was lost, the job may be there.
            if looks and (found := await self._find(file_id)) is not None:
                return found
            looks.append(file_id)
            made = await self._sdk.batches.create(
                input_file_id=file_id,
                endpoint=_ENDPOINT,
                completion_window="24h",
                metadata={"hsai_run": run_id},
                output_expires_after=_OUTPUT_LIFE,
            )
            return _read_job(made)

        looks: list[str] = []
        return await self._retry(send)

    async def find(self, file_id: str) -> Job | None:
        """Return the job over an uploaded file, or None where there is none."""
        return await self._retry(lambda: self._find(file_id))

    async def look(self, job_id: str) -> Job:
        """Return a job as it stands now."""

        async def look() -> Job:
            return _read_job(await self._sdk.batches.retrieve(job_id))

        return await self._retry(look, attempts=1)

    async def cancel(self, job_id: str) -> None:
        """Ask for the end of a job; one that is over stays as it is."""
        try:
            await self._retry(lambda: self._sdk.batches.cancel(job_id))
        except ModelError as problem:
            if problem.status not in {400, 409} or not (await self.look(job_id)).status.is_over:
                raise

    async def lines(self, file_id: str) -> AsyncIterator[BatchLine]:
        """Yield the lines of a file as they arrive; raises NoConnection where it breaks off, or has no end."""
        rest, count = b"", 0
        async for chunk in self._chunks(file_id):
            # By the byte: a line of JSON may hold characters that other ways of splitting take for its end.
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield read_line(line)
            count += len(whole)
            if len(rest) > MOST_BYTES or count > _MOST_LINES:
                raise explain_no_response(NoResponse("sent a file without an end"), self._client.base_url)
            # A server that sends faster than this reads must not hold up the rest of the loop.
            await asyncio.sleep(0)
        if rest:
            yield read_line(rest)

    async def delete(self, file_id: str) -> None:
        """Delete a file at OpenAI; one that cannot be deleted expires there by itself."""
        with contextlib.suppress(HsaiError):
            await self._client.call(lambda: self._sdk.files.delete(file_id))

    async def _find(self, file_id: str) -> Job | None:
        born = (await self._sdk.files.retrieve(file_id)).created_at
        seen = 0
        async for batch in self._sdk.batches.list(limit=100):  # newest first
            seen += 1
            if batch.input_file_id == file_id:
                return _read_job(batch)
            if batch.created_at < born or seen > _MOST_JOBS:
                break
        return None

    async def _chunks(self, file_id: str) -> AsyncIterator[bytes]:
        import openai

        deadline = asyncio.get_running_loop().time() + _DOWNLOAD_SECONDS
        try:
            async with self._sdk.files.with_streaming_response.content(file_id) as answer:
                async for chunk in answer.iter_bytes():
                    yield chunk
                    if asyncio.get_running_loop().time() > deadline:
                        break
                else:
                    return
            failure: HsaiError = explain_no_response(NoResponse("did not answer in time"), self._client.base_url)
        except openai.OpenAIError as problem:
            failure = self._client.explain_error(problem)
        except Exception:  # noqa: BLE001 -- while a body is read, the SDK lets its transport's own errors through
            failure = explain_no_response(NoResponse(), self._client.base_url)
        raise failure

    async def _retry(
        self, call: Callable[[], Awaitable[T]], *, attempts: int = _ATTEMPTS, seconds: float = CALL_SECONDS
    ) -> T:
        attempt = 1
        while True:
            try:
                return await self._client.call(call, seconds=seconds)
            except HsaiError as problem:
                if attempt == attempts or not is_passing(problem):
                    raise
            await asyncio.sleep(backoff(attempt) * self._client.patience)
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
        raise ModelError(_NO_BATCH_API.format("sent something else than a job"))
    counts = batch.request_counts
    errors = (batch.errors.data if batch.errors else None) or ()
    ended = counts.completed + counts.failed if counts else 0
    return Job(
        id=read_text(batch.id),
        status=JobStatus(batch.status),
        ended=ended if isinstance(ended, int) and 0 <= ended <= MOST_QUESTIONS else 0,
        files=tuple(read_text(one) for one in (batch.output_file_id, batch.error_file_id) if one),
        reasons=[
            BatchError(
                clean_reason(one.code),
                clean_reason(one.message) or "no reason was given",
                one.line if isinstance(one.line, int) else None,
            )
            for one in errors
        ],
    )
