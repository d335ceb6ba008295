"""What was said: notes, calls, e-mails, meetings and tickets, each with facts that a summary must keep.

A scenario is a few sentences with slots in braces. What stands in `[brackets]` is a fact once its slots are filled;
the rest, and the small talk in between, carries nothing worth keeping.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal.enquiries import MONTHS, PRODUCTS

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random


@dataclass(frozen=True, slots=True)
class Conversation:
    """One piece of conversation: its subject, its text, and the facts in it, word for word."""

    subject: str
    text: str
    facts: tuple[str, ...]


# Each block: kind of activity and subject, then a sentence a line; `/` begins another wording of it.
_BLOCKS = """
notes: Price
Spoke with {who} about {product}. Their budget is [{amount}] a year and it has to cover [{seats} seats].
/ {who} told me what they can spend on {product}: [{amount}] a year for [{seats} seats].
A competitor offered the same for [{amount2}].
Next step: send a revised quote by [{date}].

notes: Renewal at risk
{who} is unhappy: [{count} shipments] went out late in {month} because of wrong stock counts.
They will not renew before this is fixed, contract ends on [{date}].
Promised a call with our head of support and a credit of [{amount}].

notes: Champion left
{who} is leaving {company}. The new contact is [{person}], who starts on [{date}].
/ Change at {company}: [{person}] takes over from {who} on [{date}].
The rollout with [{seats} users] is on hold until then.

notes: Trade fair
Met {who} at our stand. They run [{count} warehouses] on spreadsheets.
Wants to see {product} with their own data, demo agreed for [{date}].
Decision lies with [{person}], budget up to [{amount}].

notes: Procurement
Legal has the contract, only the liability cap is open.
Purchase order over [{amount}] is expected on [{date}].
{who} asked us to start with [{seats} seats].

notes: Lost for now
{who} chose another vendor, mainly because we have no interface to their scanner.
/ We lost this one: no interface to the scanners that {who}'s team uses.
They would look at us again after [{date}]; their other contract costs [{amount}] a year.

notes: Expansion
The pilot with [{seats} users] went well and errors at picking went down by [{percent}].
{who} wants to add [{count} more sites] in {month}, about [{amount}] more a year.
[{person}] from finance has to approve.

notes: Billing
Accounts payable says invoice [{invoice}] over [{amount}] was paid twice.
{who} wants the money back, not a credit.
I promised an answer by [{date}].

calls: Discovery call
{who} described the process: [{count} people] count stock by hand every Friday.
They lose about [{amount}] a month to wrong stock.
Wants a decision before [{date}].
Follow-up with [{person}] from IT.

calls: Call about the offer
{who} finds [{amount}] too much and asked for [{percent}] off for a two-year term.
I have to ask [{person}] for approval.
We talk again on [{date}].

calls: Escalation
{who} called angry: no labels since this morning, [{count} orders] waiting.
Workaround given, fix promised for [{date}].
They expect a credit of [{amount}].

calls: Check-in
Quarterly check-in with {who}. [{seats} of their users] are active.
Main wish: {product} on the handhelds.
The renewal on [{date}] should be no problem.

emails: Re: Your quote
Hi {owner},
thank you for the quote. We can go ahead if you come down to [{amount}] for [{seats} seats].
Please send the contract to [{person}] by [{date}].

emails: Minutes of our call
Hi {who},
thanks for your time. As agreed: go-live on [{date}], training for [{seats} people], fixed price of [{amount}].
[{person}] on our side will lead the project.

emails: Problem with invoice
Hello {owner},
invoice [{invoice}] shows [{amount}] but we agreed on [{amount2}].
Please correct it before [{date}].

emails: Data for the trial
Hi {owner},
attached are the item lists of our [{count} sites].
We would like to start on [{date}]; [{person}] will be your contact for questions.

emails: Cancellation
Dear {owner},
we hereby cancel our contract as of [{date}].
The reason is the price increase of [{percent}].
Please confirm to [{person}].

meetings: Kick-off
Project team met. Data import by [{date}], [{seats} users] in the first wave.
[{person}] owns the project at {company}.
Open question: who pays the [{amount}] for new scanners.

meetings: Business review
Stock accuracy is up by [{percent}] since the start.
They plan [{count} new stores] in {month}.
Upsell of {product}: [{amount}] a year, decision on [{date}].

