"""Assistants: files that a person can write, a version of what decides an answer, and errors that say where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hsai_kit.assistant.assistant import Assistant, Example, list_assistants, load_assistant
from hsai_kit.errors import AssistantError
from hsai_kit.workspace import Workspace

TONE = {"name": "tone", "instructions": "Say how the customer feels.", "output": {"kind": "text"}}


@pytest.fixture
def workspace(tmp_path):
    return Workspace.make(tmp_path)


def written(workspace: Workspace, text: str, name: str = "mine") -> Path:
    path = workspace.assistants / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_assistants_of_a_new_workspace_can_all_be_used(workspace):
    assert list_assistants(workspace) == ["lead-triage", "outreach-email", "record-summary", "state-abbreviations"]
    for name in list_assistants(workspace):
        one = load_assistant(workspace, name)
        assert one.prompt
        assert "{{" in one.prompt
    states = load_assistant(workspace, "state-abbreviations").output
    assert states.is_closed
    assert states.fields["answer"].to == "state"
    assert len(states.json_schema()["properties"]["answer"]["enum"]) == 60


def test_no_field_of_the_assistants_to_start_from_hides_a_column_of_a_run(workspace):
    fields = load_assistant(workspace, "lead-triage").output.fields
    assert list(fields) == ["lead_class", "urgency", "why"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    instructions=st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
    prompt=st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
    temperature=st.none() | st.floats(0, 2),
    effort=st.sampled_from([None, "none", "high"]),
    examples=st.lists(st.builds(Example, question=st.text(), answer=st.text()), max_size=2),
    tokens=st.integers(16, 10**6),
    lookup=st.sampled_from(
        [
            None,
            {"table": "us-states", "column": "state", "only": {"country": ["", "US"]}},
            {"table": "a.csv", "column": "b"},
        ]
    ),
    shape=st.sampled_from(
        [
            {"kind": "text"},
            {"kind": "text", "to": "summary"},
            {"kind": "choice", "options": ['a "b"', "c\\d", "é"], "none_option": "é", "to": "state"},
            {"kind": "fields", "fields": {"x": {"kind": "number"}, "y z": {"kind": "choice", "options": ["1", "2"]}}},
        ]
    ),
)
def test_what_is_saved_is_read_back_the_same(
    workspace, instructions, prompt, temperature, effort, examples, tokens, lookup, shape
):
    one = Assistant(
        name="mine",
        description="for a test",
        instructions=instructions,
        prompt=prompt,
        model="gpt-6-luna",
        temperature=temperature,
        reasoning_effort=effort,
        max_output_tokens=tokens,
        output=shape,
        lookup=lookup,
        examples=tuple(examples),
    )
    one.save(workspace)
    again = load_assistant(workspace, "mine")
    assert again == one
    assert again.version == one.version


def test_the_version_follows_what_decides_an_answer_and_nothing_else():
    version = Assistant(**TONE).version
    assert Assistant(**TONE, description="another").version == version
    assert Assistant(**(TONE | {"name": "mood"})).version == version
    changed: list[dict[str, Any]] = [
        {"instructions": "Say it in one word."},
        {"temperature": 0.0},
        {"model": "gpt-6-sol"},
        {"reasoning_effort": "low"},
        {"max_output_tokens": 50},
        {"output": {"kind": "choice", "options": ["happy", "cross"]}},
        {"examples": [{"question": "Great!", "answer": "happy"}]},
        {"prompt": "{{ note }}"},
    ]
    versions = {Assistant(**(TONE | change)).version for change in changed}
    assert len(versions | {version}) == len(changed) + 1


def test_surrounding_space_of_instructions_and_prompt_does_not_make_another_version():
    padded = TONE | {"instructions": f"\n{TONE['instructions']}\n", "prompt": "\n{{ note }}\n"}
    assert Assistant(**padded).version == Assistant(**(TONE | {"prompt": "{{ note }}"})).version


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "instructions: is missing"),
        ('instructions = "  "', "instructions: "),
        ('instructions = "a"\ninstrucions = "b"', "instrucions: there is no such setting"),
        ('instructions = "a"\ntemperature = 3', "temperature: should be less than or equal to 2"),
        ('instructions = "a"\ntemperature = nan', "temperature: "),
        ('instructions = "a"\nreasoning_effort = "lots"', "reasoning_effort: should be 'none', 'minimal'"),
        ('instructions = "a"\nmax_output_tokens = 3', "max_output_tokens: should be greater than or equal to 16"),
        ('instructions = "a"\noutput = "text"', "output: should be a section"),
        ('instructions = "a"\n[output]\noptions = ["a", "b"]', "output: kind should be one of 'text'"),
        ('instructions = "a"\n[output]\nkind = "choise"', "output: kind should be one of 'text'"),
        ('instructions = "a"\n[output]\nkind = "choice"\noptions = ["a"]', "output.options: needs at least 2"),
        ('instructions = "a"\n[output]\nkind = "choice"\noptions = [1, "b"]', "output.options.0: should be a valid"),
        ('instructions = "a"\n[output]\nkind = "choice"\noptions = ["b", "B"]', "two options are the same"),
        ('instructions = "a"\n[output]\nkind = "fields"', "output.fields: is missing"),
        (
            'instructions = "a"\n[output]\nkind = "fields"\n[output.fields.tone]\nkind = "choice"\noptions = [1, 2]',
            "output.fields.tone.options.0: should be a valid",
        ),
        (
            'instructions = "a"\n[output]\nkind = "fields"\n[output.fields.reason]\nkind = "text"',
            "a field cannot be called 'reason'",
        ),
        ('instructions = "a"\nexamples = [{question = "q"}]', "examples.0.answer: is missing"),
        ("instructions = a", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_setting_as_it_stands_in_the_file(workspace, text, what):
    path = written(workspace, text)
    with pytest.raises(AssistantError) as caught:
        load_assistant(workspace, "mine")
    assert str(caught.value).startswith(str(path))
    assert what in str(caught.value)
    assert "Value error" not in str(caught.value)
    assert "shape" not in str(caught.value)


def test_a_file_whose_name_cannot_be_an_assistants_name_says_to_rename_it(workspace):
    written(workspace, 'instructions = "a"', name="State Codes")
    with pytest.raises(AssistantError, match=r"State Codes\.toml cannot be used: .*Rename the file"):
        load_assistant(workspace, "State Codes")


def test_a_file_with_a_byte_order_mark_as_windows_editors_write_it_is_read(workspace):
    (workspace.assistants / "mine.toml").write_bytes(b'\xef\xbb\xbfinstructions = "a"\r\n')
    assert load_assistant(workspace, "mine").instructions == "a"


def test_a_file_in_another_encoding_says_how_to_save_it(workspace):
    (workspace.assistants / "mine.toml").write_bytes('instructions = "Größe"'.encode("cp1252"))
    with pytest.raises(AssistantError, match="Save it again with the encoding UTF-8"):
        load_assistant(workspace, "mine")


def test_a_misspelled_name_brings_the_nearest_one_and_the_list(workspace):
    with pytest.raises(AssistantError, match=r"Did you mean 'state-abbreviations'\? There are: lead-triage, "):
        load_assistant(workspace, "state-abreviations")


def test_a_name_like_no_other_brings_the_list_alone(workspace):
    with pytest.raises(AssistantError) as caught:
        load_assistant(workspace, "zzz")
    assert "Did you mean" not in str(caught.value)
    assert "There are: lead-triage" in str(caught.value)


def test_a_path_is_no_name(workspace):
    with pytest.raises(AssistantError, match="There is no assistant"):
        load_assistant(workspace, "../hsai")


def test_a_folder_without_assistants_says_there_are_none(workspace):
    for path in workspace.assistants.iterdir():
        path.unlink()
    with pytest.raises(AssistantError, match="There are: none"):
        load_assistant(workspace, "state-abbreviations")
