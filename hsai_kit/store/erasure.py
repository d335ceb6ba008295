"""What is erased for good: the text of a record, or of everything that is old, with no byte left in the file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hsai_kit.errors import WorkspaceError
from hsai_kit.runtime.file_lock import hold_lock
from hsai_kit.store.database import Table, split_statements
from hsai_kit.store.journal import ERASED

_SCRIPT = Path(__file__).with_name("erase.sql")
_TEMPORARY = ("old_runs", "some_runs", "erased_rows", "erased_questions", "erased_items")


class ErasureTable(Table):
    """Writes over all tables that hold what a record says."""

    def find_scopes(self, record_id: str) -> list[tuple[int, str]]:
        """Return where a record is known: (portal id, object type)."""
        sql = (
            "SELECT DISTINCT portal_id, object_type FROM pulls p CROSS JOIN records r ON r.pull_id = p.id "
            "AND r.record_id = :record UNION SELECT portal_id, object_type FROM pushes p CROSS JOIN changes c "
            "ON c.push_id = p.id AND c.record_id = :record UNION SELECT portal_id, object_type FROM actions a "
            "CROSS JOIN acts t ON t.action_id = a.id AND t.record_id = :record UNION SELECT portal_id, object_type "
            "FROM rows w JOIN runs r ON r.id = w.run_id WHERE w.record_id = :record ORDER BY 1, 2"
        )
        return [(row[0], row[1]) for row in self._database.all(sql, {"record": record_id})]

    def read_values(self, record_id: str) -> set[str]:
        """Return the texts that the store holds of a record, to look for them elsewhere."""
        sql = (
            "SELECT v.value FROM records r, json_each(r.properties) v WHERE r.record_id = :record "
            "UNION SELECT after FROM changes WHERE record_id = :record UNION SELECT before FROM changes "
            "WHERE record_id = :record UNION SELECT what FROM acts WHERE record_id = :record"
        )
        return {str(row[0]) for row in self._database.all(sql, {"record": record_id}) if row[0]}

    def erase_record(self, record_id: str, portal_id: int | None, object_type: str | None) -> None:
        """Erase what a record says, for good; ids, properties and outcomes stay."""
        with self._leave_nothing():
            self._erase(record=record_id, portal_id=portal_id, object_type=object_type)

    def erase_older(self, days: int, folder: Path) -> bool:
        """Erase what is older than so many days, and return whether that was done.

        While something works in the workspace of that folder nothing is erased; the next connection does it.
        """
        before = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        old = (
            "SELECT EXISTS (SELECT 1 FROM pulls p JOIN records r ON r.pull_id = p.id WHERE p.at < :before) "
            "OR EXISTS (SELECT 1 FROM runs u JOIN rows w ON w.run_id = u.id WHERE u.at < :before "
            "AND w.skipped IS NOT :reason) OR EXISTS (SELECT 1 FROM labels WHERE at < :before)"
        )
        if not self._database.count(old, {"before": before, "reason": f"{ERASED} after [store] keep_days"}):
            return False
        with contextlib.suppress(WorkspaceError), lock_workspace(folder), self._leave_nothing():
            self._erase(before=before, reason=f"{ERASED} after [store] keep_days")
            return True
        return False

    def _erase(self, **given: Any) -> None:
        known = dict.fromkeys(("record", "portal_id", "object_type", "before"))
        values = known | {"reason": f"{ERASED} on {datetime.now(UTC):%Y-%m-%d}"} | given
        with self._database.transaction():
            if self._database.count("SELECT COUNT(*) FROM batch_questions"):
                message = (
                    "Jobs at OpenAI hold questions of this workspace, so nothing can be erased yet. Collect their "
                    "answers (hsai resume) or end them (hsai cancel), and do the same again."
                )
                raise WorkspaceError(message)
            for statement in split_statements(_SCRIPT.read_text("utf-8")):
                self._database.execute(statement, values)
            for name in _TEMPORARY:
                self._database.execute(f"DROP TABLE temp.{name}")

    @contextlib.contextmanager
    def _leave_nothing(self) -> Iterator[None]:
        """Have what is erased inside overwritten in the file and in its journal."""
        self._database.execute("PRAGMA secure_delete = ON")
        yield
        # Pages that were freed earlier still hold what stood there; only a file written anew does not.
        self._database.execute("VACUUM")
        busy = self._database.one("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy and busy[0]:
            message = (
                "What was to be erased is erased, but another notebook or terminal still reads the old journal. Close "
                "it, and do the same again: then nothing is left in the file."
            )
            raise WorkspaceError(message)


@contextlib.contextmanager
def lock_workspace(folder: Path) -> Iterator[None]:
    """Keep what is begun in a workspace, its runs, pulls, pushes and recipes, from going on elsewhere inside the block.

    Raises WorkspaceError where one of them works just now: it holds in memory what is to be erased.
    """
    message = (
        "Something works in this workspace just now: a run, a pull or a push. Wait for it or stop it, and try again."
    )
    with contextlib.ExitStack() as held:
        for lock in folder.glob(".*.lock"):
            held.enter_context(hold_lock(lock, WorkspaceError(message)))
        yield
