"""What an extra brings is missed in a sentence, before anything is asked, and nothing else needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from hsai_kit import check_texts, report
from hsai_kit.cli import app
from hsai_kit.credentials.notify_addresses import find_address
from hsai_kit.errors import PackageMissing


@pytest.fixture
def lean(monkeypatch):
    """An installation without any extra."""
    for package in ("altair", "vl_convert", "apprise", "voila"):
        monkeypatch.setitem(sys.modules, package, None)


def test_a_report_and_a_message_say_which_package_they_need(lean, hub, sandbox, monkeypatch):
    with pytest.raises(PackageMissing, match=r'python -m pip install "hsai_kit\[report\]"'):
        report(check_texts)  # type: ignore[arg-type]
    with pytest.raises(PackageMissing, match=r'A message needs one more package.*"hsai_kit\[notify\]"'):
        find_address("sales-slack")
    monkeypatch.chdir(hub.workspace.folder)
    before = sandbox.counts()
    for words in (("evaluate", "clean-up-states", "--report", "report.html"), ("app",)):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 1
        assert "Install it with: python -m pip install" in done.output
    assert sandbox.counts() == before


def test_everything_can_be_imported_without_the_extras():
    code = (
        "import sys\n"
        "for name in ('altair', 'vl_convert', 'apprise', 'voila'): sys.modules[name] = None\n"
        "import hsai_kit, hsai_kit.widgets.shown, hsai_kit.widgets.gate\n"
        "for name in hsai_kit.__all__: getattr(hsai_kit, name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
