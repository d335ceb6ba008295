"""`hsai …` as a person meets it: typed in a terminal, read on a screen, ended by Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import keyring
import pytest
import typer.main
from keyring.backends import fail
from openai import InternalServerError, OpenAI
from typer.testing import CliRunner

import hsai_kit
from hsai_kit.cli import app

PORTAL = 24681357
NEW_KEY = "sk-proj-new-0123456789abcdef"
HSAI = shutil.which("hsai", path=str(Path(sys.executable).parent)) or "hsai"
CHANGELOG = (Path(__file__).parents[2] / "CHANGELOG.md").read_text("utf-8")
COMMANDS: dict[str, Any] = vars(typer.main.get_command(app))["commands"]
TERMINAL = pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a pseudo-terminal, and signals")

RING = '''
"""A key ring in a file, for a process of its own."""
import json, os, pathlib
from keyring.backend import KeyringBackend

class PaperRing(KeyringBackend):
    priority = 5
    path = pathlib.Path(os.environ["PAPER_RING"])
    def _all(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}
    def get_password(self, service, username):
        return self._all().get(f"{service}: {username}")
    def set_password(self, service, username, password):
        self.path.write_text(json.dumps(self._all() | {f"{service}: {username}": password}))
    def delete_password(self, service, username):
        self.path.write_text(json.dumps({k: v for k, v in self._all().items() if k != f"{service}: {username}"}))
'''


@pytest.fixture(autouse=True)
def computer(tmp_path, monkeypatch):
    """A computer without a key ring and without keys, and an empty folder on it."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("HUBSPOT_ACCESS_TOKEN", "OPENAI_API_KEY", "HUBSPOT_BASE_URL", "OPENAI_BASE_URL", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield folder
    keyring.set_keyring(before)


@pytest.fixture
def services(sandbox, computer, monkeypatch):
    """Both services at the sandbox's addresses, with no key in the environment."""
    monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.hubspot_url)
    monkeypatch.setenv("OPENAI_BASE_URL", sandbox.openai_url)
    return sandbox


@pytest.fixture
def key_file(tmp_path) -> Path:
    return tmp_path / "config" / "hsai_kit" / "keys.json"


