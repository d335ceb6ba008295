"""Keys: kept only where they are safe, found in a fixed order, and shown nowhere."""

from __future__ import annotations

import json
import os
import pickle
import stat
import traceback

import keyring
import keyring.errors
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.backends.chainer import ChainerBackend
from pydantic import SecretStr

from hsai_kit.credentials.backends import ENVIRONMENT, KeyFile, KeyRing, Service, config_folder
from hsai_kit.credentials.lookup import current_portal, find_key, remember_portal
from hsai_kit.errors import KeyNotFound, KeyProblem, NoKeyRing

SECRET = "sk-proj-not-a-real-key-0123456789"
POSIX = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


class MemoryRing(KeyringBackend):
    """Keeps what it is given, as a real key ring does."""

    priority = 5

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("no such entry")


class PlainFileRing(MemoryRing):
    """Ranks itself as keyrings.alt's plain-text file does."""

    priority = 0.5  # type: ignore[assignment]


class DroppingRing(MemoryRing):
    """Takes a key and forgets it."""

    def set_password(self, service, username, password):
        pass


class ReadOnlyRing(MemoryRing):
    """Has no way to write."""

    def set_password(self, service, username, password):
        raise NotImplementedError


class LockedRing(MemoryRing):
    """Holds a key that it does not hand out."""

    def get_password(self, service, username):
        raise keyring.errors.KeyringLocked("the user said no")

    def set_password(self, service, username, password):
        raise keyring.errors.KeyringLocked("the user said no")


class StubbornRing(MemoryRing):
    """Keeps keys for ever."""

    def delete_password(self, service, username):
        raise keyring.errors.PasswordDeleteError("locked")


class UnfitRing(MemoryRing):
    """Cannot say its rank on this computer."""

    @property
    def priority(self):  # type: ignore[override]
        raise RuntimeError("needs a desktop session")


# keyring looks for back ends among all subclasses: these are for the tests here alone.
for _kind in (MemoryRing, *MemoryRing.__subclasses__()):
    KeyringBackend._classes.discard(_kind)


def chain_of(*members):
    chain = ChainerBackend.__new__(type("Chain", (ChainerBackend,), {"backends": list(members), "priority": 10}))
    KeyringBackend._classes.discard(type(chain))
    return chain


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    """No test sees or changes this computer's own keys."""
    for name in ENVIRONMENT.values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("platformdirs.user_config_dir", lambda name, **_: str(tmp_path / "config" / name))
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def ring():
    backend = MemoryRing()
    keyring.set_keyring(backend)
    return backend


def test_a_key_ring_keeps_one_key_for_each_service_and_portal(ring):
    home = KeyRing()
    home.write("openai", 1, SecretStr("a"))
    home.write("openai", 2, SecretStr("b"))
    home.write("hubspot", 1, SecretStr("c"))
    home.write("openai", 1, SecretStr("d"))
    found = [home.read(*where) for where in (("openai", 1), ("openai", 2), ("hubspot", 1), ("hubspot", 2))]
    assert [one and one.get_secret_value() for one in found] == ["d", "b", "c", None]
    assert len(ring.kept) == 3


def test_forgetting_a_key_forgets_that_one_and_says_whether_there_was_one(ring):
    home = KeyRing()
    home.write("openai", 1, SecretStr("a"))
    home.write("openai", 2, SecretStr("b"))
    assert home.delete("openai", 1)
    assert not home.delete("openai", 1)
    assert home.read("openai", 2) is not None


@pytest.mark.parametrize(
    "backend",
    [
        fail.Keyring(),
        null.Keyring(),
        PlainFileRing(),
        DroppingRing(),
        ReadOnlyRing(),
        LockedRing(),
        UnfitRing(),
        chain_of(),
        chain_of(PlainFileRing()),
        chain_of(ReadOnlyRing(), PlainFileRing()),
    ],
    ids=lambda backend: type(backend).__name__,
)
def test_no_key_is_kept_where_it_would_be_lost_or_lie_open_and_the_ways_out_are_named(backend):
    keyring.set_keyring(backend)
    with pytest.raises(NoKeyRing, match=r"OPENAI_API_KEY.*hsai connect --keep file") as caught:
        KeyRing().write("openai", 1, SecretStr(SECRET))
    assert SECRET not in str(caught.value)
    members = getattr(backend, "backends", [backend])
    assert not any(getattr(member, "kept", None) for member in members)
    assert KeyRing().read("openai", 1) is None
    assert not KeyRing().delete("openai", 1)


def test_a_chain_is_as_good_as_its_first_member_that_can_be_used():
    good, plain = MemoryRing(), PlainFileRing()
    keyring.set_keyring(chain_of(UnfitRing(), good, plain))
    assert KeyRing().usable()
    KeyRing().write("openai", 1, SecretStr(SECRET))
    assert list(good.kept.values()) == [SECRET]
    assert plain.kept == {}


