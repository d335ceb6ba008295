"""Workspaces: made once, found from below, never overwritten, and read with errors that say what to mend."""

from __future__ import annotations

import os

import pytest

from hsai_kit.errors import WorkspaceError
from hsai_kit.workspace import Settings, Workspace


def test_a_new_workspace_has_settings_and_assistants_and_says_so_in_its_own_defaults(tmp_path):
    made = Workspace.make(tmp_path / "jobs" / "states")
    assert sorted(path.name for path in made.folder.iterdir()) == [".gitignore", "assistants", "hsai.toml", "recipes"]
    # The file spells out every setting, so an analyst sees them all; it must not drift from the code.
    assert made.settings == Settings()
    text = (made.folder / "hsai.toml").read_text("utf-8")
    for section in (made.settings.openai, made.settings.hubspot, made.settings.review):
        for name in type(section).model_fields:
            assert f"\n{name} = " in text or f"# [openai.{name}." in text


def test_making_it_again_leaves_what_was_changed_and_brings_back_what_was_deleted(tmp_path):
    made = Workspace.make(tmp_path)
    settings = made.folder / "hsai.toml"
    settings.write_text("[openai]\nconcurrency = 3\n", "utf-8")
    (made.assistants / "lead-triage.toml").unlink()
    again = Workspace.make(tmp_path)
    assert again.settings.openai.concurrency == 3
    assert (again.assistants / "lead-triage.toml").is_file()


def test_a_folder_without_a_workspace_says_how_to_make_one(tmp_path):
    with pytest.raises(WorkspaceError, match=r"There is no workspace in .*hsai init"):
        Workspace(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_is_found_from_a_folder_below_and_not_from_beside(tmp_path):
    made = Workspace.make(tmp_path / "work")
    below = made.folder / "exports" / "2026"
    below.mkdir(parents=True)
    found = Workspace.find(below)
    assert found is not None
    assert found.folder == made.folder
    (tmp_path / "beside").mkdir()
    assert Workspace.find(tmp_path / "beside") is None


def test_a_tilde_is_the_home_folder_and_not_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert Workspace.make("~/states").folder == tmp_path / "states"
    assert Workspace("~/states").folder == tmp_path / "states"
    assert not (tmp_path / "~").exists()


def test_a_place_where_nothing_can_be_made_is_an_error_with_a_way_out(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(WorkspaceError, match=r"cannot be made in .*taken.*Choose another folder"):
        Workspace.make(tmp_path / "taken")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[openai]\nconcurency = 3", "openai.concurency: there is no such setting"),
        ("[opnai]", "opnai: there is no such setting"),
        ("[openai]\nconcurrency = 0", "openai.concurrency: should be greater than or equal to 1"),
        ('openai = "gpt"', "openai: should be a section"),
        ('[hubspot]\napi_version = "v4"', "hubspot.api_version: should be '2026-09', '2026-03' or 'v3'"),
        ('[hubspot]\nprotected_properties = "email"', "hubspot.protected_properties: should be a list"),
        ("[review]\nlow_confidence = 80", "review.low_confidence: should be less than or equal to 1"),
        ("[openai", "is not valid TOML"),
    ],
)
def test_settings_that_cannot_be_used_are_named_with_the_file(tmp_path, text, what):
    path = Workspace.make(tmp_path).folder / "hsai.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(WorkspaceError) as caught:
        Workspace(tmp_path)
    assert str(path) in str(caught.value)
    assert what in str(caught.value)


def test_a_protected_property_is_protected_however_it_is_written(tmp_path):
    path = Workspace.make(tmp_path).folder / "hsai.toml"
    path.write_text('[hubspot]\nprotected_properties = ["Email", " hs_object_id"]', "utf-8")
    assert Workspace(tmp_path).settings.hubspot.protected_properties == ("email", "hs_object_id")


def test_the_reviewer_is_the_setting_or_the_login_name(tmp_path, monkeypatch):
    made = Workspace.make(tmp_path)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "ana")
    assert made.reviewer == "ana"
    (tmp_path / "hsai.toml").write_text('[review]\nreviewer = "Ana Ruiz"', "utf-8")
    assert Workspace(tmp_path).reviewer == "Ana Ruiz"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user whom modes hold back")
def test_a_settings_file_that_may_not_be_read_says_so(tmp_path):
    path = Workspace.make(tmp_path).folder / "hsai.toml"
    path.chmod(0)
    with pytest.raises(WorkspaceError, match="cannot be read: Permission denied"):
        Workspace(tmp_path)


def test_a_workspace_above_the_home_folder_is_refused_and_one_in_it_is_found(tmp_path, monkeypatch):
    home = tmp_path / "home" / "ana"
    (home / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    planted = Workspace.make(tmp_path / "home")
    with pytest.raises(WorkspaceError, match=r"above your own folder .*Work in a workspace of your own: hsai init"):
        Workspace.find(home / "work")
    # Who works outside of the home folder means what is there.
    (planted.folder / "shared").mkdir()
    assert Workspace.find(planted.folder / "shared").folder == planted.folder
    assert Workspace.make(home).folder == Workspace.find(home / "work").folder


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("what", [".", "hsai.toml"])
def test_a_workspace_of_another_user_is_refused(tmp_path, monkeypatch, what):
    monkeypatch.delenv("SUDO_UID", raising=False)
    made = Workspace.make(tmp_path / "work")
    os.chown(made.folder / what, 54_321, -1)
    for reach in (Workspace, Workspace.find, Workspace.make):
        with pytest.raises(WorkspaceError, match="belongs to the user with the number 54321, so its settings are not"):
            reach(made.folder)
    monkeypatch.setenv("SUDO_UID", "54321")
    assert Workspace(made.folder).folder == made.folder
