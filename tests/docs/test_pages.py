"""Every snippet of the README and the documentation runs as somebody would paste it, page by page."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from hsai_kit.connection import Connection
from hsai_kit.credentials.lookup import ROOM_SANDBOX
from hsai_kit.workspace import Workspace

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(path for path in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in path.parts),
]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN = re.compile(r"<!-- not run: ([^<>]+) -->\n\Z")
# A page that begins by making its own workspace starts in an empty folder; all others start in a workspace.
BEGINS_EMPTY = {"README.md", "getting-started.md"}
LANGUAGES = {"python", "console", "toml", "text", ""}


@dataclass(frozen=True)
class Block:
    """One fenced block: its language and text, the line on which the text begins, and why it is not run ("": it is)."""

    language: str
    text: str
    line: int
    not_run: str = ""


def read_blocks(page: Path) -> list[Block]:
    source = page.read_text("utf-8")
    found = []
    for match in FENCE.finditer(source):
        before, line = source[: match.start()], source[: match.start(2)].count("\n") + 1
        reason = NOT_RUN.search(before)
        found.append(Block(match[1], match[2], line, " ".join(reason[1].split()) if reason else ""))
    return found


class Reader:
    """Somebody who goes through a page and pastes one block after the other."""

    def __init__(self, page: Path, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.printed, self.exit_code = "", 0
        self.environment, self.left_open = dict(os.environ), []

    def paste(self, block: Block) -> None:
        match block.language:
            case "python":
                self.run_python(block)
            case "console":
                self.run_session(block)
            case "toml" if named := re.match(r"# ([\w./-]+\.toml)\n", block.text):
                file = self.folder / named[1]
                file.parent.mkdir(exist_ok=True)
                file.write_text(block.text, "utf-8")

    def run_python(self, block: Block) -> None:
        os.chdir(self.folder)
        # A failure then shows the line of the page.
        code = "\n" * (block.line - 1) + block.text
        exec(compile(code, str(self.page), "exec"), self.names)

    def run_session(self, block: Block) -> None:
        """Type each line after a `$`; the lines below it must be in what it prints, in this order."""
        commands = [part for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE) if part.strip()]
        for place, (command, *expected) in enumerate(part.splitlines() for part in commands):
            printed = self.type(command.partition("  #")[0].rstrip())
            where = f"{self.page.name}: `{command}` printed\n{printed}"
            assert self.exit_code == 0 or [*commands, ""][place + 1].startswith("echo $?"), where
            at = 0
            for line in filter(None, (line.strip() for line in expected)):
                if line == "…":
                    continue
                typed = line.removesuffix(" yes") if line.endswith(": yes") else line
                wanted = ".*".join(map(re.escape, typed.split("…")))
                found = re.compile(wanted).search(printed, at)
                assert found, f"{line!r} is not there in its place: {where}"
                at = found.end()

    def type(self, command: str) -> str:
        if command == "hsai sandbox":
            return self.leave_open(command)
        after = self.folder.parent / "after"
        shell = f'(exit {self.exit_code}); {command}\ncode=$?; pwd > "{after}"; env -0 >> "{after}"; exit $code'
        done = subprocess.run(
            ["bash", "-c", shell],
            input="yes\nyes\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env=self.environment,
            check=False,
            timeout=120,
        )
        self.exit_code = 0 if command.startswith("echo ") else done.returncode
        folder, _, variables = after.read_text("utf-8").partition("\n")
        self.folder = Path(folder)
        self.environment = dict(pair.split("=", 1) for pair in variables.split("\0") if "=" in pair)
        return done.stdout

    def leave_open(self, command: str) -> str:
        """Start what serves until Ctrl-C in a terminal of its own, and paste the lines that it says to paste."""
        shown = self.folder.parent / "served"
        with shown.open("w") as stream:
            serving = subprocess.Popen(command.split(), stdout=stream, stderr=stream, env=self.environment)
        self.left_open.append(serving)
        deadline = time.monotonic() + 60
        while "Ctrl-C" not in (printed := shown.read_text("utf-8")):
            assert serving.poll() is None, printed
            assert time.monotonic() < deadline, printed
            time.sleep(0.05)
        self.environment |= dict(re.findall(r"^export (\w+)=(.*)$", printed, re.MULTILINE))
        return printed

    def close(self) -> None:
        for value in self.names.values():
            if isinstance(value, Connection):
                value.close()
        for serving in self.left_open:
            serving.terminate()
            serving.wait(10)


@pytest.fixture
def computer(sandbox, tmp_path, monkeypatch):
    """A computer with `hsai` on its PATH and nothing kept, where the sandbox of `hsai lab --sandbox` is running."""
    settings = {
        "HUBSPOT_BASE_URL": sandbox.hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot_token,
        "OPENAI_BASE_URL": sandbox.openai_url,
        "OPENAI_API_KEY": sandbox.openai_key,
        ROOM_SANDBOX: "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "COLUMNS": "120",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n" * 20))
    return folder


def runs_something(page: Path) -> bool:
    return any(block.language in {"python", "console"} and not block.not_run for block in read_blocks(page))


RUN = [page for page in PAGES if runs_something(page)]


@pytest.mark.skipif(sys.platform == "win32", reason="the pages show bash")
@pytest.mark.parametrize("page", RUN, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_runs_as_it_is_pasted(page, computer):
    if page.name not in BEGINS_EMPTY:
        Workspace.make(computer)
    reader = Reader(page, computer)
    try:
        for block in read_blocks(page):
            if not block.not_run:
                reader.paste(block)
    finally:
        reader.close()


def test_what_is_not_run_says_why_and_there_is_little_of_it():
    kept_out = {
        f"{page.relative_to(ROOT)}:{block.line}": block.not_run
        for page in PAGES
        for block in read_blocks(page)
        if block.not_run
    }
    for place, reason in kept_out.items():
        print(f"{place} is not run: {reason}")
    assert len(kept_out) <= 8


def test_every_block_is_of_a_language_that_is_checked_or_a_directive():
    found = {block.language for page in PAGES for block in read_blocks(page)}
    assert {one for one in found if not one.startswith("{")} <= LANGUAGES


def test_what_stands_in_no_language_is_the_two_commands_of_the_readme():
    bare = [block.text.strip() for page in PAGES for block in read_blocks(page) if not block.language]
    assert bare == [
        'python -m pip install -e ".[report]" && hsai demo',
        'python -m pip install -e ".[test]" && pytest -n 3',
    ]
