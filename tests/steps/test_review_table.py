"""A review as rows for a grid: what is found, grouped and decided there is the same as in a script."""

from __future__ import annotations

import pandas as pd
import pytest

from hsai_kit import Assistant, ask, connect, open_run, review
from hsai_kit.errors import ReviewError
from hsai_kit.paging.table_source import TableQuery

SAID = ["Texas", "TX", "texas", "California", "California", "Mars", "California", "Ohio"]


@pytest.fixture
def checked(hub):
    frame = pd.DataFrame({"state": SAID, "country": "USA"}, index=pd.Index([f"{n}" for n in range(101, 109)]))
    frame.index.name = "record_id"
    return review(ask(hub, frame, "state-abbreviations"))


def found(checked, **query) -> list[str]:
    table = checked.table
    rows = table.find(TableQuery(**query))
    return [row["record"]["text"] for row in table.rows(rows, 0, rows.size)]


def changes(checked, **query) -> list[tuple[str, int]]:
    table = checked.table
    groups = table.find(TableQuery(grouped=True, **query))
    return [
        ("".join(text for _, text in row["change"]["after"]), row["count"])
        for row in table.rows(groups, 0, groups.size)
    ]


def test_rows_are_found_in_the_order_of_the_frame_and_page_by_page(checked):
    everything = found(checked)
    assert everything == checked.frame.index.tolist()
    table = checked.table
    rows = table.find(TableQuery())
    assert [row["record"]["text"] for row in table.rows(rows, 2, 4)] == everything[2:4]


def test_search_looks_into_ids_values_and_flags_whatever_the_case(checked):
    assert found(checked, search="104") == ["104"]
    assert set(found(checked, search="ca")) == {"104", "105", "107"}
    assert found(checked, search="BLANK") == ["106"]
    assert found(checked, search="nowhere") == []


def test_filters_are_for_decision_flag_value_confidence_and_reviewer(checked):
    checked.approve(["104"])
    checked.edit(["106"], "NV")
    assert found(checked, filters={"decision": "approved"}) == ["104"]
    assert found(checked, filters={"flag": "blank"}) == ["106"]
    assert "106" not in found(checked, filters={"flag": "(none)"})
    assert set(found(checked, filters={"after": "CA", "decision": "pending"})) == {"105", "107"}
    assert found(checked, filters={"after": "NV"}) == ["106"]
    assert set(found(checked, filters={"reviewer": checked.run.reviewer})) == {"104", "106"}
    sure = checked.frame["confidence"]
    assert set(found(checked, filters={"confidence": (0.0, 0.8)})) == set(sure.index[sure <= 0.8])
    options = {facet.name: {one.value: one.count for one in facet.options} for facet in checked.table.facets()}
    assert options["decision"] == {"pending": 6, "approved": 1, "edited": 1}
    assert options["after"]["CA"] == 3


def test_a_sort_puts_what_is_not_known_last_both_ways(checked):
    assert found(checked, sort="record") == [f"{n}" for n in range(101, 109)]
    assert found(checked, sort="record", descending=True) == [f"{n}" for n in range(108, 100, -1)]
    known = checked.frame["confidence"].dropna().sort_values(kind="stable")
    shown = found(checked, sort="confidence")
    assert [checked.frame.loc[one, "confidence"] for one in shown[: len(known)]] == known.tolist()


def test_rows_of_the_same_change_are_one_group_and_decided_once_for_all(checked):
    groups = changes(checked)
    assert groups[0] == ("TX", 3)
    assert ("CA", 3) in groups
    assert sum(count for _, count in groups) == len(SAID)
    table = checked.table
    of_california = table.find(TableQuery(grouped=True, search="ca"))
    assert table.act("approve", of_california, [0], None) == "Approved 3."
    assert set(checked.frame.index[checked.frame["decision"] == "approved"]) == {"104", "105", "107"}


def test_all_that_match_are_decided_and_rows_without_a_proposal_are_told(checked):
    table = checked.table
    said = table.act("approve", table.find(TableQuery()), None, None)
    assert said == "Approved 7. Left alone, since nothing is proposed: 1."
    assert table.summary() == "8 records: 7 approved, 1 pending"


def test_what_was_found_keeps_its_places_while_it_is_decided(checked):
    table = checked.table
    pending = table.find(TableQuery(filters={"decision": "pending"}))
    first = table.rows(pending, 0, 4)
    table.act("reject", pending, [0, 1, 2, 3], None)
    again = table.rows(pending, 0, 4)
    assert [row["record"] for row in again] == [row["record"] for row in first]
    assert {row["decision"]["name"] for row in again} == {"rejected"}
    assert table.find(TableQuery(filters={"decision": "pending"})).size == 4


