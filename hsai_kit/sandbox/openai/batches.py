"""/v1/batches: jobs over a file of requests, whose progress is worked out from the clock whenever somebody looks."""

from __future__ import annotations

import json
from time import time
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.assistant.reply import draws
from hsai_kit.sandbox.openai.batch_clock import BatchJob, BatchStage, BatchStatus, find_stage
from hsai_kit.sandbox.openai.batch_lines import ENDPOINT, BatchLines, read_lines
from hsai_kit.sandbox.openai.batch_work import BatchWork, BatchWorker, begin
from hsai_kit.sandbox.openai.checks import check_metadata, invalid_value, wrong_type
from hsai_kit.sandbox.openai.gate import cut_page
from hsai_kit.sandbox.openai.keys import Key
from hsai_kit.sandbox.openai.limits import Quota
from hsai_kit.sandbox.openai.wire import OpenAIAnswer, OpenAIError, answer_json

if TYPE_CHECKING:
    from hsai_kit.sandbox.database import Database
    from hsai_kit.sandbox.openai.files import Files
    from hsai_kit.sandbox.openai.gate import OpenAICall
    from hsai_kit.sandbox.openai.limits import OpenAILimits
    from hsai_kit.sandbox.openai.responses import Responses
    from hsai_kit.sandbox.openai.wire import Identifiers

_MISSING_ANSWERS = {
    BatchStatus.EXPIRED: ("batch_expired", "The batch expired before it came to this request."),
    BatchStatus.CANCELLED: ("batch_cancelled", "The batch was cancelled before it came to this request."),
}
_FAILURES: dict[str, str] = {
    BatchStatus.FAILED: "The sandbox was told to let this batch fail.",
    Quota.INSUFFICIENT: "The quota of this account is used up.",
    Quota.HARD_LIMIT: "The billing hard limit of this account is reached.",
}


