"""Making a plan: what is approved, what is done already, and what is to be done about the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from hsai_kit.connection import Connection
from hsai_kit.errors import ScopesMissing
from hsai_kit.hubspot.associations import find_association_type
from hsai_kit.hubspot.create import find_marked
from hsai_kit.hubspot.records import Record
from hsai_kit.hubspot.rich_text import build_html
from hsai_kit.hubspot.values import as_hubspot
from hsai_kit.runtime import background
from hsai_kit.steps.actions.action import Action, AddToList, Creation, Note, Notify, Task
from hsai_kit.steps.actions.approved_rows import ApprovedRows
from hsai_kit.steps.actions.assignee import Assigner, due_day, due_moment, today_in
from hsai_kit.steps.actions.html_body import LONGEST, signature
from hsai_kit.steps.actions.plan import (
    DONE,
    GONE,
    NOBODY,
    NOT_ALLOWED,
    NOT_APPROVED,
    NOT_MEANT,
    PERHAPS,
    WILL,
    ActionPlan,
    ActionRow,
    ActionTarget,
)
from hsai_kit.store import Act, decision_of

__all__ = ["KEPT", "build_action_plan", "plan_create"]

# What is written of each kind of record, and read again to tell whether somebody changed it.
KEPT = {
    "tasks": (
        "hs_task_subject",
        "hs_task_body",
        "hs_task_status",
        "hs_task_priority",
        "hs_task_type",
        "hs_timestamp",
        "hubspot_owner_id",
    ),
    "notes": ("hs_note_body", "hs_timestamp", "hubspot_owner_id"),
}
# The names that actions have by themselves, which nobody needs to be told.
_USUAL = {"task", "note", "email", "list", "message"}
Drafted = Callable[[list[str]], Mapping[str, ActionRow]]


def plan_create(hub: Connection, source: ApprovedRows, action: Creation) -> ActionPlan:
    """Plan tasks or notes: what stands already is found by its mark, in the journal and in HubSpot itself."""
    # What cannot be linked to these records is told now, and not once everything was confirmed.
    background.run(find_association_type(hub.hubspot, action.makes, source.kind.name))
    waiting = [one for one in source.present if source.is_approved(one)]
    there = background.run(find_marked(hub.hubspot, source.kind.name, waiting, action.makes, KEPT[action.makes]))
    if isinstance(action, Task):
        zone = hub.portal.time_zone
        day = due_day(action.due_in, today_in(zone))
        kind, priority = action.type.casefold(), action.priority.casefold()
        target = ActionTarget(
            action.makes, "Create a task", f"Due on {day:%A}, {day}, 8:00 in {zone}; type {kind}, priority {priority}."
        )
        return build_action_plan(
            hub, source, action, _tasks(source, action, due_moment(day, zone)), target, there=there
        )
    said = "Create a note" if action.subject is None else "Keep a drafted e-mail as a note"
    return build_action_plan(hub, source, action, _notes(source, action), ActionTarget(action.makes, said), there=there)


def build_action_plan(
    hub: Connection,
    source: ApprovedRows,
    action: Action,
    draft: Drafted,
    target: ActionTarget,
    *,
    there: Mapping[str, Sequence[Record]] | None = None,
) -> ActionPlan:
    """Return the plan: `draft` says what would be done about the records that nothing was done about yet.

    `there` is what HubSpot has of the marks already.
    """
    marks = {row.record_id: source.mark(action, row.record_id) for row in source.results}
    approved = [row.record_id for row in source.results if source.is_approved(row.record_id)]
    standing = hub.store.actions.find_standing([marks[one] for one in approved])
    rows: dict[str, ActionRow] = {}
    for one in approved:
        done = _done(one, marks[one], standing.get(marks[one]), (there or {}).get(marks[one]), action)
        if done is not None:
            rows[one] = done
        elif one not in source.present:
            rows[one] = ActionRow(one, GONE, reason="the record was deleted or merged since the pull")
    others = source.others(action, [one for one in approved if one not in rows])
    rows |= {one: ActionRow(one, NOT_MEANT, reason=reason) for one, reason in others.items()}
    todo = [one for one in approved if one not in rows]
    rows |= draft(todo)
    for row in source.results:
        if row.record_id not in rows:
            reason = decision_of(source.decisions.get(row.record_id))
            rows[row.record_id] = ActionRow(row.record_id, NOT_APPROVED, reason=reason)
    ordered = [rows[row.record_id] for row in source.results]
    remarks = _remarks(hub, source, action, ordered)
    return ActionPlan(
        hub,
        source.kind,
        ordered,
        target,
        kind_of_action=action.kind,
        about=target.said if action.name in _USUAL else f"{target.said} ({action.name})",
        run_id=source.run.id,
        once=action.once,
        remarks=remarks,
    )


def _done(
    record_id: str, mark: str, standing: tuple[str, Act] | None, there: Sequence[Record] | None, action: Action
) -> ActionRow | None:
    """Return the row of what stands already, None where it is to be done."""
    if standing is not None and standing[1].outcome == "done":
        made_id = standing[1].made_id
        return ActionRow(record_id, DONE, standing[1].what, reason=f"done in {standing[0]}", mark=mark, made_id=made_id)
    if there:
        return ActionRow(record_id, DONE, reason="found in HubSpot by its mark", mark=mark, made_id=there[0].id)
    if standing is not None and isinstance(action, Notify):
        reason = f"{standing[0]} was broken off while it was sent: look there, and send it again under another name=…"
        return ActionRow(record_id, PERHAPS, standing[1].what, reason=reason, mark=mark)
    return None


def _remarks(hub: Connection, source: ApprovedRows, action: Action, rows: Sequence[ActionRow]) -> list[str]:
    if isinstance(action, AddToList):
        return []
    before = hub.store.actions.find_done_elsewhere(hub.portal.id, source.kind.name, action.kind, source.run.id)
    again = sum(row.verdict == WILL and row.record_id in before for row in rows)
    if not again:
        return []
    thing = {"create_task": "a task", "create_note": "a note", "notify": "a message"}[action.kind]
    return [f"Take care: {again:,} of these records have {thing} from another run of this workspace already."]


def _tasks(source: ApprovedRows, action: Task, due: str) -> Drafted:
    made_before = source.hub.store.actions.count_done(source.hub.portal.id, action.kind)
    assigner = Assigner(source.owners, action.assignee, action.otherwise, made_before=made_before)

    def draft(ids: list[str]) -> dict[str, ActionRow]:
        subjects, bodies = source.render(action.subject, ids), source.render(action.body, ids)
        rows = {}
        for one in ids:
            mark, subject = source.mark(action, one), " ".join(subjects[one].split())
            body = build_html(bodies[one]) + signature(source, one, mark)
            refusal = "the subject is blank" if not subject else _too_long(subject, body)
            if refusal:
                rows[one] = ActionRow(one, NOT_ALLOWED, subject, bodies[one], reason=refusal)
                continue
            owner = assigner.whom(source.present[one])
            if owner is None:
                rows[one] = ActionRow(
                    one, NOBODY, subject, bodies[one], reason=assigner.why_nobody(source.present[one])
                )
                continue
            properties = {
                "hs_task_subject": subject,
                "hs_task_body": body,
                "hs_task_status": "NOT_STARTED",
                "hs_task_priority": action.priority,
                "hs_task_type": action.type,
                "hs_timestamp": due,
                "hubspot_owner_id": owner.id,
            }
            rows[one] = ActionRow(one, WILL, subject, bodies[one], str(owner), mark=mark, properties=properties)
        return rows

    return draft


def _notes(source: ApprovedRows, action: Note) -> Drafted:
    now = as_hubspot(datetime.now(UTC))
    active = set() if isinstance(source.known_owners, ScopesMissing) else {one.id for one in source.known_owners}

    def draft(ids: list[str]) -> dict[str, ActionRow]:
        bodies = source.render(action.body, ids)
        subjects = source.render(action.subject, ids) if action.subject is not None else {}
        rows = {}
        for one in ids:
            mark, subject = source.mark(action, one), subjects.get(one, "")
            head = (
                f"<p><strong>Draft e-mail, not sent</strong></p>{build_html(f'Subject: {subject}')}" if subjects else ""
            )
            body = head + build_html(bodies[one]) + signature(source, one, mark)
            refusal = "the note is blank" if not bodies[one].strip() else _too_long("", body)
            if refusal:
                rows[one] = ActionRow(one, NOT_ALLOWED, subject, bodies[one], reason=refusal)
                continue
            properties = {"hs_note_body": body, "hs_timestamp": now}
            if source.present[one] in active:
                properties["hubspot_owner_id"] = source.present[one]
            rows[one] = ActionRow(one, WILL, subject or "note", bodies[one], mark=mark, properties=properties)
        return rows

    return draft


def _too_long(subject: str, body: str) -> str:
    longest = max(len(subject), len(body))
    return f"{longest:,} characters are more than the {LONGEST:,} that HubSpot keeps" if longest > LONGEST else ""
