"""Do a little of everything with whatever versions are installed, without pytest: `python tests/smoke.py FOLDER`."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import hsai_kit
from hsai_kit import ask, connect, evaluate, pull, push, report, review, undo
from hsai_kit.sandbox import Sandbox

COMMANDS = (
    ("--help",),
    ("ask", "-h"),
    ("--show-completion", "bash"),
    ("demo",),
    ("init", "smoke-commands"),
    ("notify", "list", "--json"),
)


def main(folder: Path) -> None:
    """Run commands, then the job in Python with an evaluation, its report and an Excel file; raises what goes wrong."""
    hsai = Path(sys.executable).parent / "hsai"
    shown = [
        subprocess.run([hsai, *command], check=True, cwd=folder, capture_output=True, text=True).stdout
        for command in COMMANDS
    ]
    assert "The assistant's name" in shown[COMMANDS.index(("ask", "-h"))]
    warnings.simplefilter("ignore")
    with Sandbox() as made_up:
        right = made_up.truth("contacts", "state")
    with connect(sandbox=True, workspace=folder / "smoke") as hub:
        contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=60)
        checked = review(ask(hub, contacts, "state-abbreviations"))
        checked.approve(checked.frame["flags"].map(len) == 0)
        checked.to_excel(folder / "review.xlsx")
        receipt = push(hub, checked, confirm=True)
        assert undo(hub, receipt, confirm=True).counts["written"] == receipt.counts["written"]
        labels = {one: right[one] or "UNKNOWN" for one in contacts.index}
        found = evaluate(hub, contacts, "state-abbreviations", labels, confirm=True)
        report(found).save(folder / "report.html")
    print(f"hsai_kit {hsai_kit.__version__} did the whole job with these versions.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
