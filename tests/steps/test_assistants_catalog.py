"""The workspace's assistants beside the account's agents; copies, imports, and ids of APIs that are gone."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from hsai_kit import Assistant, ask, assistants, connect, copy_agent, import_assistant
from hsai_kit.assistant.assistant import load_assistant
from hsai_kit.errors import AssistantError
from hsai_kit.steps.assistants.importers import read_output
from hsai_kit.workspace import Workspace

LEGACY = {
    "id": "asst_abc123",
    "object": "assistant",
    "created_at": 1_720_000_000,
    "name": "Lead Triage (old)",
    "description": "Sorts leads.",
    "model": "gpt-4o",
    "instructions": "Sort the lead.\n",
    "tools": [{"type": "file_search"}, {"type": "function", "function": {"name": "look_up", "parameters": {}}}],
    "tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}},
    "temperature": 0.2,
    "top_p": 0.9,
    "response_format": {
        "type": "json_schema",
        "json_schema": {
            "name": "lead",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {
                    "class": {"type": "string", "enum": ["sales", "support"], "description": "who should answer"},
                    "urgent": {"type": ["boolean", "null"]},
                    "seats": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
                "required": ["class", "urgent", "seats"],
                "additionalProperties": False,
            },
        },
    },
}


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace.make(tmp_path / "w")


def saved(tmp_path, content: object):
    path = tmp_path / "old.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_the_accounts_agents_are_listed_beside_the_workspaces_own(hub):
    frame = assistants(hub)
    assert frame.groupby("where").size().to_dict() == {"account": 4, "workspace": 4}
    own = frame.set_index("name").loc["state-abbreviations"]
    assert own["version"] == load_assistant(hub.workspace, "state-abbreviations").version
    assert pd.isna(own["id"])
    agents = frame[frame["where"] == "account"].set_index("id")
    assert agents.loc["agent_sandbox00000003", "model"] == "sandbox-astra"
    assert agents["updated_at"].notna().all()
    assert str(frame["updated_at"].dtype) == "datetime64[us, UTC]"


def test_more_agents_than_a_page_are_all_listed(hub, sandbox):
    assistants(hub)
    query = [one["query"] for one in sandbox.requests("openai") if one["path"].endswith("/agents")]
    assert "limit=100" in str(query[0])


@pytest.mark.parametrize("trouble", ["no agents", "no key"])
def test_without_the_agents_api_or_a_key_only_the_own_are_listed_and_it_is_said(
    keys, monkeypatch, tmp_path, capsys, trouble
):
    if trouble == "no key":
        monkeypatch.delenv("OPENAI_API_KEY")
    else:
        monkeypatch.setenv("OPENAI_BASE_URL", keys.openai_url + "/nothing-here")
    with connect(workspace=tmp_path / "w") as hub:
        frame = assistants(hub)
    assert set(frame["where"]) == {"workspace"}
    assert "only the workspace's own assistants are listed" in capsys.readouterr().out


def test_a_file_that_cannot_be_used_is_said_and_hides_no_other(hub, capsys):
    (hub.workspace.assistants / "broken.toml").write_text("instructions = ", "utf-8")
    frame = assistants(hub)
    assert {"broken", "state-abbreviations"} <= set(frame["name"])
    assert "broken.toml is not valid TOML" in capsys.readouterr().out


def test_an_agent_is_copied_with_its_id_and_time_and_can_be_asked(hub):
    made = copy_agent(hub, "State abbreviations", "states")
    assert load_assistant(hub.workspace, "states") == made
    assert made.source.id == "agent_sandbox00000001"
    agents = assistants(hub).set_index("id")
    both = agents.loc[made.source.id].set_index("where")
    assert set(both.index) == {"account", "workspace"}
    assert pd.Timestamp(made.source.updated_at) == both.loc["account", "updated_at"]
    assert made.output.is_closed
    frame = pd.DataFrame({"state": ["Calif."]}, index=pd.Index(["1"], name="record_id"))
    assert ask(hub, frame, "states", "State: {{ state }}").answers["answer"].tolist() == ["CA"]


def test_where_a_copy_came_from_does_not_change_its_version(hub):
    made = copy_agent(hub, "agent_sandbox00000002")
    assert made.name == "call-note-summaries"
    assert made.model_copy(update={"source": None}).version == made.version


def test_tools_that_stay_behind_are_said(hub, capsys):
    made = copy_agent(hub, "Account research")
    assert made.reasoning_effort == "high"
    said = capsys.readouterr().out
    assert "function look_up_account, web_search" in said
    assert "stay behind" in said


def test_a_nameless_agent_is_called_by_its_id(hub):
    assert copy_agent(hub, "agent_sandbox00000004").name == "agent_sandbox00000004"


def test_an_assistant_that_is_there_is_never_overwritten_by_a_copy(hub):
    copy_agent(hub, "Call note summaries")
    with pytest.raises(AssistantError, match=r"call-note-summaries' in .* already. Give this one another name="):
        copy_agent(hub, "Call note summaries")


def test_an_unknown_agent_names_the_nearest_one(hub):
    with pytest.raises(AssistantError, match="Did you mean 'State abbreviations'"):
        copy_agent(hub, "State abreviation")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("asst_abc123", r"Assistants API, which OpenAI shut down on 2026-08-26.*import_assistant\(hub.workspace"),
        ("pmpt_123", "prompt object, which OpenAI ends on 2026-11-30"),
    ],
)
def test_an_id_of_an_api_that_is_gone_says_what_became_of_it(hub, given, sentence):
    frame = pd.DataFrame({"a": ["x"]}, index=pd.Index(["1"], name="record_id"))
    for named in (lambda: ask(hub, frame, given), lambda: copy_agent(hub, given)):
        with pytest.raises(AssistantError, match=sentence):
            named()


def test_an_agents_id_where_an_assistant_is_asked_says_to_copy_it(hub):
    with pytest.raises(AssistantError, match=r"copy_agent\(hub, 'agent_sandbox00000001'\)"):
        load_assistant(hub.workspace, "agent_sandbox00000001")


def test_a_saved_legacy_assistant_is_imported_with_its_settings_and_schema(workspace, tmp_path, capsys):
    made = import_assistant(workspace, saved(tmp_path, LEGACY))
    assert load_assistant(workspace, "lead-triage-old") == made
    assert (made.model, made.temperature, made.description) == ("gpt-4o", 0.2, "Sorts leads.")
    assert made.instructions == "Sort the lead.\n\nclass: who should answer"
    assert made.source.id == "asst_abc123"
    assert [one.kind for one in made.output.fields.values()] == ["choice", "yes_no", "number"]
    said = capsys.readouterr().out
    assert "file_search, function look_up" in said
    assert "top_p of 0.9" in said


def test_the_temperature_that_the_old_api_filled_in_is_left_to_the_model(workspace, tmp_path):
    plain = {"id": "asst_1", "instructions": "Say.", "temperature": 1.0, "top_p": 1.0, "response_format": "auto"}
    made = import_assistant(workspace, saved(tmp_path, {"object": "list", "data": [plain]}), "plain")
    assert (made.name, made.temperature, made.model) == ("plain", None, None)
    assert made.output.is_plain_text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("not json", "old.json holds no JSON"),
        ({"name": "x"}, "no instructions in it"),
        ([], "no instructions in it"),
        ([LEGACY, LEGACY], "holds 2 assistants. Save the one"),
        ({**LEGACY, "instructions": None}, "asst_abc123 has no instructions"),
        ({**LEGACY, "temperature": 9}, "asst_abc123 cannot be copied: temperature: should be"),
    ],
)
def test_a_file_that_is_no_saved_assistant_says_what_is_wrong(workspace, tmp_path, content, sentence):
    with pytest.raises(AssistantError, match=sentence):
        import_assistant(workspace, saved(tmp_path, content))
    with pytest.raises(AssistantError, match="cannot be read: No such file"):
        import_assistant(workspace, tmp_path / "missing.json")


def test_a_schema_without_a_like_here_answers_as_text_and_says_so(workspace, tmp_path, capsys):
    nested = {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}}}
    content = {**LEGACY, "response_format": {"type": "json_schema", "json_schema": {"schema": nested}}}
    assert import_assistant(workspace, saved(tmp_path, content)).output.is_plain_text
    assert "answers as text. Change [output]" in capsys.readouterr().out


@pytest.mark.parametrize(
    "field",
    [
        {"type": "string", "enum": ["only"]},
        {"enum": [1, 2]},
        {"type": "object", "properties": {}},
        {"type": ["string", "number"]},
        {"$ref": "#/$defs/x"},
        "string",
    ],
)
def test_fields_that_no_output_is_like_make_none(field):
    assert read_output({"type": "object", "properties": {"x": field}}) is None


def test_names_that_no_field_can_have_make_no_output():
    assert read_output({"type": "object", "properties": {"reason": {"type": "string"}}}) is None
    single = read_output({"type": "object", "properties": {"answer": {"type": "string", "enum": ["a", "b", None]}}})
    assert single.is_closed


def test_what_was_imported_is_what_the_file_reads_back(workspace, tmp_path):
    made = import_assistant(workspace, saved(tmp_path, LEGACY))
    assert Assistant.from_file(workspace.assistants / f"{made.name}.toml") == made
