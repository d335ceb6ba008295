"""Erasing what a record says: from the store for good, and the files beside it that still hold it named."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hsai_kit.errors import AuditError, NothingToDo
from hsai_kit.store import Store
from hsai_kit.store.erasure import lock_workspace
from hsai_kit.workspace import Workspace

# A shorter value is in too many files to tell anything.
_TELLING = 6


@dataclass(frozen=True)
class Erasure:
    """What was erased; `files` of the workspace still hold a value of the record: exports, notebooks that showed it."""

    record_id: str
    files: tuple[Path, ...]

    def __str__(self) -> str:
        return (
            f"Erased what record {self.record_id} says: its values, prompts and answers. Receipts keep its id, the "
            "properties and outcomes; what was written about it can no longer be undone."
        )


def erase_record(
    workspace: Workspace, record: str | int, *, portal: int | None = None, object_type: str | None = None
) -> Erasure:
    """Erase what a record says from the workspace's store, for good, and return which files still hold it.

    Record text, prompts, answers, edited values, labels and rated texts go, with no byte left in the store. An answer
    that other records share stays theirs. HubSpot and OpenAI are not reached. Raises NothingToDo where the store does
    not know the record, AuditError where its id stands for several, and
    WorkspaceError where something else works in the workspace.
    """
    one = str(record)
    store = Store(workspace.store)
    try:
        scopes = [
            scope
            for scope in store.erasure.find_scopes(one)
            if portal in {None, scope[0]} and object_type in {None, scope[1]}
        ]
        if not scopes:
            message = f"The workspace {workspace.folder} holds nothing of record {one}."
            raise NothingToDo(message)
        if len({kind for _, kind in scopes}) > 1 or len({portal for portal, _ in scopes}) > 1:
            known = "; ".join(f"{kind} in portal {number}" for number, kind in scopes)
            message = f"Record {one} stands for several here: {known}. Say which by its portal and its object type."
            raise AuditError(message)
        values = {value for value in store.erasure.read_values(one) if len(value) >= _TELLING}
        with lock_workspace(workspace.folder):
            store.erasure.erase_record(one, *scopes[0])
    finally:
        store.close()
    return Erasure(one, tuple(_find_files(workspace, values)))


def _find_files(workspace: Workspace, values: set[str]) -> Iterator[Path]:
    """Yield the files that hold one of the values which the store itself no longer holds for other records."""
    own = [value.encode() for value in values]
    shared = {value for value in own if _holds(workspace.store, [value])}
    telling = [value for value in own if value not in shared]
    for path in sorted(workspace.folder.rglob("*")):
        if not path.name.startswith(workspace.store.name) and path.is_file() and _holds(path, telling):
            yield path


def _holds(path: Path, values: list[bytes]) -> bool:
    with (
        contextlib.suppress(OSError, ValueError),  # an empty file cannot be mapped
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return any(content.find(value) >= 0 for value in values)
    return False
