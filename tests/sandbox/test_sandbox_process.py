"""The child process: it starts, says where it is, keeps its keys to itself, and is gone when it should be."""

from __future__ import annotations

import gc
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest

from hsai_kit.sandbox import Sandbox, SandboxError
from hsai_kit.sandbox.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVE = [sys.executable, "-m", "hsai_kit.sandbox", "--contacts", "20"]


def status_of(url: str, **headers: str) -> int:
    try:
        with urlopen(Request(url, headers=headers), timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def port_of(url: str) -> int:
    return int(url.split(":")[2].split("/")[0])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    with subprocess.Popen(SERVE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
        process.kill()


def test_a_started_sandbox_serves_both_sides_to_the_keys_it_tells(running: Sandbox) -> None:
    assert (
        status_of(f"{running.hubspot_url}/account-info/v3/details", Authorization=f"Bearer {running.hubspot_token}")
        == 200
    )
    assert status_of(f"{running.openai_url}/models", Authorization=f"Bearer {running.openai_key}") == 200
    assert running.hubspot_token.startswith("pat-na1-")
    assert running.openai_key.startswith("sk-proj-")


def test_keys_stand_neither_in_the_repr_nor_on_the_command_line() -> None:
    with Sandbox(contacts=20, hubspot_token="pat-na1-mine", openai_key="sk-proj-mine") as sandbox:
        assert (sandbox.hubspot_token, sandbox.openai_key) == ("pat-na1-mine", "sk-proj-mine")
        assert sandbox._child is not None
        for shown in (repr(sandbox), repr(sandbox._child._process.args)):
            assert "mine" not in shown
            assert sandbox._control_token not in shown
        assert status_of(f"{sandbox.openai_url}/models", Authorization="Bearer sk-proj-mine") == 200
        assert status_of(f"{sandbox.openai_url}/models", Authorization="Bearer sk-proj-other") == 401
    assert repr(sandbox) == "<Sandbox, not running>"


def test_starting_with_the_whole_portal_costs_two_seconds_of_work_at_most() -> None:
    before = set(psutil.Process().children())
    with Sandbox():
        (child,) = set(psutil.Process().children()) - before
        spent = child.cpu_times()
    assert spent.user + spent.system < 2, "work and not time, since the machine may be busy with other tests"


def test_stopping_takes_under_a_second_even_while_a_request_stalls() -> None:
    with Sandbox(contacts=20, faults=["openai:stall:seconds=60"]) as sandbox:
        stalled = threading.Thread(target=suppress_all, args=(f"{sandbox.openai_url}/models",))
        stalled.start()
        while not sandbox.requests("openai"):
            time.sleep(0.01)
        begin = time.perf_counter()
        sandbox.stop()
        assert time.perf_counter() - begin < 1
    stalled.join(5)
    assert not stalled.is_alive()


def suppress_all(url: str) -> None:
    with suppress(OSError):
        urlopen(url, timeout=30).close()


def test_stopping_twice_is_harmless_and_starting_again_works() -> None:
    sandbox = Sandbox(contacts=20)
    for _ in range(2):
        sandbox.start()
        with pytest.raises(SandboxError, match="running already"):
            sandbox.start()
        port = port_of(sandbox.hubspot_url)
        assert is_open(port)
        sandbox.stop()
        sandbox.stop()
        assert not is_open(port)
    with pytest.raises(SandboxError, match="not running"):
        sandbox.reset()


def test_waiting_ends_when_the_server_ends_and_tells_a_failure() -> None:
    port = free_port()
    with Sandbox(contacts=20, port=port) as sandbox:
        assert port_of(sandbox.hubspot_url) == port
        assert sandbox._child is not None
        threading.Timer(0.3, sandbox._child._process.stdin.close).start()
        sandbox.wait()
        assert not is_open(port)
    with Sandbox(contacts=20) as sandbox:
        assert sandbox._child is not None
        threading.Timer(0.3, sandbox._child._process.kill).start()
        with pytest.raises(SandboxError, match="ended with code"):
            sandbox.wait()
    with pytest.raises(SandboxError, match="not running"):
        sandbox.wait()


def test_a_sandbox_that_died_says_so_at_the_next_call() -> None:
    with Sandbox(contacts=20) as sandbox:
        assert sandbox._child is not None
        sandbox._child._process.kill()
        sandbox._child._process.wait(5)
        with pytest.raises(SandboxError, match="The sandbox is gone"):
            sandbox.counts()


def test_a_forgotten_sandbox_ends_with_its_script_and_leaves_no_warning() -> None:
    script = "from hsai_kit.sandbox import Sandbox; kept = Sandbox(contacts=20).start(); print(kept.hubspot_url)"
    ended = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, check=True, timeout=60)
    assert ended.stderr == b""
    assert not is_open(port_of(ended.stdout.decode().strip()))


def test_a_sandbox_that_nobody_holds_any_more_ends() -> None:
    port = port_of(Sandbox(contacts=20).start().hubspot_url)
    gc.collect()
    assert not is_open(port)


def test_a_sandbox_dies_with_a_parent_that_was_killed() -> None:
    script = (
        "from hsai_kit.sandbox import Sandbox\nimport time\n"
        "kept = Sandbox(contacts=20).start()\nprint(kept.hubspot_url, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        port = port_of(parent.stdout.readline().decode().strip())
        assert is_open(port)
        parent.kill()
    deadline = time.monotonic() + 5
    while is_open(port):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_file_named_like_pythons_own_in_the_analysts_folder_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    with Sandbox(contacts=20) as sandbox:
        assert sandbox.counts() == {"hubspot": {}, "openai": {}}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals that a process could send another")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_and_in_order(
    server: tuple[subprocess.Popen[bytes], dict[str, str]], number: signal.Signals
) -> None:
    process, ready = server
    assert set(ready) == {"hubspot", "openai", "control", "hubspot_token", "openai_key", "control_token", "remarks"}
    process.send_signal(number)
    assert process.wait(2) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fault", "openai:gremlins"], "openai has no fault 'gremlins'. Kinds: 500"),
        (["--load", "contacts"], "'contacts' is not TYPE=FILE"),
        (["--port", "http"], "invalid int value: 'http'"),
    ],
)
def test_a_wrong_argument_ends_it_with_code_2_and_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_an_export_that_cannot_be_loaded_ends_it_with_code_2_and_the_loaders_sentence(tmp_path: Path) -> None:
    arguments = [*SERVE, "--load", f"contacts={tmp_path / 'nowhere.csv'}"]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 2
    assert "nowhere.csv" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_taken_port_ends_it_with_a_sentence(running: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    for port in (str(port_of(running.hubspot_url)), "70000"):
        assert main(["--port", port]) == 2
        assert f"Port {port} cannot be used" in capsys.readouterr().err


def test_what_keeps_it_from_starting_is_told_by_the_handle(tmp_path: Path) -> None:
    foreign = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE answers (x)")
    with pytest.raises(SandboxError, match=r"store\.sqlite is a database of something else"):
        Sandbox(data=foreign).start()
    with pytest.raises(SandboxError, match=r"nowhere\.csv"):
        Sandbox(load={"contacts": tmp_path / "nowhere.csv"}).start()
    with pytest.raises(SandboxError, match="no fault 'gremlins'"):
        Sandbox(faults=["openai:gremlins"]).start()


def test_a_server_that_takes_too_long_to_start_is_ended() -> None:
    with pytest.raises(SandboxError, match="not ready after"):
        Sandbox(contacts=20).start(seconds=0.01)


def test_a_data_file_that_holds_a_portal_is_not_loaded_into_again(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_text("Record ID,First Name,Email\n1,Ada,ada@mail.example\n")
    with Sandbox(data=tmp_path / "s.sqlite", contacts=20):
        pass
    with pytest.raises(SandboxError, match="holds a portal already"):
        Sandbox(data=tmp_path / "s.sqlite", load={"contacts": export}).start()


def first_state(sandbox: Sandbox) -> tuple[str, str | None]:
    url = f"{sandbox.hubspot_url}/crm/v3/objects/contacts?limit=1&properties=state"
    with urlopen(Request(url, headers={"Authorization": f"Bearer {sandbox.hubspot_token}"}), timeout=10) as answer:
        (record,) = json.load(answer)["results"]
    return record["id"], record["properties"]["state"]


def change_state(sandbox: Sandbox, record: str, value: str) -> None:
    request = Request(
        f"{sandbox.hubspot_url}/crm/v3/objects/contacts/{record}",
        method="PATCH",
        data=json.dumps({"properties": {"state": value}}).encode(),
        headers={"Authorization": f"Bearer {sandbox.hubspot_token}", "Content-Type": "application/json"},
    )
    urlopen(request, timeout=10).close()


def test_a_data_file_keeps_the_portal_over_restarts_and_kills_and_can_still_be_reset(tmp_path: Path) -> None:
    data = tmp_path / "s.sqlite"
    with Sandbox(data=data, contacts=20, hubspot_token="pat-na1-first") as sandbox:
        record, before = first_state(sandbox)
        change_state(sandbox, record, "Sandbox State")
    with Sandbox(data=data) as sandbox:
        assert sandbox.hubspot_token != "pat-na1-first"
        assert first_state(sandbox) == (record, "Sandbox State")
        assert len(sandbox.truth("contacts", "state")) <= 20
        change_state(sandbox, record, "Killed State")
        assert sandbox._child is not None
        sandbox._child._process.kill()
    with Sandbox(data=data) as sandbox:
        assert first_state(sandbox) == (record, "Killed State")
        sandbox.reset()
        assert first_state(sandbox) == (record, before)


def test_what_loading_an_export_assumed_is_told(tmp_path):
    export = tmp_path / "contacts.csv"
    export.write_text("Record ID,Email,Lifecycle Stage\n501,ana@acme.example,Champion\n")
    with Sandbox(load={"contacts": export}) as loaded:
        assert any("Champion" in remark for remark in loaded.remarks)
    with Sandbox(contacts=10) as seeded:
        assert seeded.remarks == []
