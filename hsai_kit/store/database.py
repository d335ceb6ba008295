"""The SQLite file itself: opening, migrating, and one writer at a time."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from hsai_kit.errors import WorkspaceError
from hsai_kit.runtime.network_drive import find_network_drive
from hsai_kit.runtime.private_files import keep_private

MIGRATIONS = tuple(script.read_text("utf-8") for script in sorted((Path(__file__).parent / "migrations").glob("*.sql")))
"""What brings a file up to date, one script for each version; PRAGMA user_version counts how many a file has had."""
T = TypeVar("T")
# Values that are looked up at once, and rows that are read at once: a page is gone before the next one comes.
PAGE = 10_000


class Database:
    """One connection in WAL mode, shared by the notebook's thread and the background loop under a lock.

    It waits `patience` seconds for another process to finish its writing.
    """

    def __init__(self, path: Path, *, patience: float = 30.0, migrations: Sequence[str] = MIGRATIONS) -> None:
        self.path = path
        self._patience = patience
        self._migrations = migrations
        self._lock = threading.RLock()
        if kind := find_network_drive(path.parent.resolve()):
            message = (
                f"The store {path} would lie on a network drive ({kind}), where SQLite's journal is not safe: a loss "
                "of power or a second computer could destroy answers that were paid for and receipts. Move the "
                "workspace to a disk of this computer, and keep copies of it on the drive."
            )
            raise WorkspaceError(message)
        for file in (path, *(one for end in ("-wal", "-shm") if (one := path.with_name(path.name + end)).exists())):
            keep_private(file)
        with self._hold():
            self._connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        try:
            with self._hold():
                self._prepare()
                self._migrate()
        except BaseException:
            # An open file could not be moved away on Windows.
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def all(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """Return every row of a query."""
        with self._hold():
            return self._connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        with self._hold():
            row: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
            return row

    def count(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> int:
        """Return the one number that a query counts."""
        row = self.one(sql, parameters)
        return int(row[0] or 0) if row else 0

    def among(self, sql: str, values: Sequence[Any]) -> Iterator[sqlite3.Row]:
        """Yield the rows of a query for many values, a page at a time, which is its parameter for `json_each`."""
        for start in range(0, len(values), PAGE):
            yield from self.all(sql, (json.dumps(values[start : start + PAGE]),))

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> int:
        """Run one statement, committed at once, and return how many rows it touched."""
        with self._hold():
            return self._connection.execute(sql, parameters).rowcount

    def insert(self, table: str, **values: Any) -> int:
        """Add one row, its values by column, committed at once, and return the number that SQLite knows it by."""
        sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"  # noqa: S608 -- names are ours
        with self._hold():
            return self._connection.execute(sql, tuple(values.values())).lastrowid or 0

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows in one transaction."""
        with self.transaction():
            self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements of the block, or none of them; a block inside of another is part of it."""
        with self._hold():
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk has SQLite roll back by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def durable(self) -> Iterator[None]:
        """Commit what is written in the block to the disk itself, so that it survives a loss of power.

        It costs a wait for the disk for each commit (milliseconds), which the answers' path does not take.
        """
        with self._hold():
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("PRAGMA synchronous = FULL")
            try:
                yield
            finally:
                self._connection.execute("PRAGMA synchronous = NORMAL")

    @contextmanager
    def _hold(self) -> Iterator[None]:
        """Hold the lock, and say in words what the file or its disk does not let through."""
        with self._lock:
            try:
                yield
            except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
                raise
            except sqlite3.DatabaseError as problem:
                raise WorkspaceError(_explain(self.path, problem)) from None

    def _prepare(self) -> None:
        until = time.monotonic() + self._patience
        while True:
            try:
                # NORMAL in WAL mode loses nothing when the process is killed, only when the power goes.
                self._connection.executescript(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
                )
                return
            except sqlite3.OperationalError as problem:
                # Where two processes make the file at once, SQLite does not wait for the other by itself.
                if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def _migrate(self) -> None:
        with self.transaction():
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version > len(self._migrations):
                message = (
                    f"The store {self.path} was written by a newer hsai_kit. Update it: "
                    "python -m pip install --upgrade hsai_kit"
                )
                raise WorkspaceError(message)
            for script in self._migrations[version:]:
                for statement in split_statements(script):
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {len(self._migrations)}")


class Table:
    """Reads and writes of one part of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database


class ColumnSet(Generic[T]):
    """The columns that a dataclass is kept in; `parse` makes the values of some of them of what the file holds."""

    def __init__(self, kind: type[T], /, **parse: Callable[[Any], Any]) -> None:
        self.names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # a dataclass
        self._kind = kind
        self._parse = [(self.names.index(name), one) for name, one in parse.items()]

    def __str__(self) -> str:
        return ", ".join(self.names)

    def of(self, table: str) -> str:
        """Return the columns for a SELECT with a table's short name before each."""
        return ", ".join(f"{table}.{name}" for name in self.names)

    def read(self, row: Iterable[Any]) -> T:
        """Return the dataclass that a row holds; raises WorkspaceError where a column holds what it never should."""
        values = list(row)
        for place, parse in self._parse:
            try:
                values[place] = parse(values[place])
            except (ValueError, TypeError):
                message = (
                    f"The store holds a {self.names[place]} of {values[0]!r} that this version cannot read. A newer "
                    "hsai_kit or another program wrote it: update hsai_kit, or take the file from a backup."
                )
                raise WorkspaceError(message) from None
        return self._kind(*values)


def now() -> str:
    """Return the present time as kept in the store: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id(kind: str) -> str:
    """Return a new id that sorts by time and is unique across workspaces: `run-20261123-164205-7f3a91c2`."""
    return f"{kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def _explain(path: Path, problem: sqlite3.DatabaseError) -> str:
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return (
            f"The store {path} is held by another program for too long. Close other notebooks and terminals that "
            "write to it, keep it out of synchronized folders, and run the same again."
        )
    if code == sqlite3.SQLITE_FULL:
        return f"The store {path} cannot grow: the disk is full. Make room and run the same again."
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR}:
        return f"The store {path} cannot be used: {problem}. Look whether its folder is there and may be written to."
    return (
        f"The store {path} cannot be read: {problem}. Move that file away (it may hold paid answers and receipts, so "
        "keep it) and run the same again."
    )


def split_statements(script: str) -> Iterator[str]:
    """Yield the statements of a script, to be run in one transaction."""
    # executescript would commit the transaction that makes a migration all or nothing.
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
