"""HubSpot's strings as typed pandas columns, and values back as HubSpot's strings."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from hsai_kit.hubspot.properties import Property
from hsai_kit.hubspot.validation_rules import explain_violation

__all__ = [
    "ValueCheck",
    "as_column",
    "as_hubspot",
    "as_moment",
    "check_value",
    "convert_column",
    "is_same_value",
    "texts",
]


def as_column(values: Sequence[str | None], definition: Property) -> pd.api.extensions.ExtensionArray:
    """Return one typed array: string, Int64 or Float64, boolean, datetime64[us, UTC], category, or lists.

    Unset and "" are NA. Values that do not fit the definition's type leave the whole column as strings, so that
    nothing is lost. Dates are midnight UTC and are not shifted to any time zone.
    """
    return convert_column(texts(values), definition)


def texts(values: Sequence[str | None]) -> pd.api.extensions.ExtensionArray:
    """Return HubSpot's strings as a string array; "" is NA."""
    # Half of an emoji, as cut-off texts have it, is no UTF-8: pandas with pyarrow refuses it, and so does every API.
    whole = [value.encode("utf-8", "replace").decode() if value else None for value in values]
    return pd.array(whole, dtype="string")


def convert_column(raw: pd.api.extensions.ExtensionArray, definition: Property) -> pd.api.extensions.ExtensionArray:
    """Return HubSpot's strings, as `texts` makes them, as the array that `as_column` tells of."""
    try:
        if definition.type == "number":
            return _numbers(raw)
        if definition.type == "bool":
            return pd.array([None if value is pd.NA else _BOOLEANS[value.casefold()] for value in raw], dtype="boolean")
        if definition.type in {"date", "datetime"}:
            return _times(raw)
    except (ValueError, KeyError, OverflowError):
        return raw
    if definition.type == "enumeration" and definition.several:
        return pd.array([pd.NA if v is pd.NA else v.strip(";").split(";") for v in raw], dtype=object)
    if definition.type == "enumeration" and definition.options:
        return pd.Categorical(raw.astype(object), categories=_categories(raw, definition))
    return raw


def as_hubspot(value: object) -> str:
    """Return a value as the string that HubSpot takes; NA is "", which clears."""
    if isinstance(value, list | tuple):
        return ";".join(as_hubspot(one) for one in value)
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        # A time without a zone is UTC, as everywhere here: this computer's own zone would shift it.
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


@dataclass(frozen=True)
class ValueCheck:
    """A value as HubSpot would take it, or None and the reason why it would not."""

    value: str | None
    reason: str = ""


def check_value(text: str, definition: Property) -> ValueCheck:
    """Return `text` as the property's definition takes it: labels become internal values, dates ISO, blanks "".

    Text values hold at most 65,536 characters, HubSpot's own limit. The portal's own rules hold for what is written.
    """
    found = _fitting(text, definition)
    for rule in definition.rules if found.value else ():
        if wish := explain_violation(rule, found.value or ""):
            said = repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r} …"
            return ValueCheck(None, f"{said} breaks HubSpot's rule for {definition.name}: {wish}")
    return found


def _fitting(text: str, definition: Property) -> ValueCheck:
    if not text.strip():
        return ValueCheck("")
    said = repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r} …"
    if definition.type == "bool":
        option = definition.option_for(text)
        word = (option.value if option else text).strip().casefold()
        return ValueCheck(word) if word in _BOOLEANS else ValueCheck(None, f"{said} is neither true nor false")
    if definition.type == "enumeration" and definition.options:
        parts = [part for part in text.split(";") if part.strip()] if definition.several else [text]
        found = [(part, definition.option_for(part)) for part in parts]
        if bad := [part for part, option in found if option is None]:
            return ValueCheck(None, f"{bad[0][:_SHOWN]!r} is not an option of {definition.name}")
        return ValueCheck(";".join(option.value for _, option in found if option))
    if definition.type == "number":
        fits = re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text.strip(), re.ASCII)
        return ValueCheck(text.strip()) if fits else ValueCheck(None, f"{said} is not a number")
    if definition.type in {"date", "datetime"}:
        moment = as_moment(text)
        if moment is None:
            return ValueCheck(None, f"{said} is not a date such as 2026-01-31")
        return ValueCheck(moment.date().isoformat() if definition.type == "date" else as_hubspot(moment))
    if len(text) > _TEXT_LIMIT:
        return ValueCheck(None, f"{len(text):,} characters are more than the {_TEXT_LIMIT:,} that HubSpot keeps")
    return ValueCheck(text)


def is_same_value(one: str, other: str, definition: Property) -> bool:
    """Tell whether two values mean the same to HubSpot, which may write them differently: 5.0 is 5, `A;B` is `B;A`."""
    if one == other:
        return True
    if not one or not other:
        return False
    if definition.type == "number":
        with contextlib.suppress(InvalidOperation):
            return Decimal(one.strip()) == Decimal(other.strip())
    if definition.type in {"date", "datetime"}:
        moment = as_moment(one)
        return moment is not None and moment == as_moment(other)
    if definition.type == "bool":
        return one.casefold() == other.casefold()
    return definition.several and set(one.strip(";").split(";")) == set(other.strip(";").split(";"))


def as_moment(text: str) -> datetime | None:
    """Read an ISO date or moment, UTC unless it says otherwise, or HubSpot's milliseconds since 1970.

    Every other form could be read in two ways and is None.
    """
    try:
        if re.fullmatch(r"\s*-?\d{11,15}\s*", text, re.ASCII):
            return _EPOCH + timedelta(milliseconds=int(text))
        if not re.match(r"\s*\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return None
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        moment.astimezone(UTC)  # overflows at both ends of the calendar
    except (ValueError, OverflowError):
        return None
    return moment


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = 60
_TEXT_LIMIT = 65_536
_BOOLEANS = {"true": True, "false": False}


def _numbers(raw: pd.api.extensions.ExtensionArray) -> pd.api.extensions.ExtensionArray:
    numbers = pd.to_numeric(pd.Series(raw, dtype="string")).astype("Float64")
    known = numbers.dropna()
    # Beyond 2**53 a float no longer tells whole numbers apart, and ids can be as long as that.
    if (known.abs() >= 2**53).any() or len(known) < len(raw.dropna()):
        return raw
    whole = bool((known % 1 == 0).all())
    return numbers.astype("Int64").array if whole and len(known) else numbers.array


def _times(raw: pd.api.extensions.ExtensionArray) -> pd.api.extensions.ExtensionArray:
    series = pd.Series(raw, dtype="string")
    epoch = series.str.fullmatch(r"0|-?\d{5,}").fillna(False).astype(bool)  # noqa: FBT003 -- pandas takes it so
    parsed = pd.to_datetime(series.where(~epoch), utc=True, format="ISO8601").astype("datetime64[us, UTC]")
    milliseconds = pd.to_datetime(pd.to_numeric(series.where(epoch)), unit="ms", utc=True)
    times = parsed.fillna(milliseconds.astype("datetime64[us, UTC]"))
    if (times.isna() & series.notna()).any():
        # pandas takes "nan" and its like for no time at all, but something stands there.
        raise ValueError
    return times.array


def _categories(raw: pd.api.extensions.ExtensionArray, definition: Property) -> list[str]:
    options = [option.value for option in definition.options]
    # Options that were taken out of the definition live on in old records.
    return options + sorted(set(raw.dropna()) - set(options))
