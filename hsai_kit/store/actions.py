"""The journal of what else was done about records: tasks, notes, lists, messages; and of taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hsai_kit.store.database import ColumnSet, now
from hsai_kit.store.journal import Journal, JournalStatus, Outcome, as_sql


@dataclass(frozen=True)
class ActionRecord:
    """An action or its undo as kept; `about` says in words what it was.

    `kind` is create_task, create_note, log_email, add_to_list, notify or undo; `target` is where it went: the object
    type that was made, the id of a list, or the name of an address.
    """

    id: str
    at: str
    ended_at: str | None
    kind: str
    undoes: str | None
    portal_id: int
    object_type: str
    object_type_id: str
    run_id: str | None
    who: str
    status: JournalStatus
    target: str
    about: str


class ActionOutcome(Outcome):
    """What became of an action about one record."""

    NOT_SENT = "not sent"
    SENDING = "sending"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    DONE = "done"
    TAKEN_BACK = "taken back"
    LEFT_ALONE = "left alone"
    GONE = "gone"


@dataclass(frozen=True)
class Act:
    """What an action did about one record.

    `mark` is the same whenever the same is done about the same row again; `made_id` is the record
    that was made; `content` is what it held then (JSON by property).
    """

    record_id: str
    mark: str
    outcome: ActionOutcome
    what: str
    made_id: str = ""
    content: str = ""
    reason: str = ""


LOST_ONCE = "an answer about it was lost, so it is looked for again: HubSpot may have made it twice"
"""The reason of an act that was made while an answer was lost."""
_ACT = ColumnSet(Act, outcome=ActionOutcome)
# What stands in HubSpot, or may stand there: the index acts_standing lets a mark have only one of these.
_STANDING = as_sql(one for one in ActionOutcome if one.may_stand)


class ActionTable(Journal[ActionRecord, Act]):
    """Reads and writes of `actions` and `acts`."""

    _table, _lines_table, _of = "actions", "acts", "action_id"
    _record, _line = ColumnSet(ActionRecord, status=JournalStatus), _ACT

    def begin(self, kind: str, **values: str | int | None) -> str:
        """Begin an action or an undo and return its id; `values` are the other columns of ActionRecord."""
        return self._begin("then" if kind != "undo" else "undo", kind=kind, **values)

    def claim(self, action_id: str, acts: Iterable[Act]) -> list[Act]:
        """Note acts that are about to be sent and return those that nothing else has sent, or sends just now."""
        claimed = []
        with self._database.durable(), self._database.transaction():
            at = now()
            for act in acts:
                self._database.execute(
                    "DELETE FROM acts WHERE action_id = ? AND record_id = ?", (action_id, act.record_id)
                )
                done = self._database.execute(
                    f"INSERT OR IGNORE INTO acts (action_id, at, {_ACT}) VALUES (?, ?, ?, ?, 'sending', ?, ?, ?, ?)",  # noqa: S608 -- column names are ours
                    (action_id, at, act.record_id, act.mark, act.what, act.made_id, act.content, act.reason),
                )
                if done:
                    claimed.append(act)
        return claimed

    def settle(
        self, marks: Iterable[str], outcome: str, *, made_id: str = "", content: str = "", reason: str = ""
    ) -> None:
        """Note what became of the acts with these marks that stand, or may stand, whichever action they are of."""
        with self._database.durable():
            self._database.many(
                f"UPDATE acts SET outcome = ?, made_id = COALESCE(NULLIF(?, ''), made_id), "  # noqa: S608 -- a constant of ours
                f"content = COALESCE(NULLIF(?, ''), content), reason = ? WHERE mark = ? AND outcome IN {_STANDING}",
                ((outcome, made_id, content, reason, mark) for mark in marks),
            )

    def find_doubted(self, portal_id: int, object_type: str, target: str) -> list[tuple[str, Act]]:
        """Return what was made while an answer was lost, so that it may stand twice: (when, the act), oldest first."""
        rows = self._database.all(
            f"SELECT c.at, {_ACT.of('c')} FROM acts c JOIN actions a ON a.id = c.action_id WHERE c.outcome = 'done' "  # noqa: S608 -- column names are ours
            "AND c.reason = ? AND a.portal_id = ? AND a.object_type = ? AND a.target = ? ORDER BY c.at",
            (LOST_ONCE, portal_id, object_type, target),
        )
        return [(at, _ACT.read(act)) for at, *act in rows]

    def find_standing(self, marks: Sequence[str]) -> dict[str, tuple[str, Act]]:
        """Return what stands, or may stand, of some marks: (id of its action, the act) by mark."""
        # As the index acts_standing has it, which is used only for marks that are not blank.
        sql = (
            f"SELECT action_id, {_ACT} FROM acts WHERE outcome IN {_STANDING} AND mark != '' "  # noqa: S608 -- column names are ours
            "AND mark IN (SELECT value FROM json_each(?))"
        )
        found = [(action_id, _ACT.read(act)) for action_id, *act in self._database.among(sql, marks)]
        return {act.mark: (action_id, act) for action_id, act in found}

    def find_done_elsewhere(self, portal_id: int, object_type: str, kind: str, run_id: str) -> set[str]:
        """Return the records about which the same kind of action was done from another run."""
        rows = self._database.all(
            "SELECT DISTINCT c.record_id FROM acts c JOIN actions a ON a.id = c.action_id WHERE c.outcome = 'done' "
            "AND a.portal_id = ? AND a.object_type = ? AND a.kind = ? AND a.run_id != ?",
            (portal_id, object_type, kind, run_id),
        )
        return {row["record_id"] for row in rows}

    def count_done(self, portal_id: int, kind: str) -> int:
        """Return how often a kind of action was done in a portal, and not taken back."""
        return self._database.count(
            "SELECT COUNT(*) FROM acts c JOIN actions a ON a.id = c.action_id "
            "WHERE c.outcome = 'done' AND a.portal_id = ? AND a.kind = ?",
            (portal_id, kind),
        )
