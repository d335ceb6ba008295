"""Standard output and standard error, made so that neither a reader that leaves nor a letter ends the work."""

from __future__ import annotations

import errno
import io
import sys
from typing import Any


class _ForgivingPipe(io.FileIO):
    """A pipe whose reader may go away, as `| head` does: what comes then is dropped, and the work goes on."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except OSError as problem:
            if problem.errno not in {errno.EPIPE, errno.EINVAL}:  # Windows says EINVAL
                raise
            return len(data)


def protect_streams() -> None:
    """Replace what an encoding lacks, and let a command end by its own exit code where its output is not read on."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    out = sys.stdout
    if type(out) is io.TextIOWrapper and isinstance(out.buffer, io.BufferedWriter | io.FileIO) and not out.isatty():
        pipe = io.BufferedWriter(_ForgivingPipe(out.fileno(), "w", closefd=False))
        is_by_line = out.line_buffering or out.write_through
        sys.stdout = io.TextIOWrapper(pipe, out.encoding, "replace", line_buffering=is_by_line)
