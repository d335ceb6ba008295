"""A real JupyterLab, as `hsai lab` starts it, driven in a real Chromium that reaches nothing but this computer.

    def test_it_counts(room):
        room.open("print(1 + 1)")
        room.run_all()
        assert room.output(0).inner_text() == "2"

`room` is one page of JupyterLab, one for the whole session; each test opens a notebook of its own in it. A page error
or a request that wants to leave the computer fails the test. `room.shot(what, "name")` writes a picture in the light
and one in the dark theme into `artifacts/`. Kernels find the
session's sandbox in their environment, so `connect()` is the sandbox.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import Error, Locator, Page, expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from playwright.sync_api import Browser, Playwright

    from hsai_kit.sandbox import Sandbox

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
NO_BROWSER = (
    "There is no Chromium to drive. Install your system's (the package chromium), or run: "
    "python -m playwright install chromium"
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # No name is looked up and no address but loopback is reached, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
# A kernel that starts while two cores are busy takes its time; what is there already comes at once.
SLOW_MS = 60_000
# A cell that lets no other thread of the kernel run: during a mere sleep some kernels hear a click on one.
BUSY = "import ctypes\nctypes.PyDLL(None).sleep(4)\nprint('awake')"
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # JupyterLab moves the focus when it likes: what fails is tried again in a fresh browser, twice, before it counts.
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.flaky(reruns=2))


def chromium_of(driver: Playwright) -> Browser:
    """Start Playwright's own Chromium, else the system's; without one the tests are skipped, and fail in CI."""
    system = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    own = Path(driver.chromium.executable_path)
    if not own.exists() and system is None:
        if os.environ.get("CI", "").casefold() == "true":
            pytest.fail(NO_BROWSER, pytrace=False)
        pytest.skip(NO_BROWSER)
    return driver.chromium.launch(args=FLAGS, executable_path=None if own.exists() else system)


class Server:
    """A server of ours in a process of its own: its address with the token, and the workspace that it serves."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.runtime = Path(environment["JUPYTER_RUNTIME_DIR"])
        self.log = folder.parent / f"{command[0]}.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from hsai_kit.cli import app; app()", *command],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_for(self, found: Callable[[], str | None]) -> str:
        """Wait until `found` tells something about the server that starts."""
        ends = time.monotonic() + 60
        while not (told := found()):
            if self._process.poll() is not None or time.monotonic() > ends:
                pytest.fail(f"the server did not start:\n{self.log.read_text()}")
            time.sleep(0.1)
        return told

    def address(self) -> str | None:
        """The address that the server noted down for this user, with its token."""
        for path in self.runtime.glob(f"jpserver-{self._process.pid}.json"):
            noted = json.loads(path.read_text("utf-8") or "{}")
            return f"{noted['url']}lab?token={noted['token']}" if noted else None
        return None

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()


class Room:
    """One page of JupyterLab and the notebook that is open in it."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.troubles: list[str] = []
        self._path = ""
        self._count = 0
        page.on("pageerror", self._failed)
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda socket: self._asked(socket.url))

    def _failed(self, error: Error) -> None:
        # JupyterLab's own splash screen is removed twice now and then when its theme changes.
        if "/static/lab/jlab_core" not in (error.stack or ""):
            self.troubles.append(f"page error: {error.stack or error}")

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
            self.troubles.append(f"a request for {url}")

    def command(self, name: str, **arguments: object) -> object:
        """Run one of JupyterLab's own commands and wait for it."""
        return self.page.evaluate(
            """([name, given]) => Promise.race([
                Promise.resolve(window.jupyterapp.commands.execute(name, given)).then(() => true),
                new Promise((_, refuse) => setTimeout(() => refuse(new Error(`${name} took too long`)), 30000)),
            ])""",
            [name, arguments],
        )

    def open(self, *cells: str, name: str | None = None) -> None:
        """Open a new notebook with these code cells, close the one before, and wait for its kernel."""
        self.close()
        self._count += 1
        path = self.folder / (name or f"test_{self._count}.ipynb")
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path.write_text(nbformat.writes(notebook), "utf-8")
        self.open_file(path.name)

    def open_file(self, name: str) -> None:
        """Open a notebook that is in the folder, and wait for its kernel."""
        self._path = name
        self.command("docmanager:open", path=name, factory="Notebook")
        # The toolbar says idle before there is a kernel; the status bar does not.
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=SLOW_MS)

    def close(self) -> None:
        """Save and close what is open, and end its kernel."""
        if not self._path:
            return
        self.save()
        self.command("kernelmenu:shutdown")
        self.command("application:close-all")
        self._path = ""

    def run_all(self, timeout: float = SLOW_MS) -> None:
        """Run every cell and wait until all have ended; a cell that raises fails the test."""
        self._run("notebook:run-all-cells", timeout)

    def run(self, index: int, timeout: float = SLOW_MS) -> None:
        """Run one cell and wait until it has ended."""
        self.cell(index).locator(".jp-InputPrompt").click()
        self._run("notebook:run-cell", timeout)

    def start(self, index: int) -> None:
        """Run one cell without waiting for its end."""
        self.cell(index).locator(".jp-InputPrompt").click()
        self.page.evaluate("void window.jupyterapp.commands.execute('notebook:run-cell')")
        expect(self.cell(index).locator(".jp-InputPrompt")).to_contain_text("[*]")

    def _run(self, command: str, timeout: float) -> None:
        self.page.evaluate(f"void window.jupyterapp.commands.execute('{command}')")
        expect(self.page.locator(".jp-Notebook .jp-InputPrompt", has_text="[*]")).to_have_count(0, timeout=timeout)
        wrong = self.page.locator(".jp-Notebook [data-mime-type='application/vnd.jupyter.stderr']")
        said = [text for text in wrong.all_inner_texts() if "Error" in text]
        assert not said, "\n".join(said)

    def cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> Locator:
        """What stands below a cell."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    @property
    def cells(self) -> list[str]:
        """The code of the cells that the notebook has now."""
        self.save()
        return [cell["source"] for cell in nbformat.reads(self.saved(), as_version=4).cells]

    def save(self) -> None:
        self.command("docmanager:save")

    def saved(self) -> str:
        """The notebook's file as it is on disk."""
        return (self.folder / self._path).read_text("utf-8")

    def restart(self) -> None:
        """Restart the kernel as the menu does, and agree when asked."""
        self.page.evaluate("void window.jupyterapp.commands.execute('kernelmenu:restart')")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        expect(self.page.locator(".jp-Dialog")).to_have_count(0)
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=SLOW_MS)

    def reload(self) -> None:
        """Load the page anew, after saving; the kernel goes on."""
        self.save()
        self.page.reload()
        self.ready()
        self.open_file(self._path)

    def ready(self) -> None:
        self.page.wait_for_function("window.jupyterapp !== undefined", timeout=SLOW_MS)
        self.page.evaluate("window.jupyterapp.restored.then(() => true)")

    def shot(self, what: Locator, name: str) -> None:
        """Write a picture of `what` in the light and the dark theme."""
        ARTIFACTS.mkdir(exist_ok=True)
        for theme in ("dark", "light"):
            self.command("apputils:change-theme", theme=THEMES[theme])
            expect(self.page.locator(f"body[data-jp-theme-light='{str(theme == 'light').lower()}']")).to_have_count(1)
            what.screenshot(path=ARTIFACTS / f"{name}-{theme}.png", animations="disabled")


