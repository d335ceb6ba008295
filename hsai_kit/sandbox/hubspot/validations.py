"""The portal's own rules for values: which there are, and which a value breaks.

Rules of the types that depend on the day, and those for addresses and phone numbers, are kept and shown but let
everything through. [?] Their codes are not documented but for INVALID_ALPHA, nor is what normalization does: a rule
with it lets through what only the case or the spaces of a value break.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from hsai_kit.sandbox.hubspot.errors import InvalidValue
from hsai_kit.sandbox.hubspot.values import read_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hsai_kit.sandbox.database import Database
    from hsai_kit.sandbox.hubspot.catalog import ObjectKind

TYPES = {
    "AFTER_DATETIME_DURATION", "AFTER_DURATION", "ALPHANUMERIC", "BEFORE_DATETIME_DURATION", "BEFORE_DURATION",
    "DAYS_OF_WEEK", "DECIMAL", "DOMAIN", "EMAIL", "EMAIL_ALLOWED_DOMAINS", "EMAIL_BLOCKED_DOMAINS", "END_DATE",
    "END_DATETIME", "FORMAT", "MAX_LENGTH", "MAX_NUMBER", "MIN_LENGTH", "MIN_NUMBER",
    "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE", "REGEX", "SPECIAL_CHARACTERS", "START_DATE", "START_DATETIME", "URL",
    "URL_ALLOWED_DOMAINS", "URL_BLOCKED_DOMAINS", "WHITESPACE",
}  # fmt: skip


class ValidationRule(NamedTuple):
    """One rule of a property; `arguments` are what HubSpot's documentation lists for its type."""

    type: str
    arguments: tuple[str, ...]
    normalized: bool

    @property
    def wire(self) -> dict[str, Any]:
        """The JSON that the API shows."""
        shown = {"ruleType": self.type, "ruleArguments": list(self.arguments)}
        return {**shown, "shouldApplyNormalization": True} if self.normalized else shown


class Validations:
    """Every rule of every property, and the properties that another one's value makes required."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.forget()

    def forget(self) -> None:
        """Read everything anew when it is next asked for."""
        self._rules: dict[str, dict[str, list[ValidationRule]]] = {}
        self._conditions: dict[str, list[tuple[str, str, str]]] = {}

    def rules(self, kind: ObjectKind) -> dict[str, list[ValidationRule]]:
        """Return the rules of a type's properties by name."""
        if kind.name not in self._rules:
            self._rules[kind.name] = self._read_rules(kind)
        return self._rules[kind.name]

    def _read_rules(self, kind: ObjectKind) -> dict[str, list[ValidationRule]]:
        found: dict[str, list[ValidationRule]] = {}
        rows = self._database.execute(
            "SELECT property, rule_type, arguments, normalized FROM hubspot_validations WHERE object_type = ? "
            "ORDER BY rowid",
            (kind.name,),
        )
        for name, rule_type, arguments, normalized in rows:
            found.setdefault(name, []).append(ValidationRule(rule_type, tuple(json.loads(arguments)), bool(normalized)))
        return found

    def put(self, kind: ObjectKind, name: str, rule: ValidationRule) -> None:
        """Add a rule, or replace the one of that type."""
        self._database.execute(
            "INSERT OR REPLACE INTO hubspot_validations VALUES (?, ?, ?, ?, ?)",
            (kind.name, name, rule.type, json.dumps(rule.arguments), rule.normalized),
        )
        self.forget()

    def require(self, kind: ObjectKind, name: str, controlling: str, value: str) -> None:
        """Make a property required where another one has a value, as an administrator does in HubSpot's settings."""
        self._database.execute(
            "INSERT OR REPLACE INTO hubspot_conditions VALUES (?, ?, ?, ?)", (kind.name, controlling, value, name)
        )
        self.forget()

    def find_missing(
        self, kind: ObjectKind, before: Mapping[str, str], changes: Mapping[str, str | None]
    ) -> dict[str, str]:
        """Return the properties that a write leaves blank although a condition that it touches requires them.

        By name, each with the property whose value requires it.
        """
        if kind.name not in self._conditions:
            rows = self._database.execute(
                "SELECT property, value, required FROM hubspot_conditions WHERE object_type = ?", (kind.name,)
            )
            self._conditions[kind.name] = rows.fetchall()
        after = {**before, **changes}
        return {
            required: controlling
            for controlling, value, required in self._conditions[kind.name]
            if after.get(controlling) == value and not after.get(required) and {controlling, required} & changes.keys()
        }