def test_a_key_ring_that_is_configured_but_not_installed_is_none(monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no_such_package.Keyring")
    monkeypatch.setattr("keyring.core._keyring_backend", None)
    assert not KeyRing().usable()
    assert KeyRing().read("openai", 1) is None


def test_a_key_that_cannot_be_removed_is_an_error_that_says_what_to_do():
    keyring.set_keyring(StubbornRing())
    KeyRing().write("openai", 1, SecretStr(SECRET))
    with pytest.raises(KeyProblem, match=r"could not be removed from the system key ring.*by hand") as caught:
        KeyRing().delete("openai", 1)
    assert SECRET not in str(caught.value)


def test_a_key_file_keeps_keys_apart_and_is_gone_with_the_last_one(tmp_path):
    home = KeyFile(tmp_path / "deep" / "keys.json")
    home.write("openai", 1, SecretStr("a"))
    home.write("hubspot", 1, SecretStr("b"))
    found = KeyFile(home.path).read("openai", 1)
    assert found is not None
    assert found.get_secret_value() == "a"
    assert home.delete("openai", 1)
    assert not home.delete("openai", 1)
    assert home.read("hubspot", 1) is not None
    assert home.delete("hubspot", 1)
    assert list(home.path.parent.iterdir()) == []


@POSIX
def test_a_key_file_is_its_owners_alone_also_after_a_second_key_and_over_a_leftover_draft(tmp_path):
    home = KeyFile(tmp_path / "keys.json")
    leftover = tmp_path / "keys.new"
    leftover.write_text("half")
    leftover.chmod(0o644)
    before = os.umask(0)
    try:
        home.write("openai", 1, SecretStr("a"))
        first = stat.S_IMODE(home.path.stat().st_mode)
        home.write("openai", 2, SecretStr("b"))
    finally:
        os.umask(before)
    assert (first, stat.S_IMODE(home.path.stat().st_mode)) == (0o600, 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


@POSIX
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_others_can_read_is_refused_with_the_command_that_mends_it(tmp_path, mode):
    home = KeyFile(tmp_path / "keys.json")
    home.write("openai", 1, SecretStr(SECRET))
    home.path.chmod(mode)
    for use in (lambda: home.read("openai", 1), lambda: home.write("openai", 2, SecretStr("b"))):
        with pytest.raises(KeyProblem, match=r"chmod 600 '.*keys\.json'"):
            use()


@pytest.mark.parametrize("text", ["", "{", "[]", '"key"', '{"openai key of portal 1": 5}', "\x00\xff"])
def test_a_key_file_that_holds_something_else_says_what_to_do(tmp_path, text):
    path = tmp_path / "keys.json"
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(KeyProblem, match="Delete it and run: hsai connect --keep file"):
        KeyFile(path).read("openai", 1)


def test_a_place_that_cannot_be_written_is_an_error_without_the_key(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(KeyProblem, match=r"cannot be used: .*yours to read and write") as caught:
        KeyFile(tmp_path / "taken" / "keys.json").write("openai", 1, SecretStr(SECRET))
    printed = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert SECRET not in printed


def test_keys_are_found_in_the_order_argument_environment_key_ring_key_file(ring, monkeypatch):
    KeyFile().write("openai", 7, SecretStr("from file"))
    assert find_key("openai", None, 7).secret.get_secret_value() == "from file"
    KeyRing().write("openai", 7, SecretStr("from ring"))
    found = find_key("openai", None, 7)
    assert (found.secret.get_secret_value(), found.place) == ("from ring", "the system key ring")
    monkeypatch.setenv("OPENAI_API_KEY", " from environment\n")
    found = find_key("openai", None, 7)
    assert found.secret.get_secret_value() == "from environment"
    assert found.place == "the environment (OPENAI_API_KEY)"
    assert find_key("openai", "given", 7).secret.get_secret_value() == "given"
    assert find_key("openai", SecretStr(" given\n"), 7).secret.get_secret_value() == "given"


def test_a_portal_without_keys_is_told_with_those_that_have_some(ring):
    KeyFile().write("hubspot", 11, SecretStr("one"))
    ring.set_password("hsai_kit", "hubspot key of portal 22", "two")
    remember_portal(22)
    with pytest.raises(KeyNotFound, match=r"key was found for portal 33\. Portals with keys here: 11, 22\. Keep one"):
        find_key("hubspot", None, 33)


@pytest.mark.parametrize("nothing", [None, "", "  ", SecretStr(""), SecretStr("\n")])
def test_a_blank_argument_or_variable_is_no_key(monkeypatch, nothing):
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "  ")
    with pytest.raises(
        KeyNotFound, match=r"No HubSpot key was found.*hsai connect.*HUBSPOT_ACCESS_TOKEN.*sandbox=True"
    ):
        find_key("hubspot", nothing, 7)


def test_the_key_of_another_portal_or_service_is_never_taken(ring):
    KeyRing().write("openai", 7, SecretStr(SECRET))
    others: list[tuple[Service, int | None]] = [("openai", 8), ("openai", None), ("hubspot", 7)]
    for service, portal in others:
        with pytest.raises(KeyNotFound):
            find_key(service, None, portal)


def test_a_found_key_shows_in_no_repr(ring):
    KeyRing().write("openai", 7, SecretStr(SECRET))
    found = find_key("openai", None, 7)
    for shown in (repr(found), str(found), repr([found]), f"{found.secret}", repr(KeyRing()), repr(KeyFile())):
        assert SECRET not in shown
    assert SECRET in pickle.dumps(found.secret.get_secret_value()).decode("latin-1")  # the search itself works


def test_the_portal_last_used_is_remembered_and_forgotten():
    assert current_portal() is None
    remember_portal(None)
    remember_portal(123)
    assert current_portal() == 123
    remember_portal(None)
    assert current_portal() is None


@pytest.mark.parametrize("text", ["", "{}", "[1]", "5", '{"portal_id": "x"}', '{"portal_id": null}'])
def test_a_spoiled_note_of_the_portal_is_the_same_as_none(text):
    config_folder().mkdir(parents=True)
    (config_folder() / "portal.json").write_text(text)
    assert current_portal() is None
    remember_portal(5)
    assert json.loads((config_folder() / "portal.json").read_text())["portal_id"] == 5
