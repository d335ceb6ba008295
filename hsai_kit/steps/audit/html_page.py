"""The log as one page to show: stands alone, loads nothing, and takes what records say for text."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING

import jinja2

from hsai_kit.store import AuditChange, AuditEntry
from hsai_kit.tabular.spreadsheet_safe import one_line

if TYPE_CHECKING:
    from hsai_kit.steps.audit import Log

__all__ = ["CHANGED", "as_page", "heading"]

# The outcomes that changed something in HubSpot, or sent something.
CHANGED = ("written", "done", "taken back")
_LONGEST = 300


@dataclass(frozen=True)
class _Card:
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


def as_page(log: Log, rows: int) -> str:
    """Return the page as HTML; `rows` is how many values of each entry are listed."""
    cards = [_card(log, entry, rows) for entry in log.entries]
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"shown": _shown, "moment": _moment, "number": lambda count: f"{count:,}"}
    template = environment.from_string((resources.files(__package__) / "page.html").read_text("utf-8"))
    changed = sum(card.changed for card in cards if not card.entry.undoes)
    taken_back = sum(card.changed for card in cards if card.entry.undoes)
    return template.render(
        cards=cards,
        filters=_filters(log),
        made_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        portals=list(dict.fromkeys((entry.portal_id, entry.portal_name) for entry in log.entries)),
        changed=changed,
        standing=max(0, changed - taken_back),
        people=sorted({card.entry.who for card in cards}),
    )


def heading(entry: AuditEntry, changed: int) -> str:
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


def _card(log: Log, entry: AuditEntry, rows: int) -> _Card:
    outcomes = log.outcomes[entry.id]
    listed: list[tuple[AuditChange, str]] = []
    common: Counter[tuple[str, str]] = Counter()
    for change in log.changes_of(entry):
        if len(listed) < rows:
            listed.append((change, log.link(entry, change.record_id)))
        if change.outcome in CHANGED and entry.kind == "push":
            common[_shown(change.before), _shown(change.after)] += 1
    return _Card(
        entry=entry,
        heading=heading(entry, log.count_changes(entry)),
        changed=log.count_changes(entry),
        outcomes=outcomes,
        reviewers=log.reviewers.get(entry.run_id or "", []),
        undone_by=log.undone_by.get(entry.id, ""),
        common=[(before, after, count) for (before, after), count in itertools.islice(common.most_common(), 5)],
        changes=listed,
        total=sum(outcomes.values()),
    )


def _singular(object_type: str) -> str:
    return f"{object_type[:-3]}y" if object_type.endswith("ies") else object_type.removesuffix("s")


def _filters(log: Log) -> list[str]:
    query = log.query
    said = [
        query.record_id and f"only record {query.record_id}",
        query.property and f"only {query.property}",
        query.portal_id and f"only portal {query.portal_id}",
        query.since and f"from {_moment(query.since)}",
        query.until and f"before {_moment(query.until)}",
    ]
    return [text for text in said if text]


def _shown(value: str) -> str:
    return one_line(value, _LONGEST)


def _moment(text: str | None) -> str:
    return text.replace("T", " ").removesuffix("Z")[:16] if text else "not ended"
