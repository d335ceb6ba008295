"""Measure the review grid in a real JupyterLab and a real Chromium, over 10,000 and 100,000 rows.

    python tests/bench/grid.py [--rows 10000,100000] [--json figures.json]

A run with a twentieth as many questions as rows is written into a store of its own, and gone through by clicks. "On
screen" is from the start of the cell `review(run)` until its first page is drawn; the other times are from the click
until the page has changed, as the browser's own clock has it; a search waits 150 ms for more letters first. The file is
the notebook's, saved as `hsai lab` saves it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from playwright.sync_api import sync_playwright

from hsai_kit.assistant.assistant import Assistant
from hsai_kit.store import Answer, AnswerStatus, RunRow, RunStatus, Store
from hsai_kit.workspace import Workspace

BOUNDS = {
    "on screen": {10_000: 1000, 100_000: 2000},
    "page turn": 150,
    "sort": 150,
    "filter": 150,
    "search": 300,
    "approve 5,000": 500,
    "file growth": 5000,
}
UNITS = {"file growth": "bytes"}
PREPARE = """
from hsai_kit import review
from hsai_kit.run import Run
from hsai_kit.store import Store
from hsai_kit.workspace import Workspace
import hsai_kit.widgets.shown
run = Run(Store(Workspace({folder!r}).store), {run!r}, low_confidence=0.8, reviewer="me")
"""
# Waits inside the page until a text has changed and the page is drawn, so that no polling is in the figure.
CLICKED = """
([act, watched]) => new Promise((done) => {
  const grid = document.querySelector(".jp-Notebook .hsai-grid");
  const told = () => grid.querySelector(watched).textContent;
  const before = told(), started = performance.now();
  const seen = new MutationObserver(() => {
    if (told() === before) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
  });
  seen.observe(grid, { subtree: true, childList: true, characterData: true });
  (0, eval)("(" + act + ")")(grid);
})
"""
SHOWN = """
() => new Promise((done) => {
  const started = performance.now();
  const drawn = () => document.querySelectorAll(".jp-Notebook .hsai-grid tbody tr").length > 0;
  const seen = new MutationObserver(() => {
    if (!drawn()) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
  });
  seen.observe(document.body, { subtree: true, childList: true });
  window.jupyterapp.commands.execute("notebook:run-cell");
})
"""
BUTTON = "grid => [...grid.querySelectorAll('button')].find(one => one.getAttribute('aria-label') === '{0}').click()"
CHOICE = (
    "grid => {{ const one = grid.querySelector('[data-facet={0}] select'); one.value = '{1}';"
    " one.dispatchEvent(new Event('change')); }}"
)
SEARCH = (
    "grid => { const one = grid.querySelector('input[type=search]'); one.value = 'half';"
    " one.dispatchEvent(new Event('input')); }"
)
ALL = "grid => grid.querySelector('tbody tr').dispatchEvent(new KeyboardEvent('keydown', { key: '*', bubbles: true }))"
APPROVE = "grid => grid.querySelector('.hsai-actions .hsai-act-approve').click()"
SORT = "grid => grid.querySelector('th[data-column=confidence] button').click()"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="10000,100000", help="how many rows, one grid for each")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    given = parser.parse_args()
    browser_tests = _browser_tests()
    figures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, sync_playwright() as driver:
        workspace = Workspace.make(Path(home) / "analyst" / "workspace")
        server = browser_tests.Server(
            ["lab", str(workspace.folder), "--no-browser"], workspace.folder, _environment(home)
        )
        browser = browser_tests.chromium_of(driver)
        try:
            address = server.wait_for(server.address)
            page = browser.new_page(viewport={"width": 1280, "height": 1400})
            room = browser_tests.Room(page, server.folder)
            page.goto(address)
            room.ready()
            for rows in map(int, given.rows.split(",")):
                print(f"{rows:,} rows …", file=sys.stderr, flush=True)
                figures += [{"rows": rows, **one} for one in measured(room, workspace, rows)]
        finally:
            browser.close()
            server.stop()
    for one in figures:
        held = "" if one["holds"] else "  MISSED"
        print(f"{one['rows']:>9,}  {one['measure']:<14} {one['figure']:>8,.0f} {one['unit']} of {one['bound']:,}{held}")
    if given.json:
        given.json.write_text(json.dumps({"load": os.getloadavg(), "figures": figures}, indent=1), "utf-8")
    return 0 if all(one["holds"] for one in figures) else 1


def measured(room: Any, workspace: Workspace, rows: int) -> list[dict[str, Any]]:
    run = made(workspace, rows)
    room.open(PREPARE.format(folder=str(workspace.folder), run=run), "review(run, to='state')")
    room.run(0)
    room.save()
    empty = len(room.saved())
    room.cell(1).locator(".jp-InputPrompt").click()
    found = {"on screen": room.page.evaluate(SHOWN)}

    def times(act: str, watched: str = ".hsai-pages") -> float:
        return float(room.page.evaluate(CLICKED, [act, watched]))

    found["page turn"] = statistics.median([times(BUTTON.format("Next page")) for _ in range(5)])
    found["sort"] = times(SORT, "thead")
    found["filter"] = times(CHOICE.format("flag", "(none)"))
    times(CHOICE.format("flag", ""))
    found["search"] = times(SEARCH)
    times(ALL, ".hsai-actions")
    found["approve 5,000"] = times(APPROVE, ".hsai-summary")
    said = room.output(1).locator(".hsai-said").inner_text()
    assert said == "Approved 5,000.", said
    room.save()
    saved = room.saved()
    assert "widget-view" in saved, "the grid itself is not in the notebook's file"
    assert "Calif" not in saved, "a cell of the grid is in the notebook's file"
    found["file growth"] = len(saved) - empty
    lines = []
    for measure, figure in found.items():
        bound = BOUNDS[measure]
        most = bound.get(rows, bound[100_000]) if isinstance(bound, dict) else bound
        unit = UNITS.get(measure, "ms")
        lines.append({"measure": measure, "figure": figure, "unit": unit, "bound": most, "holds": figure <= most})
    return lines


def made(workspace: Workspace, rows: int) -> str:
    """Write a pull and a run of so many rows into the store; 5,000 of them hold the word that is looked for."""
    assistant = Assistant.from_file(workspace.assistants / "state-abbreviations.toml")
    store = Store(workspace.store)
    distinct = rows // 20
    pull = store.pulls.begin(1, "contacts", "0-1", ["state"], None)
    word = {True: "Calif half", False: "Calif"}
    values = ((str(n), {"state": f"{word[n < 5000]} {n % distinct}"}) for n in range(rows))
    store.pulls.add(pull, values)
    store.pulls.end(pull)
    about = {"assistant_version": assistant.version, "assistant_json": assistant.model_dump_json(), "prompt": "x"}
    run = store.runs.begin(
        portal_id=1, pull_id=pull, object_type="contacts", assistant=assistant.name, model="none", **about
    )
    hashes = [f"{run}-{n}" for n in range(distinct)]
    store.answers.add_questions(((one, "State: Calif") for one in hashes), "none", assistant.version)
    store.runs.add_rows(run, (RunRow(str(n), hashes[n % distinct]) for n in range(rows)))
    answer = json.dumps({"answer": "CA"})
    store.answers.add(
        run, (Answer(one, AnswerStatus.ANSWERED, answer, 0.5 + n % 50 / 100) for n, one in enumerate(hashes))
    )
    store.runs.end(run, RunStatus.DONE)
    store.close()
    return run


def _environment(home: str) -> dict[str, str]:
    config = Path(home) / "config"
    config.mkdir()
    settings = {"LabApp": {"expose_app_in_browser": True}, "ServerApp": {"allow_root": True}}
    for name in ("jupyter_server_config.json", "jupyter_lab_config.json"):
        (config / name).write_text(json.dumps(settings), "utf-8")
    folders = {f"JUPYTER_{name.upper()}_DIR": str(Path(home) / name) for name in ("config", "data", "runtime")}
    root = str(Path(__file__).parents[2])
    return os.environ | folders | {"IPYTHONDIR": str(Path(home) / "ipython"), "PYTHONPATH": root}


def _browser_tests() -> ModuleType | SimpleNamespace:
    """Load what the browser tests drive JupyterLab with."""
    path = Path(__file__).parents[1] / "browser" / "conftest.py"
    spec = importlib.util.spec_from_file_location("browser_tests", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
