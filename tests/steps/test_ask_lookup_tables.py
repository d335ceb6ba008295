"""Known answers for nothing: lookup tables and what was approved before, told from the model's everywhere."""

from __future__ import annotations

import pandas as pd
import pytest

from hsai_kit import ask, remember, review
from hsai_kit.assistant.assistant import Assistant, Lookup, load_assistant
from hsai_kit.assistant.lookup_tables import load_table
from hsai_kit.errors import AssistantError
from hsai_kit.workspace import Workspace

US = ("", "US", "USA", "United States")


def requests_sent(sandbox) -> int:
    return sum(sandbox.counts()["openai"].get("POST /v1/responses", {}).values())


def frame_of(**columns: list) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([str(i + 1) for i in range(size)], name="record_id"))


def with_lookup(hub, **lookup) -> Assistant:
    own = load_assistant(hub.workspace, "state-abbreviations")
    return own.model_copy(update={"lookup": Lookup(**lookup)})


def test_a_lookup_table_answers_what_it_knows_and_the_model_gets_the_rest(hub, sandbox):
    assistant = with_lookup(hub, table="us-states", column="state", only={"country": US})
    frame = frame_of(
        state=["ca", "Calif.", "new  york", "WA", "Texes", None],
        country=["US", "USA", None, "Australia", "US", "US"],
    )
    run = ask(hub, frame, assistant)
    statuses = run.answers["status"].tolist()
    assert statuses[:3] == ["by_rule"] * 3
    assert run.answers["answer"].tolist()[:3] == ["CA", "CA", "NY"]
    assert statuses[3:] == ["answered"] * 3
    assert run.answers["reason"].iloc[0] == "table us-states"
    assert run.answers["usd"].iloc[0] == 0
    assert run.answers["confidence"].isna().iloc[0]
    assert requests_sent(sandbox) == 3


def test_rows_by_rule_can_be_reviewed_like_any_other(hub):
    assistant = with_lookup(hub, table="us-states", column="state")
    checked = review(ask(hub, frame_of(state=["calif."], country=["US"]), assistant))
    assert checked.approve() == 1
    assert checked.frame["status"].tolist() == ["by_rule"]
    assert checked.frame["final"].tolist() == ["CA"]


def test_a_table_of_the_analysts_own_is_a_csv_of_the_workspace(hub):
    (hub.workspace.folder / "known.csv").write_text("value,answer\nBay Area,CA\nThe Big Apple,NY\nAtlantis,ZZ\n")
    assistant = with_lookup(hub, table="known.csv", column="state")
    run = ask(hub, frame_of(state=["bay area", "Atlantis"], country=["US", "US"]), assistant)
    assert run.answers["status"].tolist() == ["by_rule", "answered"], "ZZ is not among the assistant's options"
    assert run.answers["answer"].iloc[0] == "CA"


@pytest.mark.parametrize(
    ("lookup", "match"),
    [
        ({"table": "nowhere.csv", "column": "state"}, "There is no lookup table"),
        ({"table": "iso-3166-2:XX", "column": "state"}, "has no regions for 'XX'"),
        ({"table": "two.csv", "column": "state"}, "answers 'BERLIN' with 'CA' and with 'NY'"),
        ({"table": "us-states", "column": "region"}, "needs the column 'region'"),
        ({"table": "iso-3166-2:DE", "column": "state"}, "among the assistant's options"),
    ],
)
def test_a_lookup_that_cannot_work_is_a_sentence_before_anything_is_sent(hub, sandbox, lookup, match):
    (hub.workspace.folder / "two.csv").write_text("value;answer\nBerlin;CA\nBERLIN;NY\n")
    with pytest.raises(AssistantError, match=match):
        ask(hub, frame_of(state=["Berlin"], country=["Germany"]), with_lookup(hub, **lookup))
    assert requests_sent(sandbox) == 0


@pytest.mark.parametrize("way", ["from the root", "by climbing", "by a link"])
def test_a_table_outside_of_the_workspace_is_not_read_unless_its_folder_is_allowed(tmp_path, way):
    workspace, elsewhere = Workspace.make(tmp_path / "work"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    table = elsewhere / "secrets.csv"
    table.write_text("value,answer\nBerlin,CA\n")
    name = {"from the root": str(table), "by climbing": "../elsewhere/secrets.csv", "by a link": "link.csv"}[way]
    (workspace.folder / "link.csv").symlink_to(table)
    with pytest.raises(AssistantError, match=r"lies outside of the workspace .*allowed_folders = \[") as refused:
        load_table(name, workspace)
    assert "Berlin" not in str(refused.value)
    with (workspace.folder / "hsai.toml").open("r+") as settings:
        text = settings.read().replace("allowed_folders = []", f'allowed_folders = ["{elsewhere.as_posix()}"]')
        settings.seek(0)
        settings.write(text)
    assert load_table(name, Workspace(workspace.folder)) == {"berlin": "CA"}


def test_the_tables_know_codes_names_and_old_abbreviations(tmp_path):
    workspace = Workspace.make(tmp_path)
    states = load_table("us-states", workspace)
    assert states["calif"] == "CA"
    assert {states["texas"], states["tx"]} == {"TX"}
    assert "puerto rico" not in states
    assert load_table("us-states+territories", workspace)["puerto rico"] == "PR"
    assert load_table("iso-3166-2:CA", workspace)["ontario"] == "ON"


def test_what_was_approved_is_a_known_answer_from_then_on(hub, sandbox):
    frame = frame_of(state=["Calif.", "Penna", "Calif.", "Ohio"], country=["US"] * 4)
    run = ask(hub, frame, "state-abbreviations")
    checked = review(run)
    checked.approve(["1", "3"])
    checked.edit("2", "PA")
    assert remember(run) == 2
    before = requests_sent(sandbox)
    again = ask(hub, frame, "state-abbreviations", model="sandbox-sol")
    assert again.answers["status"].tolist() == ["by_rule", "by_rule", "by_rule", "answered"]
    assert again.answers["answer"].tolist()[:3] == ["CA", "PA", "CA"]
    assert run.id in again.answers["reason"].iloc[0]
    assert requests_sent(sandbox) == before + 1


def test_what_people_decided_differently_is_not_remembered(hub):
    run = ask(hub, frame_of(state=["Calif.", "Calif."], country=["US", "US"]), "state-abbreviations")
    checked = review(run)
    checked.approve("1")
    assert remember(run) == 1
    checked.edit("2", "CO")
    assert remember(run) == 0
    assert hub.store.answers.read_remembered("state-abbreviations") == {}, "what was remembered before is forgotten"
    checked.approve("2")
    assert remember(run) == 1


def test_of_several_fields_all_must_be_decided(hub):
    run = ask(hub, frame_of(how_can_we_help=["We want to buy 40 seats, please call for a demo"]), "lead-triage")
    review(run, run.fields[0]).approve()
    assert remember(run) == 0
    for field in run.fields[1:]:
        review(run, field).approve()
    assert remember(run) == 1
