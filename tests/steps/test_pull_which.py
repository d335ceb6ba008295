"""Which records a pull reads: by list, ids, filter groups, change, sample and limit, and how these go together."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from hsai_kit import count, pull, records_left_out
from hsai_kit.errors import FrameError, PullError, UnknownList, UnknownProperty, WhereError
from hsai_kit.hubspot.search import read_extent
from hsai_kit.runtime import background


@pytest.fixture
def unlimited(sandbox):
    """Searches beyond what HubSpot lets through a second: what these tests look at is what is found."""
    sandbox.limits("hubspot", search_per_second=None, search_lag=0)
    return sandbox


def group(*filters: tuple[str, ...]) -> dict[str, object]:
    names = ("propertyName", "operator", "value", "highValue")
    return {"filters": [dict(zip(names, one, strict=False)) for one in filters]}


@pytest.mark.parametrize("named", ["Customers", "customers", "13", 13])
def test_a_list_is_pulled_by_name_or_id(hub, named):
    frame = pull(hub, "contacts", ["lifecyclestage"], list=named)
    assert set(frame["lifecyclestage"]) == {"customer"}
    assert len(frame) == len(pull(hub, "contacts", [], where="lifecyclestage is customer"))
    assert list(frame.index) == sorted(frame.index, key=int)


@pytest.mark.parametrize(
    ("named", "object_type"),
    [("Newsletter test group", "contacts"), ("Companies that renew this winter", "companies")],
)
def test_lists_of_every_kind_are_read_page_by_page(hub, sandbox, named, object_type):
    assert len(pull(hub, object_type, [], list=named)) == count(hub, object_type, list=named)
    frame = pull(hub, "contacts", ["createdate"], list="Contacts at the start of 2026")
    assert (frame["createdate"] < "2026-01-01").all()
    assert len(frame) > 1000
    pages = [request for request in sandbox.requests("hubspot") if request["path"].endswith("/memberships")]
    assert len(pages) == 1 + -(-len(frame) // 250)


def test_a_member_that_was_merged_away_is_read_as_what_it_was_merged_into_and_reported(hub, capsys):
    frame = pull(hub, "contacts", ["state"], list="Trade fair Chicago 2026")
    gone = records_left_out(frame)
    assert gone["record_id"].tolist() == ["104"]
    assert gone["reason"].tolist() == ["merged into 105, which was read instead"]
    assert "105" in frame.index
    assert frame.index.is_unique
    assert "1 id is not in the frame as asked for: 104 merged into 105" in capsys.readouterr().out


def test_ids_keep_their_order_and_what_is_not_there_is_reported(hub, capsys):
    wanted = pd.Series(["2000", 101.0, "105", None, "999999", "2000", "104", "jo@example.com"])
    frame = pull(hub, "contacts", ["state"], ids=wanted)
    assert list(frame.index) == ["2000", "101", "105"]
    assert records_left_out(frame).set_index("record_id")["reason"].to_dict() == {
        "999999": "not among the contacts of this portal: deleted, or never there",
        "104": "merged into 105, which was read instead",
        "jo@example.com": "no record id: those have digits only",
    }
    said = capsys.readouterr().out
    assert "1 id is there more than once" in said
    assert "Rows without an id: 1." in said


@pytest.mark.parametrize("how", ["series", "index", "list", "csv", "semicolons", "excel", "frame", "one"])
def test_ids_come_as_people_have_them(hub, how, tmp_path):
    export = pd.DataFrame({"Record ID": ["105", "101"], "Name": ["Bö", "Al"]})
    path = tmp_path / ("export.xlsx" if how == "excel" else "export.csv")
    if how == "excel":
        export.to_excel(path, index=False)
    elif how == "semicolons":
        export.to_csv(path, index=False, sep=";", encoding="cp1252")
    else:
        export.to_csv(path, index=False, encoding="utf-8-sig")
    series = export["Record ID"]
    given = {"series": series, "index": pd.Index(series), "list": [105, 101], "frame": export, "one": "105"}
    frame = pull(hub, "contacts", ["state"], ids=given.get(how, str(path)))
    assert list(frame.index) == (["105"] if how == "one" else ["105", "101"])


def test_ids_that_are_none_are_refused_with_the_way_out(hub, tmp_path):
    (tmp_path / "names.csv").write_text("Name,City\nAl,Austin\n")
    for given, sentence in [
        (tmp_path / "names.csv", "has no column 'Record ID'"),
        (tmp_path / "none.csv", "cannot be read"),
        ("contacts", "neither a record id nor the path"),
        (["a@example.com"], "'a@example.com', which is no record id"),
        ([], "none is there"),
    ]:
        with pytest.raises(PullError, match=sentence):
            pull(hub, "contacts", ["state"], ids=given)
    with pytest.raises(FrameError, match="a spreadsheet has turned it into a number"):
        pull(hub, "contacts", ["state"], ids=["1.23E+11"])


@pytest.mark.parametrize(
    ("since", "days"),
    [
        ("2026-11-01", None),
        (date(2026, 11, 1), None),
        (datetime(2026, 11, 1, tzinfo=UTC), None),
        ("30 days ago", 30),
        (timedelta(days=30), 30),
        ("last week", 7),
    ],
)
def test_what_changed_since_is_read_alone(hub, since, days):
    frame = pull(hub, "companies", ["hs_lastmodifieddate"], changed_since=since)
    begin = pd.Timestamp("2026-11-01", tz="UTC") if days is None else pd.Timestamp.now("UTC") - timedelta(days=days)
    everything = pull(hub, "companies", ["hs_lastmodifieddate"])["hs_lastmodifieddate"]
    assert set(frame.index) == set(everything.index[everything >= begin])
    assert count(hub, "companies", changed_since=since) == len(frame)


def test_the_apis_own_filter_groups_find_what_words_do(hub, unlimited):
    words = pull(hub, "contacts", ["state"], where="state is CA and lifecyclestage is lead or mql")
    groups = [
        group(("state", "EQ", "CA"), ("lifecyclestage", "EQ", "lead")),
        group(("state", "EQ", "CA"), ("lifecyclestage", "EQ", "marketingqualifiedlead")),
    ]
    whole: Any = {"filterGroups": groups}
    assert not words.empty
    pd.testing.assert_frame_equal(pull(hub, "contacts", ["state"], where=groups), words)
    pd.testing.assert_frame_equal(pull(hub, "contacts", ["state"], where=whole), words)
    flat = [{"propertyName": "createdate", "operator": "gte", "value": datetime(2026, 6, 1, tzinfo=UTC)}]
    assert len(pull(hub, "contacts", [], where=flat)) == count(hub, "contacts", where="createdate >= 2026-06-01") > 0


@pytest.mark.parametrize(
    ("where", "error", "sentence"),
    [
        ([], WhereError, "neither words nor a list of filter groups"),
        ([{"filters": []}], WhereError, "has no filters"),
        ([group(("stat", "HAS_PROPERTY"))], UnknownProperty, "did you mean 'state'"),
        ([group(("state", "EQUALS", "CA"))], WhereError, r"no operator 'EQUALS' for state. Did you mean EQ\?"),
        ([group(("state", "EQ"))], WhereError, "compares state with a value, and there is none"),
        ([group(("state", "IN", "CA"))], WhereError, "a list of values"),
        ([group(*[("state", "HAS_PROPERTY")] * 7)], WhereError, "each of at most 6"),
        ([group(*[("state", "HAS_PROPERTY")] * 4)] * 5, WhereError, "18 in all"),
    ],
)
def test_filter_groups_are_checked_before_anything_is_read(hub, sandbox, where, error, sentence):
    with pytest.raises(error, match=sentence):
        pull(hub, "contacts", ["state"], where=where)
    assert not any("/objects/" in request["path"] for request in sandbox.requests("hubspot"))


def test_as_many_conditions_as_hubspot_takes_leave_room_for_paging(hub, unlimited):
    # One search shows no more than these, so the second page needs a filter of its own.
    unlimited.limits("hubspot", search_per_second=None, search_lag=0, search_results=200)
    columns = ["name", "domain", "industry", "numberofemployees", "createdate", "hs_lastmodifieddate"]
    six = [f"{column} is known" for column in columns]
    everything = pull(hub, "companies", columns)
    frame = pull(hub, "companies", columns, where=" and ".join(six))
    pd.testing.assert_frame_equal(frame, everything[everything.notna().all(axis=1)])
    assert len(everything) > len(frame) > 200
    # 6 + 6 + 3 conditions in 5 groups, of which some find the same records.
    full = " or ".join([" and ".join(six), " and ".join(six[::-1]), "state is CA", "city is Austin", "zip is unknown"])
    either = pull(hub, "companies", [], where=full)
    assert either.index.is_unique
    assert count(hub, "companies", where=full) == len(either) > len(frame)


def test_a_sample_is_random_and_the_same_again_for_the_same_seed(hub, unlimited):
    one = pull(hub, "contacts", ["state"], sample=40, seed=1)
    assert len(one) == 40
    pd.testing.assert_frame_equal(one, pull(hub, "contacts", ["state"], sample=40, seed=1))
    assert set(one.index) != set(pull(hub, "contacts", ["state"], sample=40, seed=2).index)
    assert set(pull(hub, "contacts", [], sample=40).index) != set(pull(hub, "contacts", [], sample=40).index)
    some = pull(hub, "contacts", ["lifecyclestage"], where="lifecyclestage is lead", sample=30, seed=1)
    assert (some["lifecyclestage"] == "lead").all()
    assert len(some) == 30
    of_list = pull(hub, "contacts", [], list="Newsletter test group", sample=5, seed=1)
    assert set(of_list.index) < set(pull(hub, "contacts", [], list="Newsletter test group").index)
    assert len(pull(hub, "products", [], sample=100)) == 12


def test_each_record_is_as_likely_as_any_other_to_be_in_a_sample(hub, unlimited):
    from hsai_kit.hubspot.filter_groups import SearchQuery
    from hsai_kit.hubspot.search import read_ids_at
    from hsai_kit.runtime import background

    everything = list(pull(hub, "contacts", []).index)
    # Whichever rank is drawn, the record of that rank is found, past what one search shows too.
    ranks = [0, 1, 199, 200, 1000, 2000, 2399]
    found = background.run(read_ids_at(hub.hubspot, "contacts", SearchQuery(((),)), [*ranks, 5000]))
    assert found == [everything[rank] for rank in ranks]


def test_what_goes_together_narrows_each_other_down(hub, unlimited):
    leads = set(pull(hub, "contacts", [], where="state is known").index)
    customers = pull(hub, "contacts", [], list="Customers").index
    both = pull(hub, "contacts", ["state"], list="Customers", where="state is known")
    assert list(both.index) == [one for one in customers if one in leads]
    assert count(hub, "contacts", list="Customers", where="state is known") == len(both)
    few = customers[:30]
    assert set(pull(hub, "contacts", [], ids=few, where="state is known").index) == set(few) & leads
    few_of_a_few = pull(hub, "contacts", [], list="Customers", where="state is CA")
    assert set(few_of_a_few.index) == set(customers) & set(pull(hub, "contacts", [], where="state is CA").index)
    assert list(pull(hub, "contacts", [], ids=few, limit=3).index) == list(few[:3])
    assert list(pull(hub, "contacts", [], list="Customers", limit=3).index) == list(customers[:3])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"limit": 5, "sample": 5}, "Give one of them"),
        ({"list": "Customers", "ids": ["101"]}, "Give one of them"),
        ({"seed": 5}, "there is no sample"),
        ({"sample": 0}, "it starts at 1"),
        ({"changed_since": "yesteryear"}, "which is no time. Write it as one of: 2026-01-31"),
        ({"changed_since": "2999-01-01"}, "still to come"),
    ],
)
def test_what_makes_no_sense_together_is_said(hub, arguments, sentence):
    with pytest.raises(PullError, match=sentence):
        pull(hub, "contacts", ["state"], **arguments)


@pytest.mark.parametrize(
    ("kind", "columns"), [("contacts", 5), ("contacts", None), ("contacts", ["state", 5]), (5, [])]
)
def test_what_is_no_name_is_said_and_no_stack_trace(hub, kind, columns):
    with pytest.raises(PullError, match="Write"):
        pull(hub, kind, columns)


def test_a_wrong_list_is_told_with_the_nearest_name(hub):
    with pytest.raises(UnknownList, match=r"Did you mean 'Trade fair Chicago 2026'\?"):
        pull(hub, "contacts", ["state"], list="Trade fair Chicago")


def test_searches_use_what_hubspot_allows_a_second_and_leave_one_to_others_who_search_too(hub, sandbox):
    count(hub, "companies", where="state is known")
    time.sleep(1.1)
    begun = time.monotonic()
    for _ in range(14):
        background.run(read_extent(hub.hubspot, "companies"))
    assert 2.0 < time.monotonic() - begun < 2.95
    assert not any("429" in statuses for statuses in sandbox.counts()["hubspot"].values())
    # Somebody else takes the whole second.
    sandbox.fault("hubspot:secondly:count=1")
    background.run(read_extent(hub.hubspot, "companies"))
    begun = time.monotonic()
    for _ in range(9):
        background.run(read_extent(hub.hubspot, "companies"))
    assert time.monotonic() - begun > 1.9
