"""Activities as text: the newest notes, e-mails, calls, meetings and tasks of a record, each with its date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hsai_kit.hubspot.dates import parse_moment
from hsai_kit.hubspot.rich_text import strip_html


@dataclass(frozen=True)
class _ActivityKind:
    label: str
    title: str | None
    bodies: tuple[str, ...]
    direction: str | None = None


KINDS: Mapping[str, _ActivityKind] = {
    "notes": _ActivityKind("Note", None, ("hs_note_body",)),
    # The text of an e-mail comes plain, as HTML, or both.
    "emails": _ActivityKind("E-mail", "hs_email_subject", ("hs_email_text", "hs_email_html"), "hs_email_direction"),
    "calls": _ActivityKind("Call", "hs_call_title", ("hs_call_body",), "hs_call_direction"),
    "meetings": _ActivityKind("Meeting", "hs_meeting_title", ("hs_meeting_body",)),
    "tasks": _ActivityKind("Task", "hs_task_subject", ("hs_task_body",)),
}
"""What can be told as text, and how: the properties of its title and body."""

_INCOMING = {"INBOUND", "INCOMING_EMAIL"}


@dataclass(frozen=True, order=True)
class Activity:
    """One activity: when it was (ISO, in UTC, "" where nobody knows), and what it says."""

    at: str
    id: int
    text: str


def list_activity_properties(kind: str) -> list[str]:
    """Return the properties that an activity's text is made of."""
    one = KINDS[kind]
    return ["hs_timestamp", *filter(None, (one.title, one.direction)), *one.bodies]


def build_activity(kind: str, record_id: str, values: Mapping[str, str | None]) -> Activity:
    """Return an activity as text: `2026-10-30 Incoming call: Renewal`, and below it what was written."""
    one = KINDS[kind]
    moment = parse_moment(values.get("hs_timestamp") or "")
    incoming = one.direction is not None and values.get(one.direction) in _INCOMING
    label = f"Incoming {one.label.lower()}" if incoming else one.label
    title = strip_html(values.get(one.title) or "") if one.title else ""
    body = next(filter(None, (strip_html(values.get(name) or "") for name in one.bodies)), "")
    head = f"{moment:%Y-%m-%d} {label}" if moment else label
    text = "\n".join(filter(None, (title, body)))
    return Activity(moment.isoformat() if moment else "", int(record_id), f"{head}: {text}" if text else head)


def build_story(entries: Sequence[Activity], most: int) -> str | None:
    """Return the newest `most` entries, newest first, a blank line between them; None where there is none."""
    newest = sorted(entries, reverse=True)[:most]
    return "\n\n".join(entry.text for entry in newest) or None
