"""What the two journals have in common: something begins, its lines are written down as it goes, and it ends."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from operator import attrgetter
from typing import ClassVar, Generic, TypeVar

from hsai_kit.store.database import ColumnSet, Table, new_id, now

R = TypeVar("R")
L = TypeVar("L")


_NEXT_PLACE = (
    "SELECT 1 + MAX((SELECT COALESCE(MAX(place), 0) FROM pushes), (SELECT COALESCE(MAX(place), 0) FROM actions))"
)


ERASED = "its values were erased"
"""How the reason of a line begins of which only ids, property and outcome are left."""


class JournalStatus(StrEnum):
    """How far a push or an action is; running is also what was killed."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class Outcome(StrEnum):
    """What became of a line; PushOutcome and ActionOutcome have the words."""

    @property
    def is_in_doubt(self) -> bool:
        """Whether its answer is awaited, or was lost."""
        return self in {"sending", "unknown"}

    @property
    def is_open(self) -> bool:
        """Whether it is left to do, or to look at."""
        return self.is_in_doubt or self == "not sent"

    @property
    def may_stand(self) -> bool:
        """Whether it stands in HubSpot, or may stand there, so that it can be taken back."""
        return self.is_in_doubt or self in {"written", "done"}


class Journal(Table, Generic[R, L]):
    """A table of what was begun and a table of its lines; the classes tell the tables and what their rows become.

    What is written here stands or may stand in HubSpot, so each write is on the disk before anything is sent.
    """

    _table: ClassVar[str]
    _lines_table: ClassVar[str]
    _of: ClassVar[str]
    """The column of a line that tells what it belongs to."""
    _key: ClassVar[str] = "record_id"
    """The columns that a line is known by, in what it belongs to."""
    _order: ClassVar[str] = "LENGTH(record_id), record_id"
    _record: ColumnSet[R]
    _line: ColumnSet[L]

    def _begin(self, prefix: str, **values: str | int | None) -> str:
        begun = new_id(prefix)
        known = {"id": begun, "at": now(), "status": JournalStatus.RUNNING}
        with self._database.durable(), self._database.transaction():
            self._database.insert(self._table, **known | values, place=self._database.count(_NEXT_PLACE))
        return begun

    def note(self, begun: str, lines: Iterable[L]) -> None:
        """Write lines down, all or none; a later outcome of the same replaces the earlier one."""
        at, names = now(), self._line.names
        columns, marks = ", ".join((*names, self._of, "at")), ", ".join("?" * (len(names) + 2))
        later = ", ".join(f"{name} = excluded.{name}" for name in (*names, "at"))
        values = attrgetter(*names)
        with self._database.durable():
            self._database.many(
                # Not OR REPLACE, which would also delete what another journal has under the same mark.
                f"INSERT INTO {self._lines_table} ({columns}) VALUES ({marks}) "  # noqa: S608 -- names are ours
                f"ON CONFLICT ({self._of}, {self._key}) DO UPDATE SET {later}",
                ((*values(line), begun, at) for line in lines),
            )

    def end(self, begun: str, status: JournalStatus) -> None:
        """Note how it ended."""
        with self._database.durable():
            self._database.execute(
                f"UPDATE {self._table} SET status = ?, ended_at = ? WHERE id = ?",  # noqa: S608 -- names are ours
                (status, now(), begun),
            )

    def break_off(self, begun: str, reason: str) -> None:
        """Note that it was broken off; what was being sent may have been done or not."""
        with self._database.durable(), self._database.transaction():
            self._database.execute(
                f"UPDATE {self._lines_table} SET outcome = 'unknown', reason = ? WHERE {self._of} = ? "  # noqa: S608 -- names are ours
                "AND outcome = 'sending'",
                (reason, begun),
            )
            self.end(begun, JournalStatus.STOPPED)

    def get(self, begun: str) -> R | None:
        """Return what was begun under that id, or None."""
        row = self._database.one(f"SELECT {self._record} FROM {self._table} WHERE id = ?", (begun,))  # noqa: S608 -- names are ours
        return self._record.read(row) if row else None

    def lines(self, begun: str) -> list[L]:
        """Return what became of each row."""
        rows = self._database.all(
            f"SELECT {self._line} FROM {self._lines_table} WHERE {self._of} = ? ORDER BY {self._order}",  # noqa: S608 -- names are ours
            (begun,),
        )
        return [self._line.read(row) for row in rows]


def as_sql(outcomes: Iterable[Outcome]) -> str:
    """Return outcomes as SQL writes a list of texts."""
    return "({})".format(", ".join(f"'{outcome}'" for outcome in outcomes))


def is_erased(reason: str) -> bool:
    """Tell by the reason of a line whether its values are gone for good: nobody knows what to restore or to send."""
    return reason.startswith(ERASED)
