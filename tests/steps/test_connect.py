"""`connect` against the sandbox: where keys come from, what is said of wrong ones, which side is which."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import keyring
import keyring.errors
import psutil
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from pydantic import SecretStr

from hsai_kit import ask, connect, pull
from hsai_kit.credentials.backends import KeyFile, KeyRing
from hsai_kit.credentials.lookup import current_portal
from hsai_kit.errors import (
    HsaiError,
    KeyNotFound,
    KeyProblem,
    KeyRefused,
    NoConnection,
    NoKeyRing,
    SandboxFailed,
    ScopesMissing,
)
from hsai_kit.steps.connect import disconnect, keep_keys, status

PORTAL = 24681357
WRONG = "pat-na1-wrong-0123456789"
EXPORT = (
    "Record ID,First Name,State/Region,Country/Region\n7001,Ada,Calif.,United States\n7002,Ben,Ohio,United States\n"
)


class MemoryRing(KeyringBackend):
    """A key ring that is there for one test."""

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


# keyring takes every class that it hears of for an installed key ring.
KeyringBackend._classes.discard(MemoryRing)


@pytest.fixture(autouse=True)
def no_ring():
    """No test sees or changes this computer's own keys."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def ring():
    keyring.set_keyring(MemoryRing())
    return KeyRing()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An analyst's empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(EXPORT)
    return path


def is_open(url: str) -> bool:
    port = int(url.split(":")[2].split("/")[0])
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def closes(url: str, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while is_open(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_open(url)


@pytest.mark.parametrize("place", ["argument", "environment", "ring", "file"])
def test_the_first_place_that_has_a_key_is_the_one_that_counts(keys, ring, monkeypatch, tmp_path, place):
    places = ["argument", "environment", "ring", "file"]
    keep_keys(ring, hubspot_key=SecretStr(keys.hubspot_token), openai_key=SecretStr(keys.openai_key))
    given: dict[str, Any] = {}
    for one in places[places.index(place) :]:
        token, key = (keys.hubspot_token, keys.openai_key) if one == place else (WRONG, "sk-proj-wrong")
        if one == "argument":
            given = {"hubspot_key": token, "openai_key": SecretStr(key)}
        elif one == "environment":
            monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", token)
            monkeypatch.setenv("OPENAI_API_KEY", key)
        else:
            home = ring if one == "ring" else KeyFile()
            home.write("hubspot", PORTAL, SecretStr(token))
            home.write("openai", PORTAL, SecretStr(key))
    for one in places[: places.index(place)]:
        if one == "environment":
            monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
            monkeypatch.delenv("OPENAI_API_KEY")
        elif one == "ring":
            ring.delete("hubspot", PORTAL)
            ring.delete("openai", PORTAL)
    with connect(workspace=tmp_path / "w", **given) as hub:
        assert hub.portal.id == PORTAL
        assert hub.models()


def test_a_portal_has_its_own_openai_key(keys, ring, monkeypatch, tmp_path):
    for portal, model in ((PORTAL, "sandbox-luna"), (111, "sandbox-sol")):
        keys.key(f"sk-proj-of-{portal}", models=[model])
        keys.token(f"pat-na1-of-{portal}")
        keys.account(portalId=portal)
        keep_keys(ring, hubspot_key=SecretStr(f"pat-na1-of-{portal}"), openai_key=SecretStr(f"sk-proj-of-{portal}"))
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    monkeypatch.delenv("OPENAI_API_KEY")
    with connect(workspace=tmp_path / "w") as hub:
        assert hub.portal.id == 111, "the portal last used"
        assert [model.id for model in hub.models()] == ["sandbox-sol"]
    keys.account(portalId=PORTAL)
    with connect(portal_id=PORTAL, workspace=tmp_path / "w") as hub:
        assert [model.id for model in hub.models()] == ["sandbox-luna"]


def test_without_an_openai_key_everything_but_asking_works(keys, monkeypatch, tmp_path):
    monkeypatch.delenv("OPENAI_API_KEY")
    with connect(workspace=tmp_path / "w") as hub:
        contacts = pull(hub, "contacts", ["state", "country"], limit=3)
        assert "no OpenAI key" in repr(hub)
        assert "OPENAI_API_KEY" in status(hub).model_problem
        with pytest.raises(KeyNotFound, match="hsai connect, or set OPENAI_API_KEY"):
            ask(hub, contacts, "state-abbreviations")


def test_without_any_key_the_ways_out_are_named_and_nothing_is_made(here, monkeypatch, tmp_path):
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with pytest.raises(KeyNotFound, match=r"hsai connect.*HUBSPOT_ACCESS_TOKEN.*connect\(sandbox=True\)"):
        connect()
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (None, "refused by HubSpot (401, it was revoked or mistyped"),
        ("revoked", "refused by HubSpot (401, it was revoked or mistyped"),
        ("expired", "refused by HubSpot (401, it has expired"),
    ],
)
def test_a_hubspot_key_that_is_refused_is_told_with_the_command_that_switches_it(keys, here, state, sentence):
    if state:
        keys.token(WRONG, state=state)
    with pytest.raises(KeyRefused) as problem:
        connect(hubspot_key=WRONG)
    said = str(problem.value)
    assert sentence in said
    assert "correlation id" in said
    assert said.endswith("hsai connect --switch-hubspot-key")
    assert problem.value.__notes__ == ["(This key came from the argument.)"]
    assert WRONG not in said
    assert list(here.iterdir()) == [], "a mistyped key leaves no workspace behind"


