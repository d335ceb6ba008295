"""Keys: find, check, keep, switch and disconnect them; and what this key may do."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import SecretStr

from hsai_kit import background
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, KeyProblem, MissingKey, SandboxFailed
from hsai_kit.hubspot.account import Portal, missing_scopes, read_daily_usage, read_portal, read_scopes
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.keys import (
    ENVIRONMENT,
    LABEL,
    KeyFile,
    KeyHome,
    KeyRing,
    Service,
    current_portal,
    find_key,
    remember_portal,
)
from hsai_kit.llm.client import LLMClient
from hsai_kit.progress import say
from hsai_kit.workspace import Workspace

__all__ = ["Status", "connect", "disconnect", "keep_keys", "status"]

SandboxSide: TypeAlias = bool | Literal["hubspot", "openai"]
_SOON = timedelta(days=60)


def connect(
    *,
    hubspot_key: str | SecretStr | None = None,
    openai_key: str | SecretStr | None = None,
    portal_id: int | None = None,
    workspace: str | Path | None = None,
    sandbox: SandboxSide = False,
    load: Mapping[str, str | Path] | None = None,
) -> Connection:
    """Connect to a portal and a model and return the connection that every other verb takes.

    Keys come from the arguments, the environment (`HUBSPOT_ACCESS_TOKEN`, `OPENAI_API_KEY`), the system key ring or
    the key file, in this order; `HUBSPOT_BASE_URL` and `OPENAI_BASE_URL` name other addresses. The HubSpot key is
    checked at once. Without an OpenAI key everything but asking works.

    `sandbox=True` starts a portal with made-up records and a scripted assistant on this computer, and needs no keys;
    `sandbox="hubspot"` or `sandbox="openai"` replaces one side only. `load={"contacts": "export.csv"}` fills the
    sandbox's portal from a HubSpot export. `workspace` is the folder; without one it is looked for upward from here,
    and made here if there is none (for a sandbox: in a temporary folder).

    Raises MissingKey, RefusedKey, MissingScopes or NoConnection, each with the way out.

    >>> with connect(sandbox=True) as hub:
    ...     hub.portal.account_type
    'SANDBOX'
    """
    # Masked from here on: a traceback that shows local variables would show a key that was typed as an argument.
    hubspot_key, openai_key = _given(hubspot_key), _given(openai_key)
    sides = _Sides(hubspot_key, openai_key, os.environ.get("HUBSPOT_BASE_URL"), os.environ.get("OPENAI_BASE_URL"))
    with contextlib.ExitStack() as cleanup:
        place = _workspace(workspace, temporary=bool(sandbox or load), cleanup=cleanup)
        if sandbox or load:
            sides = _with_sandbox(sides, sandbox, load, cleanup)
        return _connected(place, sides, portal_id, cleanup)


@dataclass(frozen=True)
class _Sides:
    """What is known of both sides before the keys are looked up; None leaves it to the places that keep keys."""

    token: SecretStr | None
    key: SecretStr | None
    hubspot_url: str | None
    openai_url: str | None
    scripted: bool = False


def _connected(place: Workspace, sides: _Sides, portal_id: int | None, cleanup: contextlib.ExitStack) -> Connection:
    settings = place.settings
    found = find_key("hubspot", sides.token, portal_id or current_portal())
    hubspot = HubSpotClient(found.secret, base_url=sides.hubspot_url, api_version=settings.hubspot.api_version)
    cleanup.callback(hubspot.close)
    portal = background.run(read_portal(hubspot))
    if portal_id is not None and portal.id != portal_id:
        message = f"The HubSpot key from {found.place} belongs to portal {portal.id}, not to {portal_id}."
        raise KeyProblem(message)
    llm: LLMClient | HsaiError
    try:
        secret = find_key("openai", sides.key, portal.id).secret
        llm = LLMClient(secret, base_url=sides.openai_url, concurrency=settings.openai.concurrency)
    except MissingKey as problem:
        llm = problem
    hub = Connection(
        portal=portal,
        hubspot=hubspot,
        llm=llm,
        workspace=place,
        scripted=sides.scripted,
        on_close=cleanup.pop_all().close,
    )
    hub.store.pulls.connected(portal.id, portal.name, portal.account_type)
    return hub


def _with_sandbox(
    sides: _Sides, which: SandboxSide, load: Mapping[str, str | Path] | None, cleanup: contextlib.ExitStack
) -> _Sides:
    # Imported only where one is started: the double of two APIs is of no use to work on the real ones.
    from hsai_kit.sandbox import Sandbox, SandboxError

    running = Sandbox(load=load)
    cleanup.callback(running.stop)
    try:
        running.start()
    except SandboxError as problem:
        failure = SandboxFailed(str(problem))
    else:
        for remark in running.remarks:
            say(remark)
        if which != "openai":
            sides = replace(sides, token=SecretStr(running.hubspot_token), hubspot_url=running.hubspot_url)
        if which in {True, "openai"}:
            sides = replace(sides, key=SecretStr(running.openai_key), openai_url=running.openai_url, scripted=True)
        return sides
    raise failure


@dataclass(frozen=True)
class Status:
    """What a connection may do.

    `missing` holds for each step the scopes that the key lacks (None where HubSpot does not tell), `models` the models
    that may be used, `ending` those that end within 60 days and when, `daily` the calls made and allowed today.
    """

    portal: Portal
    scopes: tuple[str, ...] | None
    missing: Mapping[str, tuple[str, ...]] | None
    daily: tuple[int, int] | None
    models: tuple[str, ...]
    ending: Mapping[str, date]
    model_problem: str = ""


def status(hub: Connection) -> Status:
    """Ask both sides what this connection may do; raises what HubSpot raises, and notes what the model's side says."""
    scopes = background.run(read_scopes(hub.hubspot))
    daily = background.run(read_daily_usage(hub.hubspot))
    try:
        models, problem = hub.models(), ""
    except HsaiError as error:
        models, problem = [], str(error)
    soon = datetime.now(UTC).date() + _SOON
    return Status(
        portal=hub.portal,
        scopes=None if scopes is None else tuple(sorted(scopes)),
        missing=None if scopes is None else missing_scopes(scopes),
        daily=daily,
        models=tuple(model.id for model in models if not model.ended),
        ending={model.id: model.ends for model in models if model.ends and not model.ended and model.ends <= soon},
        model_problem=problem,
    )


