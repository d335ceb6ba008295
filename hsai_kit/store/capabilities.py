"""What models were found to take or refuse, so that it is found out only once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hsai_kit.store.database import Database, now

__all__ = ["CapabilityTable"]

_HOLDS = timedelta(days=30)


class CapabilityTable:
    """Reads and writes of `capabilities`; a setting is known for a model at an address."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def learn(self, base_url: str, model: str, setting: str, *, accepted: bool, reason: str = "") -> None:
        """Keep what was found out."""
        self._database.execute(
            "INSERT OR REPLACE INTO capabilities VALUES (?, ?, ?, ?, ?, ?)",
            (base_url, model, setting, int(accepted), reason, now()),
        )

    def read_accepted(self, base_url: str, model: str) -> set[str]:
        """Return the settings that a model is known to take."""
        rows = self._database.all(
            "SELECT setting FROM capabilities WHERE base_url = ? AND model = ? AND accepted", (base_url, model)
        )
        return {row["setting"] for row in rows}

    def read_refused(self, base_url: str, model: str) -> dict[str, str]:
        """Return the settings that a model is known to refuse, each with the reason it gave.

        Models and servers change, so a refusal is found out anew after 30 days.
        """
        since = (datetime.now(UTC) - _HOLDS).isoformat()
        rows = self._database.all(
            "SELECT setting, reason FROM capabilities WHERE base_url = ? AND model = ? AND NOT accepted AND at > ?",
            (base_url, model, since),
        )
        return {row["setting"]: row["reason"] for row in rows}
