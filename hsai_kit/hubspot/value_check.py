"""Whether HubSpot would take a value: its type, its options, and the rules that the portal's administrators set.

HubSpot's guide to the property validations API lists the types of rules and their arguments. What it leaves open (what
counts as a special character, how a telephone number or an address has to look, what a duration is counted from) is
left to HubSpot, which refuses such a value by itself; what is refused here is sure.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from hsai_kit.hubspot.dates import EPOCH, parse_moment, to_aware
from hsai_kit.hubspot.dtypes import BOOLEANS, as_hubspot
from hsai_kit.hubspot.properties import Property, PropertyType, Rule

_TEXT_LIMIT = 65_536
# How much of a value a sentence shows.
_SHOWN = 60
# Python's expressions can take for ever where HubSpot's (RE2) cannot: longer texts are left to HubSpot.
_LONGEST_MATCHED = 2_000


@dataclass(frozen=True)
class ValueCheck:
    """A value as HubSpot would take it, or None and the reason why it would not."""

    value: str | None
    reason: str = ""


def check_value(text: str, definition: Property) -> ValueCheck:
    """Return `text` as the property's definition takes it: labels become internal values, dates ISO, blanks "".

    Text values hold at most 65,536 characters, HubSpot's own limit. The portal's own rules hold for what is written.
    """
    found = _check_type(text, definition)
    for rule in definition.rules if found.value else ():
        if wish := explain_violation(rule, found.value or ""):
            return ValueCheck(None, f"{_quote(text)} breaks HubSpot's rule for {definition.name}: {wish}")
    return found


def is_same_value(one: str, other: str, definition: Property) -> bool:
    """Tell whether two values mean the same to HubSpot, which may write them differently: 5.0 is 5, `A;B` is `B;A`."""
    if one == other:
        return True
    if not one or not other:
        return False
    if definition.type == PropertyType.NUMBER:
        with contextlib.suppress(InvalidOperation):
            return Decimal(one.strip()) == Decimal(other.strip())
    if definition.is_time:
        moment = parse_moment(one)
        return moment is not None and moment == parse_moment(other)
    if definition.type == PropertyType.BOOL:
        return one.casefold() == other.casefold()
    return definition.several and set(one.strip(";").split(";")) == set(other.strip(";").split(";"))


def explain_violation(rule: Rule, value: str) -> str:
    """Return what a rule wants and `value` is not, "" where it fits or only HubSpot can tell."""
    check = _CHECKS.get(rule.type)
    if check is None:
        return ""
    try:
        return check(rule, value)
    except (ValueError, IndexError, InvalidOperation, OverflowError, re.error):
        # An argument of a form that the guide does not know.
        return ""


def _quote(text: str) -> str:
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r} …"


def _check_type(text: str, definition: Property) -> ValueCheck:
    if not text.strip():
        return ValueCheck("")
    if definition.type == PropertyType.BOOL:
        option = definition.option_for(text)
        word = (option.value if option else text).strip().casefold()
        return ValueCheck(word) if word in BOOLEANS else ValueCheck(None, f"{_quote(text)} is neither true nor false")
    if definition.type == PropertyType.ENUMERATION and definition.options:
        parts = [part for part in text.split(";") if part.strip()] if definition.several else [text]
        found = [(part, definition.option_for(part)) for part in parts]
        if bad := [part for part, option in found if option is None]:
            return ValueCheck(None, f"{bad[0][:_SHOWN]!r} is not an option of {definition.name}")
        return ValueCheck(";".join(option.value for _, option in found if option))
    if definition.type == PropertyType.NUMBER:
        fits = re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text.strip(), re.ASCII)
        return ValueCheck(text.strip()) if fits else ValueCheck(None, f"{_quote(text)} is not a number")
    if definition.is_time:
        moment = parse_moment(text)
        if moment is None:
            return ValueCheck(None, f"{_quote(text)} is not a date such as 2026-01-31")
        return ValueCheck(moment.date().isoformat() if definition.type == PropertyType.DATE else as_hubspot(moment))
    if len(text) > _TEXT_LIMIT:
        return ValueCheck(None, f"{len(text):,} characters are more than the {_TEXT_LIMIT:,} that HubSpot keeps")
    return ValueCheck(text)


# Each of these returns what a rule wants and the value is not, "" where it fits; all of a rule's arguments are texts.
def _check_letters(rule: Rule, value: str) -> str:
    # Whether spaces count is not documented; letters of every language do.
    letters = "".join(value.split())
    fits, words = {
        "ALPHA_ONLY": (letters.isalpha(), "only letters"),
        "NUMERIC_ONLY": (letters.isdigit(), "only digits"),
        "ALPHANUMERIC": (letters.isalnum(), "only letters and digits"),
    }.get(rule.arguments[0], (True, ""))
    return "" if fits else words


def _check_length(rule: Rule, value: str) -> str:
    bound = int(rule.arguments[0])
    if rule.type == "MAX_LENGTH":
        return "" if len(value) <= bound else f"at most {bound:,} characters, and this has {len(value):,}"
    return "" if len(value) >= bound else f"at least {bound:,} characters"


def _check_number(rule: Rule, value: str) -> str:
    number, bound = Decimal(value), Decimal(rule.arguments[0])
    if rule.type == "MAX_NUMBER":
        return "" if number <= bound else f"at most {bound}"
    return "" if number >= bound else f"at least {bound}"


def _check_decimals(rule: Rule, value: str) -> str:
    exponent = Decimal(value).normalize().as_tuple().exponent
    most = int(rule.arguments[0])
    return "" if not isinstance(exponent, int) or -exponent <= most else f"at most {most} decimal places"


def _check_time(rule: Rule, value: str) -> str:
    moment, bound = to_aware(datetime.fromisoformat(value)), EPOCH + timedelta(milliseconds=int(rule.arguments[0]))
    if rule.type.startswith("END"):
        return "" if moment <= bound else f"nothing after {bound.date()}"
    return "" if moment >= bound else f"nothing before {bound.date()}"


def _check_weekday(rule: Rule, value: str) -> str:
    names = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
    fits = names[datetime.fromisoformat(value).weekday()] in rule.arguments
    return "" if fits else f"one of {', '.join(one.capitalize() for one in rule.arguments)}"


def _check_case(rule: Rule, value: str) -> str:
    wanted = {"UPPER": value.upper(), "LOWER": value.lower()}.get(rule.arguments[0], value)
    return "" if rule.normalized or wanted == value else f"{rule.arguments[0].lower()} case"


def _check_pattern(rule: Rule, value: str) -> str:
    # Whether the whole value has to match is not documented: what matches nowhere in it does not match as a whole.
    if len(value) > _LONGEST_MATCHED or re.search(rule.arguments[0], value):
        return ""
    return rule.arguments[1] if len(rule.arguments) > 1 else f"the form {rule.arguments[0]}"


def _check_email_domain(rule: Rule, value: str) -> str:
    domain = value.rpartition("@")[2].strip().casefold()
    is_listed = domain in {one.casefold() for one in rule.arguments}
    if rule.type == "EMAIL_BLOCKED_DOMAINS":
        return f"no address at {domain}" if is_listed else ""
    return "" if is_listed else f"an address at {', '.join(rule.arguments)}"


_CHECKS: dict[str, Callable[[Rule, str], str]] = {
    "ALPHANUMERIC": _check_letters,
    **dict.fromkeys(("MAX_LENGTH", "MIN_LENGTH"), _check_length),
    **dict.fromkeys(("MAX_NUMBER", "MIN_NUMBER"), _check_number),
    "DECIMAL": _check_decimals,
    **dict.fromkeys(("START_DATE", "END_DATE", "START_DATETIME", "END_DATETIME"), _check_time),
    "DAYS_OF_WEEK": _check_weekday,
    "FORMAT": _check_case,
    "REGEX": _check_pattern,
    **dict.fromkeys(("EMAIL_ALLOWED_DOMAINS", "EMAIL_BLOCKED_DOMAINS"), _check_email_domain),
}