def keep_keys(
    home: KeyHome, *, hubspot_key: SecretStr | None, openai_key: SecretStr | None, portal_id: int | None = None
) -> Portal:
    """Check the given keys with their services, keep them at `home`, and return the portal they are bound to.

    A portal has one OpenAI key: a new one takes the old one's place. With an OpenAI key alone, `portal_id` (or the
    portal last used) says which portal it is for. Nothing is kept unless every given key was accepted.
    """
    token = hubspot_key or find_key("hubspot", None, portal_id or current_portal()).secret
    with contextlib.closing(HubSpotClient(token, base_url=os.environ.get("HUBSPOT_BASE_URL"))) as hubspot:
        portal = background.run(read_portal(hubspot))
    if portal_id is not None and portal.id != portal_id:
        message = f"This HubSpot key belongs to portal {portal.id}, not to {portal_id}. Nothing was kept."
        raise KeyProblem(message)
    if openai_key is not None:
        background.run(_check_openai(openai_key))
    kept: tuple[tuple[Service, SecretStr | None], ...] = (("hubspot", hubspot_key), ("openai", openai_key))
    for service, secret in kept:
        if secret is not None:
            home.write(service, portal.id, secret)
    remember_portal(portal.id)
    return portal


def disconnect(portal_id: int | None = None) -> list[str]:
    """Forget the keys of a portal (without one: the portal last used) and return in words what was forgotten.

    Keys in the environment are not the kit's to remove; they are named, so that nobody thinks them gone.
    """
    portal = portal_id or current_portal()
    homes: tuple[KeyHome, ...] = (KeyRing(), KeyFile())
    services: tuple[Service, ...] = ("hubspot", "openai")
    done = [
        f"Forgot the {LABEL[service]} key of portal {portal} from {home.place}."
        for service in services
        for home in homes
        if portal is not None and home.delete(service, portal)
    ]
    if portal is not None and portal == current_portal():
        remember_portal(None)
    return done + [
        f"{ENVIRONMENT[service]} is still set in the environment."
        for service in services
        if os.environ.get(ENVIRONMENT[service])
    ]


async def _check_openai(key: SecretStr) -> None:
    client = LLMClient(key, base_url=os.environ.get("OPENAI_BASE_URL"))
    try:
        await client.models()
    finally:
        await client.close()


def _given(key: str | SecretStr | None) -> SecretStr | None:
    return SecretStr(key.strip()) if isinstance(key, str) else key


def _workspace(folder: str | Path | None, *, temporary: bool, cleanup: contextlib.ExitStack) -> Workspace:
    if folder is not None:
        return Workspace.make(folder)
    if found := Workspace.find():
        return found
    if temporary:
        return Workspace.make(
            cleanup.enter_context(tempfile.TemporaryDirectory(prefix="hsai-", ignore_cleanup_errors=True))
        )
    made = Workspace.make(".")
    say(f"Made a workspace in {made.folder}: settings in hsai.toml, assistants in assistants/.")
    return made
