"""Whose task it is, and when it is due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from hsai_kit.hubspot.owners import Owner, find_owner, find_team
from hsai_kit.hubspot.values import as_hubspot
from hsai_kit.steps.actions.action import RECORD_OWNER

__all__ = ["Assigner", "due_day", "due_moment", "today_in"]

_TEAM = "team:"
# The time of day at which HubSpot itself lets tasks be due.
_HOUR = time(8)


class Assigner:
    """Gives each record's task to somebody; whoever takes turns goes on where the tasks made before ended.

    Raises UnknownOwner for somebody who is not there.
    """

    def __init__(
        self,
        owners: Sequence[Owner],
        assignee: str | Sequence[str],
        otherwise: str | Sequence[str] | None,
        *,
        made_before: int = 0,
    ) -> None:
        self._by_id = {one.id: one for one in owners}
        self._record_owner = isinstance(assignee, str) and assignee.strip().casefold() == RECORD_OWNER
        named = otherwise if self._record_owner else assignee
        self._pool = [] if named is None else list(dict.fromkeys(_pool(owners, named)))
        self._turn = made_before

    def whom(self, owner_id: str) -> Owner | None:
        """Return who gets the task of a record that `owner_id` owns ("" for nobody), or None where nobody does."""
        if self._record_owner and owner_id in self._by_id:
            return self._by_id[owner_id]
        if not self._pool:
            return None
        self._turn += 1
        return self._pool[(self._turn - 1) % len(self._pool)]

    def why_nobody(self, owner_id: str) -> str:
        """Say why a record's task would be nobody's."""
        what = "its owner is no longer active" if owner_id else "the record has no owner"
        return f"{what}: say who gets it, such as create_task(…, otherwise='team: …')"


def due_day(days: int, today: date) -> date:
    """Return the day that is `days` business days after `today`, weekends left out.

    >>> due_day(1, date(2026, 11, 20))
    datetime.date(2026, 11, 23)
    """
    # From a weekend one business day on is Monday, and today is Monday as well.
    day: date = np.busday_offset(np.datetime64(today), days, roll="backward" if days else "forward").astype(date)
    return day


def due_moment(day: date, zone: str) -> str:
    """Return 8:00 of a day in the portal's time zone, as HubSpot takes it.

    >>> due_moment(date(2026, 11, 23), "US/Eastern")
    '2026-11-23T13:00:00.000Z'
    """
    return as_hubspot(datetime.combine(day, _HOUR, _zone(zone)))


def today_in(zone: str) -> date:
    """Return the day that it is in the portal's time zone."""
    return datetime.now(_zone(zone)).date()


def _pool(owners: Sequence[Owner], named: str | Sequence[str]) -> Iterable[Owner]:
    for one in [named] if isinstance(named, str) else named:
        if one.strip().casefold().startswith(_TEAM):
            yield from find_team(owners, one.strip()[len(_TEAM) :].strip())
        else:
            yield find_owner(owners, one)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
