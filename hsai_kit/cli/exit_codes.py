"""How a command ends, for the shell or the job that started it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

from hsai_kit.errors import GateNotPassed, HsaiError, NothingApproved, NothingToDo, ReviewPending

if TYPE_CHECKING:
    from hsai_kit.run import Run


class ExitCode(IntEnum):
    """The exit codes of all commands; `label` says what one means."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    GATE_NOT_PASSED = 3
    WAITING_FOR_REVIEW = 4
    BUDGET_REACHED = 5
    STOPPED_BY_DRIFT = 6
    NOTHING_TO_DO = 7
    INTERRUPTED = 130

    @property
    def label(self) -> str:
        """What the code means, in a word or two."""
        return self.name.replace("_", " ").casefold()


_CODES = {
    GateNotPassed: ExitCode.GATE_NOT_PASSED,
    NothingApproved: ExitCode.WAITING_FOR_REVIEW,
    ReviewPending: ExitCode.WAITING_FOR_REVIEW,
    NothingToDo: ExitCode.NOTHING_TO_DO,
}


def code_of(problem: HsaiError) -> ExitCode:
    """Return the code with which a command ends after an error."""
    return next((code for kind, code in _CODES.items() if isinstance(problem, kind)), ExitCode.FAILED)


def code_of_runs(runs: Iterable[Run]) -> ExitCode:
    """Return BUDGET_REACHED where a run pauses at its budget, else DONE."""
    from hsai_kit.store import RunStatus

    is_paused = any(run.record.status is RunStatus.PAUSED for run in runs)
    return ExitCode.BUDGET_REACHED if is_paused else ExitCode.DONE
