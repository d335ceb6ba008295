"""Kernels: no other user of the computer reaches one, whichever part of the kit started it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from hsai_kit.lab.kernels import hide_kernels
from hsai_kit.workspace import Workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sockets that are files")


@pytest.fixture
def long_path(tmp_path, monkeypatch):
    """A runtime folder of Jupyter whose path is too long for a socket."""
    folder = tmp_path / ("long" * 20)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    (tmp_path / "config").mkdir()
    allowed = {"ServerApp": {"allow_root": True}, "Voila": {"allow_root": True}}
    (tmp_path / "config" / "jupyter_config.json").write_text(json.dumps(allowed))
    return folder


def is_private(folder: Path) -> bool:
    return not folder.stat().st_mode & 0o077 and folder.stat().st_uid == os.geteuid()


def find_open_ports(process: psutil.Process) -> list[tuple[str, int]]:
    return [one.laddr for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN]


def test_a_kernel_of_an_export_listens_on_files_of_this_user_also_where_the_path_is_long(long_path, tmp_path):
    notebook = tmp_path / "export.ipynb"
    source = "from ipykernel import get_connection_info; print(get_connection_info()); open('made', 'w').close()"
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    notebook.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    mask = os.umask(0o022)
    try:
        with hide_kernels():
            command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "markdown", str(notebook)]
            subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        assert os.environ["JUPYTER_RUNTIME_DIR"] == str(long_path)
        (tmp_path / "after").touch()
    finally:
        os.umask(mask)
    told = (tmp_path / "export.md").read_text("utf-8")
    assert '"transport": "ipc"' in told
    assert len(re.search(r'"ip": "(.*?)"', told)[1]) < 100
    # What is written there is this user's alone as well, and afterwards files are made as before.
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "after").stat().st_mode) == 0o644


def test_a_kernel_of_the_app_is_reached_by_files_and_they_are_this_users_alone(long_path, tmp_path):
    workspace = Workspace.make(tmp_path / "workspace")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    call = f"from hsai_kit.cli import app; app(['app', '--no-browser', '--port', '{port}'])"
    root = str(Path(__file__).parents[2])
    server = subprocess.Popen(
        [sys.executable, "-c", call],
        cwd=workspace.folder,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root, "HUBSPOT_ACCESS_TOKEN": "", "OPENAI_API_KEY": ""},
    )
    with contextlib.ExitStack() as stack:
        stack.callback(_stop, server)
        lines = iter(server.stderr.readline, "")
        address = next(found[0] for line in lines if (found := re.search(r"http://\S+token=\w+", line)))
        page = stack.enter_context(urllib.request.urlopen(address))
        page.read()
        kernels = [one for one in psutil.Process(server.pid).children() if "ipykernel" in " ".join(one.cmdline())]
        assert kernels
        for kernel in kernels:
            file = Path(kernel.cmdline()[-1].removeprefix("--f="))
            assert json.loads(file.read_text("utf-8"))["transport"] == "ipc"
            assert is_private(file.parent)
            # What forked children print, ipykernel takes at a port of loopback: nothing is sent from there, and nothing
            # taken without a secret that only the kernel and its children know. While it starts there may be more.
            ends = time.monotonic() + 10
            while len(find_open_ports(kernel)) > 1 and time.monotonic() < ends:
                time.sleep(0.1)
            assert len(find_open_ports(kernel)) <= 1


def _stop(server: subprocess.Popen[str]) -> None:
    server.terminate()
    try:
        server.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.communicate()
