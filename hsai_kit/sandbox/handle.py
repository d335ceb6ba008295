"""Start a sandbox as a child process, control it over its control address, and stop it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import weakref
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

START_SECONDS = 30.0
STOP_SECONDS = 5.0
if sys.platform == "win32":
    _NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _NEW_GROUP = 0


class SandboxError(Exception):
    """The sandbox did not start, is gone, or refused what was asked; the message says why."""


class Sandbox:
    """HubSpot and OpenAI on loopback, in a process of their own that ends with this one.

    data: an SQLite file for the state (default: in memory). seed, contacts: which portal, and how large.
    load: object types and the exports that fill them instead. faults: as in `fault`. Without given ones the
    HubSpot token and the OpenAI key are random.

    >>> with Sandbox(contacts=50) as sandbox:
    ...     sandbox.counts()
    {'hubspot': {}, 'openai': {}}
    """

    hubspot_url: str
    openai_url: str
    control_url: str
    hubspot_token: str
    openai_key: str

    def __init__(
        self,
        *,
        data: str | Path | None = None,
        seed: int = 7,
        contacts: int = 2400,
        load: Mapping[str, str | Path] | None = None,
        faults: Sequence[str] = (),
        hubspot_token: str | None = None,
        openai_key: str | None = None,
    ) -> None:
        self._arguments = ["--seed", str(seed), "--contacts", str(contacts)]
        if data is not None:
            self._arguments += ["--data", str(data)]
        for object_type, file in (load or {}).items():
            self._arguments += ["--load", f"{object_type}={file}"]
        for fault in faults:
            self._arguments += ["--fault", fault]
        self._keys = {"hubspot_token": hubspot_token, "openai_key": openai_key}
        self._child: _Child | None = None

    def start(self) -> Self:
        """Start the server and wait until it answers, 30 s at most; SandboxError carries its own last words."""
        if self._child is not None:
            message = "This sandbox is running already."
            raise SandboxError(message)
        child = _Child(self._arguments, self._keys)
        ready = child.ready()
        self.hubspot_url, self.openai_url, self.control_url = ready["hubspot"], ready["openai"], ready["control"]
        self.hubspot_token, self.openai_key = ready["hubspot_token"], ready["openai_key"]
        self._control_token = ready["control_token"]
        self._child = child
        return self

    def stop(self) -> None:
        """End the server; requests under way are broken off. Stopping twice does nothing."""
        child, self._child = self._child, None
        if child is not None:
            child.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        if self._child is None:
            return "<Sandbox, not running>"
        keys = f"hubspot_token={_masked(self.hubspot_token)}, openai_key={_masked(self.openai_key)}"
        return f"<Sandbox at {self.control_url.removesuffix('/control')}, {keys}>"

    def fault(self, spec: str) -> None:
        """Arm a fault: `side:kind[:option=value]...`, such as `openai:rate_limit:rate=0.05:retry_after=1`.

        Options: rate (0 to 1, seeded), count (how often at most), after (so many matching requests pass
        first), path (part of it), method, seconds, jitter, retry_after. A wrong word raises SandboxError,
        which lists the right ones.
        """
        self._ask("POST", "/faults", {"spec": spec})

    def clear_faults(self) -> None:
        """Disarm all faults; the latency of `latency` stays."""
        self._ask("DELETE", "/faults")

    def latency(self, side: str, seconds: float, jitter: float = 0.0) -> None:
        """Delay every request to a side by `seconds`, give or take `jitter`."""
        self._ask("POST", "/latency", {"side": side, "seconds": seconds, "jitter": jitter})

    def limits(self, side: str, **limits: float | str | None) -> None:
        """Change a side's limits.

        hubspot: per_ten_seconds, daily, search_per_second, search_lag (s). openai: requests_per_minute,
        tokens_per_minute, quota (`ok`, `insufficient_quota` or `billing_hard_limit_reached`).
        """
        self._ask("POST", "/limits", {"side": side, **limits})

    def token(self, token: str, *, scopes: Sequence[str] | None = None, state: str = "live") -> None:
        """Accept another HubSpot token (live, expired or revoked); with all scopes where none are given."""
        self._ask("POST", "/tokens", {"token": token, "scopes": _listed(scopes), "state": state})

    def key(self, key: str, *, models: Sequence[str] | None = None, state: str = "live") -> None:
        """Accept another OpenAI key (live, expired or revoked); for all models where none are given."""
        self._ask("POST", "/keys", {"key": key, "models": _listed(models), "state": state})

    def account(self, **details: Any) -> None:
        """Change HubSpot's account details by their own names, such as accountType="STANDARD"."""
        self._ask("POST", "/account", details)

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Count requests: side, then `POST /v1/responses`, then status; `no answer` where none was given."""
        return _as_dict(self._ask("GET", "/counts"))

    def requests(self, side: str, last: int = 1000) -> list[dict[str, Any]]:
        """List a side's newest requests, newest last, 2,000 at most.

        Each has method, path, query, status (None before the answer), body (JSON or None), at (s since
        1970) and fault (the kind that struck it, or None).
        """
        return list(self._ask("GET", f"/requests?{urlencode({'side': side, 'last': last})}"))

    def truth(self, object_type: str, property: str) -> dict[str, str]:  # noqa: A002  # HubSpot's own word
        """Tell the right value of a property by record id, as the portal's seed knows it."""
        query = urlencode({"object_type": object_type, "property": property})
        return _as_dict(self._ask("GET", f"/truth?{query}"))

    def reset(self) -> None:
        """Go back to the portal as it was filled, without faults, latency, counts or used-up limits."""
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        if self._child is None:
            message = "This sandbox is not running. Start it with start(), or use it in a with block."
            raise SandboxError(message)
        request = Request(  # noqa: S310  # our own http address
            self.control_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._control_token}", "Content-Type": "application/json"},
        )
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=START_SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            raise SandboxError(_sentence(text)) from None
        except (URLError, OSError) as error:
            message = f"The sandbox is gone: {self._child.last_words() or error}"
            raise SandboxError(message) from error


class _Child:
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

    def ready(self) -> dict[str, str]:
        """Wait for the line that says where the server is."""
        self._readers[0].join(START_SECONDS)
        if self._first_line and self._first_line[0]:
            return _as_dict(json.loads(self._first_line[0]))
        timed_out = not self._first_line
        self.stop()
        words = self.last_words()
        if timed_out:
            words = f"The sandbox was not ready after {START_SECONDS:.0f} s. {words}"
        raise SandboxError(words.strip() or "The sandbox ended at once and said nothing.")

    def last_words(self) -> str:
        """Tell what the server wrote to stderr, its newest lines."""
        return b"".join(self._errors).decode(errors="replace").strip()

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


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)


def _as_dict(value: Any) -> dict[str, Any]:
    return dict(value)


def _masked(key: str) -> str:
    return f"{key[:4]}…"


def _sentence(text: str) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text
