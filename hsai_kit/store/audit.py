"""Everything that was ever done to records from this workspace, read in one go: pushes, actions, and their undos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hsai_kit.store.actions import ActionOutcome
from hsai_kit.store.database import PAGE, ColumnSet, Table
from hsai_kit.store.decisions import Decision
from hsai_kit.store.journal import as_sql
from hsai_kit.store.pushes import PushOutcome


@dataclass(frozen=True)
class AuditQuery:
    """What is asked of the log; None leaves a filter out. Times are UTC as kept, `until` is exclusive."""

    portal_id: int | None = None
    since: str | None = None
    until: str | None = None
    record_id: str | None = None
    property: str | None = None


@dataclass(frozen=True)
class AuditEntry:
    """One push, action or undo: who, when, where, and from which answers; `what` are the properties or the action."""

    id: str
    at: str
    ended_at: str | None
    kind: str
    undoes: str | None
    portal_id: int
    object_type: str
    object_type_id: str
    what: str
    who: str
    status: str
    run_id: str | None
    assistant: str
    version: str
    model: str
    portal_name: str
    ui_domain: str
    of_properties: bool


@dataclass(frozen=True)
class AuditChange:
    """What happened to one value, or what was done about one record, and what came of it."""

    entry_id: str
    at: str
    record_id: str
    property: str
    before: str
    after: str
    outcome: str
    reason: str


_ENTRY, _CHANGE = ColumnSet(AuditEntry), ColumnSet(AuditChange)
# Whether an entry has a change of certain outcomes; over the tables, since of a view SQLite would read all each time.
_HAS = (
    "(EXISTS (SELECT 1 FROM changes WHERE push_id = {entry}.id AND outcome IN {outcomes}) "
    "OR EXISTS (SELECT 1 FROM acts WHERE action_id = {entry}.id AND outcome IN {outcomes}))"
)
_STANDS = _HAS.format(entry="e", outcomes=as_sql(one for one in (*PushOutcome, *ActionOutcome) if one.may_stand))
_LEFT = as_sql([PushOutcome.REFUSED, *(one for one in PushOutcome if one.is_open)])
# An undo that came to its end, got everything through, and was not itself taken back.
_TAKEN_BACK = (
    "SELECT 1 FROM audit_entries u WHERE u.undoes = e.id AND u.status = 'done' "  # noqa: S608 -- constants of ours
    f"AND NOT {_HAS.format(entry='u', outcomes=_LEFT)} "
    "AND NOT EXISTS (SELECT 1 FROM audit_entries v WHERE v.undoes = u.id AND v.status = 'done')"
)
_CHANGED_SOMETHING = _HAS.format(entry="e", outcomes="('written', 'done', 'taken back')")


class Audit(Table):
    """Reads over all that was done; it writes nothing."""

    def entries(self, query: AuditQuery) -> list[AuditEntry]:
        """Return pushes, actions and undos, newest first, that fit a query or have a change that does."""
        sql = (
            f"SELECT {_ENTRY} FROM audit_entries e WHERE (:portal_id IS NULL OR portal_id = :portal_id) "  # noqa: S608 -- constants of ours
            "AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until) "
            f"AND (COALESCE(:record_id, :property) IS NULL OR id IN (SELECT entry_id {_of(None, query)})) "
            "ORDER BY place DESC"
        )
        return [_ENTRY.read(row) for row in self._database.all(sql, vars(query))]

    def changes(self, entry_id: str, query: AuditQuery) -> Iterator[AuditChange]:
        """Yield what an entry did that fits a query, by record id; they are read in pages."""
        sql = (
            f"SELECT {_CHANGE} {_of(entry_id, query)} "
            "ORDER BY LENGTH(record_id), record_id, property LIMIT :size OFFSET :place"
        )
        values = {**vars(query), "entry_id": entry_id, "size": PAGE, "place": 0}
        while page := self._database.all(sql, values):
            yield from map(_CHANGE.read, page)
            values["place"] += PAGE

    def outcomes(self, entry_id: str, query: AuditQuery) -> dict[str, int]:
        """Return how often each outcome came of an entry, the most common first."""
        sql = f"SELECT outcome, COUNT(*) {_of(entry_id, query)} GROUP BY outcome ORDER BY COUNT(*) DESC, outcome"
        return {row[0]: row[1] for row in self._database.all(sql, {**vars(query), "entry_id": entry_id})}

    def newest_receipt(self) -> str | None:
        """Return the id of the newest push or action, no undo, of which anything stands; else the newest, or None."""
        sql = f"SELECT id FROM audit_entries e WHERE kind != 'undo' ORDER BY {_STANDS} DESC, place DESC LIMIT 1"  # noqa: S608 -- constants of ours
        row = self._database.one(sql)
        return row["id"] if row else None

    def newest_standing(self, portal_id: int | None = None) -> str | None:
        """Return the id of the newest push or action that can be taken back and was not yet, or None.

        A message cannot. What an undo that came to its end left alone is not the push's any more.
        """
        sql = (
            "SELECT id FROM audit_entries e WHERE kind NOT IN ('undo', 'notify') "  # noqa: S608 -- constants of ours
            f"AND portal_id = COALESCE(?, portal_id) AND {_STANDS} AND NOT EXISTS ({_TAKEN_BACK}) "
            "ORDER BY place DESC LIMIT 1"
        )
        row = self._database.one(sql, (portal_id,))
        return row["id"] if row else None

    def find_undo(self, entry_id: str) -> str | None:
        """Return the id of the newest undo that took something of an entry back, or None."""
        # An undo may be repeated, and then finds nothing: it took nothing back.
        row = self._database.one(
            f"SELECT id FROM audit_entries e WHERE undoes = ? AND {_CHANGED_SOMETHING} ORDER BY place DESC LIMIT 1",  # noqa: S608 -- a constant of ours
            (entry_id,),
        )
        return row["id"] if row else None

    def reviewers(self, run_id: str) -> list[str]:
        """Return who approved or edited answers of a run."""
        rows = self._database.all(
            "SELECT DISTINCT reviewer, decision FROM decisions WHERE run_id = ? ORDER BY reviewer", (run_id,)
        )
        return list(dict.fromkeys(who for who, decision in rows if Decision(decision).is_approved))


def _of(entry_id: str | None, query: AuditQuery) -> str:
    """Return the FROM and WHERE for the changes, of one entry or all, that fit a query."""
    given = {"entry_id": entry_id, "record_id": query.record_id, "property": query.property}
    conditions = [f"{name} = :{name}" for name, value in given.items() if value is not None]
    return f"FROM audit_changes WHERE {' AND '.join(conditions) or 'TRUE'}"
