"""The time that records are stamped with, and the account's calendar."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def format_moment(moment: datetime) -> str:
    """Write a moment as HubSpot writes it: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """Return the present moment."""
    return format_moment(datetime.now(UTC))


def now_after(previous: str) -> str:
    """Return the present moment, or just after `previous` where the seed lies in this machine's future."""
    earliest = datetime.fromisoformat(previous) + timedelta(milliseconds=1)
    return format_moment(max(datetime.now(UTC), earliest))


def zone(name: str) -> tzinfo:
    """Return a time zone by name; UTC where this machine has no time zone data."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def today(name: str) -> str:
    """Return the date in a time zone."""
    return datetime.now(zone(name)).date().isoformat()


def next_midnight(name: str) -> str:
    """When a day ends in a time zone: the moment at which daily limits start anew."""
    local = datetime.now(zone(name))
    return format_moment(datetime.combine(local.date() + timedelta(days=1), time(), zone(name)))


def utc_offset(name: str) -> timedelta:
    """How far a time zone is ahead of UTC now."""
    return datetime.now(zone(name)).utcoffset() or timedelta()
