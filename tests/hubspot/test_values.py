"""Values: HubSpot's strings become typed columns and go back as the same values, with nothing lost or shifted."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsai_kit.hubspot.dtypes import as_column, as_hubspot
from hsai_kit.hubspot.properties import Property, PropertyOption
from hsai_kit.hubspot.value_check import check_value, is_same_value

OPTIONS = (PropertyOption("lead", "Lead"), PropertyOption("sql", "Sales qualified"), PropertyOption("Other ", "Other"))
TEXT = Property("note", "Note", "string", "textarea")
NUMBER = Property("amount", "Amount", "number", "number")
BOOL = Property(
    "opted_in", "Opted in", "bool", "booleancheckbox", (PropertyOption("true", "Ja"), PropertyOption("false", "Nein"))
)
DATE = Property("closedate", "Close date", "date", "date")
MOMENT = Property("createdate", "Create date", "datetime", "date")
ONE = Property("stage", "Stage", "enumeration", "select", OPTIONS)
SEVERAL = Property("topics", "Topics", "enumeration", "checkbox", OPTIONS)
OWNER = Property("owner", "Owner", "enumeration", "select")
EVERY = [TEXT, NUMBER, BOOL, DATE, MOMENT, ONE, SEVERAL, OWNER]

anything = st.lists(st.none() | st.text(st.characters(), max_size=12), max_size=6)
moments = st.datetimes(datetime(1600, 1, 1), datetime(9999, 12, 31)).map(  # noqa: DTZ001 -- hypothesis wants them so
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)


def column(values, definition) -> pd.Series:
    return pd.Series(as_column(values, definition))


def back(values, definition) -> list[str]:
    return [as_hubspot(value) for value in column(values, definition)]


@pytest.fixture(params=["America/Los_Angeles", "Asia/Kolkata"])
def elsewhere(request, monkeypatch):
    """This computer stands in another time zone."""
    if not hasattr(time, "tzset"):
        pytest.skip("Windows keeps its zone elsewhere")
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("definition", EVERY, ids=lambda one: one.name)
@given(values=anything)
def test_whatever_hubspot_holds_becomes_a_column_of_that_length_in_which_unset_is_na(definition, values):
    made = column(values, definition)
    assert len(made) == len(values)
    blank = [not value for value in values]
    assert made.isna().tolist() == blank
    assert [as_hubspot(value) == "" for value in made.tolist()] == blank or definition is SEVERAL


@pytest.mark.parametrize("definition", EVERY, ids=lambda one: one.name)
@pytest.mark.parametrize("values", [[], [None], ["", None]], ids=str)
def test_a_column_of_nothing_keeps_the_type_of_its_definition(definition, values):
    full = {TEXT: "a", NUMBER: "1.5", BOOL: "true", DATE: "2026-01-31", MOMENT: "2026-01-31", OWNER: "7"}
    made = column(values, definition)
    assert made.isna().all()
    if definition in full:
        assert made.dtype == column([full[definition]], definition).dtype


@pytest.mark.parametrize(
    ("definition", "values", "dtype"),
    [
        (TEXT, ["a", None], "string"),
        (NUMBER, ["5", "5.0", None], "Int64"),
        (NUMBER, ["5", "2.5"], "Float64"),
        (BOOL, ["true", "False", None], "boolean"),
        (DATE, ["2026-01-31", None], "datetime64[us, UTC]"),
        (MOMENT, ["2026-01-31T10:00:00.123Z", "1769817600000"], "datetime64[us, UTC]"),
        (ONE, ["lead", None], "category"),
        (SEVERAL, ["lead;sql", None], "object"),
        (OWNER, ["71", None], "string"),
    ],
)
def test_each_type_of_property_has_its_type_of_column(definition, values, dtype):
    assert str(column(values, definition).dtype) == dtype


@given(st.lists(st.integers(-(2**53) + 1, 2**53 - 1).map(str) | st.none()))
def test_whole_numbers_come_back_as_they_were(values):
    assert back(values, NUMBER) == [value or "" for value in values]


@given(st.lists(st.decimals(-(10**9), 10**9, places=2).map(str), min_size=1))
def test_amounts_come_back_as_the_same_amounts(values):
    assert [Decimal(one) for one in back(values, NUMBER)] == [Decimal(one) for one in values]


@pytest.mark.parametrize(
    "value", ["12345678901234567890", "9007199254740993", "1e400", "inf", "nan", "1,5", "0x10", "5 USD", "\u0663"]
)
def test_a_number_that_a_column_of_numbers_would_change_leaves_all_of_it_as_strings(value):
    assert column(["5", value, None], NUMBER).tolist()[:2] == ["5", value]


@given(st.lists(st.sampled_from(["true", "false", None])))
def test_yes_and_no_come_back(values):
    assert back(values, BOOL) == [value or "" for value in values]


@pytest.mark.usefixtures("elsewhere")
def test_a_date_is_the_same_day_wherever_this_computer_stands():
    for text in ("2026-01-31", "1769817600000", "1999-12-31", "0"):
        made = column([text], DATE)[0]
        assert made.utcoffset() == timedelta(0)
        assert made == made.normalize()
    assert column(["2026-01-31"], DATE)[0].date() == date(2026, 1, 31)
    for text in ("2026-01-31", "1769817600000", "2026-01-31T00:00:00Z", "2026-01-31T23:30:00-08:00"):
        assert check_value(text, DATE).value == "2026-01-31"
    naive = datetime(2026, 1, 31, 10)  # noqa: DTZ001 -- a time without a zone is what is tested
    for value in (naive, pd.Timestamp(naive), naive.replace(tzinfo=UTC)):
        assert as_hubspot(value) == "2026-01-31T10:00:00.000Z"
    assert check_value("2026-01-31 10:00", MOMENT).value == "2026-01-31T10:00:00.000Z"


@given(st.lists(st.dates(date(1600, 1, 1), date(9999, 12, 31)), min_size=1))
def test_dates_come_back_as_the_same_days(days):
    sent = back([day.isoformat() for day in days], DATE)
    assert [check_value(one, DATE).value for one in sent] == [day.isoformat() for day in days]


@given(st.lists(moments, min_size=1))
def test_moments_come_back_to_the_millisecond_from_either_form(made):
    iso = [moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") for moment in made]
    assert back(iso, MOMENT) == iso
    epoch = [(moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) for moment in made]
    if all(abs(one) >= 10_000 for one in epoch):
        assert back([str(one) for one in epoch], MOMENT) == iso


def test_moments_in_both_forms_stand_in_one_column():
    made = column(["1769817600000", "2026-01-31T02:00:00+02:00", None, "-86400000"], MOMENT)
    assert made.tolist()[:2] == [pd.Timestamp("2026-01-31", tz="UTC")] * 2
    assert made[3] == pd.Timestamp("1969-12-31", tz="UTC")


@pytest.mark.parametrize("value", ["yesterday", "2026-02-30", "31.01.2026"])
def test_a_date_that_is_none_leaves_the_column_as_strings(value):
    assert column(["2026-01-31", value], DATE).tolist() == ["2026-01-31", value]


@given(st.lists(st.sampled_from([*(option.value for option in OPTIONS), "retired", None])))
def test_options_come_back_by_their_internal_value_also_those_taken_out_since(values):
    assert back(values, ONE) == [value or "" for value in values]
    assert list(column(values, ONE).cat.categories)[:3] == ["lead", "sql", "Other "]


@given(st.lists(st.none() | st.lists(st.sampled_from(["lead", "sql", "gone"]), min_size=1, unique=True), max_size=5))
def test_several_options_are_a_list_and_come_back_joined(values):
    joined = [";".join(one) if one else None for one in values]
    assert column(joined, SEVERAL).dropna().tolist() == [one for one in values if one]
    assert back(joined, SEVERAL) == [one or "" for one in joined]


def test_half_an_emoji_in_a_record_does_not_end_the_pull():
    assert column(["cut \ud83d", "whole 😀"], TEXT).tolist() == ["cut ?", "whole 😀"]


@pytest.mark.parametrize("nothing", [None, pd.NA, pd.NaT, float("nan"), np.nan, ""])
def test_nothing_is_blank_and_never_a_word(nothing):
    assert as_hubspot(nothing) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (np.False_, "false"),
        (5, "5"),
        (5.0, "5"),
        (np.float64(2.5), "2.5"),
        (np.int64(7), "7"),
        (1e22, "10000000000000000000000"),
        (["lead", "sql"], "lead;sql"),
        ([], ""),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 2, tzinfo=timezone(timedelta(hours=2))), "2026-01-31T00:00:00.000Z"),
        ("None", "None"),
    ],
    ids=str,
)
def test_values_of_python_are_written_as_hubspot_takes_them(value, text):
    assert as_hubspot(value) == text


@pytest.mark.parametrize(
    ("definition", "said", "value"),
    [
        (ONE, "lead", "lead"),
        (ONE, "LEAD", "lead"),
        (ONE, "Sales Qualified", "sql"),
        (ONE, "other", "Other "),
        (SEVERAL, "Lead; sales qualified", "lead;sql"),
        (SEVERAL, ";lead;;", "lead"),
        (OWNER, "71", "71"),
        (NUMBER, " -2.50 ", "-2.50"),
        (NUMBER, "1e3", "1e3"),
        (BOOL, "TRUE", "true"),
        (BOOL, "nein", "false"),
        (DATE, "2026-01-31T10:00:00Z", "2026-01-31"),
        (MOMENT, "2026-01-31", "2026-01-31T00:00:00.000Z"),
        (MOMENT, "2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00.000Z"),
        (TEXT, "  two  spaces ", "  two  spaces "),
        (TEXT, "x" * 65_536, "x" * 65_536),
    ],
)
def test_what_fits_is_taken_in_the_form_that_hubspot_keeps(definition, said, value):
    assert check_value(said, definition).value == value


@pytest.mark.parametrize("definition", EVERY, ids=lambda one: one.name)
@pytest.mark.parametrize("blank", ["", "  ", "\u00a0\n"])
def test_a_blank_is_a_blank_whatever_the_type(definition, blank):
    assert check_value(blank, definition).value == ""


@pytest.mark.parametrize(
    ("definition", "said", "reason"),
    [
        (ONE, "leed", "'leed' is not an option of stage"),
        (ONE, "lead;sql", "is not an option of stage"),
        (SEVERAL, "lead;leed", "'leed' is not an option of topics"),
        (NUMBER, "1,000", "'1,000' is not a number"),
        (NUMBER, "about 5", "is not a number"),
        (NUMBER, "\u0663", "is not a number"),
        (NUMBER, "nan", "is not a number"),
        (BOOL, "maybe", "'maybe' is neither true nor false"),
        (DATE, "today", "'today' is not a date such as 2026-01-31"),
        (DATE, "03/04/2026", "is not a date"),
        (DATE, "nat", "is not a date"),
        (MOMENT, "2026-02-30", "is not a date"),
        (TEXT, "x" * 65_537, "65,537 characters are more than the 65,536 that HubSpot keeps"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(definition, said, reason):
    found = check_value(said, definition)
    assert found.value is None
    assert reason in found.reason
    assert len(found.reason) < 200


@pytest.mark.parametrize("definition", EVERY, ids=lambda one: one.name)
@given(said=st.text())
def test_any_text_is_either_taken_or_refused_and_what_is_taken_is_taken_again(definition, said):
    found = check_value(said, definition)
    assert (found.value is None) == bool(found.reason)
    if found.value is not None:
        assert check_value(found.value, definition) == found
        assert is_same_value(found.value, found.value, definition)


@pytest.mark.parametrize(
    ("definition", "one", "other"),
    [
        (NUMBER, "5", "5.0"),
        (NUMBER, "1e3", "1000"),
        (MOMENT, "2026-01-31T00:00:00Z", "2026-01-31T00:00:00.000Z"),
        (MOMENT, "2026-01-31T02:00:00+02:00", "1769817600000"),
        (DATE, "2026-01-31", "1769817600000"),
        (BOOL, "true", "TRUE"),
        (SEVERAL, "lead;sql", "sql;lead"),
        (SEVERAL, ";lead;sql", "lead;sql"),
    ],
)
def test_two_ways_to_write_a_value_are_the_same_value(definition, one, other):
    assert is_same_value(one, other, definition)
    assert is_same_value(other, one, definition)


@pytest.mark.parametrize(
    ("definition", "one", "other"),
    [
        (TEXT, "CA", "ca"),
        (TEXT, "5", "5.0"),
        (ONE, "lead", "Lead"),
        (NUMBER, "5", "50"),
        (NUMBER, "", "0"),
        (MOMENT, "2026-01-31", "2026-02-01"),
        (SEVERAL, "lead", "lead;sql"),
        (BOOL, "", "false"),
    ],
)
def test_different_values_are_not_the_same(definition, one, other):
    assert not is_same_value(one, other, definition)


def test_a_text_that_pandas_takes_for_no_time_is_not_lost():
    column = as_column(["2026-01-01", "NAN", None], Property("createdate", "Create date", "datetime", "date"))
    assert pd.Series(column).fillna("(NA)").tolist() == ["2026-01-01", "NAN", "(NA)"]
