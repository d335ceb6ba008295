"""What a property may hold: text from a request → the string that is stored, or why not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.clock import format_moment
from hsai_kit.sandbox.hubspot.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from hsai_kit.sandbox.hubspot.catalog import Definition

LONGEST_TEXT = 65_536
EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]]+@[^\s@<>(),;:\"\[\]]+\.[^\s@<>(),;:\"\[\].]{2,}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_MILLISECONDS = re.compile(r"-?\d{1,15}")


def as_text(raw: Any) -> str:
    """Read a property's value as it came in JSON: text, or a number or boolean that stands for its text."""
    if raw is None:
        return ""  # [?] null in a write: taken for a clearing, as "" is
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, str):
        return raw
    if isinstance(raw, int | float):
        return str(raw)
    raise InvalidValue("INVALID_STRING", "A property's value has to be text, a number or a boolean.")


def normalize(definition: Definition, text: str, current: str | None, is_owner: Callable[[str], bool]) -> str | None:
    """Return the string to keep for a value, None for a cleared one.

    Raises InvalidValue if the property's type does not allow it.
    """
    if not text:
        return None
    if len(text) > LONGEST_TEXT:
        message = f"The value is {len(text)} characters long, at most {LONGEST_TEXT} are allowed."
        raise InvalidValue("PROPERTY_VALUE_TOO_LONG", message)
    if definition.type == "number":
        return _normalize_number(text)
    if definition.type == "bool":
        return _normalize_boolean(text)
    if definition.type == "date":
        return _normalize_date(text)
    if definition.type == "datetime":
        return _normalize_moment(text)
    if definition.referenced == "OWNER":
        if not is_owner(text):
            raise InvalidValue("INVALID_OWNER_ID", f"Owner {text} does not exist")
        return text
    if definition.type == "enumeration":
        return _normalize_options(definition, text, current)
    if definition.name == "email":
        return _normalize_email(text)
    return text


def read_moment(text: str) -> datetime | None:
    """Read a date or moment in any accepted form, ISO or milliseconds since 1970; None if it is neither."""
    text = text.strip()
    try:
        if EPOCH_MILLISECONDS.fullmatch(text):
            return EPOCH + timedelta(milliseconds=int(text))
        moment = datetime.fromisoformat(text)
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):  # no date, or none between the years 1 and 9999
        return None


def _normalize_moment(text: str) -> str:
    moment = read_moment(text)
    if moment is None:
        raise InvalidValue("INVALID_LONG", f"{text} was not a valid long.")
    return format_moment(moment)


def _normalize_date(text: str) -> str:
    moment = read_moment(text)
    if moment is None:
        raise InvalidValue("INVALID_DATE", f"{text} was not a valid date.")
    if moment.time() != EPOCH.time():
        raise InvalidValue("INVALID_DATE", f"{text} is at {moment.time()} UTC, not midnight!")
    return moment.date().isoformat()


def _normalize_number(text: str) -> str:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise InvalidValue("INVALID_INTEGER", f"{text} was not a valid number.")
    return text.strip()


def _normalize_boolean(text: str) -> str:
    if text.lower() not in {"true", "false"}:
        raise InvalidValue("INVALID_OPTION", f"{text} was not one of the allowed options: [true, false]")
    return text.lower()


def _normalize_email(text: str) -> str:
    if not EMAIL.fullmatch(text.strip()):
        raise InvalidValue("INVALID_EMAIL", f"Email address {text} is invalid")
    return text.strip().lower()


def _normalize_options(definition: Definition, text: str, current: str | None) -> str | None:
    if definition.field_type != "checkbox":
        chosen = [text]
    else:
        chosen = [part.strip() for part in text.split(";") if part.strip()]
        if text.startswith(";"):  # ";A" adds A to what is chosen already
            chosen = [*(current.split(";") if current else []), *chosen]
    for one in chosen:
        if one not in definition.options:
            allowed = ", ".join(definition.options)
            message = f"{one} was not one of the allowed options: [{allowed}]"
            raise InvalidValue("INVALID_OPTION", message)
    return ";".join(dict.fromkeys(chosen)) or None
