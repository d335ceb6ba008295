"""`where` in plain words: what an analyst means is what HubSpot's search is asked, and nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsai_kit.errors import UnknownProperty, WhereError
from hsai_kit.hubspot.properties import Property, PropertyOption
from hsai_kit.hubspot.where import parse_where

KNOWN = {
    one.name: one
    for one in (
        Property("state", "State/Region", "string", "text"),
        Property("country", "Country", "string", "text"),
        Property("jobtitle", "Job title", "string", "text"),
        Property("amount", "Amount", "number", "number"),
        Property("createdate", "Create date", "datetime", "date"),
        Property("closedate", "Close date", "date", "date"),
        Property("opted_in", "Opted in", "bool", "booleancheckbox"),
        Property(
            "vip", "VIP", "bool", "booleancheckbox", (PropertyOption("true", "Ja"), PropertyOption("false", "Nein"))
        ),
        Property(
            "stage",
            "Stage",
            "enumeration",
            "select",
            (PropertyOption("lead", "Lead"), PropertyOption("sql", "Sales qualified")),
        ),
    )
}
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\"'\u201c\u201d"), min_size=1)


def groups(where: str) -> list[list[dict[str, object]]]:
    return parse_where(where, KNOWN, "contacts")


def only(where: str) -> dict[str, Any]:
    [[condition]] = groups(where)
    return condition


def milliseconds(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> str:
    return str(round(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp() * 1000))


def refusal(where: str) -> str:
    with pytest.raises(WhereError) as caught:
        groups(where)
    return str(caught.value)


@pytest.mark.parametrize(
    ("where", "operator"),
    [
        ("state is known", "HAS_PROPERTY"),
        ("state is unknown", "NOT_HAS_PROPERTY"),
        ("state is not known", "NOT_HAS_PROPERTY"),
        ("state is not unknown", "HAS_PROPERTY"),
        ("state IS Known", "HAS_PROPERTY"),
    ],
)
def test_known_and_unknown_need_no_value(where, operator):
    assert only(where) == {"propertyName": "state", "operator": operator}


@pytest.mark.parametrize(
    ("where", "operator", "value"),
    [
        ("state is CA", "EQ", "CA"),
        ("state = CA", "EQ", "CA"),
        ("state is not CA", "NEQ", "CA"),
        ("state != CA", "NEQ", "CA"),
        ('state is "known"', "EQ", "known"),
        ('state is "and"', "EQ", "and"),
        ("state is 'New York'", "EQ", "New York"),
        ("state is \u201cNew York\u201d", "EQ", "New York"),
        ('state is "O\'Brien County"', "EQ", "O'Brien County"),
        ("jobtitle contains sales", "CONTAINS_TOKEN", "sales"),
        ("amount >= 1000", "GTE", "1000"),
        ("amount>=1000", "GTE", "1000"),
        ("amount < -2.5", "LT", "-2.5"),
        ("amount is 0", "EQ", "0"),
        ("stage is lead", "EQ", "lead"),
        ("stage is LEAD", "EQ", "lead"),
        ('stage is not "sales qualified"', "NEQ", "sql"),
        ("opted_in is yes", "EQ", "true"),
        ("opted_in is FALSE", "EQ", "false"),
        ("vip is ja", "EQ", "true"),
    ],
)
def test_one_condition_is_one_filter(where, operator, value):
    found = only(where)
    assert (found["operator"], found["value"]) == (operator, value)


def test_or_between_values_is_a_list_which_hubspot_compares_in_lower_case():
    assert only('state is CA or TX or "New York"') == {
        "propertyName": "state",
        "operator": "IN",
        "values": ["ca", "tx", "new york"],
    }
    for where in ("state is not CA or TX", "state != CA or TX"):
        assert only(where) == {"propertyName": "state", "operator": "NOT_IN", "values": ["ca", "tx"]}
    assert only("stage is Lead or 'Sales qualified'")["values"] == ["lead", "sql"]


def test_and_binds_closer_than_or_between_whole_conditions():
    found = groups("state is CA or TX and country is US or country is CA and amount > 5")
    assert [[condition["propertyName"] for condition in group] for group in found] == [
        ["state", "country"],
        ["country", "amount"],
    ]


@given(words)
def test_a_value_in_quotes_is_taken_as_it_is_but_for_the_space_around_it(text):
    for quoted in (f'"{text}"', f"'{text}'", f"\u201c{text}\u201d"):
        if text.strip():
            assert only(f"state is {quoted}")["value"] == text.strip()
            assert groups(f"country is known and state is {quoted} or amount > 1")[0][1]["value"] == text.strip()
        else:
            assert "Write: state is unknown" in refusal(f"state is {quoted}")


@given(
    st.text()
    | st.lists(st.sampled_from(["state", "is", "not", "or", "and", '"a b"', ">=", "5", "known"])).map(" ".join)
)
def test_whatever_is_written_is_understood_whole_or_refused_in_a_sentence(where):
    try:
        found = groups(where)
    except (WhereError, UnknownProperty):
        return
    assert 1 <= len(found) <= 5
    assert all(1 <= len(group) <= 5 for group in found)
    assert all(condition["propertyName"] in KNOWN for group in found for condition in group)


@pytest.mark.parametrize("day", ["2026-01-31", '"2026-01-31"', "2026-01-31T00:00:00Z", "1769817600000"])
def test_a_date_is_midnight_utc_in_milliseconds(day):
    assert only(f"createdate after {day}") == {
        "propertyName": "createdate",
        "operator": "GT",
        "value": milliseconds(2026, 1, 31),
    }
    assert only(f"closedate is {day}")["value"] == milliseconds(2026, 1, 31)


def test_a_moment_keeps_its_zone_and_its_milliseconds():
    assert only("createdate before 2026-01-31T10:00:00.123+02:00")["value"] == str(
        int(milliseconds(2026, 1, 31, 8)) + 123
    )
    assert only('createdate before "2026-01-31 10:00"')["value"] == milliseconds(2026, 1, 31, 10)


def test_a_moment_that_is_compared_with_a_day_may_be_any_time_of_that_day():
    assert only("createdate is 2026-01-31") == {
        "propertyName": "createdate",
        "operator": "BETWEEN",
        "value": milliseconds(2026, 1, 31),
        "highValue": str(int(milliseconds(2026, 2, 1)) - 1),
    }


@pytest.mark.parametrize("where", ["createdate is not 2026-01-31", "createdate is 2026-01-30 or 2026-01-31"])
def test_a_moment_that_is_compared_with_days_in_a_way_hubspot_has_not_says_how_to_write_it(where):
    sentence = refusal(where)
    assert "createdate before 2026-01-31 or createdate >= 2026-02-01" in sentence
    groups("createdate before 2026-01-31 or createdate >= 2026-02-01")


@pytest.mark.parametrize(
    "value", ["01/02/2026", "now", "tomorrow", "5", "2026", "2026-02-30", "nat", "31.01.2026", "Jan"]
)
def test_a_date_that_could_be_read_in_two_ways_or_none_is_refused(value):
    assert refusal(f"createdate after {value}").endswith(f"{value!r} is none. Write it as 2026-01-31.")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("", "where is empty"),
        ("state", "not understood at 'state'"),
        ("state is", "not understood at 'state is'"),
        ("state is not", "a value is missing"),
        ("state contains", "a value is missing"),
        ("state is New York", "not understood at 'York'"),
        ("state is O'Brien", "put a value of several words in quotes"),
        ("state is known and", "not understood at 'and'"),
        ("state is CA XOR country is US", "not understood at 'XOR'"),
        ("state equals CA", "not understood at 'state equals'"),
        ('state is "CA', "not understood at '\"CA'"),
        ("amount > 1,000", "'1,000' is none. Write it as 1000 or 2.5."),
        ("amount > \u0663", "is none. Write it as 1000 or 2.5."),
        ("opted_in is maybe", "opted_in is yes or no, and 'maybe' is neither"),
        ("stage is leed", "stage has no option 'leed'. It has: Lead, Sales qualified."),
        ('state is ""', "Write: state is unknown"),
        ("company.name is Acme", "company.name is of another record"),
    ],
)
def test_what_is_not_understood_is_quoted_with_a_way_out(where, said):
    assert said in refusal(where)


def test_a_misspelled_property_brings_the_nearest_one():
    with pytest.raises(UnknownProperty, match=r"contacts has no property 'sate' \(did you mean 'state'\?\)"):
        groups("sate is CA")
    with pytest.raises(UnknownProperty, match="'contry'"):
        groups("state is CA or contry is US")


def test_as_much_as_hubspot_takes_and_no_more():
    six = " and ".join(["amount > 1"] * 6)
    assert [len(group) for group in groups(f"{six} or {six} or {six}")] == [6, 6, 6]
    for where in (
        " or ".join(["amount > 1"] * 6),
        " and ".join(["amount > 1"] * 7),
        f"{six} or {six} or {six} or amount > 2",
    ):
        assert "more conditions than HubSpot's search takes" in refusal(where)


@pytest.mark.parametrize(("typed", "meant"), [("state is knwn", "known"), ("state is unknow", "unknown")])
def test_a_slip_in_known_is_not_taken_for_a_value(typed, meant):
    with pytest.raises(WhereError, match=f"Was '{meant}' meant\\? Otherwise write it in quotes"):
        parse_where(typed, KNOWN, "contacts")


def test_times_may_be_said_in_words_where_one_is_compared_with_another():
    asked = only("createdate after 'an hour ago'")
    hour_ago = datetime.now(UTC).timestamp() * 1000 - 3_600_000
    assert abs(int(asked["value"]) - hour_ago) < 60_000
    [[since]] = parse_where("createdate >= yesterday", KNOWN, "contacts", "US/Eastern")
    moment = datetime.fromtimestamp(int(since["value"]) / 1000, ZoneInfo("US/Eastern"))
    assert (moment.hour, moment.minute) == (0, 0)
    assert "is none. Write it as 2026-01-31" in refusal("createdate is yesterday")
