"""The portal's parts in one place, as every handler gets them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot import clock
from hsai_kit.sandbox.hubspot.access import Access
from hsai_kit.sandbox.hubspot.catalog import Catalog
from hsai_kit.sandbox.hubspot.history import History
from hsai_kit.sandbox.hubspot.links import Links
from hsai_kit.sandbox.hubspot.rate_limits import RateWindows
from hsai_kit.sandbox.hubspot.records import Records, SearchLag
from hsai_kit.sandbox.hubspot.validations import Validations
from hsai_kit.sandbox.hubspot.wire import parse_whole_number
from hsai_kit.sandbox.hubspot.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsai_kit.sandbox.database import Database


class Crm:
    """One portal: its state in the database, and what is only kept while it runs."""

    def __init__(self, database: Database, token: str) -> None:
        self.database = database
        self.access = Access(token)
        self.windows = RateWindows(today=lambda: clock.today(self.time_zone()))
        self.catalog = Catalog(database)
        self.records = Records(database)
        self.history = History(database)
        self.links = Links(database)
        self.search_lag = SearchLag()
        self.validations = Validations(database)
        self.writer = Writer(
            self.catalog, self.records, self.history, self.search_lag, self.validations, is_owner=self.is_owner
        )

    def forget(self) -> None:
        """Drop what was read from the database, because it has changed underneath."""
        self.catalog.forget()
        self.validations.forget()
        self.records.forget()
        self.search_lag.forget()

    @contextmanager
    def write_transaction(self) -> Iterator[None]:
        """Make a request's changes together or not at all, in the database and in what search will see."""
        try:
            with self.database.transaction():
                yield
        except BaseException:
            self.search_lag.discard()
            raise
        self.search_lag.commit(self.windows.limits.search_lag or 0.0)

    def account(self) -> dict[str, Any]:
        """Return the account's details, in HubSpot's words."""
        rows = self.database.execute("SELECT name, value FROM hubspot_account ORDER BY rowid")
        return {name: json.loads(value) for name, value in rows}

    def set_account(self, details: dict[str, Any]) -> None:
        """Add account details or change them."""
        self.database.executemany(
            "INSERT INTO hubspot_account VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            ((name, json.dumps(value)) for name, value in details.items()),
        )

    def time_zone(self) -> str:
        """Return the account's time zone, whose midnight ends its day."""
        return str(self.account().get("timeZone", "UTC"))

    def is_owner(self, text: str) -> bool:
        """Whether an id is an owner's; people who left still own their records."""
        number = parse_whole_number(text)
        query = "SELECT 1 FROM hubspot_owners WHERE id = ?"
        return number is not None and self.database.execute(query, (number,)).fetchone() is not None
