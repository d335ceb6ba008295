"""One sandbox for the whole test session, fresh for each test; the real clients and the kit pointed at it."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import sqlite3
import ssl
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import settings
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, DefaultHttpxClient, OpenAI

from hsai_kit.sandbox import Sandbox

# CI tries the same examples each time; elsewhere new ones are looked for. Two busy cores make any deadline a lottery.
settings.register_profile("search", deadline=None)
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same" if os.environ.get("CI") else "search")

# Read once: a client of its own certificates for each test costs more than what most of them ask.
TLS = ssl.create_default_context()

T = TypeVar("T")
CONNECTED = {"hubspot": {"GET /account-info/2026-09/details": {"200": 1}}, "openai": {}}
"""What a portal was asked for by a connection that nothing was done with."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot import HubSpot

    from hsai_kit.connection import Connection


BROWSER = "tests/browser/"
SLOW = (
    BROWSER,
    "tests/docs/test_pages.py",
    "tests/steps/test_actions_killed.py",
    "tests/cli/test_demo_script.py",
    "tests/steps/test_ask_batch_killed.py",
    "tests/steps/test_connect.py",
    "tests/cli/test_exit_codes.py",
    "tests/cli/test_cli.py",
    "tests/steps/test_ask_killed.py",
    "tests/steps/test_actions_late.py",
    "tests/steps/test_push_lies.py",
    "tests/steps/test_ask_storms.py",
)
"""Parts of the names of tests that take long, because they start browsers and processes; the longest come first."""
MEMORY = Path("/dev/shm")  # only a folder of pytest's own is made there


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' files in memory where there is room: a thousand stores need not reach a disk.

    And let a notebook's cell fail where pandas or another package says that it goes out of use. Kernels are reached by
    files: two that start at the same moment can be given the same ports, and wait for each other's messages then.
    """
    if hasattr(config, "workerinput"):
        # This worker is measured already. Measuring all that it starts takes long, and tells little more.
        os.environ.pop("COVERAGE_PROCESS_START", None)

    from jupyter_client.manager import KernelManager

    if os.name == "posix":
        folder = tempfile.mkdtemp(prefix="hsai-k-")  # short: the path of such a file has 107 characters at most
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        begin = KernelManager.__init__

        def begin_with_files(manager: KernelManager, *given: Any, **named: Any) -> None:
            begin(
                manager, *given, **{"transport": "ipc", "connection_file": f"{folder}/{uuid.uuid4().hex}.json"} | named
            )

        KernelManager.__init__ = begin_with_files  # type: ignore[assignment]
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2 << 30:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    os.environ.setdefault("PYTHONWARNINGS", "error::DeprecationWarning:__main__,error::FutureWarning:__main__")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: next((at for at, name in enumerate(SLOW) if name in item.nodeid), len(SLOW)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Hand out the tests file by file, the slow ones one by one, and all of the browser to one worker."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduler(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            if BROWSER in nodeid:
                return BROWSER
            return nodeid if any(name in nodeid for name in SLOW) else super()._split_scope(nodeid)

    return Scheduler(config, log)


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    """One started sandbox; ask for `sandbox` instead, unless the test changes nothing."""
    with Sandbox() as started:
        yield started


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The running sandbox, gone back to its first state."""
    running.reset()
    return running


@pytest.fixture
def openai_client(sandbox: Sandbox) -> Iterator[OpenAI]:
    options: dict[str, Any] = {
        "api_key": sandbox.openai_key,
        "base_url": sandbox.openai_url,
        "max_retries": 0,
        "timeout": 10,
    }
    with OpenAI(**options, http_client=DefaultHttpxClient(verify=TLS)) as client:
        yield client


@pytest.fixture
def async_openai_client(sandbox: Sandbox) -> Iterator[AsyncOpenAI]:
    """Use it inside `asyncio.run` and there in `async with`, so that its connections end with the loop."""
    options: dict[str, Any] = {
        "api_key": sandbox.openai_key,
        "base_url": sandbox.openai_url,
        "max_retries": 0,
        "timeout": 10,
    }
    client = AsyncOpenAI(**options, http_client=DefaultAsyncHttpxClient(verify=TLS))
    yield client
    assert client.is_closed(), "async_openai_client must be used in `async with`"


@pytest.fixture
def hubspot_client(sandbox: Sandbox) -> HubSpot:
    """The real HubSpot client; `host` serves its typed APIs, `base_url` its `api_request`."""
    from hubspot import HubSpot

    return HubSpot(access_token=sandbox.hubspot_token, host=sandbox.hubspot_url, base_url=sandbox.hubspot_url)


@pytest.fixture
def keys(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    """The environment of an analyst whose keys are those of the sandbox, and who kept nothing on this computer."""
    monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.hubspot_url)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.hubspot_token)
    monkeypatch.setenv("OPENAI_BASE_URL", sandbox.openai_url)
    monkeypatch.setenv("OPENAI_API_KEY", sandbox.openai_key)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return sandbox


@pytest.fixture(scope="session")
def new_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which nothing was done yet, made once and copied for each test."""
    from hsai_kit.store import Store
    from hsai_kit.workspace import Workspace

    workspace = Workspace.make(tmp_path_factory.mktemp("new") / "workspace")
    Store(workspace.store).close()
    return workspace.folder


@pytest.fixture
def hub(keys: Sandbox, tmp_path: Path, new_workspace: Path) -> Iterator[Connection]:
    """A connection to the sandbox as if both sides were real, with a workspace of its own."""
    from hsai_kit import connect

    if not (tmp_path / "workspace").exists():
        shutil.copytree(new_workspace, tmp_path / "workspace")
    with connect(workspace=tmp_path / "workspace") as connected:
        # The sandbox carries out at once what it carries out at all.
        connected.hubspot.settle_seconds = 0.2
        yield connected


@pytest.fixture(scope="session")
def _snapshots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[object, tuple[Path, Any]]]:
    return tmp_path_factory.mktemp("prepared"), {}


@pytest.fixture
def prepared(
    hub: Connection, sandbox: Sandbox, _snapshots: tuple[Path, dict[object, tuple[Path, Any]]]
) -> Callable[[object, Callable[[], T], Callable[[T], T]], T]:
    """Begin a test where some steps end: they are taken once, and their store is copied from then on.

    `take` takes the steps, and `read` makes of what they gave the first time what a test of now can use: the run in its
    own store, a copy of a frame. All are in the same new portal: where a test has changed something in it before, or
    made it misbehave, the steps are taken there.
    """
    from hsai_kit.store import Store

    folder, kept = _snapshots

    def begin(name: object, take: Callable[[], T], read: Callable[[T], T]) -> T:
        if sandbox.counts() != CONNECTED or any(sandbox.faults().values()):
            return take()
        if name in kept:
            hub.store.close()
            path, taken = kept[name]
            shutil.copyfile(path, hub.store.path)
            hub.store = Store(hub.store.path)
            return read(taken)
        taken = take()
        path = folder / f"{len(kept)}.sqlite"
        with (
            contextlib.closing(sqlite3.connect(hub.store.path)) as store,
            contextlib.closing(sqlite3.connect(path)) as copy,
        ):
            store.backup(copy)
        kept[name] = path, taken
        return read(taken)

    return begin
