from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from hsai_kit.sandbox.database import Database, DataFileError

if TYPE_CHECKING:
    from pathlib import Path


def fill_database(path: Path | None) -> Database:
    database = Database(path)
    database.execute("CREATE TABLE fruit (name TEXT)")
    database.executemany("INSERT INTO fruit VALUES (?)", [("apple",), ("pear",)])
    database.keep_pristine()
    return database


def names(database: Database) -> list[str]:
    return [name for (name,) in database.execute("SELECT name FROM fruit ORDER BY name")]


@pytest.mark.parametrize("in_file", [False, True])
def test_restoring_brings_back_what_was_kept_as_often_as_wanted(tmp_path: Path, in_file: bool) -> None:
    with closing(fill_database(tmp_path / "s.sqlite" if in_file else None)) as database:
        for _ in range(3):
            database.execute("DELETE FROM fruit WHERE name = 'apple'")
            database.execute("CREATE TABLE later (x)")
            assert names(database) == ["pear"]
            database.restore_pristine()
            assert names(database) == ["apple", "pear"]


def test_a_file_keeps_both_its_changes_and_its_pristine_copy_over_restarts(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with closing(fill_database(path)) as database:
        database.execute("DELETE FROM fruit WHERE name = 'apple'")
    for _ in range(2):
        with closing(Database(path)) as database:
            assert database.is_seeded
            assert names(database) == ["pear"]
            database.restore_pristine()
            assert names(database) == ["apple", "pear"]
            database.execute("DELETE FROM fruit WHERE name = 'apple'")


def test_a_first_seeding_that_was_killed_leaves_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with closing(Database(path)) as database:
        database.execute("CREATE TABLE fruit (name TEXT)")
    with closing(Database(path)) as database:
        assert not database.is_seeded
        assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    with closing(fill_database(path)) as database:
        assert names(database) == ["apple", "pear"]


def add_two_and_fail(database: Database) -> None:
    with database.transaction():
        database.execute("INSERT INTO fruit VALUES ('plum')")
        with database.transaction():
            database.execute("INSERT INTO fruit VALUES ('fig')")
        database.execute("INSERT INTO nowhere VALUES ('fig')")


def test_a_failing_transaction_leaves_nothing_behind_even_when_nested() -> None:
    with closing(fill_database(None)) as database:
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            add_two_and_fail(database)
        assert names(database) == ["apple", "pear"]


def test_without_a_pristine_copy_there_is_nothing_to_restore() -> None:
    with closing(Database()) as database, pytest.raises(RuntimeError, match="keep_pristine"):
        database.restore_pristine()


def test_a_data_file_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE answers (x)")
    before = foreign.read_bytes()
    with pytest.raises(DataFileError, match="something else"):
        Database(foreign)
    assert foreign.read_bytes() == before
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but a longer text than SQLite's header, which it reads first" * 4)
    with pytest.raises(DataFileError, match="not an SQLite file"):
        Database(text)
    with pytest.raises(DataFileError, match="folder"):
        Database(tmp_path / "nowhere" / "s.sqlite")


def test_two_sandboxes_cannot_share_one_data_file(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with closing(fill_database(path)), pytest.raises(DataFileError, match="in use"):
        Database(path)
