"""Frames: which records these are, and where they came from."""

from __future__ import annotations

import pandas as pd
import pytest

from hsai_kit.errors import FrameError
from hsai_kit.tabular.provenance import Origin, mark, read_origin, read_record_ids


def indexed(ids, name="record_id") -> pd.DataFrame:
    return pd.DataFrame({"state": ["CA"] * len(ids)}, index=pd.Index(ids, name=name))


@pytest.mark.parametrize("name", ["record_id", "hs_object_id", "Record ID", "Record Id", "id"])
def test_the_record_id_is_found_by_the_names_that_pulls_and_exports_give_it(name):
    frame = indexed(["101", "102"], name)
    assert read_record_ids(frame) == ["101", "102"]
    assert read_record_ids(frame.reset_index()) == ["101", "102"]


@pytest.mark.parametrize("ids", [["101", "102"], [101, 102], [101.0, 102.0], ["101.0", " 102 "], [101, 102.0]], ids=str)
def test_an_id_is_the_same_id_however_a_spreadsheet_kept_it(ids):
    assert read_record_ids(indexed(ids)) == ["101", "102"]


def test_ids_of_an_export_with_a_blank_among_them_are_floats_and_the_blank_row_is_named():
    frame = pd.DataFrame({"Record ID": [101, None, 102]})
    with pytest.raises(FrameError, match="Row 2 of the DataFrame has no record id"):
        read_record_ids(frame)


@pytest.mark.parametrize("blank", [None, "", "  ", float("nan"), pd.NA])
def test_a_row_without_an_id_is_named(blank):
    with pytest.raises(FrameError, match="Row 1 "):
        read_record_ids(indexed([blank]))


@pytest.mark.parametrize("ruined", [101.5, "101.5", "1.23E+11", "1,23E+11", 1e17, float("inf")], ids=str)
def test_an_id_that_a_spreadsheet_has_ruined_is_never_taken_for_another_record(ruined):
    with pytest.raises(FrameError, match="is no record id: a spreadsheet has turned it into a number"):
        read_record_ids(indexed([ruined]))


def test_a_record_that_is_there_twice_is_named_with_a_way_that_works_for_an_index():
    frame = indexed(["101", "102", "101"])
    with pytest.raises(FrameError, match=r"Record 101 .*more than once.*frame\[~frame\.index\.duplicated\(\)\]"):
        read_record_ids(frame)
    assert read_record_ids(frame[~frame.index.duplicated()]) == ["101", "102"]


def test_a_record_that_is_there_twice_is_named_with_a_way_that_works_for_a_column():
    frame = indexed(["101", "102", "101"], "Record ID").reset_index()
    with pytest.raises(FrameError, match=r"Record 101 .*frame\.drop_duplicates\('Record ID'\)"):
        read_record_ids(frame)
    assert read_record_ids(frame.drop_duplicates("Record ID")) == ["101", "102"]


def test_a_frame_without_ids_says_how_to_name_them():
    with pytest.raises(FrameError, match=r"set_index\('Record ID'\)"):
        read_record_ids(pd.DataFrame({"state": ["CA"]}))


def test_two_columns_of_ids_are_refused():
    frame = pd.concat([pd.DataFrame({"id": ["1"]}), pd.DataFrame({"id": ["2"]})], axis=1)
    with pytest.raises(FrameError, match="'id' more than once"):
        read_record_ids(frame)


def test_a_frame_without_rows_has_no_ids():
    assert read_record_ids(indexed([])) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame[frame["state"] == "CA"],
        lambda frame: frame.query("state == 'CA'"),
        lambda frame: frame.head(1),
        lambda frame: frame.sample(1, random_state=7),
        lambda frame: frame.sort_values("state"),
        lambda frame: frame.assign(more=1),
        lambda frame: frame.drop_duplicates(),
        lambda frame: frame.dropna(),
        lambda frame: frame.reset_index().set_index("record_id"),
        lambda frame: frame.groupby("state").head(1),
        lambda frame: pd.concat([frame.head(1), frame.tail(1)]),
        lambda frame: frame.copy(),
    ],
)
def test_what_an_analyst_does_with_a_frame_keeps_where_it_came_from(change):
    frame = mark(indexed(["101", "102"]), pull_id="pull-1", object_type="companies")
    assert read_origin(change(frame)) == Origin("pull-1", "companies")


def test_a_frame_from_elsewhere_has_no_pull():
    assert read_origin(indexed(["101"])).pull_id is None