@pytest.mark.parametrize("state", [None, "revoked", "expired"])
def test_an_openai_key_that_is_refused_is_told_with_the_command_that_switches_it(keys, tmp_path, state):
    if state:
        keys.key("sk-proj-wrong", state=state)
    with connect(openai_key="sk-proj-wrong", workspace=tmp_path / "w") as hub:
        with pytest.raises(KeyRefused, match=r"refused by OpenAI \(401.*hsai connect --switch-openai-key") as problem:
            hub.models()
        assert "sk-proj-wrong" not in str(problem.value)
        assert "refused by OpenAI" in status(hub).model_problem


@pytest.mark.parametrize("side", ["hubspot_key", "openai_key"])
@pytest.mark.parametrize("odd", ["pat-na1-curly\u2019quote", "pat-na1-two\nlines"])
def test_a_key_that_no_header_can_carry_is_told_before_it_is_sent(keys, here, side, odd):
    with pytest.raises(KeyProblem, match="key from the argument has characters in it that no key has") as problem:
        connect(**{side: odd})
    assert odd not in str(problem.value)
    one: dict[str, Any] = {"hubspot_key": None, "openai_key": None} | {side: SecretStr(odd)}
    with pytest.raises(KeyProblem, match="characters in it"):
        keep_keys(KeyFile(), **one)
    assert not KeyFile().path.exists()
    assert list(here.iterdir()) == []


def test_missing_scopes_are_named_where_they_are_missed(keys, tmp_path):
    keys.token("pat-na1-narrow", scopes=["crm.objects.contacts.read"])
    with (
        connect(hubspot_key="pat-na1-narrow", workspace=tmp_path / "w") as hub,
        pytest.raises(ScopesMissing, match=r"lacks scopes for this: crm\.objects\.companies\.read.*Development → Keys"),
    ):
        pull(hub, "companies", ["name"])


