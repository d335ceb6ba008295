"""The benchmark itself: every measure runs and tells its figures, so that it cannot rot."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pins processes and measures memory as POSIX has it")


def test_a_small_run_of_the_quick_measures_tells_their_figures(tmp_path):
    command = [sys.executable, str(Path(__file__).with_name("run.py")), "--small", "--json", str(tmp_path / "figures")]
    done = subprocess.run([*command, "--only", "cpu,refused"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "figures").read_text("utf-8"))
    figures = {line["measure"]: line["figure"] for line in told["figures"]}
    assert figures["one of 100 always refused: answers missing besides"] == 0
    assert figures["… times it was sent"] == 1
    assert figures["CPU a request, raw aiohttp"] > 0
    assert "| measure" in done.stdout


def test_a_small_push_tells_its_calls_and_writes_everything(tmp_path):
    command = [sys.executable, str(Path(__file__).with_name("push.py")), "--small", "--json", str(tmp_path / "figures")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "figures").read_text("utf-8"))
    figures = {line["measure"]: line["figure"] for line in told["figures"]}
    assert figures["push: calls for a hundred records"] == 2.8  # two a batch of 250 records, and a sample
    assert figures["outcomes other than written"] == 0


def test_the_commands_over_a_short_history_tell_their_seconds(tmp_path):
    command = [
        sys.executable,
        str(Path(__file__).with_name("store.py")),
        "--small",
        "--json",
        str(tmp_path / "figures"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "figures").read_text("utf-8"))
    assert [line["measure"] for line in told["figures"]] == ["hsai runs", "hsai log", "hsai review"]
