"""No key in anything that is left behind: store, workspace, logs, tracebacks, notebooks, reprs, error messages."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from hsai_kit.errors import HsaiError

JOB = """
import logging, sys, traceback
logging.basicConfig(filename=sys.argv[2], level=logging.DEBUG, force=True)
from hsai_kit import ask, assistants, connect, pull, push, review, undo
from hsai_kit.hubspot.client import HubSpotClient

with connect(workspace=sys.argv[1]) as hub:
    print(hub, hub.hubspot, hub.llm, hub.workspace, hub.store, assistants(hub))
    contacts = pull(hub, "contacts", ["state", "country"], limit=40)
    run = ask(hub, contacts, "state-abbreviations")
    checked = review(run)
    checked.approve()
    receipt = push(hub, checked, confirm=True)
    undo(hub, receipt, confirm=True)
    for mistake in (
        lambda: pull(hub, "contacts", ["nope"]),
        lambda: ask(hub, contacts, "state-abbreviations", model="sandbox-astra", temperature=1.0),
    ):
        try:
            mistake()
        except Exception:
            traceback.print_exc()
"""

CELLS = (
    "%xmode Verbose",
    "import os, traceback\nfrom hsai_kit import ask, connect, pull",
    "hub = connect(workspace='workspace')\nhub",
    "contacts = pull(hub, 'contacts', ['state', 'country'], limit=5)\ncontacts",
    "ask(hub, contacts, 'state-abbreviations')",
    "pull(hub, 'contacts', ['nope'])",
    "connect(workspace='workspace', hubspot_key=os.environ['WRONG_KEY'])",
    "wrong = connect(workspace='workspace', openai_key=os.environ['WRONG_KEY'])",
    "ask(wrong, contacts.assign(state='x'), 'state-abbreviations')",
    # What IPython would print if the kit did not speak for itself: every frame with its local variables.
    (
        "import sys\nfrom IPython.core.ultratb import VerboseTB\n"
        "try:\n    connect(workspace='workspace', hubspot_key=os.environ['WRONG_KEY'])\n"
        "except Exception:\n    print(VerboseTB().text(*sys.exc_info()))"
    ),
)

WRONG = "sk-proj-wrong-0123456789abcdef0123456789abcdef"


def left_behind(folder) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_nothing_that_a_script_leaves_behind_holds_a_key(keys, tmp_path):
    log = tmp_path / "left" / "debug.log"
    log.parent.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", JOB, str(tmp_path / "left" / "workspace"), str(log)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    everything = left_behind(tmp_path / "left") + done.stdout + done.stderr
    assert b"UnknownProperty" in everything
    assert b"unsupported" in everything.lower()
    assert b"DEBUG:openai" in log.read_bytes(), "the log is really at debug level"
    assert keys.hubspot_token.encode() not in everything
    assert keys.openai_key.encode() not in everything


def test_nothing_in_an_executed_notebook_holds_a_key(keys, tmp_path, monkeypatch):
    monkeypatch.setenv("WRONG_KEY", WRONG)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    client = NotebookClient(
        notebook,
        timeout=120,
        allow_errors=True,
        store_widget_state=True,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    saved = nbformat.writes(notebook)
    assert "UnknownProperty" in saved
    assert "refused" in saved
    assert "SecretStr(" in saved, "the frames are shown with their variables"
    for key in (keys.hubspot_token, keys.openai_key, WRONG):
        assert key not in saved
        assert key.encode() not in left_behind(tmp_path)


@pytest.mark.parametrize("side", ["hubspot_key", "openai_key"])
def test_no_frame_of_a_traceback_has_a_key_among_its_variables(keys, tmp_path, side):
    from hsai_kit import connect

    wrong: dict[str, Any] = {side: WRONG}
    with pytest.raises(HsaiError) as caught, connect(workspace=tmp_path / "workspace", **wrong) as hub:
        hub.models()
    # The first frame is the analyst's own cell, which holds what was typed there.
    frame = caught.value.__traceback__.tb_next
    while frame is not None:
        assert WRONG not in repr(frame.tb_frame.f_locals), frame.tb_frame
        frame = frame.tb_next
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert WRONG not in str(caught.value)
