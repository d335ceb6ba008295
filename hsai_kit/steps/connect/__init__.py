"""A connection from its keys: found, checked, and bound to a workspace; either side may be the sandbox."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import SecretStr

from hsai_kit.connection import Connection
from hsai_kit.credentials.backends import Service
from hsai_kit.credentials.lookup import ROOM_SANDBOX, current_portal, find_key
from hsai_kit.errors import HsaiError, KeyNotFound, KeyProblem, KeyRefused, SandboxFailed
from hsai_kit.hubspot.account import read_portal
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.llm.client import LLMClient, is_openai_address
from hsai_kit.runtime import background
from hsai_kit.runtime.excepthook import install_excepthook
from hsai_kit.runtime.progress import say
from hsai_kit.steps.connect.key_storage import check_key, disconnect, keep_keys, locate_keys, refuse_garbled
from hsai_kit.steps.connect.permissions import Status, status
from hsai_kit.tabular.cell_text import format_line
from hsai_kit.workspace import Settings, Workspace

if TYPE_CHECKING:
    from hsai_kit.sandbox import Sandbox

__all__ = ["Status", "check_key", "connect", "disconnect", "keep_keys", "locate_keys", "status"]

SandboxSide: TypeAlias = bool | Literal["hubspot", "openai"]


def connect(
    *,
    hubspot_key: str | SecretStr | None = None,
    openai_key: str | SecretStr | None = None,
    portal_id: int | None = None,
    workspace: str | Path | None = None,
    sandbox: SandboxSide = False,
    load: Mapping[str, str | Path] | None = None,
    faults: Sequence[str] = (),
) -> Connection:
    """Connect to a portal and a model and return the connection that every other verb takes.

    Keys come from the arguments, the environment (`HUBSPOT_ACCESS_TOKEN`, `OPENAI_API_KEY`), the system key ring or
    the key file, in this order; `HUBSPOT_BASE_URL` and `OPENAI_BASE_URL` name other addresses. The HubSpot key is
    checked at once. Without an OpenAI key everything but asking works; at an address that is not OpenAI's (vLLM,
    llama.cpp, Ollama) none is needed.

    `sandbox=True` starts a portal with made-up records and a scripted assistant on this computer, and needs no keys;
    in a room opened by `hsai lab --sandbox` it is the room's own. `sandbox="hubspot"` or `sandbox="openai"` replaces
    one side only. `load={"contacts": "export.csv"}` fills the sandbox's portal from a HubSpot export; without
    `sandbox=True` a real model is asked about it. `faults` lets the sandbox misbehave, in the words of
    `hsai sandbox --fault`. `workspace` is the folder; without one it is looked for
    upward from here, and made here if there is none (in a temporary folder where both sides are the sandbox).

    Raises KeyNotFound, KeyRefused, ScopesMissing or NoConnection, each with the way out, and SandboxFailed with what is
    wrong with an export or a fault. From then on a script that does not catch an error of the kit ends with its
    sentence and exit code 1; with HSAI_TRACEBACK=1 in the environment it shows the stack.

    >>> with connect(sandbox=True) as hub:
    ...     hub.portal.account_type
    'SANDBOX'
    """
    install_excepthook()
    # Masked from here on: a traceback that shows local variables would show a key that was typed as an argument.
    hubspot_key, openai_key = _mask(hubspot_key), _mask(openai_key)
    sides = _Sides(hubspot_key, openai_key, os.environ.get("HUBSPOT_BASE_URL"), os.environ.get("OPENAI_BASE_URL"))
    which = _choose_sandbox(sandbox, load, faults)
    with contextlib.ExitStack() as cleanup:
        if which:
            sides = _start_sandbox(sides, which, load, faults, cleanup)
        return _build_connection(sides, portal_id, workspace, cleanup)


def _choose_sandbox(sandbox: SandboxSide, load: Mapping[str, str | Path] | None, faults: Sequence[str]) -> SandboxSide:
    """Return which side is the sandbox; raises SandboxFailed where what was asked makes no sense."""
    if sandbox not in {True, False, "hubspot", "openai"}:
        raise SandboxFailed(f"sandbox is {sandbox!r}; it is True, False, 'hubspot' or 'openai'.")
    if load and sandbox == "openai":
        raise SandboxFailed(
            "load fills the sandbox's portal, and with sandbox='openai' the portal is your own. Leave one of them out."
        )
    if faults and not (sandbox or load):
        raise SandboxFailed("faults are for the sandbox. Add sandbox=True, or leave them out.")
    return sandbox or ("hubspot" if load else False)


@dataclass(frozen=True)
class _Sides:
    """What is known of both sides before the keys are looked up; None leaves it to the places that keep keys."""

    token: SecretStr | None
    key: SecretStr | None
    hubspot_url: str | None
    openai_url: str | None
    scripted: bool = False
    made_up_portal: bool = False
    count_faults: Callable[[], Mapping[str, int]] = dict


def _make_workspace(folder: str | Path | None, *, temporary: bool, cleanup: contextlib.ExitStack) -> Workspace:
    if folder is not None:
        return Workspace.make(folder)
    if temporary:
        made = tempfile.TemporaryDirectory(prefix="hsai-", ignore_cleanup_errors=True)
        return Workspace.make(cleanup.enter_context(made))
    workspace = Workspace.make(".")
    say(f"Made a workspace in {workspace.folder}: settings in hsai.toml, assistants in assistants/.")
    return workspace


def _build_connection(
    sides: _Sides, portal_id: int | None, folder: str | Path | None, cleanup: contextlib.ExitStack
) -> Connection:
    workspace = Workspace.find() if folder is None else Workspace.at(folder)
    settings = workspace.settings if workspace else Settings()
    found = find_key("hubspot", sides.token, portal_id or current_portal())
    refuse_garbled("hubspot", found)
    hubspot = HubSpotClient(found.secret, base_url=sides.hubspot_url, api_version=settings.hubspot.api_version)
    cleanup.callback(hubspot.close)
    try:
        portal = background.run(read_portal(hubspot))
    except KeyRefused as problem:
        problem.add_note(f"(This key came from {found.place}.)")
        raise
    if portal_id is not None and portal.id != portal_id and not sides.made_up_portal:
        raise KeyProblem(f"The HubSpot key from {found.place} belongs to portal {portal.id}, not to {portal_id}.")
    llm: LLMClient | HsaiError
    places: dict[Service, str] = {"hubspot": "the sandbox" if sides.made_up_portal else found.place}
    try:
        # Over a made-up portal it is the analyst's own OpenAI key, kept under their own portal, that is meant.
        key = find_key("openai", sides.key, portal_id or current_portal() if sides.made_up_portal else portal.id)
        refuse_garbled("openai", key)
        llm = LLMClient(key.secret, base_url=sides.openai_url, concurrency=settings.openai.concurrency)
        places["openai"] = "the sandbox" if sides.scripted else key.place
    except KeyNotFound as problem:
        llm = problem
        if not is_openai_address(sides.openai_url):
            llm = LLMClient(problem, base_url=sides.openai_url, concurrency=settings.openai.concurrency)
    # The workspace comes last, so that a mistyped key leaves no folder behind.
    if folder is not None or workspace is None:
        both = sides.scripted and sides.made_up_portal
        workspace = _make_workspace(folder, temporary=both, cleanup=cleanup)
    closing = contextlib.ExitStack()
    hub = Connection(
        portal=portal,
        hubspot=hubspot,
        llm=llm,
        workspace=workspace,
        scripted=sides.scripted,
        key_places=places,
        count_faults=sides.count_faults,
        on_close=closing.close,
    )
    closing.enter_context(cleanup.pop_all())
    hub.store.pulls.record_connection(portal.id, portal.name, portal.account_type, portal.ui_domain)
    return hub


def _start_sandbox(
    sides: _Sides,
    which: SandboxSide,
    load: Mapping[str, str | Path] | None,
    faults: Sequence[str],
    cleanup: contextlib.ExitStack,
) -> _Sides:
    if which is True and os.environ.get(ROOM_SANDBOX) and not (load or faults):
        # `hsai lab --sandbox` has started one for all notebooks: what one of them pushes, another can undo.
        return replace(sides, scripted=True, made_up_portal=True)
    # Imported only where one is started: the double of two APIs is of no use to work on the real ones.
    from hsai_kit.sandbox import Sandbox, SandboxError

    running = Sandbox(load=load, faults=faults)
    cleanup.callback(running.stop)
    try:
        running.start()
    except SandboxError as problem:
        raise SandboxFailed(str(problem)) from None
    for remark in running.remarks:
        say(format_line(remark, 1000))
    sides = replace(sides, count_faults=lambda: _count_faults(running))
    if which != "openai":
        token = SecretStr(running.hubspot_token)
        sides = replace(sides, token=token, hubspot_url=running.hubspot_url, made_up_portal=True)
    if which != "hubspot":
        sides = replace(sides, key=SecretStr(running.openai_key), openai_url=running.openai_url, scripted=True)
    return sides


def _count_faults(running: Sandbox) -> dict[str, int]:
    return {f"{side} {one['kind']}": one["struck"] for side, armed in running.faults().items() for one in armed}


def _mask(key: str | SecretStr | None) -> SecretStr | None:
    return SecretStr(key.strip()) if isinstance(key, str) else key
