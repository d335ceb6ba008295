"""Reading again what HubSpot's answer leaves out or contradicts, and a sample of what it says of a push."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Sequence
from dataclasses import replace

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.hubspot.records import Record, UpdateResult, read_many
from hsai_kit.steps.plans.plan import list_record_ids
from hsai_kit.steps.push.outcomes import as_change
from hsai_kit.steps.push.plan import PushPlan, PushRow
from hsai_kit.store import Change, PushOutcome
from hsai_kit.tabular.cell_text import format_line

NOT_WRITTEN = "HubSpot answered with success and did not write it"


def find_doubts(plan: PushPlan, rows: Sequence[PushRow], answer: UpdateResult) -> list[PushRow]:
    """Return the rows of which an answer does not say that HubSpot holds what was sent.

    Where it names a record that nobody asked about, none of its rows can be relied on.
    """
    if not answer.ids <= {row.record_id for row in rows}:
        return list(rows)
    return [row for row in rows if not _is_confirmed(plan, row, answer)]


def _is_confirmed(plan: PushPlan, row: PushRow, answer: UpdateResult) -> bool:
    record = answer.records.get(row.record_id)
    if record is None or row.property not in record.properties:
        return False
    # A blank value is answered as null.
    return plan.same(row.property, record.properties[row.property] or "", row.after)


class Verification:
    """What a receipt has to say of the values of one push, by what HubSpot holds."""

    sample = 20
    """How many values that were answered cleanly are read again in a push; a lie among them has all of them read."""

    def __init__(self, hub: Connection, plan: PushPlan) -> None:
        self._hub = hub
        self._plan = plan
        self.clean: list[PushRow] = []
        """Rows whose answer said that they were written."""
        self.refused: list[PushRow] = []
        """Rows that HubSpot refused."""

    async def correct(self) -> tuple[list[Change], int]:
        """Return the lines of the journal that do not say what HubSpot holds, and how many values were read for it.

        Values that were refused are read, and of those that were written a sample: all of them where one is not there.
        """
        corrections: list[Change] = []
        read = 0
        # What cannot be read now stays as HubSpot answered.
        with contextlib.suppress(HsaiError):
            held = await self._read(self.refused)
            corrections += [self._as_written(row, held[row]) for row in self.refused if self._is_there(row, held[row])]
            sample = secrets.SystemRandom().sample(self.clean, min(self.sample, len(self.clean)))
            held = await self._read(sample)
            read = len(sample)
            if any(self._is_untouched(row, held[row]) for row in sample) and read < len(self.clean):
                held = await self._read(self.clean)
                read = len(self.clean)
            lies = [row for row in held if self._is_untouched(row, held[row])]
            corrections += [as_change(row, PushOutcome.REFUSED, NOT_WRITTEN) for row in lies]
        return corrections, read

    def explain_change(self, row: PushRow, held: str | None) -> Change | None:
        """Return the line for a row whose value, read again, is neither the old nor the new one; None for others."""
        if held is None or held == row.before or self._plan.same(row.property, held, row.after):
            return None
        reason = f"the value was changed in HubSpot while it was written, to {format_line(held)}"
        return as_change(row, PushOutcome.CONFLICT, reason)

    def _as_written(self, row: PushRow, held: str | None) -> Change:
        return as_change(replace(row, after=held or ""), PushOutcome.WRITTEN, "HubSpot refused it and wrote it")

    def _is_there(self, row: PushRow, held: str | None) -> bool:
        return held is not None and held != row.before and self._plan.same(row.property, held, row.after)

    def _is_untouched(self, row: PushRow, held: str | None) -> bool:
        return held is not None and held == row.before and not self._plan.same(row.property, held, row.after)

    async def read_again(self, rows: Sequence[PushRow]) -> dict[str, Record]:
        """Return what HubSpot holds of the records of some rows."""
        names = list(dict.fromkeys(row.property for row in rows))
        return await read_many(self._hub.hubspot, self._plan.object_type, list_record_ids(rows), names)

    async def _read(self, rows: Sequence[PushRow]) -> dict[PushRow, str | None]:
        """Return what HubSpot holds of each row, None where the record is gone."""
        records = await self.read_again(rows)
        return {row: read_held(records.get(row.record_id), row.property) for row in rows}


def read_held(record: Record | None, name: str) -> str | None:
    """Return what a record holds of a property, "" where unset, None where it is gone."""
    return None if record is None else record.properties.get(name) or ""
