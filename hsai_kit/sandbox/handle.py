"""Start a sandbox as a child process, control it over its control address, and stop it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPDefaultErrorHandler, HTTPErrorProcessor, HTTPHandler, OpenerDirector, Request

from hsai_kit.sandbox.child_process import ChildProcess, SandboxError
from hsai_kit.sandbox.faults import FaultSpecError, parse_fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CALL_SECONDS = 30.0
POLL_SECONDS = 0.2
_NOT_RUNNING = "This sandbox is not running. Start it with start(), or use it in a with block."


class Sandbox:
    """HubSpot and OpenAI on loopback, in a process of their own that ends with this one.

    data: an SQLite file for the state (default: in memory). seed, contacts: which portal, and how large.
    load: object types and the exports that fill them instead. faults: as in `fault`. Without given ones the
    HubSpot token and the OpenAI key are random. port: on 127.0.0.1 (default: a free one).

    >>> with Sandbox(contacts=50) as sandbox:
    ...     sandbox.counts()
    {'hubspot': {}, 'openai': {}}
    """

    hubspot_url: str
    openai_url: str
    control_url: str
    hubspot_token: str
    openai_key: str
    remarks: list[str]
    """What loading an export assumed or added, a sentence each."""

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
        port: int = 0,
    ) -> None:
        self._arguments = ["--seed", str(seed), "--contacts", str(contacts), "--port", str(port)]
        if data is not None:
            self._arguments += ["--data", str(data)]
        for object_type, file in (load or {}).items():
            self._arguments += ["--load", f"{object_type}={file}"]
        self._faults = tuple(faults)
        for fault in faults:
            self._arguments += ["--fault", fault]
        self._keys = {"hubspot_token": hubspot_token, "openai_key": openai_key}
        self._child: ChildProcess | None = None

    def start(self, seconds: float = 30.0) -> Self:
        """Start the server and wait until it answers, `seconds` at most; SandboxError carries its own last words."""
        if self._child is not None:
            message = "This sandbox is running already."
            raise SandboxError(message)
        for fault in self._faults:
            _check(fault)
        child = ChildProcess(self._arguments, self._keys)
        ready = child.ready(seconds)
        self.hubspot_url, self.openai_url, self.control_url = ready["hubspot"], ready["openai"], ready["control"]
        self.hubspot_token, self.openai_key = ready["hubspot_token"], ready["openai_key"]
        self._control_token = ready["control_token"]
        self.remarks = ready["remarks"]
        self._child = child
        return self

    def stop(self) -> None:
        """End the server; requests under way are broken off. Stopping twice does nothing."""
        child, self._child = self._child, None
        if child is not None:
            child.stop()

    def wait(self) -> None:
        """Block until the server ends or Ctrl-C; SandboxError where it ended by a failure."""
        if self._child is None:
            raise SandboxError(_NOT_RUNNING)
        while (code := self._child.exit_code()) is None:  # asking, since Windows cannot interrupt a wait
            time.sleep(POLL_SECONDS)
        if code != 0:
            message = f"The sandbox ended with code {code}. {self._child.last_words()}"
            raise SandboxError(message.strip())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        if self._child is None:
            return "<Sandbox, not running>"
        keys = f"hubspot_token={_mask(self.hubspot_token)}, openai_key={_mask(self.openai_key)}"
        return f"<Sandbox at {self.control_url.removesuffix('/control')}, {keys}>"

    def fault(self, spec: str) -> None:
        """Arm a fault: `api:kind[:option=value]...`, such as `openai:rate_limit:rate=0.05:retry_after=1`.

        Options: rate (0 to 1, seeded), count (how often at most), after (so many matching requests pass
        first), path (part of it), method, seconds, jitter, retry_after. A wrong word raises SandboxError,
        which lists the right ones.
        """
        self._ask("POST", "/faults", {"spec": spec})

    def faults(self) -> dict[str, list[dict[str, Any]]]:
        """List each API's armed faults: their kind and options, and how many requests each has `seen` and `struck`."""
        return _as_dict(self._ask("GET", "/faults"))

    def clear_faults(self) -> None:
        """Disarm all faults; the latency of `latency` stays."""
        self._ask("DELETE", "/faults")

    def latency(self, api: str, seconds: float, jitter: float = 0.0) -> None:
        """Delay every request to an API by `seconds`, give or take `jitter`."""
        self._ask("POST", "/latency", {"side": api, "seconds": seconds, "jitter": jitter})

    def limits(self, api: str, **limits: float | str | None) -> None:
        """Change an API's limits.

        hubspot: per_ten_seconds, daily, search_per_second, search_lag (s), search_results (of one query).
        openai: requests_per_minute, tokens_per_minute, quota (`ok`, `insufficient_quota` or
        `billing_hard_limit_reached`).
        """
        self._ask("POST", "/limits", {"side": api, **limits})

    def token(self, token: str, *, scopes: Sequence[str] | None = None, state: str = "live") -> None:
        """Accept another HubSpot token (live, expired or revoked); with all scopes where none are given."""
        self._ask("POST", "/tokens", {"token": token, "scopes": _as_list(scopes), "state": state})

    def key(
        self,
        key: str,
        *,
        models: Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
        state: str = "live",
    ) -> None:
        """Accept another OpenAI key (live, expired or revoked); for all models where none are given.

        With `scopes` it is a restricted one, which may do only what they name, such as "api.responses.write".
        """
        self._ask("POST", "/keys", {"key": key, "models": _as_list(models), "scopes": _as_list(scopes), "state": state})

    def account(self, **details: Any) -> None:
        """Change HubSpot's account details by their own names, such as accountType="STANDARD"."""
        self._ask("POST", "/account", details)

    def require(self, object_type: str, name: str, *, where: str, value: str) -> None:
        """Make the property `name` required where the property `where` has a value, from HubSpot's 2026-09 on.

        HubSpot has that in its settings and in no API.
        """
        body = {"object_type": object_type, "name": name, "controlling": where, "value": value}
        self._ask("POST", "/require", body)

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Count requests: API, then `POST /v1/responses`, then status; `no answer` where none was given."""
        return _as_dict(self._ask("GET", "/counts"))

    def count_answered(self) -> dict[str, dict[str, dict[str, int]]]:
        """Count POSTs answered whole: API, then `POST /v1/responses`, then `once` and `again`.

        `again` are whole answers to a request, the same path and body, that had one before: what was paid twice. An
        answer that a fault cut off counts as neither. The first 200,000 requests are known again.
        """
        return _as_dict(self._ask("GET", "/answered"))

    def requests(self, api: str, last: int = 1000) -> list[dict[str, Any]]:
        """List an API's newest requests, newest last, 2,000 at most.

        Each has method, path, query, status (None before the answer), body (JSON or None), at (s since
        1970) and fault (the kind that struck it, or None).
        """
        return list(self._ask("GET", f"/requests?{urlencode({'side': api, 'last': last})}"))

    def keep_exchanges(self, most: int) -> None:
        """Keep requests together with their answers from now on: so many of each route and status, over resets too."""
        self._ask("POST", "/exchanges", {"most": most})

    def exchanges(self, api: str) -> list[dict[str, Any]]:
        """List an API's kept exchanges: what `requests` tells of each, and `answer`, its body (JSON or None)."""
        return list(self._ask("GET", f"/exchanges?{urlencode({'side': api})}"))

    def truth(self, object_type: str, property: str) -> dict[str, str]:  # noqa: A002  # HubSpot's own word
        """Tell the right value of a property by record id, as the portal's seed knows it."""
        query = urlencode({"object_type": object_type, "property": property})
        return _as_dict(self._ask("GET", f"/truth?{query}"))

    def reset(self) -> None:
        """Go back to the portal as it was filled, without faults, latency, counts or used-up limits."""
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        if self._child is None:
            raise SandboxError(_NOT_RUNNING)
        request = Request(  # noqa: S310  # our own http address
            self.control_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._control_token}", "Content-Type": "application/json"},
        )
        try:
            with _build_opener().open(request, timeout=CALL_SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            raise SandboxError(_read_sentence(text)) from None
        except (URLError, OSError) as error:
            message = f"The sandbox is gone: {self._child.last_words() or error}"
            raise SandboxError(message) from error


def _build_opener() -> OpenerDirector:
    """Plain HTTP alone: no proxy that the environment names, and no certificates to load."""
    opener = OpenerDirector()
    for handler in (HTTPHandler(), HTTPErrorProcessor(), HTTPDefaultErrorHandler()):
        opener.add_handler(handler)
    return opener


def _check(fault: str) -> None:
    try:
        parse_fault(fault)
    except FaultSpecError as error:
        message = str(error)
    else:
        return
    raise SandboxError(message)


def _as_list(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)


def _as_dict(value: Any) -> dict[str, Any]:
    return dict(value)


def _mask(key: str) -> str:
    return f"{key[:4]}…"


def _read_sentence(text: str) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text
