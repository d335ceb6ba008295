"""A clock that runs while the computer sleeps."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time

import pytest

from hsai_kit.runtime.clock import read_clock


def test_it_goes_forward_in_seconds():
    before = read_clock()
    time.sleep(0.05)
    assert 0.04 < read_clock() - before < 5


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has namespaces of time")
def test_hours_of_sleep_are_hours_on_it():
    """A namespace whose boot time is a day further than its monotonic time is a machine that slept for a day."""
    if not shutil.which("unshare"):
        pytest.skip("unshare is not installed")
    said = "import time; from hsai_kit.runtime.clock import read_clock as now; print(now() - time.monotonic())"
    command = ["unshare", "--time", "--boottime", "86400", "--fork", sys.executable, "-c", said]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "Operation not permitted" in done.stderr:
        pytest.skip("this user may not make namespaces")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 80_000
