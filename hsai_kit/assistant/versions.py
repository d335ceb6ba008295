"""Versions of an assistant: kept when a new one is saved, listed, and compared setting by setting."""

from __future__ import annotations

import contextlib
import difflib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hsai_kit.assistant.assistant import Assistant
from hsai_kit.errors import AssistantError
from hsai_kit.workspace import Workspace

_SHORT = 60


@dataclass(frozen=True)
class Difference:
    """One setting that differs between two versions, each value in words ("" where it is not set)."""

    setting: str
    before: str
    after: str

    def lines(self) -> list[str]:
        r"""Return it as lines to read: a short value as `before → after`, of a text the lines that went and came.

        >>> Difference("instructions", "Be kind.\nBe brief.", "Be kind.\nBe exact.").lines()
        ['instructions', '  - Be brief.', '  + Be exact.']
        """
        if max(len(self.before), len(self.after)) <= _SHORT and "\n" not in self.before + self.after:
            return [f"{self.setting}: {self.before or 'not set'} → {self.after or 'not set'}"]
        compared = difflib.ndiff(self.before.splitlines(), self.after.splitlines())
        return [self.setting, *(f"  {line}" for line in compared if line[:2] in {"- ", "+ "})]


def diff_settings(before: Assistant, after: Assistant) -> list[Difference]:
    """Return what differs between two versions, in the order in which the file has its settings.

    >>> first = Assistant(name="tone", instructions="Say how the customer feels.")
    >>> diff_settings(first, first.model_copy(update={"temperature": 0.2}))
    [Difference(setting='temperature', before='', after='0.2')]
    """
    old, new = _settings(before), _settings(after)
    return [
        Difference(name, old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys([*old, *new])
        if old.get(name, "") != new.get(name, "")
    ]


def save_version(workspace: Workspace, assistant: Assistant) -> Path:
    """Write `assistant` into its file and return the path; the version that was there moves to `assistants/earlier/`.

    A file that is the same version already is left as it is, so that a saved comment in it stays.
    """
    path = workspace.assistants / f"{assistant.name}.toml"
    if path.exists():
        try:
            there = Assistant.from_file(path)
        except AssistantError:
            # A file that cannot be read is somebody's work all the same.
            kept = path.with_suffix(".toml.unreadable")
        else:
            if there == assistant:
                return path
            kept = _earlier_folder(workspace, assistant.name) / f"{there.version}.toml"
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, kept)
    return assistant.save(workspace)


def list_versions(workspace: Workspace, name: str) -> pd.DataFrame:
    """Return the kept versions of an assistant, newest first: columns `version`, `saved_at` (UTC) and `file`.

    `Assistant.from_file(file)` reads one of them; a file that cannot be read is left out.
    """
    found = []
    for path in [workspace.assistants / f"{name}.toml", *_earlier_folder(workspace, name).glob("*.toml")]:
        with contextlib.suppress(AssistantError):
            found.append((Assistant.from_file(path).version, path.stat().st_mtime, str(path)))
    frame = pd.DataFrame(found, columns=["version", "saved_at", "file"]).astype({"version": "string", "file": "string"})
    frame["saved_at"] = pd.to_datetime(frame["saved_at"].astype(float), unit="s", utc=True)
    return frame.sort_values("saved_at", ascending=False, kind="stable", ignore_index=True)


def _earlier_folder(workspace: Workspace, name: str) -> Path:
    return workspace.assistants / "earlier" / name


def _settings(assistant: Assistant) -> dict[str, str]:
    content: dict[str, Any] = assistant.model_dump(mode="json", exclude={"name", "source", "output"})
    output = assistant.output.shape.model_dump(mode="json", exclude_none=True)
    return dict([*_flatten(content), *_flatten(output, "output.")])


def _flatten(content: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        elif value not in (None, "", [], ()):
            yield f"{prefix}{name}", _describe_value(value)


def _describe_value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_describe_value, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
