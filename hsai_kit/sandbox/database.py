"""The sandbox's state: one SQLite connection, in memory or in a file, with a copy to go back to."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

APPLICATION_ID = 0x48534149  # "HSAI" in SQLite's header: tells our files from every other SQLite file


class DataFileError(Exception):
    """The file given with --data cannot hold a sandbox's state; the message says why."""


class Database:
    """One SQLite connection in autocommit mode, used by the server's only thread.

    With a path the state outlives the process. `keep_pristine` takes a copy of everything, which
    `restore_pristine` brings back; in a file the copy is kept in the file itself, so that both work after a
    restart. `seeded` tells whether such a copy is there already.

    Raises DataFileError for a file that is no SQLite file, belongs to something else, or is in use.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = path
        self._pristine: sqlite3.Connection | None = None
        try:
            # Built in the main thread, used by the server's: never by two at a time.
            self.connection = sqlite3.connect(
                ":memory:" if path is None else path,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
                timeout=0.2,
            )
        except sqlite3.OperationalError as error:
            raise DataFileError(_reason(path, error)) from error
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            self.close()
            raise DataFileError(_reason(path, error)) from error
        except DataFileError:
            self.close()
            raise

    @property
    def is_seeded(self) -> bool:
        """Whether a pristine copy is kept, which is so from the end of the first seeding on."""
        return self._pristine is not None

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self.connection.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any] | Mapping[str, Any]]) -> sqlite3.Cursor:
        """Run one statement for each set of parameters."""
        return self.connection.executemany(sql, parameters)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the block's statements together or not at all; a nested one joins the outer."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def keep_pristine(self) -> None:
        """Take everything as it is now for the state that `restore_pristine` comes back to."""
        self.execute("DROP TABLE IF EXISTS sandbox_pristine")
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        self.connection.backup(copy)
        if self._pristine is not None:
            self._pristine.close()
        self._pristine = copy
        if self.path is not None:
            content = copy.serialize()
            _put_content(copy, content)
            _put_content(self.connection, content)

    def restore_pristine(self) -> None:
        """Go back to the state of `keep_pristine`; one SQLite transaction, so never half way."""
        if self._pristine is None:
            message = "There is no pristine copy to go back to: keep_pristine has not been called."
            raise RuntimeError(message)
        self._pristine.backup(self.connection)

    def close(self) -> None:
        """Close the connection and the copy; a second call does nothing."""
        self.connection.close()
        if self._pristine is not None:
            self._pristine.close()

    def _open(self) -> None:
        self.execute("PRAGMA locking_mode = EXCLUSIVE")
        (tables,) = self.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (application,) = self.execute("PRAGMA application_id").fetchone()
        if tables and application != APPLICATION_ID:
            message = f"{self.path} is a database of something else. Give --data another file."
            raise DataFileError(message)
        # A kill leaves the file whole; only a power cut could hurt it, and there is nothing precious in it.
        self.execute("PRAGMA journal_mode = TRUNCATE")
        self.execute("PRAGMA synchronous = OFF")
        self.execute("BEGIN EXCLUSIVE")  # and kept, by the locking mode, until the file is closed
        self.execute("COMMIT")
        self.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        if tables:
            self._reopen()

    def _reopen(self) -> None:
        kept = self.execute("SELECT 1 FROM sqlite_master WHERE name = 'sandbox_pristine'").fetchone()
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        if kept is None:  # killed in the middle of its first seeding: begin again
            copy.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            copy.backup(self.connection)
            copy.close()
            return
        (content,) = self.execute("SELECT content FROM sandbox_pristine").fetchone()
        copy.deserialize(content)
        _put_content(copy, content)
        self._pristine = copy


def _put_content(connection: sqlite3.Connection, content: bytes) -> None:
    connection.execute("CREATE TABLE sandbox_pristine (content BLOB NOT NULL)")
    connection.execute("INSERT INTO sandbox_pristine VALUES (?)", (content,))
    connection.commit()


def _reason(path: str | Path | None, error: sqlite3.DatabaseError) -> str:
    if "not a database" in str(error):
        return f"{path} is no sandbox data: it is not an SQLite file. Give --data a new file."
    if "locked" in str(error):
        return f"{path} is in use by another sandbox. Stop that one, or give --data another file."
    return f"{path} cannot be opened ({error}). Is its folder there and writable?"
