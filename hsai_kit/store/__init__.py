"""The one SQLite file of a workspace: every read and write of it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from hsai_kit.store.actions import Act, ActionOutcome, ActionRecord, ActionTable
from hsai_kit.store.answers import Answer, AnswerStatus, AnswerTable, Use
from hsai_kit.store.audit import Audit, AuditChange, AuditEntry
from hsai_kit.store.batches import BatchRecord, BatchTable
from hsai_kit.store.database import Database
from hsai_kit.store.decisions import Decision, DecisionRecord, DecisionTable, DecisionUndo, decision_of
from hsai_kit.store.erasure import ErasureTable
from hsai_kit.store.evaluations import (
    EvaluationRecord,
    EvaluationRow,
    EvaluationRun,
    EvaluationTable,
    Label,
    LabelDraw,
    LabelGround,
    LabelTable,
)
from hsai_kit.store.expenses import ExpenseTable
from hsai_kit.store.journal import JournalStatus
from hsai_kit.store.model_facts import AccountLimits, ModelFactTable
from hsai_kit.store.pulls import Pull, PullTable
from hsai_kit.store.pushes import Change, PushKind, PushOutcome, PushRecord, PushSummary, PushTable
from hsai_kit.store.ratings import Rating, RatingItem, RatingKind, RatingSet, RatingTable
from hsai_kit.store.runs import RecipeRunTable, RowAnswer, RunRecord, RunRow, RunStatus, RunSummary, RunTable

__all__ = [
    "AccountLimits",
    "Act",
    "ActionOutcome",
    "ActionRecord",
    "Answer",
    "AnswerStatus",
    "AuditChange",
    "AuditEntry",
    "BatchRecord",
    "Change",
    "Decision",
    "DecisionRecord",
    "DecisionUndo",
    "EvaluationRecord",
    "EvaluationRow",
    "EvaluationRun",
    "JournalStatus",
    "Label",
    "LabelDraw",
    "LabelGround",
    "Pull",
    "PushKind",
    "PushOutcome",
    "PushRecord",
    "PushSummary",
    "Rating",
    "RatingItem",
    "RatingKind",
    "RatingSet",
    "RowAnswer",
    "RunRecord",
    "RunRow",
    "RunStatus",
    "RunSummary",
    "Store",
    "Use",
    "decision_of",
]


class Store:
    """The store of one workspace; raises WorkspaceError where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.path = path
        self.pulls = PullTable(self._database)
        self.answers = AnswerTable(self._database)
        self.runs = RunTable(self._database, self.answers)
        self.decisions = DecisionTable(self._database)
        self.labels = LabelTable(self._database)
        self.evaluations = EvaluationTable(self._database)
        self.ratings = RatingTable(self._database)
        self.pushes = PushTable(self._database)
        self.actions = ActionTable(self._database)
        self.audit = Audit(self._database)
        self.erasure = ErasureTable(self._database)
        self.recipes = RecipeRunTable(self._database)
        self.batches = BatchTable(self._database)
        self.expenses = ExpenseTable(self._database)
        self.model_facts = ModelFactTable(self._database)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def newest_receipt(self) -> str | None:
        """Return the id of the newest push or action, no undo, of which anything stands; else the newest, or None."""
        return self.audit.newest_receipt()

    def newest_standing(self, portal_id: int | None = None) -> str | None:
        """Return the id of the newest push or action, of one portal or any, that an undo can still take back."""
        return self.audit.newest_standing(portal_id)

    def transaction(self) -> AbstractContextManager[None]:
        """Keep all other sessions from writing inside the block, all of which is kept, or none of it."""
        return self._database.transaction()

    def close(self) -> None:
        """Close the file."""
        self._database.close()
