"""HubSpot's strings as typed pandas columns, and values back as HubSpot's strings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd

from hsai_kit.hubspot.dates import to_aware
from hsai_kit.hubspot.properties import Property, PropertyType

BOOLEANS = {"true": True, "false": False}


def as_column(values: Sequence[str | None], definition: Property) -> pd.api.extensions.ExtensionArray:
    """Return one typed array: string, Int64 or Float64, boolean, datetime64[us, UTC], category, or lists.

    Unset and "" are NA. Values that do not fit the definition's type leave the whole column as strings, so that
    nothing is lost. Dates are midnight UTC and are not shifted to any time zone.
    """
    return convert_column(to_string_array(values), definition)


def to_string_array(values: Sequence[str | None]) -> pd.api.extensions.ExtensionArray:
    """Return HubSpot's strings as a string array; "" is NA."""
    # Half of an emoji, as cut-off texts have it, is no UTF-8: pandas with pyarrow refuses it, and so does every API.
    whole = [value.encode("utf-8", "replace").decode() if value else None for value in values]
    return pd.array(whole, dtype="string")


def convert_column(raw: pd.api.extensions.ExtensionArray, definition: Property) -> pd.api.extensions.ExtensionArray:
    """Return HubSpot's strings, as `to_string_array` makes them, as the array that `as_column` tells of."""
    try:
        if definition.type == PropertyType.NUMBER:
            return _convert_numbers(raw)
        if definition.type == PropertyType.BOOL:
            return pd.array([None if value is pd.NA else BOOLEANS[value.casefold()] for value in raw], dtype="boolean")
        if definition.is_time:
            return _convert_times(raw)
    except (ValueError, KeyError, OverflowError):
        return raw
    if definition.type == PropertyType.ENUMERATION and definition.several:
        return pd.array([pd.NA if v is pd.NA else v.strip(";").split(";") for v in raw], dtype=object)
    if definition.type == PropertyType.ENUMERATION and definition.options:
        return pd.Categorical(raw.astype(object), categories=_list_categories(raw, definition))
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
        return to_aware(value).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _convert_numbers(raw: pd.api.extensions.ExtensionArray) -> pd.api.extensions.ExtensionArray:
    numbers = pd.to_numeric(pd.Series(raw, dtype="string")).astype("Float64")
    known = numbers.dropna()
    # Beyond 2**53 a float no longer tells whole numbers apart, and ids can be as long as that.
    if (known.abs() >= 2**53).any() or len(known) < len(raw.dropna()):
        return raw
    whole = bool((known % 1 == 0).all())
    return numbers.astype("Int64").array if whole and len(known) else numbers.array


def _convert_times(raw: pd.api.extensions.ExtensionArray) -> pd.api.extensions.ExtensionArray:
    series = pd.Series(raw, dtype="string")
    epoch = series.str.fullmatch(r"0|-?\d{5,}").fillna(False).astype(bool)  # noqa: FBT003 -- pandas takes it so
    parsed = pd.to_datetime(series.where(~epoch), utc=True, format="ISO8601").astype("datetime64[us, UTC]")
    milliseconds = pd.to_datetime(pd.to_numeric(series.where(epoch)), unit="ms", utc=True)
    times = parsed.fillna(milliseconds.astype("datetime64[us, UTC]"))
    if (times.isna() & series.notna()).any():
        # pandas takes "nan" and its like for no time at all, but something stands there.
        raise ValueError
    return times.array


def _list_categories(raw: pd.api.extensions.ExtensionArray, definition: Property) -> list[str]:
    options = [option.value for option in definition.options]
    # Options that were taken out of the definition live on in old records.
    return options + sorted(set(raw.dropna()) - set(options))
