"""Words into what HubSpot keeps: rich text in which nothing that a record says is markup."""

from __future__ import annotations

import html
from collections.abc import Mapping

from hsai_kit.hubspot.dates import parse_moment
from hsai_kit.hubspot.rich_text import strip_html
from hsai_kit.steps.actions.approved_rows import ApprovedRows
from hsai_kit.store import Decision

__all__ = ["LONGEST", "matches_sent", "signature"]

# HubSpot's limit for a text value, in characters.
LONGEST = 65_536


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
    if one == other or strip_html(one).split() == strip_html(other).split():
        return True
    moment = parse_moment(one)
    return moment is not None and moment == parse_moment(other)
