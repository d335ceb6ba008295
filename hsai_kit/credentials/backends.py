"""The places that keep keys: the system key ring, or a file that only its owner can read.

A key is held as `SecretStr`, whose repr is masked. What may go wrong in each was measured: `keyring` accepts back ends
that keep plain text or drop what they are given.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn, Protocol

import keyring
import keyring.backend
import keyring.errors
import platformdirs
from pydantic import SecretStr

from hsai_kit.errors import KeyProblem, NoKeyRing

Service = Literal["openai", "hubspot"]

ENVIRONMENT: Mapping[Service, str] = {"openai": "OPENAI_API_KEY", "hubspot": "HUBSPOT_ACCESS_TOKEN"}
LABEL: Mapping[Service, str] = {"openai": "OpenAI", "hubspot": "HubSpot"}
_RING_SERVICE = "hsai_kit"


@dataclass(frozen=True)
class AddressName:
    """The name under which an address for messages is kept, in the same places as keys: it often holds a password."""

    name: str

    @property
    def entry(self) -> str:
        """How it is called where it is kept."""
        return f"address {self.name}"


class KeyHome(Protocol):
    """A place that keeps keys, one per service and portal, and addresses for messages by name."""

    place: str

    def read(self, service: Service | AddressName, portal_id: int = 0) -> SecretStr | None:
        """Return the key, or None where there is none."""

    def write(self, service: Service | AddressName, portal_id: int, secret: SecretStr) -> None:
        """Keep the key; raises KeyProblem where it cannot be kept safely."""

    def delete(self, service: Service | AddressName, portal_id: int = 0) -> bool:
        """Forget the key; return whether there was one."""


def config_folder() -> Path:
    """Return the user's own configuration folder for the kit (not made until something is kept)."""
    return Path(platformdirs.user_config_dir("hsai_kit", appauthor=False))


class KeyRing:
    """The system's key ring: Keychain, Credential Locker, Secret Service or KWallet."""

    place = "the system key ring"

    def read(self, service: Service | AddressName, portal_id: int = 0) -> SecretStr | None:
        """Return the key, or None where there is none or no key ring that can be used."""
        ring = _find_ring()
        if ring is None:
            return None
        try:
            value = ring.get_password(_RING_SERVICE, _entry_name(service, portal_id))
        except keyring.errors.KeyringError:
            return None
        return SecretStr(value) if value else None

    def write(self, service: Service | AddressName, portal_id: int, secret: SecretStr) -> None:
        """Keep the key and read it back: some back ends drop what they are given."""
        ring = _find_ring()
        try:
            if ring is not None:
                ring.set_password(_RING_SERVICE, _entry_name(service, portal_id), secret.get_secret_value())
        except (keyring.errors.KeyringError, NotImplementedError):
            ring = None
        kept = self.read(service, portal_id) if ring is not None else None
        if kept is None or kept.get_secret_value() != secret.get_secret_value():
            self.refuse()

    def refuse(self) -> NoReturn:
        """Raise NoKeyRing with the ways out."""
        message = (
            "This computer has no key ring that keeps keys safely. "
            f"Set {ENVIRONMENT['openai']} and {ENVIRONMENT['hubspot']} in the environment, or keep the keys "
            "in a file that only you can read: hsai connect --keep file"
        )
        raise NoKeyRing(message)

    def delete(self, service: Service | AddressName, portal_id: int = 0) -> bool:
        """Forget the key; return whether there was one."""
        ring = _find_ring()
        if ring is None or self.read(service, portal_id) is None:
            return False
        try:
            ring.delete_password(_RING_SERVICE, _entry_name(service, portal_id))
        except (keyring.errors.KeyringError, NotImplementedError):
            message = (
                f"The {_describe_entry(service, portal_id)} could not be removed from {self.place}. Remove the "
                f"entry {_RING_SERVICE!r} there by hand, and revoke the key with its service to be sure."
            )
        else:
            return True
        raise KeyProblem(message)

    @staticmethod
    def usable() -> bool:
        """Tell whether the key ring is a real one: priority 1 or more, through a chain as well."""
        return _find_ring() is not None


