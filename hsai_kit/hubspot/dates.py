"""Moments: as HubSpot writes them, as its search compares them, and as people say them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hsai_kit.errors import PullError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 24 * 60 * 60 * 1000
"""A day in milliseconds."""
_SPAN = re.compile(r"(?:the )?(?:last |past )?(\d+|an?|one)?\s*(minute|hour|day|week|month|year)s?(?: ago)?", re.I)
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_FORMS = "2026-01-31, 2026-01-31T09:00, today, yesterday, 3 hours ago, 7 days ago, last week"


def parse_moment(text: str) -> datetime | None:
    """Return the moment of an ISO date or time, UTC unless it says otherwise, or of milliseconds since 1970.

    Every other form could be read in two ways and is None.
    """
    try:
        if re.fullmatch(r"\s*-?\d{11,15}\s*", text, re.ASCII):
            return EPOCH + timedelta(milliseconds=int(text))
        if not re.match(r"\s*\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return None
        moment = to_aware(datetime.fromisoformat(text.strip()))
        moment.astimezone(UTC)  # overflows at both ends of the calendar
    except (ValueError, OverflowError):
        return None
    return moment


def to_aware(moment: datetime) -> datetime:
    """Return a moment with its zone: UTC where it has none, since this computer's own would shift it."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def to_milliseconds(moment: datetime) -> str:
    """Return a moment as search compares times: milliseconds since 1970, in UTC."""
    return str((moment - EPOCH) // timedelta(milliseconds=1))


def parse_since(value: object, zone: str) -> datetime:
    """Return the moment that `changed_since` means: a date, a time, a timedelta, or words such as `yesterday`.

    Dates and times without a zone are UTC, as everywhere here; today and yesterday begin at midnight in the portal's
    own time zone, a month ago is 30 days. Raises PullError where it cannot be told, or is still to come.
    """
    moment: datetime | None = None
    if isinstance(value, datetime):
        moment = to_aware(value)
    elif isinstance(value, date):
        moment = datetime.combine(value, time(), UTC)
    elif isinstance(value, timedelta):
        moment = datetime.now(UTC) - abs(value)
    elif isinstance(value, str):
        moment = parse_moment(value) or parse_relative_time(value, zone)
    if moment is None or moment != moment:
        raise PullError(f"changed_since is {value!r}, which is no time. Write it as one of: {_FORMS}.")
    if moment > datetime.now(UTC):
        raise PullError(f"changed_since is {value!r}, which is still to come. Nothing can have changed since then.")
    return moment.astimezone(UTC)


def parse_relative_time(text: str, zone: str) -> datetime | None:
    """Return the moment that words such as `yesterday` or `2 weeks ago` mean now, None for other words."""
    words = text.strip().casefold()
    if words in {"today", "yesterday"}:
        midnight = datetime.now(_find_zone(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
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


def _find_zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        # A computer need not know every name that HubSpot does.
        return UTC
