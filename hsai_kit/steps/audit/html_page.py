"""The log as one page to show: stands alone, loads nothing, and takes what records say for text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources

import jinja2

from hsai_kit.store.audit import AuditChange, AuditEntry, AuditQuery
from hsai_kit.tabular.cell_text import format_line

# The outcomes that changed something in HubSpot, or sent something.
CHANGED = frozenset({"written", "done", "taken back"})
_LONGEST = 300


@dataclass(frozen=True)
class EntryCard:
    """What the page shows of one entry."""

    entry: AuditEntry
    heading: str
    changed: int
    outcomes: dict[str, int]
    reviewers: Sequence[str]
    undone_by: str
    common: Sequence[tuple[str, str, int]]
    changes: Sequence[tuple[AuditChange, str]]
    total: int


def as_page(cards: Sequence[EntryCard], query: AuditQuery) -> str:
    """Return the page of what a query found as HTML."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"shown": short_text, "moment": _moment, "number": lambda count: f"{count:,}"}
    template = environment.from_string((resources.files(__package__) / "page.html").read_text("utf-8"))
    changed = sum(card.changed for card in cards if not card.entry.undoes)
    taken_back = sum(card.changed for card in cards if card.entry.undoes)
    return template.render(
        cards=cards,
        filters=_filters(query),
        made_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        portals=list(dict.fromkeys((card.entry.portal_id, card.entry.portal_name) for card in cards)),
        changed=changed,
        standing=max(0, changed - taken_back),
        people=sorted({card.entry.who for card in cards}),
    )


def entry_title(entry: AuditEntry, changed: int) -> str:
    """Say in words what an entry is: "Wrote state of 112 contacts", "Undo: Create a task for 4 contacts"."""
    them = entry.object_type
    if changed:
        them = f"1 {_singular(entry.object_type)}" if changed == 1 else f"{changed:,} {entry.object_type}"
    if not entry.of_properties:
        return f"{entry.what} for {them}"
    what = f"{entry.what.replace(',', ', ')} of {entry.object_type}"
    if "," not in entry.what:
        what = f"{entry.what} of {them}"
    return f"Undo: {what}" if entry.undoes else f"Wrote {what}"


def _singular(object_type: str) -> str:
    return f"{object_type[:-3]}y" if object_type.endswith("ies") else object_type.removesuffix("s")


def _filters(query: AuditQuery) -> list[str]:
    filters = [
        query.record_id and f"only record {query.record_id}",
        query.property and f"only {query.property}",
        query.portal_id and f"only portal {query.portal_id}",
        query.since and f"from {_moment(query.since)}",
        query.until and f"before {_moment(query.until)}",
    ]
    return [text for text in filters if text]


def short_text(value: str) -> str:
    """Return a value on one line, cut where it is too long for a table."""
    return format_line(value, _LONGEST)


def _moment(text: str | None) -> str:
    return text.replace("T", " ").removesuffix("Z")[:16] if text else "not ended"
