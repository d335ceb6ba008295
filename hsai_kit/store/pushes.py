"""The journal of pushes and undos: each value before and after, written down before and after every batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hsai_kit.store.database import ColumnSet
from hsai_kit.store.journal import Journal, JournalStatus, Outcome, as_sql


class PushKind(StrEnum):
    """What a journal of values is of."""

    PUSH = "push"
    UNDO = "undo"

    @property
    def can_go_on(self) -> bool:
        """Whether the rest can be done after it was broken off; an undo is made anew instead."""
        return self is PushKind.PUSH


class PushOutcome(Outcome):
    """What became of a value."""

    NOT_SENT = "not sent"
    SENDING = "sending"
    WRITTEN = "written"
    SAME = "same already"
    CONFLICT = "conflict"
    REFUSED = "refused"
    MISSING = "missing"
    """The record was deleted or merged."""
    UNKNOWN = "unknown"
    """The answer was lost."""

    @property
    def is_written(self) -> bool:
        """Whether HubSpot holds the value because of the push."""
        return self is PushOutcome.WRITTEN


_IN_DOUBT = as_sql(one for one in PushOutcome if one.is_in_doubt)
_OPEN = as_sql(one for one in PushOutcome if one.is_open)


@dataclass(frozen=True)
class PushRecord:
    """A push or undo as kept."""

    id: str
    at: str
    ended_at: str | None
    kind: PushKind
    undoes: str | None
    portal_id: int
    object_type: str
    object_type_id: str
    properties: tuple[str, ...]
    run_id: str | None
    who: str
    status: JournalStatus
    fields: tuple[str, ...] = ()

    @property
    def sources(self) -> dict[str, str]:
        """The field of the answers that went to each property."""
        return {name: field for name, field in zip(self.properties, self.fields, strict=False) if field}


@dataclass(frozen=True)
class Change:
    """One value of one record, and what became of it."""

    record_id: str
    property: str
    before: str | None
    after: str | None
    outcome: PushOutcome
    reason: str = ""


@dataclass(frozen=True)
class PushSummary:
    """A push or undo with its counts: records in the journal, values written, left alone, and open.

    Open are those that were not sent, or whose answer never came.
    """

    record: PushRecord
    records: int
    written: int
    left_alone: int
    open: int


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


class PushTable(Journal[PushRecord, Change]):
    """Reads and writes of `pushes` and `changes`."""

    _table, _lines_table, _of = "pushes", "changes", "push_id"
    _key = "record_id, property"
    _order = "LENGTH(record_id), record_id, property"
    _record = ColumnSet(PushRecord, kind=PushKind, properties=_split, fields=_split, status=JournalStatus)
    _line = ColumnSet(Change, outcome=PushOutcome)

    def begin(
        self, kind: PushKind, *, properties: Sequence[str], fields: Sequence[str] = (), **values: str | int | None
    ) -> str:
        """Begin a push or undo of some properties and return its id; `values` are the other columns of PushRecord."""
        return self._begin(kind, kind=kind, properties=",".join(properties), fields=",".join(fields), **values)

    def begin_again(self, push_id: str) -> None:
        """Note that a push that was broken off goes on."""
        self._database.execute("UPDATE pushes SET status = 'running', ended_at = NULL WHERE id = ?", (push_id,))

    def find_running(self, portal_id: int, object_type: str, name: str) -> str | None:
        """Return the id of the newest push or undo of a property that has not ended, or was killed; or None."""
        row = self._database.one(
            "SELECT id FROM pushes WHERE status = 'running' AND portal_id = ? AND object_type = ? "
            "AND INSTR(',' || properties || ',', ?) ORDER BY place DESC LIMIT 1",
            (portal_id, object_type, f",{name},"),
        )
        return row["id"] if row else None

    def find_unfinished(self) -> str | None:
        """Return the id of the newest push, no undo, of which something was not sent or its answer never came."""
        row = self._database.one(
            "SELECT id FROM pushes p WHERE kind = 'push' AND status != 'done' AND EXISTS (SELECT 1 FROM changes c "  # noqa: S608 -- constants of ours
            f"WHERE c.push_id = p.id AND c.outcome IN {_OPEN}) "
            "ORDER BY place DESC LIMIT 1"
        )
        return row["id"] if row else None

    def read_written_since(self, at: str, portal_id: int, object_type: str, name: str) -> dict[str, str]:
        """Return what this workspace itself wrote last to the property `name` of each record since the time `at`."""
        rows = self._database.all(
            "SELECT c.record_id, c.after FROM changes c JOIN pushes p ON p.id = c.push_id "
            "WHERE p.at >= ? AND p.portal_id = ? AND p.object_type = ? AND c.property = ? AND c.outcome = 'written' "
            "ORDER BY c.at, p.place",
            (at, portal_id, object_type, name),
        )
        return {row["record_id"]: row["after"] for row in rows}

    def half_undone(self, push_id: str) -> set[tuple[str, str]]:
        """Return the (record id, property) of values on which an earlier undo of a push was broken off."""
        rows = self._database.all(
            "SELECT c.record_id, c.property FROM changes c JOIN pushes p ON p.id = c.push_id "  # noqa: S608 -- constants of ours
            f"WHERE p.undoes = ? AND c.outcome IN {_IN_DOUBT}",
            (push_id,),
        )
        return {(row["record_id"], row["property"]) for row in rows}

    def all(self) -> list[PushSummary]:
        """Return every push and undo with its counts, newest first."""
        rows = self._database.all(
            f"SELECT COUNT(DISTINCT c.record_id), COUNT(*) FILTER (WHERE c.outcome = 'written'), "  # noqa: S608 -- column names are ours
            f"COUNT(*) FILTER (WHERE c.outcome != 'written' AND c.outcome NOT IN {_OPEN}), "
            f"COUNT(*) FILTER (WHERE c.outcome IN {_OPEN}), {self._record.of('p')} "
            "FROM pushes p LEFT JOIN changes c ON c.push_id = p.id GROUP BY p.id ORDER BY p.place DESC"
        )
        return [PushSummary(self._record.read(tuple(row)[4:]), *tuple(row)[:4]) for row in rows]