def check(rule: ValidationRule, text: str) -> None:
    """Raise InvalidValue where a value breaks a rule."""
    broken = _CHECKS.get(rule.type)
    if broken is not None and (found := broken(rule, text)) is not None:
        raise InvalidValue(*found)


def _check_alphanumeric(rule: ValidationRule, text: str) -> tuple[str, str] | None:
    letters = "".join(text.split())
    if rule.arguments[0] == "ALPHA_ONLY":
        return None if letters.isalpha() else ("INVALID_ALPHA", "Enter only letters")
    if rule.arguments[0] == "NUMERIC_ONLY":
        return None if text.isdecimal() else ("INVALID_NUMERIC", "Enter only numbers")
    return None if letters.isalnum() else ("INVALID_ALPHANUMERIC", "Enter only letters and numbers")


def _check_length(rule: ValidationRule, text: str) -> tuple[str, str] | None:
    bound = int(rule.arguments[0])
    if rule.type == "MAX_LENGTH":
        return None if len(text) <= bound else ("MAX_LENGTH_EXCEEDED", f"Enter at most {bound} characters")
    return None if len(text) >= bound else ("MIN_LENGTH_NOT_MET", f"Enter at least {bound} characters")


def _check_number(rule: ValidationRule, text: str) -> tuple[str, str] | None:
    number, bound = Decimal(text), Decimal(rule.arguments[0])
    if rule.type == "MAX_NUMBER":
        return None if number <= bound else ("NUMBER_TOO_LARGE", f"Enter a number of at most {bound}")
    return None if number >= bound else ("NUMBER_TOO_SMALL", f"Enter a number of at least {bound}")


def _check_decimal(rule: ValidationRule, text: str) -> tuple[str, str] | None:
    places = -int(Decimal(text).normalize().as_tuple().exponent)
    most = int(rule.arguments[0])
    return None if places <= most else ("TOO_MANY_DECIMALS", f"Enter at most {most} decimal places")


def _check_bound_in_time(rule: ValidationRule, text: str) -> tuple[str, str] | None:
    moment, bound = read_moment(text), read_moment(rule.arguments[0])
    if moment is None or bound is None:
        return None
    if rule.type.startswith("END"):
        return None if moment <= bound else ("DATE_TOO_LATE", f"Enter a date no later than {bound.date()}")
    return None if moment >= bound else ("DATE_TOO_EARLY", f"Enter a date no earlier than {bound.date()}")


def _check_day(rule: ValidationRule, text: str) -> tuple[str, str] | None:
    moment = read_moment(text)
    if moment is None or moment.strftime("%A").upper() in rule.arguments:
        return None
    return "INVALID_DAY_OF_WEEK", f"Enter one of the days {', '.join(rule.arguments)}"


def _check_case(rule: ValidationRule, text: str) -> tuple[str, str] | None:
    wanted = {"UPPER": text.upper(), "LOWER": text.lower()}.get(rule.arguments[0], text)
    return None if rule.normalized or wanted == text else ("INVALID_FORMAT", f"Enter {rule.arguments[0]} case")


def _check_pattern(rule: ValidationRule, text: str) -> tuple[str, str] | None:
    said = rule.arguments[1] if len(rule.arguments) > 1 else "Enter a value of the expected form"
    return None if re.search(rule.arguments[0], text) else ("INVALID_REGEX", said)


def _check_special(rule: ValidationRule, text: str) -> tuple[str, str] | None:
    plain = all(letter.isalnum() or letter.isspace() for letter in text)
    return (
        None if plain or rule.normalized else ("SPECIAL_CHARACTERS_NOT_ALLOWED", "Special characters are not allowed")
    )


_CHECKS: dict[str, Callable[[ValidationRule, str], tuple[str, str] | None]] = {
    "ALPHANUMERIC": _check_alphanumeric,
    "MAX_LENGTH": _check_length,
    "MIN_LENGTH": _check_length,
    "MAX_NUMBER": _check_number,
    "MIN_NUMBER": _check_number,
    "DECIMAL": _check_decimal,
    "START_DATE": _check_bound_in_time,
    "END_DATE": _check_bound_in_time,
    "START_DATETIME": _check_bound_in_time,
    "END_DATETIME": _check_bound_in_time,
    "DAYS_OF_WEEK": _check_day,
    "FORMAT": _check_case,
    "REGEX": _check_pattern,
    "SPECIAL_CHARACTERS": _check_special,
}
