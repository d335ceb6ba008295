"""Versions: what was saved before is still there, and what changed is told setting by setting."""

from __future__ import annotations

import pytest

from hsai_kit import Assistant
from hsai_kit.assistant.assistant import load_assistant
from hsai_kit.assistant.versions import diff_settings, list_versions, save_version
from hsai_kit.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace.make(tmp_path)


def test_a_new_version_takes_the_file_and_the_one_before_is_kept(workspace):
    first = load_assistant(workspace, "record-summary")
    second = first.model_copy(update={"instructions": "Summarize in one sentence."})
    save_version(workspace, second)
    assert load_assistant(workspace, "record-summary") == second
    kept = list_versions(workspace, "record-summary")
    assert kept["version"].tolist() == [second.version, first.version]
    assert Assistant.from_file(kept["file"][1]).instructions == first.instructions


def test_saving_the_same_again_leaves_the_file_with_its_comments_alone(workspace):
    path = workspace.assistants / "record-summary.toml"
    path.write_text(f"# mine\n{path.read_text('utf-8')}", "utf-8")
    save_version(workspace, load_assistant(workspace, "record-summary"))
    assert path.read_text("utf-8").startswith("# mine")
    assert len(list_versions(workspace, "record-summary")) == 1


def test_a_file_that_cannot_be_read_is_not_lost_when_its_name_is_saved(workspace):
    path = workspace.assistants / "record-summary.toml"
    mine = load_assistant(workspace, "record-summary")
    path.write_text("half a ", "utf-8")
    save_version(workspace, mine)
    assert path.with_suffix(".toml.unreadable").read_text("utf-8") == "half a "


def test_what_changed_is_told_by_setting_with_both_values(workspace):
    before = load_assistant(workspace, "state-abbreviations")
    options = before.output.shape.options
    shape = before.output.shape.model_copy(update={"options": (*options[:2], "UNKNOWN")})
    after = before.model_copy(
        update={"temperature": 0.0, "output": before.output.model_copy(update={"shape": shape})},
    )
    told = {one.setting: (one.before, one.after) for one in diff_settings(before, after)}
    assert told == {"temperature": ("", "0.0"), "output.options": (", ".join(options), "AL, AK, UNKNOWN")}
    assert diff_settings(before, before) == []