def hsai(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """Run the real command to its end."""
    return subprocess.run([HSAI, *arguments], capture_output=True, text=True, check=False, timeout=60, **options)


def here(*arguments: str, **options):
    """Run the command in this process, which is quicker to start."""
    return CliRunner().invoke(app, arguments, **options)


class Terminal:
    """`hsai …` in a terminal, and all that its screen showed."""

    def __init__(self, *arguments: str) -> None:
        import pexpect

        self.screen = ""
        self._child = pexpect.spawn(HSAI, list(arguments), encoding="utf-8", timeout=30, dimensions=(40, 100))
        self._end = pexpect.EOF

    def expect(self, text: str) -> None:
        self._child.expect_exact(text)
        self.screen += self._child.before + text

    def type(self, text: str) -> None:
        self._child.waitnoecho(10)
        self._child.sendline(text)

    def interrupt(self) -> None:
        self._child.waitnoecho(10)
        self._child.sendintr()

    def ended(self) -> int:
        self._child.expect(self._end)
        self.screen += self._child.before
        self._child.close()
        return self._child.exitstatus


def type_keys(terminal: Terminal, token: str | None, key: str | None) -> int:
    if token is not None:
        terminal.expect("HubSpot key (service key or private app token): ")
        terminal.type(token)
    if key is not None:
        terminal.expect("OpenAI key: ")
        terminal.type(key)
    return terminal.ended()


def one_sentence(text: str) -> str:
    """Return what was said, which is one line without a traceback."""
    assert len(text.splitlines()) == 1, text
    assert "Traceback" not in text
    return text.strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_every_option_has_help(name):
    result = here(name, "--help")
    assert result.exit_code == 0
    assert len(COMMANDS[name].help) > 20
    for parameter in COMMANDS[name].params:
        assert parameter.help, f"{name} {parameter.opts}"


def test_the_version_is_that_of_the_package():
    assert hsai("--version").stdout == f"hsai_kit {hsai_kit.__version__}\n"
    assert re.search(rf"^## \[{re.escape(hsai_kit.__version__)}\] - \d{{4}}-\d\d-\d\d$", CHANGELOG, re.MULTILINE)


def test_no_command_at_all_shows_them_all():
    said = hsai().stdout
    assert all(f" {name} " in said for name in COMMANDS)


@TERMINAL
def test_keys_are_typed_unseen_checked_kept_switched_used_and_forgotten(services, key_file, monkeypatch):
    token, key = services.hubspot_token, services.openai_key
    connect = Terminal("connect", "--keep", "file")
    assert type_keys(connect, token, key) == 0
    assert f"Connected to portal {PORTAL} " in connect.screen
    assert f"Keys are kept in the key file {key_file}." in connect.screen
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600

    services.key(NEW_KEY, models=["sandbox-sol"])
    switch = Terminal("connect", "--switch-openai-key")
    assert type_keys(switch, None, NEW_KEY) == 0
    assert f"kept in the key file {key_file}" in switch.screen, "where this portal's keys are, without being told"
    assert sorted(json.loads(key_file.read_text()).values()) == sorted([token, NEW_KEY])

    status = here("status")
    assert status.exit_code == 0, status.stderr
    said = dict(re.findall(r"^(\S.*?)  +(\S.*?) *$", status.stdout, re.MULTILINE))
    assert said["Portal"].startswith(str(PORTAL))
    assert (said["Account type"], said["Time zone"]) == ("SANDBOX", "US/Eastern")
    assert said["May pull contacts"] == said["May push contacts"] == said["Tickets"] == "yes"
    assert said["Models"] == "sandbox-sol: costs nothing (scripted)"
    assert re.fullmatch(r"genai-prices [\d.]+, newest price of \d{4}-\d\d-\d\d", said["Prices from"])
    assert re.fullmatch(r"624,9\d\d of 625,000", said["Calls left today"])
    assert list(Path().iterdir()) == [], "to look at a status makes no workspace"

    services.token("pat-na1-other")
    other = Terminal("connect", "--switch-hubspot-key")
    assert type_keys(other, "pat-na1-other", None) == 0
    assert sorted(json.loads(key_file.read_text()).values()) == ["pat-na1-other", NEW_KEY]

    forgotten = here("disconnect")
    assert forgotten.stdout.splitlines() == [
        f"Forgot the HubSpot key of portal {PORTAL} from the key file {key_file}.",
        f"Forgot the OpenAI key of portal {PORTAL} from the key file {key_file}.",
    ]
    assert not key_file.exists()
    assert here("disconnect").stdout == "No keys were kept.\n"

    everything = connect.screen + switch.screen + other.screen + status.stdout + status.stderr + forgotten.stdout
    for secret in (token, key, NEW_KEY, "pat-na1-other"):
        assert secret not in everything


@TERMINAL
def test_a_refused_key_is_not_kept_and_a_blank_line_is_asked_again(services, key_file):
    refused = Terminal("connect", "--keep", "file")
    refused.expect("HubSpot key (service key or private app token): ")
    refused.type("  ")
    assert type_keys(refused, services.hubspot_token, "sk-proj-mistyped-0123") == 1
    assert "The key was refused by OpenAI (401" in refused.screen
    assert "Traceback" not in refused.screen
    assert "sk-proj-mistyped-0123" not in refused.screen
    assert not key_file.exists()


@TERMINAL
def test_ctrl_c_before_a_key_is_typed_keeps_nothing(services, key_file):
    stopped = Terminal("connect", "--keep", "file")
    stopped.expect("HubSpot key")
    stopped.interrupt()
    assert stopped.ended() == 130
    assert stopped.screen.strip().endswith("Stopped.")
    assert not key_file.exists()


def test_keys_can_be_piped_in_and_go_to_the_key_ring(services, tmp_path, monkeypatch, key_file):
    (tmp_path / "paper_ring.py").write_text(RING)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "paper_ring.PaperRing")
    monkeypatch.setenv("PAPER_RING", str(tmp_path / "ring.json"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-of-the-environment")
    done = hsai("connect", input=f"{services.hubspot_token}\n{services.openai_key}\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == [
        "Keys are kept in the system key ring.",
        "But OPENAI_API_KEY is set in the environment and is used instead, until it is unset there.",
        "Next: hsai status",
    ]
    assert json.loads((tmp_path / "ring.json").read_text()) == {
        f"hsai_kit: hubspot key of portal {PORTAL}": services.hubspot_token,
        f"hsai_kit: openai key of portal {PORTAL}": services.openai_key,
    }
    assert not key_file.exists()
    nothing = hsai("connect", input="")
    assert nothing.returncode == 1
    assert "nothing was kept" in one_sentence(nothing.stderr)


def test_init_makes_a_workspace_and_leaves_what_is_there(computer):
    first = here("init", "work")
    assert first.exit_code == 0
    assert f"Workspace in {computer / 'work'}" in first.stdout
    assert "lead-triage, outreach-email, record-summary, state-abbreviations" in first.stdout
    (computer / "work" / "hsai.toml").write_text("# mine\n")
    assert here("init", "work").exit_code == 0
    assert (computer / "work" / "hsai.toml").read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["status"], "No HubSpot key was found. Keep one with: hsai connect"),
        (["connect"], "no key ring that keeps keys safely"),
        (["connect", "--keep", "drawer"], "--keep is 'drawer'; it is 'ring' or 'file'."),
        (["connect", "--switch-openai-key", "--keep", "file"], "No OpenAI key was typed"),
        (["init", "a-file/deeper"], "Choose another folder."),
        (["demo", "--csv", "nowhere.csv"], "nowhere.csv does not exist"),
        (["demo", "--fault", "hubspot:gremlins"], "hubspot has no fault 'gremlins'. Kinds: 500"),
        (["sandbox", "--fault", "openai:500:size=3"], "500 has no option 'size=3'. Options: rate=…"),
        (["sandbox", "--load", "contacts"], "Write it as --load contacts=export.csv"),
        (["sandbox", "--load", "contacts=nowhere.csv"], "nowhere.csv does not exist"),
        (["sandbox", "--load", "gremlins=a-file"], "no object type “gremlins”"),
        (["sandbox", "--data", "a-file"], "a-file"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_exit_code_1(computer, arguments, sentence):
    (computer / "a-file").write_text("text")
    result = here(*arguments, input="")
    assert result.exit_code == 1
    assert sentence in one_sentence(result.stderr)


def test_a_sentence_is_whole_and_bare_in_a_narrow_terminal_and_holds_no_control_characters(computer, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    (computer / "hsai.toml").write_text('[openai]\n"\\u001b[2J[red]speed" = 9\n')
    done = here("status")
    assert done.exit_code == 1
    said = one_sentence(done.stderr)
    assert "openai.·[2J[red]speed" in said
    assert "\x1b" not in said


@TERMINAL
def test_a_served_sandbox_works_with_the_real_clients_until_ctrl_c(computer):
    from hubspot import HubSpot

    command = [HSAI, "sandbox", "--contacts", "20", "--fault", "openai:500:count=1:path=/responses"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        values: dict[str, str] = {}
        said = ""
        for line in served.stdout:
            said += line
            if found := re.fullmatch(r"export ([A-Z_]+)=(\S+)\n", line):
                values[found[1]] = found[2]
            if "Ctrl-C" in line:
                break
        assert "no language model" in said
        assert set(values) == {"HUBSPOT_BASE_URL", "HUBSPOT_ACCESS_TOKEN", "OPENAI_BASE_URL", "OPENAI_API_KEY"}
        hubspot = HubSpot(access_token=values["HUBSPOT_ACCESS_TOKEN"], host=values["HUBSPOT_BASE_URL"])
        assert len(hubspot.crm.contacts.basic_api.get_page(limit=30).results) == 20
        with OpenAI(api_key=values["OPENAI_API_KEY"], base_url=values["OPENAI_BASE_URL"], max_retries=0) as openai:
            with pytest.raises(InternalServerError):
                openai.responses.create(model="sandbox-luna", input="State: Calif.")
            assert openai.responses.create(model="sandbox-luna", input="State: Calif.").output_text
        served.send_signal(signal.SIGINT)
        assert served.wait(10) == 0
        assert served.stderr.read() == ""
    again = hsai("status", env=os.environ | values)
    assert again.returncode == 1
    said = one_sentence(again.stderr)
    assert "cannot be reached. That address is on this computer, and what served there has probably ended" in said
    assert "unset HUBSPOT_BASE_URL" in said
