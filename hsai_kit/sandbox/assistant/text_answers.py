"""Free text: summaries, e-mails, and a plain statement where nothing else is asked."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from hsai_kit.sandbox.assistant.hostile import REFUSAL, gives_orders, must_refuse
from hsai_kit.sandbox.assistant.record import RecordText, clean_text, read_record
from hsai_kit.sandbox.assistant.regions import locate
from hsai_kit.sandbox.assistant.reply import MARK, Reply, with_slip
from hsai_kit.sandbox.assistant.sentences import pick_sentences
from hsai_kit.sandbox.assistant.state_field import NOWHERE
from hsai_kit.sandbox.assistant.topics import TOPICS, count_terms, weigh_topic

if TYPE_CHECKING:
    from hsai_kit.sandbox.assistant.record import RecordText


_LETTER = re.compile(
    r"\b(?:e-?mail|(?<!two-)(?<!two )letter|outreach|reply to|respond to|draft|compose|follow-up message)\b",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"\b(?:summar|brief|recap|digest|overview|highlights|key points|tl;?dr|condense|shorten)", re.IGNORECASE
)
_STATE = re.compile(
    r"\bstates?\b[^.]{0,60}\b(?:code|abbreviation|two[- ]letter|usps|postal)"
    r"|\b(?:code|abbreviation|two[- ]letter|usps)\b[^.]{0,60}\bstates?\b",
    re.IGNORECASE,
)
_NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_SENTENCES = re.compile(
    r"\b(\d{1,2}|a|one|two|three|four|five|six)\s+(?:short\s+|single\s+|plain\s+)?(sentence|bullet|line|point)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r':\s*"')
_WORDS = re.compile(r"\b(\d{1,3})\s+words\b", re.IGNORECASE)


@lru_cache(maxsize=16384)
def answer_text(model: str, instructions: str, text: str) -> Reply:
    """Write free text about the record; it always ends with the mark that says no language model wrote it.

    Summaries are made of the record's own sentences, e-mails of a template and the record's facts. A number of
    sentences or words in the instructions is kept to. Now and then a summary says something that the record does not,
    how often depends on the model.

    >>> answer_text("sandbox-luna", "Summarize in one sentence.", "Note: Ada wants 40 seats by May 3. Hi.").text
    'Ada wants 40 seats by May 3. (scripted sandbox answer)'
    """
    if must_refuse(text):
        return Reply(REFUSAL, None, refusal=True)
    record = read_record(text)
    if _LETTER.search(instructions) and not _SUMMARY.search(instructions.split(".")[0]):
        return Reply(write_letter(instructions, record), None)
    if _STATE.search(instructions) and not _SUMMARY.search(instructions):
        code, weight = locate(text).codes[0]
        return Reply(f"{code if code != NOWHERE else 'UNKNOWN'} {MARK}", weight)
    return Reply(f"{with_slip(model, instructions, text, _summary(instructions, text))} {MARK}", None)


def summarize(text: str, count: int = 2, words: int | None = None) -> str:
    """Give the record in its own sentences; short facts stand in front of them where there are any."""
    record = read_record(text)
    is_sentence = len(record.fields) == 1 and len(record.fields[0][0].split()) > 2 and not _QUOTED.search(text)
    if is_sentence:  # with a colon in it, which makes no label of what stands before
        record = RecordText((), text)
    facts = [(label, value, clean_text(value)) for label, value in record.fields]
    short = [f"{label} {said}" for label, _, said in facts if said and not _is_prose(said) and not gives_orders(said)]
    long = "\n".join([*(value for _, value, said in facts if _is_prose(said)), record.rest]).strip()
    chosen = pick_sentences(long, count, words) if long else []
    if len(chosen) < count and short and words is None:
        chosen.insert(0, "; ".join(short[:6]) + ".")
    elif not chosen and short:
        chosen = [" ".join("; ".join(short).split()[:words]) + "."]
    return " ".join(chosen)


def _is_prose(value: str) -> bool:
    return len(value) > 60 or (len(value.split()) > 4 and value.endswith((".", "!", "?")))


def _summary(instructions: str, text: str) -> str:
    match = _SENTENCES.search(instructions)
    count = 3 if match is None else _NUMBERS.get(match[1].lower()) or int(match[1])
    limit = _WORDS.search(instructions)
    answer = summarize(text, max(1, count), int(limit[1]) if limit else None)
    if not answer:
        return "This record holds nothing to report."
    if match is not None and match[2].lower() in ("bullet", "point") and count > 1:
        return "\n".join(f"- {line}" for line in re.split(r"(?<=[.!?…]) (?=[A-Z0-9\"“])", answer)) + "\n"
    return answer


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
    facts = {
        label.casefold().replace("_", " "): clean_text(value) for label, value in record.fields if clean_text(value)
    }
    name = _first(facts, _NAME_LABELS)
    company = _first(facts, _COMPANY_LABELS)
    body = _longest(record)
    asked = pick_sentences(body, 1, 40) if len(body) > 40 else []
    lines = [f"Hello {name.split()[0]}," if name and _SAFE_NAME.match(name) else "Hello,", ""]
    lines.append(f"Thank you for your message{f' on behalf of {company}' if company and len(company) < 80 else ''}.")
    if asked:
        lines.append(f'You wrote: "{asked[0].rstrip(".")}."')
    topic = max(_OPENINGS, key=lambda key: weigh_topic(TOPICS[key], count_terms(body)))
    if body and weigh_topic(TOPICS[topic], count_terms(body)) > 0:
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
