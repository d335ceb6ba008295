"""What there is to pull: object types, properties, lists and counts, as panels and people ask for them."""

from __future__ import annotations

import pandas as pd
import pytest

from hsai_kit import count, lists, object_types, properties, pull
from hsai_kit.errors import PullError, UnknownList, UnknownObjectType, UnknownProperty


def test_object_types_are_the_standard_ones_and_the_portals_own(hub):
    there = object_types(hub).set_index("name")
    assert there.loc["contacts"].to_dict() == {"label": "Contacts", "type_id": "0-1", "custom": False}
    assert there[there["custom"]].index.tolist() == ["p24681357_subscriptions"]
    assert {"companies", "deals", "tickets", "products", "line_items", "quotes", "leads", "notes"} <= set(there.index)


def test_properties_tell_type_options_and_what_nobody_may_write(hub):
    known = properties(hub, "contact").set_index("name")
    assert known.loc["lifecyclestage", "options"]["salesqualifiedlead"] == "Sales Qualified Lead"
    assert (known.loc["state", "label"], known.loc["state", "type"]) == ("State/Region", "string")
    assert known.loc["num_associated_deals", "calculated"]
    assert known.loc["createdate", "read_only"]
    assert not known.loc["state", ["calculated", "read_only"]].any()
    assert known["label"].str.casefold().is_monotonic_increasing
    assert "blank" not in known


def test_a_sample_tells_how_many_are_blank(hub):
    blank = properties(hub, "companies", sample=300).set_index("name")["blank"]
    everything = pull(hub, "companies", ["name", "state", "numberofemployees"])
    for name in everything:
        assert blank[name] == pytest.approx(everything[name].isna().mean())
    some = properties(hub, "contacts", sample=100).set_index("name")["blank"]
    assert abs(some["state"] - pull(hub, "contacts", ["state"])["state"].isna().mean()) < 0.2
    assert some["email"] < 0.3
    with pytest.raises(PullError, match="sample is 0"):
        properties(hub, "companies", sample=0)


def test_lists_are_those_of_the_object_type_with_kind_and_size(hub):
    there = lists(hub, "contacts").set_index("name")
    assert there.loc["Newsletter test group", ["id", "kind", "size"]].tolist() == ["12", "manual", 25]
    assert there.loc["Customers", "kind"] == "dynamic"
    assert "Companies that renew this winter" not in there.index
    everything = lists(hub)
    assert set(everything["object_type"]) == {"contacts", "companies"}
    assert isinstance(everything["updated_at"].dtype, pd.DatetimeTZDtype)


def test_a_count_is_what_a_pull_reads(hub, sandbox):
    sandbox.limits("hubspot", search_lag=0)
    assert count(hub, "contacts") == 2400
    assert count(hub, "contacts", where="state is CA") == len(pull(hub, "contacts", [], where="state is CA"))
    assert count(hub, "contacts", list="newsletter test group") == 25
    assert count(hub, "contacts", list=12) == 25


def test_wrong_names_are_told_with_the_nearest_ones(hub):
    with pytest.raises(UnknownList, match=r"no list of contacts called 'Custmers'. Did you mean 'Customers'\?"):
        count(hub, "contacts", list="Custmers")
    with pytest.raises(UnknownList, match="holds other records"):
        count(hub, "contacts", list="Companies that renew this winter")
    with pytest.raises(UnknownProperty, match="did you mean 'state'"):
        count(hub, "contacts", where="stat is known")
    with pytest.raises(UnknownObjectType, match="Did you mean 'contacts'"):
        lists(hub, "contacs")
