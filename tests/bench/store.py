"""Measure what the commands of a workspace with a long history take: 1,000 runs, as many pushes, 2.7 million changes.

    python tests/bench/store.py [--runs 1000] [--rows 2700] [--repeat 3] [--folder kept] [--json figures.json]

The history is written into a workspace of its own: each run has its rows, answers (a twentieth as many questions as
rows), decisions and a push of all of them; every tenth push was undone. Seconds are those of the whole command, with
the start of Python; the median of some counts. `--folder` keeps the workspace, and uses it again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hsai_kit.assistant.assistant import Assistant
from hsai_kit.store import (
    Answer,
    AnswerStatus,
    Change,
    Decision,
    JournalStatus,
    PushKind,
    PushOutcome,
    RunRow,
    RunStatus,
    Store,
)
from hsai_kit.workspace import Workspace

BOUNDS = {"runs": 0.7, "log": 2.0, "review": 2.0}
STATES = ("CA", "TX", "NY", "FL", "WA")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=2700, help="records of each run")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to keep the workspace")
    parser.add_argument("--small", action="store_true", help="a short history, which holds no figure to its bound")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    given = parser.parse_args()
    if given.small:
        given.runs, given.rows, given.repeat = 5, 40, 1
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary) / "workspace"
        if not folder.exists():
            write_history(Workspace.make(folder), given.runs, given.rows)
        figures = {name: measure(folder, name, given.repeat) for name in BOUNDS}
    for name, seconds in figures.items():
        verdict = "" if given.small else "holds" if seconds <= BOUNDS[name] else "DOES NOT HOLD"
        print(f"hsai {name}: {seconds:.2f} s (bound {BOUNDS[name]} s) {verdict}")
    if given.json:
        lines = [{"measure": f"hsai {name}", "figure": seconds, "unit": "s"} for name, seconds in figures.items()]
        given.json.write_text(json.dumps({"figures": lines}, indent=1), "utf-8")
    return 0 if given.small or all(seconds <= BOUNDS[name] for name, seconds in figures.items()) else 1


def measure(folder: Path, command: str, repeat: int) -> float:
    seconds = []
    for _ in range(repeat):
        started = time.perf_counter()
        call = [sys.executable, "-c", "from hsai_kit.cli import app; app()", command]
        subprocess.run(call, cwd=folder, check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def write_history(workspace: Workspace, runs: int, rows: int) -> None:
    assistant = Assistant.from_file(workspace.assistants / "state-abbreviations.toml")
    ids = [str(100_000 + place) for place in range(rows)]
    store = Store(workspace.store)
    store.pulls.record_connection(1, "Bench", "STANDARD")
    for number in range(runs):
        kept: dict[str, Any] = {"portal_id": 1, "object_type": "contacts"}
        pull = store.pulls.begin(1, "contacts", "0-1", ["state"], None)
        store.pulls.add(pull, [(one, {"state": f"State {number}"}) for one in ids])
        store.pulls.end(pull)
        run = store.runs.begin(
            **kept,
            pull_id=pull,
            assistant=assistant.name,
            assistant_version="v1",
            assistant_json=assistant.model_dump_json(),
            prompt=assistant.prompt,
            model="gpt-6-luna",
        )
        questions = [f"{number:032d}{place:032d}" for place in range(max(1, rows // 20))]
        store.answers.add_questions([(one, f"State: {one}") for one in questions], "gpt-6-luna", "v1")
        store.runs.add_rows(run, [RunRow(one, questions[place % len(questions)]) for place, one in enumerate(ids)])
        output = [json.dumps({"answer": STATES[place % 5]}) for place in range(len(questions))]
        usage: dict[str, Any] = {
            "confidence": 0.9,
            "input_tokens": 60,
            "output_tokens": 8,
            "usd": 0.0001,
            "seconds": 0.5,
        }
        told = [Answer(one, AnswerStatus.ANSWERED, said, **usage) for one, said in zip(questions, output, strict=True)]
        store.answers.add(run, told)
        store.runs.end(run, RunStatus.DONE)
        store.decisions.add(
            run, "answer", Decision.APPROVED, [(one, STATES[place % 5]) for place, one in enumerate(ids)], "ana"
        )
        pushed = push(store, PushKind.PUSH, ids, run_id=run, undoes=None, **kept)
        if number % 10 == 0:
            push(store, PushKind.UNDO, ids, run_id=None, undoes=pushed, **kept)
    store.close()


def push(store: Store, kind: PushKind, ids: list[str], **values) -> str:
    begun = store.pushes.begin(kind, properties=["state"], fields=["answer"], object_type_id="0-1", who="ana", **values)
    written = PushOutcome.WRITTEN
    store.pushes.note(
        begun, [Change(one, "state", "State", STATES[place % 5], written) for place, one in enumerate(ids)]
    )
    store.pushes.end(begun, JournalStatus.DONE)
    return begun


if __name__ == "__main__":
    sys.exit(main())