tickets: Wrong stock counts in {product}
Since [{date}] the counts are wrong for [{count} items] in warehouse 2.
We had to cancel orders worth [{amount}].
Please call [{person}], who sees it every morning.

tickets: Cannot log in
[{seats} of our users] cannot log in since this morning, error [{code}].
We ship until noon, so it is urgent.

tickets: Export stops at 97 %
The export of {month} stops at 97 % with [{code}].
Our auditor needs it by [{date}].

tickets: Charged twice
Invoice [{invoice}] was charged twice, [{amount}] each.
Please refund one of them to [{person}].

tickets: Please add a filter
It would help us to filter {product} by supplier; we have {count} of them.
Not urgent, before [{date}] is fine.
"""


def _read_scenarios(blocks: str) -> dict[str, list[tuple[str, list[str]]]]:
    """Read the blocks into kind → subjects with their sentences."""
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for block in blocks.strip().split("\n\n"):
        head, *sentences = block.replace("\n/ ", " / ").splitlines()
        kind, _, subject = head.partition(": ")
        found.setdefault(kind, []).append((subject, sentences))
    return found


_SCENARIOS = _read_scenarios(_BLOCKS)
_WITH_SMALL_TALK = ("notes", "calls", "meetings")
_SMALL_TALK = (
    "Line was bad, had to call twice.", "Nice conversation all in all.", "They asked how the team is doing.",
    "Weather was a topic again.", "Left the usual brochure.", "Sorry for the delay with this entry.",
    "Talked about the new office for a while.", "More details in the shared folder.",
    "We also spoke about vacation plans.", "Will update the fields later.",
)  # fmt: skip
_TASKS = (
    ("Send revised quote to {who}", "EMAIL"), ("Call {who} about the renewal", "CALL"),
    ("Check invoice with accounting", "TODO"), ("Prepare demo of {product}", "TODO"),
    ("Ask {who} for the new billing address", "EMAIL"), ("Follow up after trade fair", "CALL"),
    ("Clean up duplicate contacts at {company}", "TODO"),
)  # fmt: skip


def pick_conversation(rng: Random, kind: str, names: dict[str, str], when: datetime) -> Conversation:
    """Make up a conversation; `names` fills who, owner, company and person."""
    subject, sentences = rng.choice(_SCENARIOS[kind])
    slots = names | _fill_slots(rng, when)
    facts: list[str] = []

    def keep(found: re.Match[str]) -> str:
        facts.append(found.group(1))
        return found.group(1)

    lines = []
    for sentence in sentences:
        lines.append(re.sub(r"\[(.+?)\]", keep, rng.choice(sentence.split(" / ")).format_map(slots)))
        if kind in _WITH_SMALL_TALK and rng.random() < 0.22:
            lines.append(rng.choice(_SMALL_TALK))
    return Conversation(subject.format_map(slots), " ".join(lines), tuple(dict.fromkeys(facts)))


def pick_task(rng: Random, names: dict[str, str]) -> tuple[str, str]:
    """Make up a pick_task: its subject and type."""
    subject, kind = rng.choice(_TASKS)
    return subject.format_map(names | {"product": rng.choice(PRODUCTS)}), kind


def as_editor_html(text: str) -> str:
    """Wrap a text as HubSpot's editor stores what people type."""
    lines = "".join(f'<p style="margin:0;">{html.escape(line, quote=False)}</p>' for line in text.split("\n"))
    return f'<div style="" dir="auto" data-top-level="true">{lines}</div>'


def _fill_slots(rng: Random, when: datetime) -> dict[str, str]:
    month = (when.month + rng.randrange(1, 5)) % 12
    amount = rng.randrange(12, 980) * 100
    return {
        "amount": f"${amount:,}",
        "amount2": f"${amount - rng.randrange(3, 11) * 100:,}",
        "date": f"{MONTHS[month]} {rng.randrange(1, 29)}",
        "seats": str(rng.choice((6, 8, 12, 18, 25, 40, 55, 70, 90, 140))),
        "count": str(rng.randrange(3, 60)),
        "percent": f"{rng.randrange(5, 40)} %",
        "product": rng.choice(PRODUCTS),
        "month": MONTHS[(when.month + rng.randrange(3)) % 12],
        "invoice": f"INV-{rng.randrange(20000, 29999)}",
        "code": f"E{rng.randrange(100, 999)}",
    }
