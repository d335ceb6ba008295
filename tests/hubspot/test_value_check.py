"""The portal's rules for values: what breaks one for sure is known before it is sent; the rest is HubSpot's to say."""

from __future__ import annotations

import pytest

from hsai_kit.hubspot.properties import Rule
from hsai_kit.hubspot.value_check import explain_violation


@pytest.mark.parametrize(
    ("rule", "arguments", "good", "bad", "said"),
    [
        ("ALPHANUMERIC", ["ALPHA_ONLY"], "São Paulo", "R2D2", "only letters"),
        ("ALPHANUMERIC", ["NUMERIC_ONLY"], "0123", "12a", "only digits"),
        ("ALPHANUMERIC", ["ALPHANUMERIC"], "Straße 7", "A-1", "only letters and digits"),
        ("MAX_LENGTH", ["3"], "abc", "abcd", "at most 3 characters, and this has 4"),
        ("MIN_LENGTH", ["3"], "abc", "ab", "at least 3 characters"),
        ("MAX_NUMBER", ["99.5"], "99.5", "1e2", "at most 99.5"),
        ("MIN_NUMBER", ["-1"], "-1.0", "-1.01", "at least -1"),
        ("DECIMAL", ["2"], "1.50", "1.505", "at most 2 decimal places"),
        ("START_DATE", ["1767225600000"], "2026-01-01", "2025-12-31", "nothing before 2026-01-01"),
        ("END_DATETIME", ["1767225600000"], "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.000Z", "nothing after"),
        ("DAYS_OF_WEEK", ["MONDAY", "FRIDAY"], "2026-11-23", "2026-11-24", "one of Monday, Friday"),
        ("FORMAT", ["UPPER"], "TX", "Tx", "upper case"),
        ("REGEX", ["^[A-Z]{2}$", "Two capital letters"], "TX", "Texas", "Two capital letters"),
        ("EMAIL_ALLOWED_DOMAINS", ["acme.com"], "a@Acme.com", "a@b.com", "an address at acme.com"),
        ("EMAIL_BLOCKED_DOMAINS", ["b.com"], "a@acme.com", "a@b.com", "no address at b.com"),
    ],
)
def test_a_rule_lets_through_what_fits_and_says_what_it_wants(rule, arguments, good, bad, said):
    assert explain_violation(Rule(rule, tuple(arguments)), good) == ""
    assert said in explain_violation(Rule(rule, tuple(arguments)), bad)


@pytest.mark.parametrize(
    ("rule", "arguments"),
    [
        ("SPECIAL_CHARACTERS", ["NOT_ALLOWED"]),
        ("PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE", ["us"]),
        ("AFTER_DURATION", ["P7D"]),
        ("SOMETHING_NEW", []),
        ("MAX_LENGTH", ["many"]),
        ("MAX_LENGTH", []),
        ("REGEX", ["(?<unknown"]),
        ("ALPHANUMERIC", ["ALIENS_ONLY"]),
        ("START_DATE", ["9" * 30]),
        ("MAX_NUMBER", ["NaN"]),
    ],
)
def test_what_only_hubspot_can_tell_is_left_to_it(rule, arguments):
    assert explain_violation(Rule(rule, tuple(arguments)), "Anything $ at all?") == ""
    assert explain_violation(Rule(rule, tuple(arguments)), "12") == ""


def test_what_hubspot_mends_by_itself_and_what_an_expression_could_take_for_ever_on_is_left_to_it_too():
    assert explain_violation(Rule("FORMAT", ("UPPER",), normalized=True), "tx") == ""
    assert explain_violation(Rule("REGEX", ("(a+)+$",)), "a" * 3_000 + "b") == ""