class Batches:
    """Keeps batches in the database; their work under way is in memory, and done again after a restart."""

    def __init__(
        self, database: Database, identifiers: Identifiers, files: Files, responses: Responses, limits: OpenAILimits
    ) -> None:
        self._database = database
        self._identifiers = identifiers
        self._files = files
        self._limits = limits
        self._worker = BatchWorker(responses, identifiers)
        self._works: dict[str, BatchWork] = {}
        database.execute(
            "CREATE TABLE IF NOT EXISTS openai_batches (number INTEGER PRIMARY KEY AUTOINCREMENT,"
            " id TEXT UNIQUE NOT NULL, job TEXT NOT NULL, final TEXT)"
        )

    def reset(self) -> None:
        """Forget the work under way."""
        self._works.clear()

    async def create(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer POST /v1/batches."""
        body = call.json()
        self._check(body)
        settings = self._limits.settings
        job = BatchJob(
            id=self._new_id(),
            created=time(),
            file_id=body["input_file_id"],
            metadata=body.get("metadata"),
            models=None if call.key.models is None else sorted(call.key.models),
            seconds=max(settings.batch_seconds, 0.001),
            ending=settings.batch_end if settings.quota == Quota.OK else settings.quota,
            failures=settings.batch_failures,
            output_life=(body.get("output_expires_after") or {}).get("seconds"),
        )
        self._database.execute("INSERT INTO openai_batches (id, job) VALUES (?, ?)", (job.id, job.dump()))
        return answer_json(_batch_json(job, BatchStage(BatchStatus.VALIDATING), None))

    async def retrieve(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer GET /v1/batches/{id}."""
        return answer_json(await self._show(*self._find(call.path["batch_id"])))

    async def list(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer GET /v1/batches."""
        rows = self._database.execute("SELECT id FROM openai_batches ORDER BY number").fetchall()
        page = cut_page([{"id": row[0]} for row in rows], call.parameters())
        page["data"] = [await self._show(*self._find(item["id"])) for item in page["data"]]
        return answer_json(page)

    async def cancel(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer POST /v1/batches/{id}/cancel."""
        job, final = self._find(call.path["batch_id"])
        shown = await self._show(job, final)
        if BatchStatus(shown["status"]).is_final:
            message = f"The batch '{job.id}' cannot be cancelled: it is {shown['status']}."
            raise OpenAIError(409, message, code="batch_not_cancellable")
        if job.cancelled is None:
            job.cancelled = time()
            self._database.execute("UPDATE openai_batches SET job = ? WHERE id = ?", (job.dump(), job.id))
        return answer_json(await self._show(job, None))

    async def _show(self, job: BatchJob, final: dict[str, Any] | None) -> dict[str, Any]:
        """Bring a batch to where it should be by now, and show it."""
        if final is not None:
            return final
        stage = find_stage(job, time())
        if stage.status is BatchStatus.VALIDATING or (stage.status is BatchStatus.CANCELLING and stage.share == 0):
            return _batch_json(job, stage, None)
        work = self._work(job)
        async with work.lock:
            _, final = self._find(job.id)
            if final is not None:  # finished by somebody else who looked meanwhile
                return final
            return await self._progress(job, stage, work)

    async def _progress(self, job: BatchJob, stage: BatchStage, work: BatchWork) -> dict[str, Any]:
        errors = list(work.lines.errors)
        if job.ending in _FAILURES:
            message = _FAILURES[job.ending]
            code = job.ending if job.ending != BatchStatus.FAILED else "batch_failed"
            errors = [{"code": code, "message": message, "param": None, "line": None}]
        if errors and job.cancelled is None:
            shown = _batch_json(job, BatchStage(BatchStatus.FAILED), None)
            shown["errors"] = {"object": "list", "data": errors}
            return self._finish(job, shown)
        key = Key("", None if job.models is None else frozenset(job.models))

        def fails(custom_id: str) -> bool:
            return draws(job.id, custom_id)[0] < job.failures

        if not await self._worker.advance(work, int(stage.share * len(work.order)), key, fails):
            stage = BatchStage(
                BatchStatus.IN_PROGRESS if job.cancelled is None else BatchStatus.CANCELLING, stage.share
            )
        shown = _batch_json(job, stage, work)
        if stage.status.has_files:
            self._write_files(job, stage.status, work, shown)
            return self._finish(job, shown)
        return shown

    def _write_files(self, job: BatchJob, status: BatchStatus, work: BatchWork, shown: dict[str, Any]) -> None:
        errors = list(work.errors)
        if status in _MISSING_ANSWERS:
            errors += [
                self._worker.build_error_line(line, *_MISSING_ANSWERS[status]) for line in work.list_unanswered()
            ]
        for name, lines in (("output", work.outputs), ("error", errors)):
            if lines:
                content = b"\n".join(lines) + b"\n"
                file = self._files.add(content, f"{job.id}_{name}.jsonl", "batch_output", job.output_life)
                shown[f"{name}_file_id"] = file["id"]

    def _finish(self, job: BatchJob, shown: dict[str, Any]) -> dict[str, Any]:
        self._database.execute("UPDATE openai_batches SET final = ? WHERE id = ?", (json.dumps(shown), job.id))
        self._works.pop(job.id, None)
        return shown

    def _work(self, job: BatchJob) -> BatchWork:
        if job.id not in self._works:
            self._works[job.id] = begin(self._lines(job), job.id)
        return self._works[job.id]

    def _lines(self, job: BatchJob) -> BatchLines:
        key = Key("", None if job.models is None else frozenset(job.models))
        try:
            content = self._files.content(job.file_id)
        except OpenAIError as error:  # deleted since
            return BatchLines(errors=({"code": "file_not_found", "message": str(error), "param": None, "line": None},))
        return read_lines(content, key)

    def _find(self, batch_id: str) -> tuple[BatchJob, dict[str, Any] | None]:
        row = self._database.execute("SELECT job, final FROM openai_batches WHERE id = ?", (batch_id,)).fetchone()
        if row is None:
            raise OpenAIError(404, f"No batch found with id '{batch_id}'.", param="batch_id")
        return BatchJob.load(row[0]), None if row[1] is None else json.loads(row[1])

    def _new_id(self) -> str:
        while True:  # a sandbox with --data begins its ids again
            batch_id = self._identifiers.new("batch_", 32)
            known = self._database.execute("SELECT 1 FROM openai_batches WHERE id = ?", (batch_id,)).fetchone()
            if known is None:
                return batch_id

    def _check(self, body: dict[str, Any]) -> None:
        for name in ("input_file_id", "endpoint", "completion_window"):
            if body.get(name) is None:
                message = f"The parameter '{name}' is missing."
                raise OpenAIError(400, message, code="missing_required_parameter", param=name)
            if not isinstance(body[name], str):
                raise wrong_type(name, "a string", body[name])
        if body["endpoint"] != ENDPOINT:
            raise invalid_value("endpoint", body["endpoint"], (ENDPOINT,))
        if body["completion_window"] != "24h":
            raise invalid_value("completion_window", body["completion_window"], ("24h",))
        check_metadata(body.get("metadata"))
        try:
            file = self._files.find(body["input_file_id"])
        except OpenAIError as error:
            raise OpenAIError(400, str(error), code="invalid_value", param="input_file_id") from error
        if file["purpose"] != "batch":
            message = f"The file '{file['id']}' has the purpose '{file['purpose']}', but a batch needs 'batch'."
            raise OpenAIError(400, message, code="invalid_value", param="input_file_id")


def _batch_json(job: BatchJob, stage: BatchStage, work: BatchWork | None) -> dict[str, Any]:
    times = job.times(stage)
    return {
        "id": job.id,
        "object": "batch",
        "endpoint": ENDPOINT,
        "model": work.lines.model if work else None,
        "errors": None,
        "input_file_id": job.file_id,
        "completion_window": "24h",
        "status": stage.status,
        "output_file_id": None,
        "error_file_id": None,
        **times,
        "request_counts": work.counts if work else {"total": 0, "completed": 0, "failed": 0},
        "usage": work.usage() if work else None,
        "metadata": job.metadata,
    }
