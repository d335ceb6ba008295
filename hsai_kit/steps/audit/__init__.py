"""Who changed what: every push, action and undo of a workspace, to look through, to export and to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import AuditError
from hsai_kit.hubspot.account import build_record_link
from hsai_kit.hubspot.dates import parse_moment
from hsai_kit.steps.audit.html_page import CHANGED, EntryCard, as_page, entry_title, short_text
from hsai_kit.store import Store
from hsai_kit.store.audit import AuditChange, AuditEntry, AuditQuery
from hsai_kit.tabular.cell_text import format_line
from hsai_kit.tabular.table_files import write_csv

__all__ = ["Log", "log"]

When: TypeAlias = str | date | None


class Log:
    """What was done, newest first: `.frame` has a row for each push, action or undo, `.changes` one for each value."""

    def __init__(self, store: Store, query: AuditQuery) -> None:
        self._store = store
        self.query = query
        self.entries: list[AuditEntry] = store.audit.entries(query)[::-1]
        self.outcomes = {entry.id: store.audit.outcomes(entry.id, query) for entry in self.entries}
        self.reviewers = {
            run_id: store.audit.reviewers(run_id) for run_id in {entry.run_id for entry in self.entries} if run_id
        }
        undos = [entry for entry in store.audit.entries(AuditQuery()) if entry.undoes]
        # An undo may be repeated, and then finds nothing: it took nothing back.
        self.undone_by = {
            undo.undoes: undo.id
            for undo in undos
            if not CHANGED.isdisjoint(store.audit.outcomes(undo.id, AuditQuery()))
        }

    def __repr__(self) -> str:
        return f"Log({len(self.entries):,} entries, {self.frame['changed'].sum():,} changes)"

    def _repr_html_(self) -> str:
        # What records say is data: pandas escapes it.
        return str(self.frame._repr_html_())

    def __str__(self) -> str:
        return "\n".join(self.lines()) or "Nothing was done yet that fits."

    def lines(self) -> Iterator[str]:
        """Say each entry in two lines."""
        for entry in self.entries:
            broken_off = "" if entry.status == "done" else f" ({entry.status})"
            title = format_line(entry_title(entry, self.count_changes(entry)), 100)
            yield f"{entry.at}  {entry.id}{broken_off}: {title}"
            model = f", {entry.assistant} {entry.version[:8]} with {entry.model}" if entry.assistant else ""
            counts = self.count_outcomes(entry) or "nothing"
            undone = f", taken back by {self.undone_by[entry.id]}" if entry.id in self.undone_by else ""
            yield f"    by {format_line(entry.who)} in portal {entry.portal_id}{model}: {counts}{undone}"

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each push, action or undo, newest first, index `entry` (its id, which `open_receipt` takes).

        Columns: `at`, `ended_at` (datetime, UTC), `kind`, `who`, `approved_by`, `portal`, `object_type`, `what`
        (properties, or the action), `changed` (how many values were written, things made or taken back), `outcomes`
        (all of them in words), `status`, `run`, `assistant`, `version`, `model`, `undoes`, `undone_by`.
        """
        entries = self.entries
        columns = {
            "at": None,
            "ended_at": None,
            "kind": [one.kind for one in entries],
            "who": [one.who for one in entries],
            "approved_by": [", ".join(self.reviewers.get(one.run_id or "", [])) for one in entries],
            "portal": [one.portal_id for one in entries],
            "object_type": [one.object_type for one in entries],
            "what": [one.what for one in entries],
            "changed": [self.count_changes(one) for one in entries],
            "outcomes": [self.count_outcomes(one) for one in entries],
            "status": [one.status for one in entries],
            "run": [one.run_id for one in entries],
            "assistant": [one.assistant for one in entries],
            "version": [one.version for one in entries],
            "model": [one.model for one in entries],
            "undoes": [one.undoes for one in entries],
            "undone_by": [self.undone_by.get(one.id) for one in entries],
        }
        frame = pd.DataFrame(columns, index=pd.Index([one.id for one in entries], dtype="string", name="entry"))
        frame["at"] = _moments([one.at for one in entries])
        frame["ended_at"] = _moments([one.ended_at for one in entries])
        numbers = {"portal": "Int64", "changed": "Int64"}
        return frame.astype({name: numbers.get(name, "string") for name in list(columns)[2:]})

    @property
    def changes(self) -> pd.DataFrame:
        """One row for each value, newest first, index `at` (datetime, UTC).

        Columns: `record_id`, `property` (or task, note, list, message), `before`, `after`, `outcome`, `reason`, `who`,
        `kind`, `entry`, `run`, `assistant`, `version`, `model`, `portal`, `link`.
        """
        found = [(entry, change) for entry in self.entries for change in self.changes_of(entry)]
        columns = {
            "record_id": [change.record_id for _, change in found],
            "property": [change.property for _, change in found],
            "before": [change.before for _, change in found],
            "after": [change.after for _, change in found],
            "outcome": [change.outcome for _, change in found],
            "reason": [change.reason for _, change in found],
            "who": [entry.who for entry, _ in found],
            "kind": [entry.kind for entry, _ in found],
            "entry": [entry.id for entry, _ in found],
            "run": [entry.run_id or "" for entry, _ in found],
            "assistant": [entry.assistant for entry, _ in found],
            "version": [entry.version for entry, _ in found],
            "model": [entry.model for entry, _ in found],
            "portal": [str(entry.portal_id) for entry, _ in found],
            "link": [self.link(entry, change.record_id) for entry, change in found],
        }
        return pd.DataFrame(columns, index=_moments([one.at for _, one in found]).rename("at"), dtype="string")

    def changes_of(self, entry: AuditEntry) -> Iterator[AuditChange]:
        """Yield what one entry did that fits the query, by record id."""
        return self._store.audit.changes(entry.id, self.query)

    def count_changes(self, entry: AuditEntry) -> int:
        """Return how many values an entry wrote, or how many things it did or took back."""
        return sum(count for outcome, count in self.outcomes[entry.id].items() if outcome in CHANGED)

    def count_outcomes(self, entry: AuditEntry) -> str:
        """Return how often each outcome came of an entry, in words."""
        return ", ".join(f"{count:,} {outcome}" for outcome, count in self.outcomes[entry.id].items())

    def link(self, entry: AuditEntry, record_id: str) -> str:
        """Return the address of a record for people."""
        return build_record_link(entry.ui_domain, entry.portal_id, entry.object_type_id, record_id)

    def to_csv(self, path: str | Path) -> Path:
        """Write `.changes` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        return write_csv(self.changes, path)

    def to_html(self, path: str | Path, *, rows: int = 200) -> Path:
        """Write a page to show: it stands alone, loads nothing, can be printed, and shows what records say as text.

        `rows` is how many values of each entry are listed; the CSV has them all.
        """
        target = Path(path)
        target.write_text(as_page([self._card(entry, rows) for entry in self.entries], self.query), "utf-8")
        return target

    def _card(self, entry: AuditEntry, rows: int) -> EntryCard:
        outcomes = self.outcomes[entry.id]
        listed: list[tuple[AuditChange, str]] = []
        common: Counter[tuple[str, str]] = Counter()
        for change in self.changes_of(entry):
            if len(listed) < rows:
                listed.append((change, self.link(entry, change.record_id)))
            if change.outcome in CHANGED and entry.kind == "push":
                common[short_text(change.before), short_text(change.after)] += 1
        return EntryCard(
            entry=entry,
            heading=entry_title(entry, self.count_changes(entry)),
            changed=self.count_changes(entry),
            outcomes=outcomes,
            reviewers=self.reviewers.get(entry.run_id or "", []),
            undone_by=self.undone_by.get(entry.id, ""),
            common=[(before, after, count) for (before, after), count in common.most_common(5)],
            changes=listed,
            total=sum(outcomes.values()),
        )


def log(
    hub: Connection | Store,
    *,
    portal: int | None = None,
    since: When = None,
    until: When = None,
    record: str | int | None = None,
    property: str | None = None,  # noqa: A002 -- HubSpot's own word
) -> Log:
    """Return what was ever done to records from this workspace: pushes, actions and undos, newest first.

    `since` and `until` are days or moments ("2026-11-01", UTC; the day of `until` is included), `record` answers who
    changed this record, `property` (or task, note, list, message) what was done to it. A workspace's store will do in
    place of a connection. Raises AuditError for a day that cannot be read.
    """
    query = AuditQuery(
        portal_id=portal,
        since=_moment(since, "since"),
        until=_moment(until, "until", end=True),
        record_id=None if record is None else str(record),
        property=property,
    )
    return Log(hub if isinstance(hub, Store) else hub.store, query)


def _moment(given: When, called: str, *, end: bool = False) -> str | None:
    """Return a moment as the store writes it; a day without a time ends with it where an end is meant."""
    if given is None:
        return None
    text = given.isoformat() if isinstance(given, date) else str(given).strip()
    moment = parse_moment(text)
    if moment is None:
        message = f"{called} is {text!r}; write a day such as 2026-11-01, or a moment such as 2026-11-01T08:00."
        raise AuditError(message)
    whole_day = len(text) == len("2026-11-01")
    return (moment + timedelta(days=1) if end and whole_day else moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moments(texts: Sequence[object]) -> pd.DatetimeIndex:
    return pd.to_datetime(list(texts), utc=True).astype("datetime64[us, UTC]")
