"""The seeded notes, calls, e-mails, meetings and tasks."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal.conversations import Conversation, as_editor_html, pick_conversation, pick_task
from hsai_kit.sandbox.portal.definitions.activities import CALL_OUTCOMES
from hsai_kit.sandbox.portal.records.business import collect_names, pick_person
from hsai_kit.sandbox.portal.records.record_factory import (
    NOW,
    RecordFactory,
    format_moment,
    pick_days_ago,
    pick_owner_id,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from random import Random

    from hsai_kit.sandbox.portal.model import Record

_DESK = "sales@sandbox.example"


def add_activities(factory: RecordFactory, rng: Random, kind: str, count: int) -> None:
    """Add notes, calls, emails, meetings or tasks, half of them about somebody with a deal."""
    for _ in range(count):
        deal: Record | None = None
        contact, company = pick_person(factory, rng)
        if factory.dealings and rng.random() < 0.5:
            contact, deal = factory.dealings[int(len(factory.dealings) * rng.random() ** 1.8)]
            company = factory.employers.get(contact.id)
        when = _office_hours(pick_days_ago(rng, 500))
        mentioned = collect_names(rng, contact, company)
        if kind == "tasks":
            properties: Mapping[str, str] = _fill_task(rng, mentioned)
            when = when if properties["hs_task_status"] == "COMPLETED" else NOW + timedelta(days=rng.randrange(-5, 30))
            record = _add(factory, rng, kind, properties, when)
        else:
            conversation = pick_conversation(rng, kind, mentioned, when)
            record = _add(factory, rng, kind, _fill(rng, kind, conversation, contact, when), when)
            factory.note_truth(kind, "facts", record, json.dumps(conversation.facts, ensure_ascii=False))
        factory.link(kind, record, "contacts", contact)
        factory.link(kind, record, "companies", company)
        factory.link(kind, record, "deals", deal)


def _office_hours(when: datetime) -> datetime:
    """Move a moment into the working day of the United States."""
    return min(when.replace(hour=13 + when.hour * 10 // 24), NOW)


def _add(factory: RecordFactory, rng: Random, kind: str, properties: Mapping[str, str], when: datetime) -> Record:
    common = {"hs_timestamp": format_moment(when), "hubspot_owner_id": pick_owner_id(rng)}
    written = min(when + timedelta(minutes=rng.randrange(1, 90)), NOW)
    return factory.add(kind, {**properties, **common}, written, written)


def _fill(rng: Random, kind: str, conversation: Conversation, contact: Record, when: datetime) -> dict[str, str]:
    if kind == "notes":
        return _fill_note(rng, conversation)
    if kind == "calls":
        return _fill_call(rng, conversation)
    return _fill_email(conversation, contact) if kind == "emails" else _fill_meeting(rng, conversation, when)


def _fill_note(rng: Random, conversation: Conversation) -> dict[str, str]:
    text = f"{conversation.subject}\n{conversation.text}" if rng.random() < 0.4 else conversation.text
    return {"hs_note_body": as_editor_html(text) if rng.random() < 0.6 else text}


def _fill_call(rng: Random, conversation: Conversation) -> dict[str, str]:
    return {
        "hs_call_title": conversation.subject,
        "hs_call_body": conversation.text,
        "hs_call_duration": str(rng.randrange(40, 3000) * 1000),
        "hs_call_direction": rng.choice(("OUTBOUND", "OUTBOUND", "INBOUND")),
        "hs_call_status": "COMPLETED",
        "hs_call_disposition": CALL_OUTCOMES["Connected"],
    }


def _fill_email(conversation: Conversation, contact: Record) -> dict[str, str]:
    incoming = conversation.subject != "Minutes of our call"
    theirs = contact.properties.get("email") or ""
    sender, receiver = (theirs, _DESK) if incoming else (_DESK, theirs)
    return {
        "hs_email_subject": conversation.subject,
        "hs_email_text": conversation.text.replace(", ", ",\n\n", 1),
        "hs_email_direction": "INCOMING_EMAIL" if incoming else "EMAIL",
        "hs_email_status": "SENT",
        "hs_email_from_email": sender,
        "hs_email_to_email": receiver,
    }


def _fill_meeting(rng: Random, conversation: Conversation, when: datetime) -> dict[str, str]:
    return {
        "hs_meeting_title": conversation.subject,
        "hs_meeting_body": conversation.text,
        "hs_meeting_start_time": format_moment(when),
        "hs_meeting_end_time": format_moment(when + timedelta(minutes=rng.choice((30, 45, 60)))),
        "hs_meeting_outcome": "COMPLETED",
    }


def _fill_task(rng: Random, mentioned: dict[str, str]) -> dict[str, str]:
    subject, kind = pick_task(rng, mentioned)
    return {
        "hs_task_subject": subject,
        "hs_task_body": "See the last note." if rng.random() < 0.3 else "",
        "hs_task_status": rng.choices(("NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED"), (45, 8, 7, 40))[0],
        "hs_task_priority": rng.choice(("NONE", "NONE", "LOW", "MEDIUM", "HIGH")),
        "hs_task_type": kind,
    }
