"""Notebooks in a workspace: there at once, brought up to date, and never over anybody's work."""

from __future__ import annotations

import pytest

from hsai_kit.lab import notebooks
from hsai_kit.lab.notebooks import list_notebooks, place
from hsai_kit.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace.make(tmp_path / "workspace")


@pytest.fixture
def release(tmp_path, monkeypatch):
    """Make a release of the package with these notebooks, by name and content."""

    def make(**contents: str) -> None:
        folder = tmp_path / "package"
        folder.mkdir(exist_ok=True)
        for name, content in contents.items():
            (folder / f"{name}.ipynb").write_text(content, "utf-8")
        monkeypatch.setattr(notebooks, "list_notebooks", lambda: sorted(folder.glob("*.ipynb")))

    return make


def there(workspace) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (workspace.folder / "notebooks").glob("*.ipynb")}


def test_the_packages_notebooks_begin_with_the_tour():
    names = [path.name for path in list_notebooks()]
    assert names[0] == "00_tour.ipynb"


def test_a_new_workspace_gets_every_notebook_and_a_second_start_writes_nothing(workspace):
    assert [path.name for path in place(workspace)] == [path.name for path in list_notebooks()]
    assert place(workspace) == []
    assert there(workspace) == {path.name: path.read_text("utf-8") for path in list_notebooks()}


def test_an_untouched_notebook_is_replaced_by_its_new_version(workspace, release):
    release(tour="one")
    place(workspace)
    release(tour="two")
    assert [path.name for path in place(workspace)] == ["tour.ipynb"]
    assert there(workspace) == {"tour.ipynb": "two"}


def test_an_edited_notebook_stays_and_new_versions_stand_beside_it_once(workspace, release):
    release(tour="one")
    place(workspace)
    mine = workspace.folder / "notebooks" / "tour.ipynb"
    mine.write_text("mine", "utf-8")
    assert place(workspace) == [], "the version that was edited is not put there again"
    release(tour="two")
    assert [path.name for path in place(workspace)] == ["tour_new.ipynb"]
    assert place(workspace) == []
    release(tour="three")
    assert [path.name for path in place(workspace)] == ["tour_new.ipynb"]
    assert there(workspace) == {"tour.ipynb": "mine", "tour_new.ipynb": "three"}
    (workspace.folder / "notebooks" / "tour_new.ipynb").write_text("mine too", "utf-8")
    release(tour="four")
    place(workspace)
    assert there(workspace) == {"tour.ipynb": "mine", "tour_new.ipynb": "mine too", "tour_new_2.ipynb": "four"}


def test_somebodys_own_file_of_that_name_is_left_alone_also_without_any_notes(workspace, release):
    folder = workspace.folder / "notebooks"
    folder.mkdir()
    (folder / "tour.ipynb").write_text("mine", "utf-8")
    (folder / ".placed.json").write_text("garbage", "utf-8")
    release(tour="one")
    place(workspace)
    assert there(workspace) == {"tour.ipynb": "mine", "tour_new.ipynb": "one"}
