"""What accounts were found to allow a minute, so that a run can say how long it will take before it begins."""

from __future__ import annotations

from dataclasses import dataclass

from hsai_kit.store.database import Database, now

__all__ = ["AccountLimits", "LimitTable"]


@dataclass(frozen=True)
class AccountLimits:
    """Requests and tokens a minute, each None where no answer told it."""

    requests: float | None = None
    tokens: float | None = None


class LimitTable:
    """Reads and writes of `limits`; they are known for a model at an address."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, base_url: str, model: str, limits: AccountLimits) -> None:
        """Keep what the newest answers told."""
        self._database.execute(
            "INSERT OR REPLACE INTO limits VALUES (?, ?, ?, ?, ?)",
            (base_url, model, limits.requests, limits.tokens, now()),
        )

    def read(self, base_url: str, model: str) -> AccountLimits:
        """Return what was told last."""
        row = self._database.one(
            "SELECT requests, tokens FROM limits WHERE base_url = ? AND model = ?", (base_url, model)
        )
        return AccountLimits(*row) if row else AccountLimits()
