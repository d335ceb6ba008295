"""What people did with a record: notes, tasks, e-mails, calls and meetings."""

from __future__ import annotations

from hsai_kit.sandbox.portal.definitions.parts import choice, moment, number, owner, small_type, text
from hsai_kit.sandbox.portal.model import ObjectType, PropertyDefinition

# HubSpot's own outcomes of a call are these fixed ids in every portal.
CALL_OUTCOMES = {
    "Connected": "f240bbac-87c9-4f6e-bf70-924b57d47db7",
    "Left voicemail": "b2cf5968-551e-4856-9783-52b3da59a7d0",
    "No answer": "73a0d17f-1163-4015-bdd5-ec830791da20",
}


def _activity(name: str, singular: str, type_id: str, label: str, *properties: PropertyDefinition) -> ObjectType:
    """Add to the type's own properties what every activity has."""
    common = moment("hs_timestamp", "Activity date", singular), owner("Activity assigned to", singular)
    return small_type(name, singular, type_id, label, singular, *properties, *common)


NOTES = _activity(
    "notes", "note", "0-46", "Note",
    text("hs_note_body", "Note body", "note", field_type="html"),
)  # fmt: skip
TASKS = _activity(
    "tasks", "task", "0-27", "Task",
    text("hs_task_subject", "Task Title", "task"),
    text("hs_task_body", "Task Notes", "task", field_type="html"),
    choice("hs_task_status", "Task Status", "task", "NOT_STARTED: Not started", "IN_PROGRESS: In progress",
           "WAITING: Waiting", "COMPLETED: Completed", "DEFERRED: Deferred"),
    choice("hs_task_priority", "Priority", "task", "NONE: None", "LOW: Low", "MEDIUM: Medium", "HIGH: High"),
    choice("hs_task_type", "Task Type", "task", "TODO: To-do", "CALL: Call", "EMAIL: Email"),
)  # fmt: skip
EMAILS = _activity(
    "emails", "email", "0-49", "Email",
    text("hs_email_subject", "Email subject", "email"),
    text("hs_email_text", "Text body", "email", field_type="textarea"),
    text("hs_email_html", "Email body", "email", field_type="html"),
    choice("hs_email_direction", "Email Direction", "email", "EMAIL: Outgoing", "INCOMING_EMAIL: Incoming",
           "FORWARDED_EMAIL: Forwarded"),
    choice("hs_email_status", "Email send status", "email", "SENT: Sent", "BOUNCED: Bounced",
           "FAILED: Failed", "SCHEDULED: Scheduled", "SENDING: Sending"),
    text("hs_email_from_email", "Email from address", "email"),
    text("hs_email_to_email", "Email to address", "email"),
)  # fmt: skip
CALLS = _activity(
    "calls", "call", "0-48", "Call",
    text("hs_call_title", "Call Title", "call"),
    text("hs_call_body", "Call notes", "call", field_type="html"),
    number("hs_call_duration", "Call duration", "call", "In milliseconds."),
    choice("hs_call_direction", "Call direction", "call", "INBOUND: Inbound", "OUTBOUND: Outbound"),
    choice("hs_call_status", "Call status", "call", "COMPLETED: Completed", "NO_ANSWER: No answer",
           "BUSY: Busy", "CANCELED: Canceled"),
    choice("hs_call_disposition", "Call outcome", "call",
           *(f"{value}: {label}" for label, value in CALL_OUTCOMES.items())),
)  # fmt: skip
MEETINGS = _activity(
    "meetings", "meeting", "0-47", "Meeting",
    text("hs_meeting_title", "Meeting name", "meeting"),
    text("hs_meeting_body", "Meeting description", "meeting", field_type="html"),
    moment("hs_meeting_start_time", "Meeting start time", "meeting"),
    moment("hs_meeting_end_time", "Meeting end time", "meeting"),
    choice("hs_meeting_outcome", "Meeting outcome", "meeting", "SCHEDULED: Scheduled",
           "COMPLETED: Completed", "NO_SHOW: No show", "CANCELED: Canceled"),
)  # fmt: skip
# What sync tools ask for beside these; the portal has no such records at first.
COMMUNICATIONS = _activity(
    "communications", "communication", "0-18", "Communication",
    text("hs_communication_body", "Message", "communication", field_type="html"),
    choice("hs_communication_channel_type", "Channel type", "communication", "SMS: SMS", "WHATS_APP: WhatsApp",
           "LINKEDIN_MESSAGE: LinkedIn message"),
)  # fmt: skip
POSTAL_MAIL = _activity(
    "postal_mail", "postal_mail", "0-116", "Postal mail",
    text("hs_postal_mail_body", "Postal mail body", "postal_mail", field_type="html"),
)  # fmt: skip
