"""What plans of pushes and actions have in common: rows about records, counted, as a DataFrame, as CSV; and consent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.hubspot.account import Portal
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.runtime.console import YES, is_yes
from hsai_kit.runtime.progress import Progress
from hsai_kit.tabular.cell_text import format_line
from hsai_kit.tabular.table_files import write_csv

# The accounts that people work in; the others are for trying things out.
_LIVE = "STANDARD"
_MOST_REASONS = 5


class RecordRow(Protocol):
    """A row about a record."""

    @property
    def record_id(self) -> str:
        """The record's id."""


class PlanRow(RecordRow, Protocol):
    """A row of a plan."""

    @property
    def verdict(self) -> str:
        """Whether something would be done, or why not, in a word or two."""

    @property
    def reason(self) -> str:
        """The same in more words, "" where the verdict says it all."""


R = TypeVar("R", bound=RecordRow)
P = TypeVar("P", bound=PlanRow)


@dataclass(frozen=True)
class Confirmation:
    """What a plan needs: `kind` is nothing, yes, or portal id; `question` asks for it in words."""

    kind: Literal["nothing", "yes", "portal id"]
    question: str
    portal_id: int

    def accepts(self, said: str) -> bool:
        """Tell whether what was typed is what is needed."""
        word = said.strip().casefold()
        return {"nothing": True, "yes": is_yes(said), "portal id": word == str(self.portal_id)}[self.kind]

    @property
    def confirm(self) -> bool | int:
        """What `confirm=` has to be for this plan, once somebody has agreed."""
        return self.portal_id if self.kind == "portal id" else True


class RecordRows(Generic[R]):
    """Rows about records of a portal, each with its verdict or outcome."""

    _columns: ClassVar[tuple[str, ...]]
    _counted: ClassVar[str]

    def __init__(self, portal: Portal, object_type_id: str, rows: Sequence[R]) -> None:
        self.portal = portal
        self.object_type_id = object_type_id
        self.rows = tuple(rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have which verdict or outcome, the most common first."""
        return self._count(self.rows)

    @property
    def frame(self) -> pd.DataFrame:
        """All rows as a DataFrame, index `record_id`, with the columns that the class tells of."""
        index = pd.Index([row.record_id for row in self.rows], dtype="string", name="record_id")
        columns = {name: [_plain(getattr(row, name)) for row in self.rows] for name in self._columns}
        columns["link"] = [self._link(row.record_id) for row in self.rows]
        return pd.DataFrame(columns, index=index, dtype="string")

    def to_csv(self, path: str | Path) -> Path:
        """Write `.frame` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        return write_csv(self.frame, path)

    def _link(self, record_id: str) -> str:
        return self.portal.record_link(self.object_type_id, record_id)

    def _count(self, rows: Iterable[R]) -> dict[str, int]:
        return dict(Counter(str(getattr(row, self._counted)) for row in rows).most_common())

    def _describe_counts(self, rows: Iterable[R], nothing: str) -> str:
        return ", ".join(f"{count:,} {word}" for word, count in self._count(rows).items()) or nothing


class PlanBase(RecordRows[P], ABC):
    """A plan: what would be done, what somebody has to say first, and what is left alone."""

    _counted = "verdict"
    _to_do: ClassVar[str]
    """The verdict of the rows about which something would be done."""
    nothing: ClassVar[str]
    """What happened where a plan was not carried out, such as "Nothing was written"."""
    idle: ClassVar[str]
    """What is said where there is nothing to do, such as "Nothing would change."."""
    resumes: str | None = None

    def __init__(
        self, hub: Connection, kind: ObjectType, rows: Sequence[P], *, run_id: str | None, undoes: str | None
    ) -> None:
        super().__init__(hub.portal, kind.type_id, rows)
        self.object_type = kind.name
        self.run_id = run_id
        self.undoes = undoes
        self.settings = hub.workspace.settings.push

    @property
    @abstractmethod
    def would(self) -> str:
        """What would be done and where, such as "Write 3 values to portal 1"."""

    @property
    @abstractmethod
    def size(self) -> str:
        """How much would be done, as a sentence without its end."""

    @property
    @abstractmethod
    def progress(self) -> Progress:
        """What the progress line says while the plan is carried out, and up to where it counts."""

    @property
    def to_do(self) -> tuple[P, ...]:
        """The rows about which something would be done."""
        return tuple(row for row in self.rows if row.verdict == self._to_do)

    @property
    def records(self) -> int:
        """How many records something would be done about."""
        return len({row.record_id for row in self.to_do})

    @property
    def where(self) -> str:
        """The portal in words."""
        live = "the live portal" if self.portal.account_type == _LIVE else "portal"
        return f"{live} {self.portal.id} ({self.portal.account_type})"

    @property
    def too_many(self) -> str:
        """Why this plan is refused for its size, "" where it is not; `max_records` in hsai.toml is the cap."""
        most = self.settings.max_records
        # What is left of a push was let through when it began.
        if self.undoes or self.resumes or not most or self.records <= most:
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
    def confirmation(self) -> Confirmation:
        """What somebody has to say before this plan is carried out, in words and as data."""
        if not self.records:
            return Confirmation("nothing", self.idle, self.portal.id)
        if self.portal.account_type == _LIVE and self.records > self.settings.portal_id_above:
            return Confirmation("portal id", f"{self.would}. Type the portal's id to go on: ", self.portal.id)
        return Confirmation("yes", f"{self.would}? {YES}", self.portal.id)

    def _explain_left_alone(self, verdicts: Collection[str], width: int) -> list[str]:
        """Return the last lines of a plan: the most common reasons of the rows with these verdicts, and its size."""
        reasons = Counter(row.reason for row in self.rows if row.reason and row.verdict in verdicts)
        lines = [f"  Left alone: {format_line(why, width)} ({n:,})" for why, n in reasons.most_common(_MOST_REASONS)]
        return [*lines, *([f"  Too many: {self.too_many}"] if self.too_many else [])]


def list_record_ids(rows: Iterable[RecordRow]) -> list[str]:
    """Return the ids of the records that rows are about, each once."""
    return list(dict.fromkeys(row.record_id for row in rows))


def _plain(value: Any) -> str | None:
    """Return a word as a plain str, so that nothing shows that it is a member of an enum."""
    return None if value is None else str(value)
