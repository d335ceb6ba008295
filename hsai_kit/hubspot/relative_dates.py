"""A moment as people say it: a date, a datetime, or words such as `yesterday` or `3 days ago`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hsai_kit.errors import PullError
from hsai_kit.hubspot.value_conversion import as_moment

__all__ = ["as_since", "parse_relative_time"]

_SPAN = re.compile(r"(?:the )?(?:last |past )?(\d+|an?|one)?\s*(minute|hour|day|week|month|year)s?(?: ago)?", re.I)
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_FORMS = "2026-01-31, 2026-01-31T09:00, today, yesterday, 3 hours ago, 7 days ago, last week"


def as_since(value: object, zone: str) -> datetime:
    """Return the moment that `changed_since` means; raises PullError where it cannot be told.

    Dates and times without a zone are UTC, as everywhere here; today and yesterday begin at midnight in the portal's
    own time zone, a month ago is 30 days.
    """
    moment: datetime | None = None
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    elif isinstance(value, date):
        moment = datetime.combine(value, time(), UTC)
    elif isinstance(value, timedelta):
        moment = datetime.now(UTC) - abs(value)
    elif isinstance(value, str):
        moment = as_moment(value) or parse_relative_time(value, zone)
    if moment is None or moment != moment:
        message = f"changed_since is {value!r}, which is no time. Write it as one of: {_FORMS}."
        raise PullError(message)
    if moment > datetime.now(UTC):
        message = f"changed_since is {value!r}, which is still to come. Nothing can have changed since then."
        raise PullError(message)
    return moment.astimezone(UTC)


def parse_relative_time(text: str, zone: str) -> datetime | None:
    """Return the moment that words such as `yesterday` or `2 weeks ago` mean now, None for other words."""
    words = text.strip().casefold()
    if words in {"today", "yesterday"}:
        midnight = datetime.now(_zone(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=words == "yesterday")
    found = _SPAN.fullmatch(words)
    if found is None:
        return None
    number = int(found[1]) if found[1] and found[1].isdigit() else 1
    unit = found[2].casefold()
    try:
        back = timedelta(days=number * _DAYS[unit]) if unit in _DAYS else timedelta(**{f"{unit}s": number})
        return datetime.now(UTC) - back
    except OverflowError:
        return None


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        # A computer need not know every name that HubSpot does.
        return UTC