def test_no_network_is_told_soon_with_the_address(keys, here, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("HUBSPOT_BASE_URL", address)
    started = time.monotonic()
    with pytest.raises(
        NoConnection, match=rf"HubSpot \({address}\) cannot be reached. That address is on this computer"
    ):
        connect()
    assert time.monotonic() - started < 15
    monkeypatch.setenv("HUBSPOT_BASE_URL", keys.hubspot_url)
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    with connect(workspace=here) as hub, pytest.raises(NoConnection, match=rf"{address}.*cannot be reached"):
        hub.models()


def test_a_key_of_another_portal_is_refused_with_both_portals(keys, here):
    with pytest.raises(KeyProblem) as problem:
        connect(portal_id=99)
    assert str(problem.value) == (
        f"The HubSpot key from the environment (HUBSPOT_ACCESS_TOKEN) belongs to portal {PORTAL}, not to 99."
    )
    assert list(here.iterdir()) == []


def test_no_key_is_in_a_repr(hub, keys):
    for one in (hub, hub.hubspot, hub.llm):
        assert keys.hubspot_token not in repr(one)
        assert keys.openai_key not in repr(one)


def test_status_tells_portal_scopes_models_and_what_is_left_of_the_day(hub, keys):
    keys.limits("hubspot", daily=1000)
    found = status(hub)
    assert (found.portal.id, found.portal.account_type, found.portal.time_zone) == (PORTAL, "SANDBOX", "US/Eastern")
    assert set(found.missing.values()) == {()}
    assert {"crm.objects.contacts.read", "tickets"} <= set(found.scopes)
    used, most = found.daily
    assert (0 < used < 5, most) == (True, 1000)
    assert {"sandbox-luna", "sandbox-sol"} <= set(found.models)
    assert "sandbox-relic" not in found.models, "it was shut down"
    today = datetime.now(UTC).date()
    ends = {model.id: model.ends for model in hub.models() if model.ends}
    assert {"sandbox-legacy", "sandbox-comet", "sandbox-relic"} <= set(ends)
    assert found.ending == {one: day for one, day in ends.items() if today < day <= today + timedelta(days=60)}


def test_status_names_what_is_missing_for_each_step(keys, tmp_path):
    keys.token("pat-na1-narrow", scopes=["crm.objects.contacts.read", "crm.objects.owners.read"])
    with connect(hubspot_key="pat-na1-narrow", workspace=tmp_path / "w") as hub:
        missing = status(hub).missing
    assert missing["pull contacts"] == ()
    assert missing["owners"] == ()
    assert missing["push contacts"] == ("crm.objects.contacts.write",)
    assert missing["tickets"] == ("tickets",)


def test_status_tells_only_the_models_that_key_and_workspace_allow(keys, tmp_path):
    keys.key("sk-proj-one", models=["sandbox-sol", "sandbox-relic"])
    with connect(openai_key="sk-proj-one", workspace=tmp_path / "w") as hub:
        assert status(hub).models == ("sandbox-sol",)


def test_kept_keys_are_checked_first_and_connect_finds_them(keys, monkeypatch, tmp_path):
    home = KeyFile()
    token, key = SecretStr(keys.hubspot_token), SecretStr(keys.openai_key)
    with pytest.raises(KeyRefused):
        keep_keys(home, hubspot_key=token, openai_key=SecretStr("sk-proj-wrong"))
    with pytest.raises(KeyRefused):
        keep_keys(home, hubspot_key=SecretStr(WRONG), openai_key=key)
    with pytest.raises(KeyProblem, match=f"belongs to portal {PORTAL}, not to 99. Nothing was kept"):
        keep_keys(home, hubspot_key=token, openai_key=key, portal_id=99)
    assert not home.path.exists()
    assert current_portal() is None
    assert keep_keys(home, hubspot_key=token, openai_key=key).id == PORTAL == current_portal()
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    monkeypatch.delenv("OPENAI_API_KEY")
    with connect(workspace=tmp_path / "w") as hub:
        assert hub.models()


def test_a_key_is_not_kept_where_there_is_no_key_ring(keys):
    token = SecretStr(keys.hubspot_token)
    with pytest.raises(NoKeyRing, match="hsai connect --keep file"):
        keep_keys(KeyRing(), hubspot_key=token, openai_key=None)


@pytest.mark.parametrize(("first", "second"), [("ring", "file"), ("file", "ring"), ("ring", "ring")])
def test_a_switched_openai_key_takes_the_old_ones_place_wherever_that_was(
    keys, ring, monkeypatch, tmp_path, first, second
):
    homes = {"ring": ring, "file": KeyFile()}
    keep_keys(homes[first], hubspot_key=SecretStr(keys.hubspot_token), openai_key=SecretStr(keys.openai_key))
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    monkeypatch.delenv("OPENAI_API_KEY")
    keys.key("sk-proj-new", models=["sandbox-sol"])
    keep_keys(homes[second], hubspot_key=None, openai_key=SecretStr("sk-proj-new"))
    with connect(workspace=tmp_path / "w") as hub:
        assert [model.id for model in hub.models()] == ["sandbox-sol"]
    kept = [home.read("openai", PORTAL) for home in homes.values()]
    assert [one.get_secret_value() for one in kept if one] == ["sk-proj-new"]


def test_disconnect_forgets_both_keys_everywhere_and_names_what_is_not_its_own(keys, ring, monkeypatch):
    keep_keys(ring, hubspot_key=SecretStr(keys.hubspot_token), openai_key=None)
    keep_keys(KeyFile(), hubspot_key=None, openai_key=SecretStr(keys.openai_key))
    monkeypatch.delenv("OPENAI_API_KEY")
    said = disconnect()
    assert said == [
        f"Forgot the HubSpot key of portal {PORTAL} from the system key ring.",
        f"Forgot the OpenAI key of portal {PORTAL} from {KeyFile().place}.",
        "HUBSPOT_ACCESS_TOKEN is still set in the environment.",
    ]
    assert current_portal() is None
    assert disconnect() == ["HUBSPOT_ACCESS_TOKEN is still set in the environment."]
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    with pytest.raises(KeyNotFound):
        connect()


def test_a_sandbox_needs_no_keys_and_leaves_nothing_behind(here, monkeypatch, capsys):
    for name in ("HUBSPOT_ACCESS_TOKEN", "OPENAI_API_KEY", "HUBSPOT_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    hub = connect(sandbox=True)
    assert hub.portal.account_type == "SANDBOX"
    assert hub.is_scripted
    assert hub.llm.base_url.rstrip("/").rsplit("/", 2)[0] == hub.hubspot.base_url.rsplit("/", 1)[0]
    assert hub.workspace.folder.is_dir()
    assert here not in (hub.workspace.folder, *hub.workspace.folder.parents)
    hub.close()
    assert not is_open(hub.hubspot.base_url)
    assert not hub.workspace.folder.exists()
    assert list(here.iterdir()) == []
    assert capsys.readouterr().out == ""
    hub.close()


def test_keys_in_the_environment_do_not_reach_the_sandbox_and_the_sandbox_not_them(keys, here):
    with connect(sandbox=True) as hub:
        pull(hub, "contacts", ["state"], limit=1)
        hub.models()
        assert hub.hubspot.base_url != keys.hubspot_url
        assert keys.counts() == {"hubspot": {}, "openai": {}}


def test_the_scripted_assistant_can_be_asked_about_a_real_portal(keys, here, capsys):
    keys.account(accountName="The real one", accountType="STANDARD")
    with connect(sandbox="openai") as hub:
        assert hub.portal.account_type == "STANDARD"
        assert hub.hubspot.base_url == keys.hubspot_url
        assert hub.is_scripted
        run = ask(
            hub, pull(hub, "contacts", ["state", "country"], where="state is known", limit=5), "state-abbreviations"
        )
        assert run.record.model == "sandbox-luna"
        assert keys.counts()["openai"] == {}
        assert hub.workspace.folder == here, "what is written to a real portal must not be kept in a temporary folder"
    assert f"Made a workspace in {here}" in capsys.readouterr().out
    assert is_open(keys.hubspot_url)
    assert not is_open(hub.llm.base_url)


def test_a_real_model_can_be_asked_about_an_export(keys, here, export, monkeypatch):
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    with connect(load={"contacts": export}) as hub:
        frame = pull(hub, "contacts", ["state", "country"])
        assert frame["state"].to_dict() == {"7001": "Calif.", "7002": "Ohio"}
        assert hub.hubspot.base_url != keys.hubspot_url
        assert hub.llm.base_url.rstrip("/") == keys.openai_url
        ask(hub, frame, "state-abbreviations", model="sandbox-luna")
        assert keys.counts()["openai"]["POST /v1/responses"] == {"200": 2}
        assert keys.counts()["hubspot"] == {}
        assert hub.workspace.folder == here, "answers that were paid for must not be kept in a temporary folder"


def test_over_an_export_the_analysts_own_openai_key_is_meant_whatever_its_portal(keys, ring, export, monkeypatch, here):
    keys.account(portalId=111)
    keep_keys(ring, hubspot_key=SecretStr(keys.hubspot_token), openai_key=SecretStr(keys.openai_key))
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    monkeypatch.delenv("OPENAI_API_KEY")
    for how in ({"load": {"contacts": export}}, {"load": {"contacts": export}, "portal_id": 111}):
        with connect(**how) as hub:
            assert hub.portal.id == PORTAL
            assert hub.models()


def test_an_export_can_be_shown_to_the_scripted_assistant_alone(export, here):
    with connect(sandbox=True, load={"contacts": export}) as hub:
        run = ask(hub, pull(hub, "contacts", ["state", "country"]), "state-abbreviations")
        assert run.answers["answer"].to_dict() == {"7001": "CA", "7002": "OH"}
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "missing.csv does not exist"),
        ("", "missing.csv"),
        ("Record ID,State/Region\n5,CA\n5,TX\n", "5"),
    ],
)
def test_what_is_wrong_with_an_export_reaches_the_analyst(here, text, sentence):
    if text is not None:
        Path("missing.csv").write_text(text)
    with pytest.raises(SandboxFailed) as problem:
        connect(sandbox=True, load={"contacts": "missing.csv"})
    said = str(problem.value)
    assert sentence in said
    assert said.endswith(".")
    assert "Traceback" not in said
    assert "usage:" not in said


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"sandbox": "hubspott"}, "it is True, False, 'hubspot' or 'openai'"),
        ({"sandbox": "openai", "load": {"contacts": "export.csv"}}, "the portal is your own"),
        ({"faults": ["hubspot:500"]}, "faults are for the sandbox"),
        ({"sandbox": True, "faults": ["hubspot:gremlins"]}, "hubspot has no fault 'gremlins'. Kinds: 500"),
        ({"sandbox": True, "load": {"gremlins": "export.csv"}}, "no object type “gremlins”"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_starts(here, asked, sentence):
    with pytest.raises(HsaiError) as problem:
        connect(**asked)
    assert sentence in str(problem.value)
    assert "usage:" not in str(problem.value)
    assert list(here.iterdir()) == []


def test_a_sandbox_can_be_told_to_misbehave(here, export):
    with connect(sandbox=True, load={"contacts": export}, faults=["hubspot:423:count=1:path=/properties"]) as hub:
        started = time.monotonic()
        assert len(pull(hub, "contacts", ["state"], limit=1)) == 1
        assert time.monotonic() - started > 1.9, "a locked record is waited for"


CRASH = """
import os, sys
from hsai_kit import connect
hub = connect(sandbox=True, load={{"contacts": "export.csv"}})
print(hub.hubspot.base_url, hub.workspace.folder, flush=True)
{end}
"""


@pytest.mark.parametrize("end", ["raise RuntimeError('a bug of the analyst')", "os.kill(os.getpid(), 9)"])
def test_the_sandbox_is_gone_after_its_parent_whatever_became_of_that(export, tmp_path, end):
    if "os.kill" in end and sys.platform == "win32":
        pytest.skip("Windows knows no SIGKILL")
    (tmp_path / "temporary").mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CRASH.format(end=end)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
        env=os.environ | {"TMPDIR": str(tmp_path / "temporary")},
    )
    assert done.returncode != 0
    url, folder = done.stdout.split()
    assert closes(url), "the sandbox outlived its parent"
    if end.startswith("raise"):
        assert not Path(folder).exists()
        assert done.stderr.count("Error") == 1, done.stderr


