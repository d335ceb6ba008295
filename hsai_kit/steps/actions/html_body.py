"""Words into what HubSpot keeps: rich text in which nothing that a record says is markup."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from hsai_kit.hubspot.value_conversion import as_moment
from hsai_kit.steps.actions.approved_rows import ApprovedRows
from hsai_kit.store import Decision

__all__ = ["LONGEST", "as_html", "matches_sent", "signature"]

# HubSpot's limit for a text value, in characters.
LONGEST = 65_536
_TAG = re.compile(r"<[^>]*>")


def as_html(text: str) -> str:
    r"""Return plain text as HubSpot's rich text: paragraphs and line breaks, and everything else as it was written.

    >>> as_html("Dear <Ana>,\n\nthank you\nfor writing")
    '<p>Dear &lt;Ana&gt;,</p><p>thank you<br>for writing</p>'
    """
    paragraphs = [part for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()) if part.strip()]
    return "".join(f"<p>{html.escape(part.strip(), quote=False).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def signature(source: ApprovedRows, record_id: str, mark: str) -> str:
    """Return the last paragraph of what is made here: that a machine drafted it, who let it pass, and the mark."""
    decision = source.decisions[record_id]
    how = "edited and approved" if decision.decision is Decision.EDITED else "approved"
    said = f"Drafted by the AI assistant {source.run.record.assistant}, {how} by {decision.reviewer}. Reference: {mark}"
    return f"<p><em>{html.escape(said, quote=False)}</em></p>"


def matches_sent(held: Mapping[str, str], sent: Mapping[str, str]) -> bool:
    """Tell whether HubSpot holds what was sent, which it may write in its own way: dates, spaces, tags."""
    return all(_same(held.get(name, ""), value) for name, value in sent.items())


def _same(one: str, other: str) -> bool:
    if one == other or _plainly(one) == _plainly(other):
        return True
    moment = as_moment(one)
    return moment is not None and moment == as_moment(other)


def _plainly(value: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", value)).split())