def _find_ring() -> keyring.backend.KeyringBackend | None:
    """Return the key ring itself, the first real one of a chain, or None.

    A chain would pass a key on to its next member, and that one may be a plain file.
    """
    try:
        backend = keyring.get_keyring()
    except (ImportError, AttributeError, TypeError, ValueError):
        # PYTHON_KEYRING_BACKEND or keyringrc.cfg names something that is not there.
        return None
    for candidate in getattr(backend, "backends", None) or [backend]:
        try:
            if candidate.priority >= 1:
                return candidate  # type: ignore[no-any-return]
        except (keyring.errors.KeyringError, RuntimeError):
            continue
    return None


class KeyFile:
    """A file with mode 0600 in the user's configuration folder, used only if the user chose it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_folder() / "keys.json"
        self.place = f"the key file {self.path}"

    def read(self, service: Service | AddressName, portal_id: int = 0) -> SecretStr | None:
        """Return the key; raises KeyProblem where others may read the file."""
        return self._load().get(_entry_name(service, portal_id))

    def write(self, service: Service | AddressName, portal_id: int, secret: SecretStr) -> None:
        """Keep the key in the file, which is made with mode 0600 if it is not there."""
        self._save({**self._load(), _entry_name(service, portal_id): secret})

    def delete(self, service: Service | AddressName, portal_id: int = 0) -> bool:
        """Forget the key; return whether there was one."""
        entries = self._load()
        if entries.pop(_entry_name(service, portal_id), None) is None:
            return False
        if entries:
            self._save(entries)
        else:
            with describe_place(self.path):
                self.path.unlink()
        return True

    def names(self) -> list[str]:
        """Return the names of what is kept."""
        return list(self._load())

    # Keys are masked here too, since tracebacks that print local variables would show them.
    def _load(self) -> dict[str, SecretStr]:
        with describe_place(self.path):
            if not self.path.exists():
                return {}
            if os.name == "posix" and stat.S_IMODE(self.path.stat().st_mode) & 0o077:
                message = f"Others can read the key file {self.path}. Make it yours alone: chmod 600 '{self.path}'"
                raise KeyProblem(message)
            entries = _read_entries(self.path)
        if entries is None:
            message = f"The key file {self.path} holds something else. Delete it and run: hsai connect --keep file"
            raise KeyProblem(message)
        return entries

    def _save(self, entries: Mapping[str, SecretStr]) -> None:
        with describe_place(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_suffix(".new")
            draft.unlink(missing_ok=True)
            # Made with 0600 from the start: a file that is narrowed afterwards was readable for a moment.
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump({name: secret.get_secret_value() for name, secret in entries.items()}, file)
            draft.replace(self.path)


def _read_entries(path: Path) -> dict[str, SecretStr] | None:
    try:
        parsed = json.loads(path.read_text("utf-8"))
    except ValueError:
        return None
    if not isinstance(parsed, dict) or not all(isinstance(value, str) for value in parsed.values()):
        return None
    return {name: SecretStr(value) for name, value in parsed.items()}


@contextlib.contextmanager
def describe_place(path: Path) -> Iterator[None]:
    """Say what the system does not let be done with a file."""
    try:
        yield
    except OSError as problem:
        message = f"{path} cannot be used: {problem.strerror}. Make it and its folder yours to read and write."
        raise KeyProblem(message) from None


def _entry_name(service: Service | AddressName, portal_id: int) -> str:
    return service.entry if isinstance(service, AddressName) else f"{service} key of portal {portal_id}"


def _describe_entry(service: Service | AddressName, portal_id: int) -> str:
    return (
        f"address {service.name}" if isinstance(service, AddressName) else f"{LABEL[service]} key of portal {portal_id}"
    )
