"""A batch's way through its states, told from the clock alone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

# Shares of a batch's time after which each state begins.
_IN_PROGRESS = 0.1
_FINALIZING = 0.9
_CANCELLING = 0.1  # how long cancelling takes
_WINDOW = 86_400


class BatchStatus(StrEnum):
    """Where a batch is on its way."""

    VALIDATING = "validating"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing follows."""
        return self in (self.COMPLETED, self.FAILED, self.EXPIRED, self.CANCELLED)

    @property
    def has_files(self) -> bool:
        """Whether the batch has written what it came to."""
        return self.is_final and self is not self.FAILED


@dataclass
class BatchJob:
    """A batch as it was asked for, and when it was cancelled; times are seconds since 1970.

    `seconds` is how long it takes instead of up to a day, `models` the models of the key,
    and `ending` how it ends: a BatchStatus, or the quota that stops it.
    """

    id: str
    created: float
    file_id: str
    metadata: dict[str, str] | None
    models: list[str] | None
    seconds: float
    ending: str
    failures: float
    output_life: int | None = None
    cancelled: float | None = None

    def dump(self) -> str:
        """Write the job down."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> BatchJob:
        """Read a job that was written down."""
        return cls(**json.loads(text))

    def times(self, stage: BatchStage) -> dict[str, int | None]:
        """Tell the moments of the states that a batch in this stage has gone through."""
        times: dict[str, int | None] = dict.fromkeys(_TIMES)
        times["created_at"] = int(self.created)
        times["expires_at"] = int(self.created) + _WINDOW
        begun = self.created + _IN_PROGRESS * self.seconds
        ended = self.created + self.seconds
        if stage.status is BatchStatus.FAILED:
            times["failed_at"] = int(begun)
            return times
        if self.cancelled is not None:
            times["in_progress_at"] = int(begun) if self.cancelled >= begun else None
            times["cancelling_at"] = int(self.cancelled)
            if stage.status is BatchStatus.CANCELLED:
                times["cancelled_at"] = int(self.cancelled + _CANCELLING * self.seconds)
            return times
        if stage.status is not BatchStatus.VALIDATING:
            times["in_progress_at"] = int(begun)
        if stage.status in (BatchStatus.FINALIZING, BatchStatus.COMPLETED):
            times["finalizing_at"] = int(self.created + _FINALIZING * self.seconds)
        if stage.status in (BatchStatus.COMPLETED, BatchStatus.EXPIRED):
            times[f"{stage.status}_at"] = int(ended)
        return times


@dataclass(frozen=True)
class BatchStage:
    """Where a batch stands: its state, and the share of its lines that are done, 0 to 1."""

    status: BatchStatus
    share: float = 0.0


_TIMES = (
    "created_at",
    "in_progress_at",
    "expires_at",
    "finalizing_at",
    "completed_at",
    "failed_at",
    "expired_at",
    "cancelling_at",
    "cancelled_at",
)


def find_stage(job: BatchJob, now: float) -> BatchStage:
    """Tell where a batch stands; one that expires gets half of its lines done.

    >>> find_stage(BatchJob("b", 100.0, "f", None, None, 10.0, "completed", 0.0), 105.0)
    BatchStage(status=<BatchStatus.IN_PROGRESS: 'in_progress'>, share=0.5)
    """
    if job.cancelled is not None:
        share = _share(job, job.cancelled)
        is_over = now >= job.cancelled + _CANCELLING * job.seconds
        return BatchStage(BatchStatus.CANCELLED if is_over else BatchStatus.CANCELLING, share)
    passed = (now - job.created) / job.seconds
    if passed < _IN_PROGRESS:
        return BatchStage(BatchStatus.VALIDATING)
    share = _share(job, now)
    if job.ending == BatchStatus.EXPIRED:
        return BatchStage(BatchStatus.EXPIRED if passed >= 1 else BatchStatus.IN_PROGRESS, share)
    if passed >= 1:
        return BatchStage(BatchStatus.COMPLETED, 1.0)
    return BatchStage(BatchStatus.FINALIZING if passed >= _FINALIZING else BatchStatus.IN_PROGRESS, share)


def _share(job: BatchJob, now: float) -> float:
    passed = (now - job.created) / job.seconds
    share = min(1.0, max(0.0, (passed - _IN_PROGRESS) / (_FINALIZING - _IN_PROGRESS)))
    return round(share * (0.5 if job.ending == BatchStatus.EXPIRED else 1.0), 9)
