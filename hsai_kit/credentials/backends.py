"""The places that keep keys: the system key ring, or a file that only its owner can read.

A key is held as `SecretStr`, whose repr is masked. What may go wrong in each was measured: `keyring` accepts back ends
that keep plain text or drop what they are given.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NoReturn

import keyring
import keyring.backend
import keyring.errors
import platformdirs
from pydantic import SecretStr, TypeAdapter

from hsai_kit.errors import KeyProblem, NoKeyRing

Service = Literal["openai", "hubspot"]

ENVIRONMENT: Mapping[Service, str] = {"openai": "OPENAI_API_KEY", "hubspot": "HUBSPOT_ACCESS_TOKEN"}
LABEL: Mapping[Service, str] = {"openai": "OpenAI", "hubspot": "HubSpot"}
_RING_SERVICE = "hsai_kit"
_RING_ERRORS = (keyring.errors.KeyringError, NotImplementedError)
_ENTRIES = TypeAdapter(dict[str, SecretStr])


def config_folder() -> Path:
    """Return the user's own configuration folder for the kit (not made until something is kept)."""
    return Path(platformdirs.user_config_dir("hsai_kit", appauthor=False))


class KeyHome(ABC):
    """A place that keeps keys by service and portal id, and addresses for messages, which hold passwords, by name."""

    place: str

    def read(self, kind: Service | Literal["address"], name: int | str) -> SecretStr | None:
        """Return what is kept, None where there is nothing; raises KeyProblem where others can read it."""
        return self._read(_name_entry(kind, name))

    def write(self, kind: Service | Literal["address"], name: int | str, secret: SecretStr) -> None:
        """Keep a key or an address; raises KeyProblem where it cannot be kept safely."""
        self._write(_name_entry(kind, name), secret)

    def delete(self, kind: Service | Literal["address"], name: int | str) -> bool:
        """Forget a key or an address; return whether there was one. Raises KeyProblem where it cannot be removed."""
        return self._delete(_name_entry(kind, name))

    @abstractmethod
    def _read(self, entry: str) -> SecretStr | None: ...

    @abstractmethod
    def _write(self, entry: str, secret: SecretStr) -> None: ...

    @abstractmethod
    def _delete(self, entry: str) -> bool: ...


class KeyRing(KeyHome):
    """The system's key ring: Keychain, Credential Locker, Secret Service or KWallet."""

    place = "the system key ring"

    @staticmethod
    def usable() -> bool:
        """Tell whether the key ring is a real one: priority 1 or more, through a chain as well."""
        return _find_ring() is not None

    def refuse(self) -> NoReturn:
        """Raise NoKeyRing with the ways out."""
        raise NoKeyRing(
            "This computer has no key ring that keeps keys safely. "
            f"Set {ENVIRONMENT['openai']} and {ENVIRONMENT['hubspot']} in the environment, or keep the keys "
            "in a file that only you can read: hsai connect --keep file"
        )

    def _read(self, entry: str) -> SecretStr | None:
        if (ring := _find_ring()) is not None:
            with contextlib.suppress(keyring.errors.KeyringError):
                value = ring.get_password(_RING_SERVICE, entry)
                return SecretStr(value) if value else None
        return None

    def _write(self, entry: str, secret: SecretStr) -> None:
        kept = None
        if (ring := _find_ring()) is not None:
            with contextlib.suppress(*_RING_ERRORS):
                ring.set_password(_RING_SERVICE, entry, secret.get_secret_value())
                # Some back ends drop what they are given.
                kept = self._read(entry)
        if kept != secret:
            self.refuse()

    def _delete(self, entry: str) -> bool:
        if (ring := _find_ring()) is None or self._read(entry) is None:
            return False
        with contextlib.suppress(*_RING_ERRORS):
            ring.delete_password(_RING_SERVICE, entry)
            return True
        raise KeyProblem(
            f"The {entry} could not be removed from {self.place}. Remove the entry {_RING_SERVICE!r} there by hand, "
            "and revoke the key with its service to be sure."
        )


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
        with contextlib.suppress(keyring.errors.KeyringError, RuntimeError):
            if candidate.priority >= 1:
                return candidate  # type: ignore[no-any-return]
    return None


class KeyFile(KeyHome):
    """A file with mode 0600 in the user's configuration folder, used only if the user chose it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_folder() / "keys.json"
        self.place = f"the key file {self.path}"

    def names(self) -> list[str]:
        """Return the names of what is kept."""
        return list(self._load())

    def _read(self, entry: str) -> SecretStr | None:
        return self._load().get(entry)

    def _write(self, entry: str, secret: SecretStr) -> None:
        self._save({**self._load(), entry: secret})

    def _delete(self, entry: str) -> bool:
        entries = self._load()
        if entries.pop(entry, None) is None:
            return False
        self._save(entries)
        return True

    # Keys are masked here too, since tracebacks that print local variables would show them.
    def _load(self) -> dict[str, SecretStr]:
        with describe_place(self.path):
            if not self.path.exists():
                return {}
            if os.name == "posix" and stat.S_IMODE(self.path.stat().st_mode) & 0o077:
                message = f"Others can read the key file {self.path}. Make it yours alone: chmod 600 '{self.path}'"
                raise KeyProblem(message)
            # Errors of the parser hold what they have read.
            with contextlib.suppress(ValueError):
                return _ENTRIES.validate_json(self.path.read_bytes())
        raise KeyProblem(f"The key file {self.path} holds something else. Delete it and run: hsai connect --keep file")

    def _save(self, entries: Mapping[str, SecretStr]) -> None:
        with describe_place(self.path):
            if not entries:
                self.path.unlink()
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_suffix(".new")
            draft.unlink(missing_ok=True)
            # Made with 0600 from the start: a file that is narrowed afterwards was readable for a moment.
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump({name: secret.get_secret_value() for name, secret in entries.items()}, file)
            draft.replace(self.path)


def read_note(name: str) -> Any:
    """Return what `write_note` kept under `name` in the user's configuration folder, None where that is spoiled."""
    with contextlib.suppress(OSError, ValueError):
        return json.loads((config_folder() / name).read_text("utf-8"))
    return None


def write_note(name: str, value: object) -> None:
    """Keep something that is no secret in the user's configuration folder; None removes it."""
    path = config_folder() / name
    with describe_place(path):
        if value is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), "utf-8")


@contextlib.contextmanager
def describe_place(path: Path) -> Iterator[None]:
    """Say what the system does not let be done with a file."""
    try:
        yield
    except OSError as problem:
        message = f"{path} cannot be used: {problem.strerror}. Make it and its folder yours to read and write."
        raise KeyProblem(message) from None


def _name_entry(kind: Service | Literal["address"], name: int | str) -> str:
    return f"address {name}" if kind == "address" else f"{kind} key of portal {name}"
