"""What was found out about models: settings they take or refuse, and what the account may ask a minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hsai_kit.store.database import Table, now

_HOLDS = timedelta(days=30)


@dataclass(frozen=True)
class AccountLimits:
    """Requests and tokens a minute, each None where no answer told it."""

    requests: float | None = None
    tokens: float | None = None


class ModelFactTable(Table):
    """Reads and writes of `capabilities` and `limits`; a fact is known for a model at an address."""

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

    def keep_limits(self, base_url: str, model: str, limits: AccountLimits) -> None:
        """Keep what the newest answers told of the account's limits, so that a run can say how long it will take."""
        self._database.execute(
            "INSERT OR REPLACE INTO limits VALUES (?, ?, ?, ?, ?)",
            (base_url, model, limits.requests, limits.tokens, now()),
        )

    def read_limits(self, base_url: str, model: str) -> AccountLimits:
        """Return the limits that were told last."""
        row = self._database.one(
            "SELECT requests, tokens FROM limits WHERE base_url = ? AND model = ?", (base_url, model)
        )
        return AccountLimits(*row) if row else AccountLimits()
