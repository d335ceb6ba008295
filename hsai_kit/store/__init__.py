"""The one SQLite file of a workspace: every read and write of it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from hsai_kit.store.actions import Act, ActionRecord, Actions
from hsai_kit.store.audit import Audit, Entry, LoggedChange
from hsai_kit.store.batches import Batches, BatchRecord
from hsai_kit.store.capabilities import Capabilities
from hsai_kit.store.database import Database
from hsai_kit.store.decisions import Decision, Decisions, Undone
from hsai_kit.store.evaluations import EvaluatedRow, EvaluatedRun, EvaluationRecord, Evaluations
from hsai_kit.store.labels import Label, Labels
from hsai_kit.store.limits import AccountLimits, Limits
from hsai_kit.store.overview import ListedRun, Overview, Use
from hsai_kit.store.pulls import Pull, Pulls
from hsai_kit.store.pushes import Change, ListedPush, Pushes, PushRecord
from hsai_kit.store.ratings import RatedItem, Rating, Ratings, RatingSet
from hsai_kit.store.recipes import RecipeRuns
from hsai_kit.store.runs import Answer, PlannedRow, RowAnswer, RunRecord, Runs

__all__ = [
    "AccountLimits",
    "Act",
    "ActionRecord",
    "Answer",
    "BatchRecord",
    "Change",
    "Decision",
    "Entry",
    "EvaluatedRow",
    "EvaluatedRun",
    "EvaluationRecord",
    "Label",
    "ListedPush",
    "ListedRun",
    "LoggedChange",
    "PlannedRow",
    "Pull",
    "PushRecord",
    "RatedItem",
    "Rating",
    "RatingSet",
    "RowAnswer",
    "RunRecord",
    "Store",
    "Undone",
    "Use",
]


class Store:
    """The store of one workspace; raises WorkspaceError where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.path = path
        self.pulls = Pulls(self._database)
        self.runs = Runs(self._database)
        self.overview = Overview(self._database)
        self.decisions = Decisions(self._database)
        self.labels = Labels(self._database)
        self.evaluations = Evaluations(self._database)
        self.ratings = Ratings(self._database)
        self.pushes = Pushes(self._database)
        self.actions = Actions(self._database)
        self.audit = Audit(self._database)
        self.recipes = RecipeRuns(self._database)
        self.batches = Batches(self._database)
        self.capabilities = Capabilities(self._database)
        self.limits = Limits(self._database)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def newest_receipt(self) -> str | None:
        """Return the id of the newest push or action, no undo, of which anything stands; else the newest, or None."""
        newest = [
            (journal.stands(one.id), one.at, one.id)
            for journal in (self.pushes, self.actions)
            if (one := journal.latest()) is not None
        ]
        return max(newest)[-1] if newest else None

    def transaction(self) -> AbstractContextManager[None]:
        """Keep all other sessions from writing inside the block, all of which is kept, or none of it."""
        return self._database.transaction()

    def close(self) -> None:
        """Close the file."""
        self._database.close()
