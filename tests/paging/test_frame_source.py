"""Any DataFrame as rows for a grid."""

from __future__ import annotations

import pandas as pd
import pytest

from hsai_kit.errors import HsaiError
from hsai_kit.paging.frame_source import FrameSource
from hsai_kit.paging.table_source import TableQuery


@pytest.fixture
def source():
    frame = pd.DataFrame(
        {
            "expected": ["CA", "TX", "NY", "CA"],
            "first": ["CA", "TX", "NJ", pd.NA],
            "second": ["CA", "TN", "NY", "CA"],
            "confidence": [0.9, 0.4, None, 0.7],
            "flags": [[], ["low confidence"], [], ["blank", "unsafe"]],
        },
        index=pd.Index(["11", "12", "13", "14"], name="record_id"),
    )
    return FrameSource(frame, compare=("first", "second"), link=lambda one: f"https://example.com/{one}")


def ids(source: FrameSource, query: TableQuery) -> list[str]:
    found = source.find(query)
    return [row[""]["text"] for row in source.rows(found, 0, found.size)]


def test_rows_are_found_by_text_by_value_and_in_order(source):
    assert ids(source, TableQuery()) == ["11", "12", "13", "14"]
    assert ids(source, TableQuery(search="tN")) == ["12"]
    assert ids(source, TableQuery(search="unsafe")) == ["14"]
    assert ids(source, TableQuery(filters={"expected": "CA"})) == ["11", "14"]
    assert ids(source, TableQuery(sort="confidence")) == ["12", "14", "11", "13"]
    assert ids(source, TableQuery(sort="expected", descending=True)) == ["12", "13", "11", "14"]


def test_the_two_columns_that_are_compared_show_what_differs(source):
    row = source.rows(source.find(TableQuery()), 1, 2)[0]
    assert row["first"] == {"segments": [("gone", "TX")]}
    assert row["second"] == {"segments": [("came", "TN")]}
    assert row["confidence"] == 0.4
    assert row["flags"]["flags"] == ["low confidence"]
    assert row[""]["link"] == "https://example.com/12"


def test_columns_with_few_values_can_be_filtered_with_their_counts(source):
    facets = {facet.name: facet for facet in source.facets()}
    assert [(one.value, one.count) for one in facets["expected"].options] == [("CA", 2), ("TX", 1), ("NY", 1)]


def test_rows_that_are_only_to_look_at_cannot_be_acted_on(source):
    with pytest.raises(HsaiError, match="only to look at"):
        source.act("approve", source.find(TableQuery()), None, None)