class Opened:
    """One browser and one page of JupyterLab for all tests here, closed after the last of them.

    Not a fixture of the session: while Playwright runs, no other test of this process can run an event loop.
    """

    def __init__(self) -> None:
        self.broken = False
        self._ends = contextlib.ExitStack()
        self._browser: Browser | None = None
        self._room: Room | None = None

    def browser(self) -> Browser:
        if self._browser is None:
            self._browser = chromium_of(self._ends.enter_context(sync_playwright()))
            self._ends.callback(self._browser.close)
        return self._browser

    def room(self, lab: Server) -> Room:
        if self.broken:
            self.close()
        if self._room is None:
            page = self.browser().new_page(viewport={"width": 1280, "height": 1400})
            self._room = Room(page, lab.folder)
            # A layout of its own: JupyterLab would open again what was left open in the one before.
            page.goto((lab.address() or "").replace("/lab?", f"/lab/workspaces/{uuid.uuid4().hex}?"))
            self._room.ready()
            self._room.command("application:close-all")
        return self._room

    def close(self) -> None:
        self.broken, self._browser, self._room = False, None, None
        self._ends.close()


_opened = Opened()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _opened.broken = _opened.broken or report.failed
    return report


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    if nextitem is None or "browser" not in nextitem.path.parts:
        _opened.close()


@pytest.fixture
def browser() -> Browser:
    return _opened.browser()


@pytest.fixture(scope="session")
def environment(running: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an analyst with keys of the sandbox, whose Jupyter folders are their own."""
    home = tmp_path_factory.mktemp("home")
    # Short: kernels are reached by files there, whose whole path may have 107 characters at most.
    runtime = tempfile.mkdtemp(prefix="hsai-")
    config = home / "config"
    config.mkdir()
    # Lets the tests use JupyterLab's own commands; containers run as root.
    settings = {"LabApp": {"expose_app_in_browser": True}, "ServerApp": {"allow_root": True}}
    for name in ("jupyter_server_config.json", "jupyter_lab_config.json"):
        (config / name).write_text(json.dumps(settings), "utf-8")
    root = str(Path(__file__).parents[2])
    yield os.environ | {
        "HUBSPOT_BASE_URL": running.hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": running.hubspot_token,
        "OPENAI_BASE_URL": running.openai_url,
        "OPENAI_API_KEY": running.openai_key,
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": runtime,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
        "XDG_CONFIG_HOME": str(home / "xdg"),
    }
    shutil.rmtree(runtime, ignore_errors=True)


@pytest.fixture(scope="session")
def lab(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab as `hsai lab` starts it, one for all tests."""
    folder = tmp_path_factory.mktemp("analyst") / "workspace"
    server = Server(["lab", str(folder), "--no-browser"], folder, environment)
    server.wait_for(server.address)
    yield server
    server.stop()


@pytest.fixture
def room(lab: Server, sandbox: Sandbox) -> Iterator[Room]:
    """JupyterLab in the browser, with the sandbox as new."""
    opened = _opened.room(lab)
    opened.troubles.clear()
    yield opened
    troubles = list(opened.troubles)
    try:
        opened.close()
    except (Error, AssertionError) as problem:
        troubles.append(f"the notebook did not close: {problem}")
    assert not troubles, "\n".join(troubles)
