"""Everything that was ever done to records from this workspace, read in one go: pushes, actions, and their undos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hsai_kit.store.database import Table
from hsai_kit.store.decisions import Decision

# Rows that are read at once: a page is gone before the next one comes.
_PAGE = 10_000


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


_THINGS = (
    "CASE a.kind WHEN 'create_task' THEN 'task' WHEN 'create_note' THEN 'note' WHEN 'add_to_list' THEN 'list' "
    "WHEN 'notify' THEN 'message' ELSE a.kind END"
)
# An undo has no run of its own: what it takes back has.
_ENTRIES = """
SELECT e.id, e.at, e.ended_at, e.kind, e.undoes, e.portal_id, e.object_type, e.object_type_id, e.what, e.who, e.status,
    r.id AS run_id, COALESCE(r.assistant, ''), COALESCE(r.assistant_version, ''), COALESCE(r.model, ''),
    COALESCE(c.name, ''), COALESCE(c.ui_domain, ''), e.of_properties
FROM (
    SELECT p.id, p.at, p.ended_at, p.kind, p.undoes, p.portal_id, p.object_type, p.object_type_id, p.properties AS what,
        p.who, p.status, COALESCE(p.run_id, (SELECT q.run_id FROM pushes q WHERE q.id = p.undoes)) AS run, p.rowid AS n,
        1 AS of_properties
    FROM pushes p
    UNION ALL
    SELECT a.id, a.at, a.ended_at, a.kind, a.undoes, a.portal_id, a.object_type, a.object_type_id, a.about,
        a.who, a.status, COALESCE(a.run_id, (SELECT b.run_id FROM actions b WHERE b.id = a.undoes)), a.rowid, 0
    FROM actions a
) e LEFT JOIN runs r ON r.id = e.run LEFT JOIN connections c ON c.portal_id = e.portal_id
"""
_CHANGES = f"""
SELECT entry_id, at, record_id, property, before, after, outcome, reason FROM (
    SELECT c.push_id AS entry_id, c.at, c.record_id, c.property, COALESCE(c.before, '') AS before,
        COALESCE(c.after, '') AS after, c.outcome, c.reason
    FROM changes c
    UNION ALL
    SELECT t.action_id, t.at, t.record_id, {_THINGS.replace("a.kind", "k.kind")},
        CASE WHEN a.undoes IS NULL THEN '' ELSE t.what END, CASE WHEN a.undoes IS NULL THEN t.what ELSE '' END,
        t.outcome, t.reason
    FROM acts t JOIN actions a ON a.id = t.action_id JOIN actions k ON k.id = COALESCE(a.undoes, a.id)
)
"""  # noqa: S608 -- constants of ours


class Audit(Table):
    """Reads over all that was done; it writes nothing."""

    def entries(self, query: AuditQuery) -> list[AuditEntry]:
        """Return pushes, actions and undos, oldest first, that fit a query or have a change that does."""
        conditions, parameters = [], []
        for condition, value in (
            ("e.portal_id = ?", query.portal_id),
            ("e.at >= ?", query.since),
            ("e.at < ?", query.until),
        ):
            if value is not None:
                conditions.append(condition)
                parameters.append(value)
        if query.record_id is not None or query.property is not None:
            where, more = _about(query)
            conditions.append(f"e.id IN (SELECT entry_id FROM ({_CHANGES}) {where})")  # noqa: S608 -- constants of ours
            parameters += more
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self._database.all(f"{_ENTRIES} {where} ORDER BY e.at, e.n", parameters)
        return [AuditEntry(*row) for row in rows]

    def changes(self, entry_id: str, query: AuditQuery) -> Iterator[AuditChange]:
        """Yield what an entry did that fits a query, by record id; they are read in pages."""
        where, parameters = _about(query, entry_id)
        place = 0
        while True:
            sql = f"{_CHANGES} {where} ORDER BY LENGTH(record_id), record_id, property LIMIT {_PAGE} OFFSET {place}"
            page = self._database.all(sql, parameters)
            yield from (AuditChange(*row) for row in page)
            if len(page) < _PAGE:
                return
            place += _PAGE

    def outcomes(self, entry_id: str, query: AuditQuery) -> dict[str, int]:
        """Return how often each outcome came of an entry, the most common first."""
        where, parameters = _about(query, entry_id)
        rows = self._database.all(
            f"SELECT outcome, COUNT(*) FROM ({_CHANGES} {where}) GROUP BY outcome ORDER BY COUNT(*) DESC, outcome",  # noqa: S608 -- constants of ours
            parameters,
        )
        return {row[0]: int(row[1]) for row in rows}

    def reviewers(self, run_id: str) -> list[str]:
        """Return who approved or edited answers of a run."""
        rows = self._database.all(
            "SELECT DISTINCT reviewer, decision FROM decisions WHERE run_id = ? ORDER BY reviewer", (run_id,)
        )
        return list(dict.fromkeys(who for who, decision in rows if Decision(decision).is_approved))


def _about(query: AuditQuery, entry_id: str | None = None) -> tuple[str, list[str]]:
    given = (("entry_id = ?", entry_id), ("record_id = ?", query.record_id), ("property = ?", query.property))
    used = [(condition, value) for condition, value in given if value is not None]
    where = f"WHERE {' AND '.join(condition for condition, _ in used)}" if used else ""
    return where, [value for _, value in used]