def test_a_real_connection_makes_a_workspace_here_once_and_says_so(keys, here, capsys):
    with connect():
        pass
    assert capsys.readouterr().out == (
        f"Made a workspace in {here}: settings in hsai.toml, assistants in assistants/.\n"
    )
    (here / "deeper").mkdir()
    os.chdir(here / "deeper")
    with connect() as hub:
        assert hub.workspace.folder == here, "found upward from here"
    assert capsys.readouterr().out == ""


def test_the_settings_of_the_workspace_hold_for_its_connection(keys, here):
    (here / "hsai.toml").write_text('[hubspot]\napi_version = "v3"\n[openai]\nconcurrency = 3\n')
    with connect() as hub:
        assert hub.llm.concurrency == 3
    assert "GET /account-info/v3/details" in keys.counts()["hubspot"]


def test_a_store_that_cannot_be_opened_leaves_no_sandbox_running(here):
    (here / "hsai.toml").write_text("")
    (here / "hsai.sqlite").write_text("this is no database, and somebody named it so" * 100)
    running = psutil.Process().children()
    with pytest.raises(HsaiError, match=r"hsai\.sqlite"):
        connect(sandbox=True)
    assert psutil.Process().children() == running


@pytest.mark.parametrize("keys", [{"hubspot_key": "sk-proj-0123456789"}, {"openai_key": "pat-na1-0123456789"}])
def test_keys_that_were_swapped_are_said_before_either_is_sent(sandbox, tmp_path, monkeypatch, keys):
    monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.hubspot_url)
    monkeypatch.setenv("OPENAI_BASE_URL", sandbox.openai_url)
    with pytest.raises(KeyProblem, match=r"looks like a key of (OpenAI|HubSpot)") as caught:
        connect(**{"hubspot_key": sandbox.hubspot_token, **keys}, workspace=tmp_path)
    assert "0123456789" not in str(caught.value)
