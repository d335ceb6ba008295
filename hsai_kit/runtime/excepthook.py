"""What a script shows of an error that nobody caught: the sentence, as a notebook does, and not the stack."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from types import TracebackType

from hsai_kit.errors import HsaiError, WorkStopped

SHOW_STACK = "HSAI_TRACEBACK"
"""Set in the environment where the stack is wanted after all."""

_HERE = str(Path(__file__).parents[1])


def install_excepthook() -> None:
    """Let Python print the kit's own errors as sentences; every other goes to the hook that was there before."""
    before = sys.excepthook
    if getattr(before, "__module__", "") == __name__:
        return

    def hook(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
        if isinstance(problem, HsaiError | WorkStopped) and not os.environ.get(SHOW_STACK):
            print(*problem._render_traceback_(), _describe_line(trace), file=sys.stderr)
        else:
            before(kind, problem, trace)

    sys.excepthook = hook


def _describe_line(trace: TracebackType | None) -> str:
    """Say which line of the script it was."""
    own = [frame for frame in traceback.extract_tb(trace) if not frame.filename.startswith(_HERE)]
    where = f"{Path(own[0].filename).name}, line {own[0].lineno}; " if own else ""
    return f"({where}{SHOW_STACK}=1 shows the whole stack)"
