"""The portal's own rules for values, as its administrators set them (Settings → Properties → Rules).

HubSpot's guide to the property validations API lists their types and arguments. What it leaves open (what counts as a
special character, how a telephone number or an address has to look, what a duration is counted from) is left to
HubSpot, which refuses such a value by itself; what is refused here is sure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from hsai_kit.errors import HubSpotError, ScopesMissing
from hsai_kit.hubspot.client import HubSpotClient

__all__ = ["Rule", "explain_violation", "read_required", "read_rules"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Python's expressions can take for ever where HubSpot's (RE2) cannot: longer texts are left to HubSpot.
_LONGEST_MATCHED = 2_000


@dataclass(frozen=True)
class Rule:
    """One rule of a property; `normalized` says that HubSpot mends a value itself before it checks it."""

    type: str
    arguments: tuple[str, ...] = ()
    normalized: bool = False


async def read_rules(client: HubSpotClient, type_id: str) -> dict[str, tuple[Rule, ...]]:
    """Return the rules of an object type's properties by name; none where HubSpot does not let this key see them."""
    try:
        answer = await client.get(f"{client.paths.validations}/{type_id}")
    except (ScopesMissing, HubSpotError):
        # HubSpot checks every value itself: without the rules it is only later that a refusal is known.
        return {}
    return {
        str(one["propertyName"]): tuple(_rule(raw) for raw in one.get("propertyValidationRules") or [])
        for one in answer.get("results") or []
    }


async def read_required(client: HubSpotClient, type_id: str) -> frozenset[str]:
    """Return the properties that every record of a type has to have; none where this key may not see them.

    Which properties a value of another one makes required is in HubSpot's settings and in none of its APIs.
    """
    try:
        answer = await client.get(f"{client.paths.schemas}/{type_id}")
    except (ScopesMissing, HubSpotError):
        return frozenset()
    return frozenset(map(str, answer.get("requiredProperties") or ()))


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


def _rule(raw: Mapping[str, Any]) -> Rule:
    arguments = tuple(str(one) for one in raw.get("ruleArguments") or [])
    return Rule(str(raw.get("ruleType") or ""), arguments, raw.get("shouldApplyNormalization") is True)


def _alphanumeric(rule: Rule, value: str) -> str:
    # Whether spaces count is not documented; letters of every language do.
    letters = "".join(value.split())
    kinds: dict[str, tuple[Callable[[str], bool], str]] = {
        "ALPHA_ONLY": (str.isalpha, "only letters"),
        "NUMERIC_ONLY": (str.isdigit, "only digits"),
        "ALPHANUMERIC": (str.isalnum, "only letters and digits"),
    }
    fits, words = kinds.get(rule.arguments[0], (lambda _: True, ""))
    return "" if fits(letters) else words


def _length(rule: Rule, value: str) -> str:
    bound = int(rule.arguments[0])
    if rule.type == "MAX_LENGTH":
        return "" if len(value) <= bound else f"at most {bound:,} characters, and this has {len(value):,}"
    return "" if len(value) >= bound else f"at least {bound:,} characters"


def _number(rule: Rule, value: str) -> str:
    number, bound = Decimal(value), Decimal(rule.arguments[0])
    if rule.type == "MAX_NUMBER":
        return "" if number <= bound else f"at most {bound}"
    return "" if number >= bound else f"at least {bound}"


def _decimals(rule: Rule, value: str) -> str:
    exponent = Decimal(value).normalize().as_tuple().exponent
    most = int(rule.arguments[0])
    return "" if not isinstance(exponent, int) or -exponent <= most else f"at most {most} decimal places"


def _time(rule: Rule, value: str) -> str:
    moment, bound = datetime.fromisoformat(value), _EPOCH + timedelta(milliseconds=int(rule.arguments[0]))
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    if rule.type.startswith("END"):
        return "" if moment <= bound else f"nothing after {bound.date()}"
    return "" if moment >= bound else f"nothing before {bound.date()}"


def _weekday(rule: Rule, value: str) -> str:
    names = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
    day = names[datetime.fromisoformat(value).weekday()]
    return "" if day in rule.arguments else f"one of {', '.join(one.capitalize() for one in rule.arguments)}"


def _case(rule: Rule, value: str) -> str:
    wanted = {"UPPER": value.upper(), "LOWER": value.lower()}.get(rule.arguments[0], value)
    return "" if rule.normalized or wanted == value else f"{rule.arguments[0].lower()} case"


def _pattern(rule: Rule, value: str) -> str:
    # Whether the whole value has to match is not documented: what matches nowhere in it does not match as a whole.
    if len(value) > _LONGEST_MATCHED or re.search(rule.arguments[0], value):
        return ""
    return rule.arguments[1] if len(rule.arguments) > 1 else f"the form {rule.arguments[0]}"


def _email_domain(rule: Rule, value: str) -> str:
    domain = value.rpartition("@")[2].strip().casefold()
    listed = {one.casefold() for one in rule.arguments}
    if rule.type == "EMAIL_BLOCKED_DOMAINS":
        return f"no address at {domain}" if domain in listed else ""
    return "" if domain in listed else f"an address at {', '.join(rule.arguments)}"


_CHECKS: dict[str, Callable[[Rule, str], str]] = {
    "ALPHANUMERIC": _alphanumeric,
    "MAX_LENGTH": _length,
    "MIN_LENGTH": _length,
    "MAX_NUMBER": _number,
    "MIN_NUMBER": _number,
    "DECIMAL": _decimals,
    "START_DATE": _time,
    "END_DATE": _time,
    "START_DATETIME": _time,
    "END_DATETIME": _time,
    "DAYS_OF_WEEK": _weekday,
    "FORMAT": _case,
    "REGEX": _pattern,
    "EMAIL_ALLOWED_DOMAINS": _email_domain,
    "EMAIL_BLOCKED_DOMAINS": _email_domain,
}