def test_an_edit_outside_the_options_changes_nothing_and_says_what_is_allowed(checked):
    table = checked.table
    everything = table.find(TableQuery())
    assert "NV" in next(action for action in table.actions if action.name == "edit").options
    with pytest.raises(ReviewError, match="it has to be one of AL"):
        table.act("edit", everything, [0], "Nevada")
    assert table.act("edit", everything, [0], "nv") == "Edited 1 to nv."
    assert checked.frame.iloc[0]["final"] == "NV"


def test_numbers_and_yes_or_no_are_typed_as_text_and_kept_as_what_they_are(hub):
    frame = pd.DataFrame({"said": ["we need 40 seats"]}, index=pd.Index(["101"], name="record_id"))
    for output, typed, kept in (("number", "41", 41), ("yes_no", "False", False)):
        assistant = Assistant(name="one", instructions="?", prompt="{{ said }}", output={"kind": output})
        checked = review(ask(hub, frame, assistant))
        checked.table.act("edit", checked.table.find(TableQuery()), [0], typed)
        assert checked.frame.loc["101", "final"] == kept


def test_undo_takes_back_one_decision_after_the_other_also_on_another_day(checked, hub, tmp_path):
    checked.approve(["101", "102"])
    checked.reject(["102", "103"])
    with connect(workspace=tmp_path / "workspace") as tomorrow:
        again = review(open_run(tomorrow, checked.run.id))
        assert again.undo_last() == 2
        assert again.frame.loc[["101", "102", "103"], "decision"].tolist() == ["approved", "approved", "pending"]
        assert again.frame.loc["102", "final"] == checked.frame.loc["102", "proposal"]
    assert checked.table.undo() == "Took back: approved 2."
    assert checked.table.undo() == "There is nothing of yours to take back."
    assert checked.table.summary() == "8 records: 8 pending"


def test_undo_leaves_alone_what_a_colleague_decided_since_and_brings_theirs_back(checked, hub, tmp_path):
    settings = tmp_path / "workspace" / "hsai.toml"
    settings.write_text(settings.read_text("utf-8").replace('reviewer = ""', 'reviewer = "Lee"'), "utf-8")
    with connect(workspace=tmp_path / "workspace") as second:
        theirs = review(open_run(second, checked.run.id))
        theirs.reject(["101"])
        checked.approve(["101", "102"])
        theirs.reject(["102"])
        assert checked.table.undo() == "Took back: approved 1. 1 decided anew since stay."
        frame = theirs.frame
        assert frame.loc[["101", "102"], "decision"].tolist() == ["rejected", "rejected"]
        assert set(frame.loc[["101", "102"], "reviewer"]) == {"Lee"}
        rows = checked.table.rows(checked.table.find(TableQuery(filters={"decision": "rejected"})), 0, 9)
        assert {row["decision"]["who"] for row in rows} == {"Lee"}


def test_a_card_shows_the_source_record_beside_both_texts_and_what_was_asked(hub):
    from hsai_kit import pull

    contacts = pull(hub, "contacts", ["state", "country", "city"], where="state is known", limit=3)
    checked = review(ask(hub, contacts, "state-abbreviations"))
    table = checked.table
    rows = table.find(TableQuery())
    record = table.rows(rows, 0, 1)[0]["record"]
    card = table.card(rows, 0)
    assert dict(card.source)["country"] == contacts.loc[record["text"], "country"]
    assert "State:" in dict(card.source)["Asked"]
    assert "".join(text for _, text in card.before) == contacts.loc[record["text"], "state"]
    portal = hub.portal
    assert record["link"] == card.link == portal.record_link("0-1", record["text"])


def test_those_who_asked_are_told_of_every_decision_here_and_by_others(checked, hub, tmp_path):
    told = []
    checked.on_change(lambda: told.append("changed"))
    checked.approve(["101"])
    assert told == ["changed"]
    review(open_run(hub, checked.run.id)).reject(["102"])
    assert checked.table.summary() == "8 records: 6 pending, 1 approved, 1 rejected"
    assert told == ["changed", "changed"]


def test_approving_many_leaves_what_somebody_decided_and_counts_it(checked):
    checked.reject(["104"])
    checked.edit(["106"], "NV")
    table = checked.table
    everything = table.find(TableQuery())
    assert table.act("approve", everything, None, None) == (
        "Approved 6. Left as decided before: 1 edited, 1 rejected; back to pending (p) comes first."
    )
    assert checked.frame.loc[["104", "106"], "decision"].tolist() == ["rejected", "edited"]
    # Whoever stands on the one row sees what was decided about it.
    alone = table.find(TableQuery(search="104"))
    assert table.act("approve", alone, None, None) == "Approved 1."
