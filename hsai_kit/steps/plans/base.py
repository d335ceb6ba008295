"""What plans and receipts have in common: rows about records, counted, as a DataFrame, as CSV; and a plan's consent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from hsai_kit.hubspot.account import Portal
from hsai_kit.runtime.console import YES
from hsai_kit.steps.plans.confirmation import Confirmation
from hsai_kit.tabular.cell_text import format_line
from hsai_kit.tabular.table_files import write_csv
from hsai_kit.workspace import PushSettings

__all__ = ["PlanBase", "RecordRows"]

# The accounts that people work in; the others are for trying things out.
_LIVE = "STANDARD"
_MOST_REASONS = 5


class RecordRows:
    """Rows about records of a portal, each with its verdict or outcome."""

    _columns: ClassVar[tuple[str, ...]]
    _counted: ClassVar[str]

    def __init__(self, portal: Portal, object_type_id: str, rows: Sequence[Any]) -> None:
        self.portal = portal
        self.object_type_id = object_type_id
        self._listed = tuple(rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have which verdict or outcome, the most common first."""
        return self._counts(self._listed)

    @property
    def frame(self) -> pd.DataFrame:
        """All rows as a DataFrame, index `record_id`, with the columns that the class tells of."""
        index = pd.Index([row.record_id for row in self._listed], dtype="string", name="record_id")
        columns = {name: [getattr(row, name) for row in self._listed] for name in self._columns}
        columns["link"] = [self._link(row.record_id) for row in self._listed]
        return pd.DataFrame(columns, index=index, dtype="string")

    def to_csv(self, path: str | Path) -> Path:
        """Write `.frame` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        return write_csv(self.frame, path)

    def _link(self, record_id: str) -> str:
        return self.portal.record_link(self.object_type_id, record_id)

    def _counts(self, rows: Iterable[Any]) -> dict[str, int]:
        return dict(Counter(getattr(row, self._counted) for row in rows).most_common())

    def _said(self, rows: Iterable[Any], nothing: str) -> str:
        return ", ".join(f"{count:,} {word}" for word, count in self._counts(rows).items()) or nothing


class PlanBase(RecordRows, ABC):
    """A plan: what would be done, what somebody has to say first, and what is left alone."""

    _counted = "verdict"
    run_id: str | None
    undoes: str | None
    settings: PushSettings

    @property
    @abstractmethod
    def records(self) -> int:
        """How many records something would be done about."""

    @property
    def where(self) -> str:
        """The portal in words."""
        live = "the live portal" if self.portal.account_type == _LIVE else "portal"
        return f"{live} {self.portal.id} ({self.portal.account_type})"

    @property
    def too_many(self) -> str:
        """Why this plan is refused for its size, "" where it is not; `max_records` in hsai.toml is the cap."""
        most = self.settings.max_records
        if self.undoes or not most or self.records <= most:
            return ""
        return (
            f"this is about {self.records:,} records, and this workspace lets a plan be about {most:,} "
            "(max_records in hsai.toml). Approve a part, or raise it there."
        )

    @property
    def is_undecided(self) -> bool:
        """Whether there is something to approve and nobody approved any of it."""
        return not self.undoes and set(self.counts) == {"not approved"}

    @property
    def no_approval_reason(self) -> str:
        """Why this plan is refused where nothing was approved yet, "" where something was."""
        if not self.is_undecided:
            return ""
        return (
            "nothing is approved yet. Approve what is right first, with checked.approve(…), or in the terminal with "
            f"hsai review {self.run_id} --approve unflagged"
        )

    def _needed(self, would: str, nothing: str) -> Confirmation:
        """Return what somebody has to say; `would` says what is done and where, `nothing` that nothing is."""
        if not self.records:
            return Confirmation("nothing", nothing, self.portal.id)
        if self.portal.account_type == _LIVE and self.records > self.settings.portal_id_above:
            return Confirmation("portal id", f"{would}. Type the portal's id to go on: ", self.portal.id)
        return Confirmation("yes", f"{would}? {YES}", self.portal.id)

    def _left_alone(self, verdicts: set[str], width: int) -> list[str]:
        """Return the last lines of a plan: the most common reasons of the rows with these verdicts, and its size."""
        reasons = Counter(row.reason for row in self._listed if row.reason and row.verdict in verdicts)
        lines = [f"  Left alone: {format_line(why, width)} ({n:,})" for why, n in reasons.most_common(_MOST_REASONS)]
        return [*lines, *([f"  Too many: {self.too_many}"] if self.too_many else [])]
