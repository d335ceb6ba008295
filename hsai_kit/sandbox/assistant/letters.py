"""E-mails by template, with the facts of the record and nothing left to fill in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hsai_kit.sandbox.assistant.record import plain
from hsai_kit.sandbox.assistant.reply import MARK
from hsai_kit.sandbox.assistant.sentences import pick_sentences
from hsai_kit.sandbox.assistant.topics import TOPICS, terms_of, weight_of

if TYPE_CHECKING:
    from hsai_kit.sandbox.assistant.record import RecordText

_OPENINGS = {
    "billing": "I am looking into the billing question that you raised.",
    "support": "I am sorry for the trouble that you are having, and I am looking into it.",
    "cancellation": "I am sorry to read that you think of leaving, and I would like to understand what went wrong.",
    "partnership": "I would be glad to find out what we could do together.",
    "sales": "I would be glad to help you find what fits your team.",
}
_NAME_LABELS = (
    "first name",
    "firstname",
    "contact first name",
    "given name",
    "contact name",
    "full name",
    "name",
    "contact",
)
_COMPANY_LABELS = ("company name", "company", "account", "organization", "associated company")
_FACTS = re.compile(r"\b(?:deal|amount|close date|stage|plan|product|ticket|subject|renewal|pipeline)\b", re.IGNORECASE)
_SAFE_NAME = re.compile(r"^[^\W\d_][\w'\u2019. -]{0,40}$")


def write_letter(instructions: str, record: RecordText) -> str:
    """Write a short e-mail to the person whom the record is about; the mark stands on its last line."""
    facts = {label.casefold().replace("_", " "): plain(value) for label, value in record.fields if plain(value)}
    name = _first(facts, _NAME_LABELS)
    company = _first(facts, _COMPANY_LABELS)
    body = _longest(record)
    asked = pick_sentences(body, 1, 40) if len(body) > 40 else []
    lines = [f"Hello {name.split()[0]}," if name and _SAFE_NAME.match(name) else "Hello,", ""]
    lines.append(f"Thank you for your message{f' on behalf of {company}' if company and len(company) < 80 else ''}.")
    if asked:
        lines.append(f'You wrote: "{asked[0].rstrip(".")}."')
    topic = max(_OPENINGS, key=lambda key: weight_of(TOPICS[key], terms_of(body)))
    if body and weight_of(TOPICS[topic], terms_of(body)) > 0:
        lines.append(_OPENINGS[topic])
    known = [f"{label}: {value}" for label, value in facts.items() if _FACTS.search(label) and len(value) < 80]
    if known:
        lines.append(f"What I have noted so far: {'; '.join(known[:3])}.")
    lines += ["", "Would a short call this week suit you? A reply to this e-mail is enough.", "", "Kind regards,"]
    lines += ["The sandbox team", "", MARK]
    subject = f"Subject: Your message{f' about {company}' if company and len(company) < 80 else ''}"
    return "\n".join([subject, "", *lines] if "subject" in instructions.lower() else lines)


def _first(facts: dict[str, str], labels: tuple[str, ...]) -> str:
    return next((facts[label] for label in labels if facts.get(label)), "")


def _longest(record: RecordText) -> str:
    return max((record.rest, *(value for _, value in record.fields)), key=len)
