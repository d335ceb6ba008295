"""The server's process as its parent sees it: started with its keys, heard, and ended with certainty."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import weakref
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STOP_SECONDS = 5.0
if sys.platform == "win32":
    _NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _NEW_GROUP = 0


class SandboxError(Exception):
    """The sandbox did not start, is gone, or refused what was asked; the message says why."""


class ChildProcess:
    """The server's process, and the threads that read what it says."""

    def __init__(self, arguments: Sequence[str], keys: Mapping[str, str | None]) -> None:
        # -P: a random.py in the analyst's folder must not stand in for Python's. A group of its own: Ctrl-C in
        # the terminal, or a notebook's Stop, is for the parent, which may still need the server.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hsai_kit.sandbox", "--parent", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",
            creationflags=_NEW_GROUP,
        )
        self._first_line: list[bytes] = []
        self._errors: deque[bytes] = deque(maxlen=100)
        self._readers = [
            threading.Thread(target=_read_first_line, args=(self._process.stdout, self._first_line), daemon=True),
            threading.Thread(target=_read_lines, args=(self._process.stderr, self._errors), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        # Also at the interpreter's end, and when the handle is lost.
        self._finalizer = weakref.finalize(self, _end, self._process, self._readers)
        self._send(json.dumps(keys).encode() + b"\n")

    def ready(self, seconds: float) -> dict[str, Any]:
        """Wait for the line that says where the server is, so many seconds at most."""
        self._readers[0].join(seconds)
        if self._first_line and self._first_line[0]:
            ready: dict[str, Any] = json.loads(self._first_line[0])
            return ready
        timed_out = not self._first_line
        self.stop()
        words = self.last_words()
        if timed_out:
            words = f"The sandbox was not ready after {seconds:.0f} s. {words}"
        raise SandboxError(words.strip() or "The sandbox ended at once and said nothing.")

    def last_words(self) -> str:
        """Tell what the server wrote to stderr, its newest lines."""
        return b"".join(self._errors).decode(errors="replace").strip()

    def exit_code(self) -> int | None:
        """Tell how the process ended; None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """End the process and wait for it."""
        self._finalizer()

    def _send(self, line: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101  # asked for above
        with suppress(OSError):  # it ended before it read: `ready` tells why
            self._process.stdin.write(line)
            self._process.stdin.flush()


def _read_first_line(stream: Any, into: list[bytes]) -> None:
    into.append(stream.readline())


def _read_lines(stream: Any, into: deque[bytes]) -> None:
    into.extend(stream)


def _end(process: subprocess.Popen[bytes], readers: Sequence[threading.Thread]) -> None:
    """Close stdin, which is the server's sign to end; harder only if it does not."""
    assert process.stdin is not None  # noqa: S101  # all three were asked for
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    with suppress(OSError):  # a line that nobody read any more
        process.stdin.close()
    for harder in (process.terminate, process.kill):
        try:
            process.wait(STOP_SECONDS)
            break
        except subprocess.TimeoutExpired:
            harder()
    process.wait()
    for reader in readers:
        reader.join(STOP_SECONDS)
    process.stdout.close()
    process.stderr.close()
