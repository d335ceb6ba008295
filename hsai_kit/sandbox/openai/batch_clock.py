"""A batch's way through its states, told from the clock alone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

# Shares of a batch's time after which each state begins.
_IN_PROGRESS = 0.1
_FINALIZING = 0.9
_CANCELLING = 0.1  # how long cancelling takes
_WINDOW = 86_400


@dataclass
class BatchJob:
    """A batch as it was asked for, and when it was cancelled; times are seconds since 1970.

    `seconds` is how long it takes instead of up to a day, `ending` how it ends, `models` the models of the key.
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
        if stage.status == "failed":
            times["failed_at"] = int(begun)
            return times
        if self.cancelled is not None:
            times["in_progress_at"] = int(begun) if self.cancelled >= begun else None
            times["cancelling_at"] = int(self.cancelled)
            if stage.status == "cancelled":
                times["cancelled_at"] = int(self.cancelled + _CANCELLING * self.seconds)
            return times
        if stage.status != "validating":
            times["in_progress_at"] = int(begun)
        if stage.status in ("finalizing", "completed"):
            times["finalizing_at"] = int(self.created + _FINALIZING * self.seconds)
        if stage.status in ("completed", "expired"):
            times[f"{stage.status}_at"] = int(ended)
        return times


@dataclass(frozen=True)
class BatchStage:
    """Where a batch stands: its state, and the share of its lines that are done, 0 to 1."""

    status: str
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


def stage_of(job: BatchJob, now: float) -> BatchStage:
    """Tell where a batch stands; one that expires gets half of its lines done.

    >>> stage_of(BatchJob("b", 100.0, "f", None, None, 10.0, "completed", 0.0), 105.0)
    BatchStage(status='in_progress', share=0.5)
    """
    if job.cancelled is not None:
        share = _share(job, job.cancelled)
        is_over = now >= job.cancelled + _CANCELLING * job.seconds
        return BatchStage("cancelled" if is_over else "cancelling", share)
    passed = (now - job.created) / job.seconds
    if passed < _IN_PROGRESS:
        return BatchStage("validating")
    share = _share(job, now)
    if job.ending == "expired":
        return BatchStage("expired" if passed >= 1 else "in_progress", share)
    if passed >= 1:
        return BatchStage("completed", 1.0)
    return BatchStage("finalizing" if passed >= _FINALIZING else "in_progress", share)


def _share(job: BatchJob, now: float) -> float:
    passed = (now - job.created) / job.seconds
    share = min(1.0, max(0.0, (passed - _IN_PROGRESS) / (_FINALIZING - _IN_PROGRESS)))
    return round(share * (0.5 if job.ending == "expired" else 1.0), 9)
