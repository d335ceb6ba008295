"""`review`: who decides what about which rows, kept for good, and nothing let through that the output forbids."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from hsai_kit import Assistant, ask, connect, open_run, pull, review
from hsai_kit.errors import ReviewError

TRIAGE = [
    "We want to buy 40 seats, please call me for a demo",
    "My invoice 1881 was charged twice, refund please",
    "zzz",
]


def frame_of(**columns: list) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([str(i + 101) for i in range(size)], name="record_id"))


def numbers(said: str) -> Assistant:
    return Assistant(
        name="seats", instructions="How many seats?", prompt="{{ said }}", output={"kind": "number", "to": said}
    )


@pytest.fixture
def states(hub, prepared):
    """A review over real ways to write a state, some of them beyond help."""

    def take():
        contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=120)
        return ask(hub, contacts, "state-abbreviations")

    return review(prepared("120 states", take, lambda _: open_run(hub)))


def decided(checked) -> dict[str, int]:
    return {name: int(count) for name, count in checked.frame["decision"].value_counts().items()}


def test_everything_is_pending_at_first_beside_the_value_as_pulled(hub, states, colleague):
    frame = states.frame
    assert decided(states) == {"pending": len(frame)}
    assert frame["before"].fillna("").to_dict() == colleague.sees(frame.index, "state")
    assert frame["final"].isna().all()
    assert frame["reviewer"].isna().all()
    assert frame["decided_at"].isna().all()


def test_a_mask_approves_those_rows_and_no_others(states):
    mask = states.frame["proposal"] == "CA"
    count = states.approve(mask)
    frame = states.frame
    assert count == mask.sum() > 0
    assert set(frame.index[frame["decision"] == "approved"]) == set(mask[mask].index)
    assert (frame.loc[frame["decision"] == "approved", "final"] == "CA").all()


def test_a_part_of_the_frame_and_a_mask_from_the_pulled_frame_name_rows_too(hub):
    contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=60)
    checked = review(ask(hub, contacts.head(20), "state-abbreviations"))
    some = checked.frame.dropna(subset="proposal").head(4)
    assert checked.approve(some) == 4
    assert checked.reject(contacts["country"].isin(["US", "USA"]) & contacts.index.isin(some.index)) <= 4


def test_a_mask_over_positions_is_refused_since_it_could_name_other_records(states):
    by_position = states.frame.reset_index()["proposal"] == "CA"
    with pytest.raises(ReviewError, match="index is the id"):
        states.approve(by_position)
    assert decided(states) == {"pending": len(states.frame)}


def test_record_ids_name_rows_one_or_many_and_none_twice(states):
    first, second = states.frame.dropna(subset="proposal").index[:2]
    assert states.approve(first) == 1
    assert states.reject([second, second]) == 1
    assert states.approve([int(second)]) == 1
    assert states.frame.loc[[first, second], "decision"].tolist() == ["approved", "approved"]


def test_a_record_that_is_not_in_the_run_is_named_and_nothing_is_decided(states):
    known = states.frame.dropna(subset="proposal").index[0]
    with pytest.raises(ReviewError, match="999999"):
        states.approve([known, "999999"])
    assert decided(states) == {"pending": len(states.frame)}


def test_all_approves_what_has_a_proposal_and_leaves_the_rest_pending(states):
    without = int(states.frame["proposal"].isna().sum())
    assert without > 0
    assert states.approve() == len(states.frame) - without
    assert decided(states) == {"approved": len(states.frame) - without, "pending": without}


def test_a_row_without_a_proposal_cannot_be_approved_by_name_and_the_reason_is_said(states):
    blank = states.frame.index[states.frame["proposal"].isna()][0]
    with pytest.raises(ReviewError, match=rf"Record {blank} has no proposal .*edit\(\), or reject"):
        states.approve([blank])


def test_an_edit_lets_another_value_through_and_a_reset_takes_it_back(states):
    one = states.frame.index[0]
    assert states.edit([one], "wy") == 1
    row = states.frame.loc[one]
    assert (row["decision"], row["final"]) == ("edited", "WY")
    states.reset([one])
    row = states.frame.loc[one]
    assert row["decision"] == "pending"
    assert pd.isna(row["final"])


def test_a_rejected_row_has_no_final_value(states):
    states.approve()
    assert states.reject() == len(states.frame)
    assert states.frame["final"].isna().all()
    assert not states.frame["changes"].any()


@pytest.mark.parametrize("value", ["Texas", "UNKNOWN", "", None, pd.NA, 5, "T" * 500])
def test_an_edit_to_something_outside_the_options_is_refused(states, value):
    with pytest.raises(ReviewError, match="cannot be written: it has to be one of AL, AK") as problem:
        states.edit(states.frame.index[:3], value)
    assert len(str(problem.value)) < 500
    assert ", UNKNOWN" not in str(problem.value)
    assert decided(states) == {"pending": len(states.frame)}


def test_text_and_numbers_are_edited_only_into_their_own_kind(hub):
    frame = frame_of(said=["We need 40 seats"])
    text = review(ask(hub, frame, Assistant(name="words", instructions="Repeat.", prompt="{{ said }}")))
    with pytest.raises(ReviewError, match="text that is not blank"):
        text.edit(None, "  ")
    number = review(ask(hub, frame, numbers("seats_planned")))
    with pytest.raises(ReviewError, match="has to be a number"):
        number.edit(None, "forty")
    yes = Assistant(name="yes", instructions="Urgent?", prompt="{{ said }}", output={"kind": "yes_no"})
    with pytest.raises(ReviewError, match="True or False"):
        review(ask(hub, frame, yes)).edit(None, "yes")


def test_numbers_of_pandas_and_whole_numbers_of_any_size_come_through_exactly(hub):
    checked = review(ask(hub, frame_of(said=["We need 40 seats", "zzz"]), numbers("seats_planned")))
    large = 12_345_678_901_234_567
    checked.edit(["101"], large)
    checked.edit(["102"], pd.Series([41]).max())
    decisions = checked.run.store.decisions.current(checked.run.id, "answer")
    assert decisions["101"].value == large
    assert decisions["102"].value == 41
    assert checked.frame.loc["102", "final"] == 41


def test_every_decision_says_who_and_when_and_the_newest_one_holds(hub, states, tmp_path):
    one = states.frame.dropna(subset="proposal").index[0]
    states.approve([one])
    own = states.frame.loc[one]
    assert own["reviewer"] == hub.workspace.reviewer
    age = pd.Timestamp.now(tz="UTC") - own["decided_at"]
    assert pd.Timedelta(seconds=-1) <= age < pd.Timedelta(minutes=2)

    settings = tmp_path / "workspace" / "hsai.toml"
    settings.write_text(settings.read_text("utf-8").replace('reviewer = ""', 'reviewer = "Lee Second"'), "utf-8")
    with connect(workspace=tmp_path / "workspace") as second:
        theirs = review(open_run(second, states.run.id))
        assert theirs.frame.loc[one, "decision"] == "approved"
        theirs.reject([one])
    row = states.frame.loc[one]
    assert (row["decision"], row["reviewer"]) == ("rejected", "Lee Second")
    assert states.run.store.decisions.current(states.run.id, "answer")[one].reviewer == "Lee Second"


def test_decisions_are_there_again_in_a_new_process(hub, states, tmp_path):
    states.approve(states.frame["proposal"] == "CA")
    states.edit([states.frame.index[0]], "WY")
    script = (
        "import sys\nfrom hsai_kit import connect, open_run, review\n"
        "with connect(workspace=sys.argv[1]) as hub:\n    print(review(open_run(hub)))"
    )
    again = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "workspace")], capture_output=True, text=True, check=True
    )
    assert again.stdout.strip() == repr(states)
    assert "approved" in repr(states)
    assert "1 edited" in repr(states)


def test_several_fields_are_reviewed_one_by_one(hub):
    run = ask(hub, frame_of(how_can_we_help=TRIAGE), "lead-triage")
    with pytest.raises(ReviewError, match=r"lead_class, urgency, why.*review\(run, 'lead_class'\)"):
        review(run)
    with pytest.raises(ReviewError, match="no field 'answer'"):
        review(run, "answer")
    classes, urgency = review(run, "lead_class"), review(run, "urgency")
    assert (classes.to, urgency.to) == ("lead_class", None)
    assert classes.frame.loc["101", "proposal"] == "sales"
    classes.approve(["101"])
    urgency.edit(["101"], "high")
    assert classes.frame.loc["101", "final"] == "sales"
    assert urgency.frame.loc["101", "final"] == "high"
    assert urgency.frame.loc["102", "decision"] == "pending"
    with pytest.raises(ReviewError, match="one of high, medium, low"):
        urgency.edit(["101"], "sales")


def test_rows_that_want_eyes_come_first_then_changes_from_the_least_sure_on(states):
    frame = states.frame
    flagged = frame["flags"].map(len) > 0
    assert flagged.sum() > 2
    assert flagged.tolist() == sorted(flagged.tolist(), reverse=True)
    changing = frame[~flagged & frame["changes"]]
    same = frame[~flagged & ~frame["changes"]]
    assert frame.index.tolist()[flagged.sum() :] == [*changing.index, *same.index]
    assert len(changing) > 10
    assert changing["confidence"].is_monotonic_increasing
    assert {"blank", "low confidence"} <= {flag for flags in frame["flags"] for flag in flags}


def test_a_proposal_that_is_what_stands_there_changes_nothing(states):
    frame = states.frame
    assert (frame["changes"] == (frame["proposal"].notna() & (frame["proposal"] != frame["before"]))).all()
    assert 0 < frame["changes"].sum() < frame["proposal"].notna().sum()


def test_a_run_without_a_property_in_mind_shows_no_value_before(hub):
    run = ask(hub, frame_of(how_can_we_help=TRIAGE), "lead-triage")
    assert review(run, "urgency").frame["before"].isna().all()
    assert "no property yet" in repr(review(run, "urgency"))


def test_approving_by_a_mask_overturns_nothing_and_says_so(states, capsys):
    no, other, *_ = states.frame.index[states.frame["proposal"].notna()]
    states.reject([no])
    states.edit([other], "NY")
    states.approve(states.frame["changes"] | True)
    assert "Left as decided before: 1 edited, 1 rejected. Name them by id" in capsys.readouterr().out.replace("\n", " ")
    assert states.frame.loc[[no, other], "decision"].tolist() == ["rejected", "edited"]
    assert states.approve([no]) == 1
