"""Who changed what: every push, action and undo of a workspace, to look through, to export and to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd

from hsai_kit.errors import AuditError
from hsai_kit.hubspot.account import build_record_link
from hsai_kit.hubspot.dates import parse_moment
from hsai_kit.runtime.private_files import keep_private
from hsai_kit.steps.audit.html_page import CHANGED, EntryCard, as_page, entry_title, short_text
from hsai_kit.store import Store
from hsai_kit.store.audit import AuditChange, AuditEntry, AuditQuery
from hsai_kit.tabular.cell_text import format_line
from hsai_kit.tabular.table_files import write_csv

if TYPE_CHECKING:
    # The wires take a second to import, and the log needs none.
    from hsai_kit.connection import Connection

__all__ = ["Log", "log"]

When: TypeAlias = str | date | None

_ENTRY_COLUMNS = (
    *("at", "ended_at", "kind", "who", "approved_by", "portal", "object_type", "what", "changed", "outcomes"),
    *("status", "run", "assistant", "version", "model", "undoes", "undone_by"),
)
_CHANGE_COLUMNS = [
    *("record_id", "property", "before", "after", "outcome", "reason", "who", "kind", "entry", "run"),
    *("assistant", "version", "model", "portal", "link"),
]


class Log:
    """What was done, newest first: `.frame` has a row for each push, action or undo, `.changes` one for each value."""

    def __init__(self, store: Store, query: AuditQuery) -> None:
        self._store = store
        self.query = query
        self.entries: list[AuditEntry] = store.audit.entries(query)
        # Read for the entries that are shown: a history has millions of changes.
        self._outcomes = cache(lambda entry_id: store.audit.outcomes(entry_id, query))
        self._reviewers = cache(store.audit.reviewers)
        self._undo = cache(store.audit.find_undo)

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
            undone = f", taken back by {undo}" if (undo := self.find_undo(entry)) else ""
            yield f"    by {format_line(entry.who)} in portal {entry.portal_id}{model}: {counts}{undone}"

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each push, action or undo, newest first, index `entry` (its id, which `open_receipt` takes).

        Columns: `at`, `ended_at` (datetime, UTC), `kind`, `who`, `approved_by`, `portal`, `object_type`, `what`
        (properties, or the action), `changed` (how many values were written, things made or taken back), `outcomes`
        (all of them in words), `status`, `run`, `assistant`, `version`, `model`, `undoes`, `undone_by`.
        """
        return self.table()

    def table(self, last: int | None = None) -> pd.DataFrame:
        """Return the newest entries as `.frame` has them, or all of them."""
        entries = self.entries[:last]
        listed = [
            vars(entry)
            | {
                "approved_by": ", ".join(self.list_reviewers(entry)),
                "changed": self.count_changes(entry),
                "outcomes": self.count_outcomes(entry),
                "undone_by": self.find_undo(entry),
            }
            for entry in entries
        ]
        frame = pd.DataFrame(listed).rename(columns={"portal_id": "portal", "run_id": "run"})
        frame.index = pd.Index([entry.id for entry in entries], dtype="string", name="entry")
        frame = frame.reindex(columns=_ENTRY_COLUMNS).astype("string")
        times = {name: _as_moments(frame[name]) for name in ("at", "ended_at")}
        return frame.astype({"portal": "Int64", "changed": "Int64"}).assign(**times)

    @property
    def changes(self) -> pd.DataFrame:
        """One row for each value, newest first, index `at` (datetime, UTC).

        Columns: `record_id`, `property` (or task, note, list, message), `before`, `after`, `outcome`, `reason`, `who`,
        `kind`, `entry`, `run`, `assistant`, `version`, `model`, `portal`, `link`.
        """
        parts = [self._list_changes(entry) for entry in self.entries]
        frame = pd.concat([pd.DataFrame(columns=["at", *_CHANGE_COLUMNS]), *parts]).astype("string")
        return frame[_CHANGE_COLUMNS].set_index(pd.DatetimeIndex(_as_moments(frame["at"])))

    def _list_changes(self, entry: AuditEntry) -> pd.DataFrame:
        frame = pd.DataFrame([vars(change) for change in self.changes_of(entry)], dtype="string")
        about = {name: getattr(entry, name) for name in ("who", "kind", "assistant", "version", "model")}
        about |= {"entry": entry.id, "run": entry.run_id or "", "portal": str(entry.portal_id)}
        return frame.assign(**about, link=[self.link(entry, one) for one in frame.get("record_id", [])])

    def changes_of(self, entry: AuditEntry) -> Iterator[AuditChange]:
        """Yield what one entry did that fits the query, by record id."""
        return self._store.audit.changes(entry.id, self.query)

    def count_changes(self, entry: AuditEntry) -> int:
        """Return how many values an entry wrote, or how many things it did or took back."""
        return sum(count for outcome, count in self._outcomes(entry.id).items() if outcome in CHANGED)

    def count_outcomes(self, entry: AuditEntry) -> str:
        """Return how often each outcome came of an entry, in words."""
        return ", ".join(f"{count:,} {outcome}" for outcome, count in self._outcomes(entry.id).items())

    def list_reviewers(self, entry: AuditEntry) -> list[str]:
        """Return who approved or edited the answers that an entry came of."""
        return self._reviewers(entry.run_id) if entry.run_id else []

    def find_undo(self, entry: AuditEntry) -> str | None:
        """Return the id of the undo that took something of an entry back, or None."""
        return self._undo(entry.id)

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
        target = keep_private(Path(path))
        target.write_text(as_page([self._card(entry, rows) for entry in self.entries], self.query), "utf-8")
        return target

    def _card(self, entry: AuditEntry, rows: int) -> EntryCard:
        outcomes = self._outcomes(entry.id)
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
            reviewers=self.list_reviewers(entry),
            undone_by=self.find_undo(entry) or "",
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


def _as_moments(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, utc=True).astype("datetime64[us, UTC]")
