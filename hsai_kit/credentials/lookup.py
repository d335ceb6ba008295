"""Which key holds: from an argument, the environment, the system key ring, or a file, in this order."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from hsai_kit.credentials.backends import ENVIRONMENT, LABEL, KeyFile, KeyHome, KeyRing, Service, read_note, write_note
from hsai_kit.errors import KeyNotFound, KeyProblem

ROOM_SANDBOX = "HSAI_ROOM_SANDBOX"
"""Set in the environment where keys and addresses are those of a sandbox that is there for a whole room."""
_LAST = "portal.json"


@dataclass(frozen=True)
class KeyLocation:
    """A key and the place where it was found, in words."""

    secret: SecretStr
    place: str


def find_key(service: Service, given: str | SecretStr | None, portal_id: int | None) -> KeyLocation:
    """Return the key for `service` from the first place that has it.

    The order is: argument, environment, system key ring, key file. Raises KeyNotFound with the way out.
    """
    text = given.get_secret_value() if isinstance(given, SecretStr) else given or ""
    if text.strip():
        return KeyLocation(SecretStr(text.strip()), "the argument")
    if value := os.environ.get(ENVIRONMENT[service], "").strip():
        room = os.environ.get(ROOM_SANDBOX)
        return KeyLocation(SecretStr(value), "the sandbox" if room else f"the environment ({ENVIRONMENT[service]})")
    if portal_id is not None and (kept := find_kept(service, portal_id)):
        return kept
    others = [one for one in list_portals() if one != portal_id]
    which = f" for portal {portal_id}" if others and portal_id is not None else ""
    have = f" Portals with keys here: {', '.join(map(str, others))}." if which else ""
    raise KeyNotFound(
        f"No {LABEL[service]} key was found{which}.{have} Keep one with: hsai connect, "
        f"or set {ENVIRONMENT[service]} in the environment. To try everything without keys: connect(sandbox=True), "
        "or in a terminal hsai sandbox, which says what to set"
    )


def key_homes() -> tuple[KeyHome, ...]:
    """Return the places that keep keys on this computer, in the order in which they are looked through."""
    return (KeyRing(), KeyFile())


def find_kept(kind: Service | Literal["address"], name: int | str) -> KeyLocation | None:
    """Return what the first place that has it keeps under `name`, or None."""
    return next((KeyLocation(secret, home.place) for home in key_homes() if (secret := home.read(kind, name))), None)


def find_home(portal_id: int | None) -> KeyHome | None:
    """Return the place that keeps a portal's keys, or None."""
    if portal_id is None:
        return None
    return next((home for home in key_homes() if any(home.read(service, portal_id) for service in ENVIRONMENT)), None)


def list_portals() -> list[int]:
    """Return the portals whose keys are known to be kept: a key ring cannot be listed but for the last used one."""
    last = current_portal()
    with contextlib.suppress(KeyProblem):
        listed = {int(name.rsplit(" ", 1)[1]) for name in KeyFile().names() if " key of portal " in name}
        return sorted(listed | ({last} if last is not None and find_home(last) else set()))
    return []


def current_portal() -> int | None:
    """Return the id of the portal that `hsai connect` was last used for, or None."""
    try:
        return int(read_note(_LAST)["portal_id"])
    except (ValueError, KeyError, TypeError):
        return None


def remember_portal(portal_id: int | None) -> None:
    """Make `portal_id` the one that `connect()` uses when none is named; None forgets it."""
    write_note(_LAST, None if portal_id is None else {"portal_id": portal_id})
