"""Which runs a recipe made, and which of them are not through with what comes after the review."""

from __future__ import annotations

from hsai_kit.store.database import Database, now

__all__ = ["RecipeRunTable"]


class RecipeRunTable:
    """Reads and writes of `recipe_runs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run_id: str, recipe: str, *, alone: bool) -> None:
        """Note that a recipe made a run; `alone` says that no person is to review it."""
        self._database.execute(
            "INSERT OR IGNORE INTO recipe_runs (run_id, recipe, alone) VALUES (?, ?, ?)", (run_id, recipe, alone)
        )

    def end(self, run_id: str) -> None:
        """Note that all that comes after the review was done."""
        self._database.execute("UPDATE recipe_runs SET ended_at = ? WHERE run_id = ?", (now(), run_id))

    def find_broken_off(self, recipe: str, portal_id: int) -> list[str]:
        """Return the runs of a recipe in a portal that went on alone and did not come to their end, oldest first."""
        rows = self._database.all(
            f"{_RUNS} AND t.alone AND t.ended_at IS NULL ORDER BY r.at, r.rowid", (recipe, portal_id)
        )
        return [row["run_id"] for row in rows]

    def newest(self, recipe: str, portal_id: int) -> str | None:
        """Return the newest run of a recipe in a portal, or None."""
        row = self._database.one(f"{_RUNS} ORDER BY r.at DESC, r.rowid DESC LIMIT 1", (recipe, portal_id))
        return row["run_id"] if row else None


_RUNS = "SELECT t.run_id FROM recipe_runs t JOIN runs r ON r.id = t.run_id WHERE t.recipe = ? AND r.portal_id = ?"
