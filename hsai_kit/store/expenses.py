"""What a workspace has spent in a month, and what its sessions hold for what they have in flight."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hsai_kit.store.database import Table, now

# What was sent at the end of a month may be paid in the next: a job takes a day.
_OVERLAP = timedelta(days=2)


class ExpenseTable(Table):
    """Reads and writes of `spending` and `spending_holds`; a month is one of UTC."""

    def read_month(self) -> tuple[float, float]:
        """Return what all runs have spent this month, and what is held for what may still be paid, in USD."""
        begun = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0)
        row = self._database.one(
            "SELECT (SELECT TOTAL(usd) FROM spending WHERE month = ?), "
            "(SELECT TOTAL(usd) FROM spending_holds WHERE at >= ?)",
            (now()[:7], (begun - _OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")),
        )
        return (float(row[0]), float(row[1])) if row else (0.0, 0.0)

    def hold(self, holder: str, usd: float, cap: float) -> int | None:
        """Hold `usd` for a run or a job and return by what it is let go; None where the month has no more than `cap`.

        No other session of the workspace can hold the same money meanwhile.
        """
        with self._database.transaction():
            # The last digits of a sum of floats are no money.
            if sum(self.read_month()) + usd > cap + 1e-9:
                return None
            return self._database.insert("spending_holds", holder=holder, usd=usd, at=now())

    def release(self, holds: Iterable[int]) -> None:
        """Let go of what was held."""
        self._database.many("DELETE FROM spending_holds WHERE id = ?", ((one,) for one in holds))

    def release_job(self, input_file: str) -> None:
        """Let go of what was held for a job."""
        self._database.execute("DELETE FROM spending_holds WHERE holder = ?", (input_file,))
