"""The store's file: made, migrated or refused in a sentence; shared by processes, and whole after a kill."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading

import pytest

from hsai_kit.errors import WorkspaceError
from hsai_kit.runtime import network_drive
from hsai_kit.store import Act, ActionOutcome, Answer, AnswerStatus, Change, PushOutcome, RunRow, Store
from hsai_kit.store.answers import AnswerTable
from hsai_kit.store.database import MIGRATIONS, Database, new_id
from hsai_kit.store.runs import RunTable


@pytest.fixture
def path(tmp_path):
    return tmp_path / "hsai.sqlite"


@pytest.fixture
def store(path):
    opened = Store(path)
    yield opened
    opened.close()


@contextlib.contextmanager
def raw(path):
    """A plain connection, which knows nothing of the kit."""
    connection = sqlite3.connect(path)
    try:
        yield connection
    finally:
        connection.close()


def asked(store: Store, *questions: str) -> str:
    """A run with one row for each question."""
    run = store.runs.begin(
        portal_id=1,
        pull_id=None,
        object_type="contacts",
        assistant="states",
        assistant_version="abc",
        assistant_json="{}",
        prompt="{{ state }}",
        model="sandbox-luna",
    )
    store.answers.add_questions([(one, f"text of {one}") for one in questions], "sandbox-luna", "abc")
    store.runs.add_rows(run, [RunRow(str(101 + place), one) for place, one in enumerate(questions)])
    return run


def read_all(path) -> None:
    with contextlib.closing(Store(path)) as store:
        list(store.runs.rows(store.runs.latest() or ""))


def in_child(code: str, *arguments: str) -> subprocess.Popen[str]:
    head = "import sys\nfrom pathlib import Path\nfrom hsai_kit.store import Answer, RunRow, Store\n"
    return subprocess.Popen(
        [sys.executable, "-c", head + textwrap.dedent(code), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_new_file_says_which_version_it_is(path):
    Store(path).close()
    with raw(path) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_an_empty_file_is_as_good_as_none(path):
    path.touch()
    store = Store(path)
    assert store.runs.latest() is None
    store.close()


def test_a_current_file_is_opened_as_it_is(path):
    first = Store(path)
    run = asked(first, "q1")
    first.close()
    with raw(path) as file:
        before = list(file.iterdump())
    second = Store(path)
    assert second.runs.latest() == run
    second.close()
    with raw(path) as file:
        assert list(file.iterdump()) == before


def test_an_older_file_is_brought_up_to_date_with_its_content(path):
    old = Store(path)
    run = asked(old, "q1")
    old.close()
    later = "CREATE TABLE later (x INTEGER);\n-- a note; with a semicolon\nINSERT INTO later VALUES (5);\n"
    new = Database(path, migrations=(*MIGRATIONS, later))
    assert RunTable(new, AnswerTable(new)).latest() == run
    new.close()
    with raw(path) as file:
        assert file.execute("SELECT x FROM later").fetchall() == [(5,)]
        assert file.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)


def test_a_journal_of_one_property_is_that_of_this_property_afterwards(path):
    with raw(path) as file:
        file.executescript(MIGRATIONS[0])
        file.execute("PRAGMA user_version = 1")
        columns = "'p', '2026', NULL, 'push', NULL, 1, 'contacts', '0-1', 'state', NULL, 'ana', 'done'"
        file.execute(f"INSERT INTO pushes VALUES ({columns})")
        file.execute("INSERT INTO changes VALUES ('p', '101', 'Texas', 'TX', 'written', '', '2026')")
        file.commit()
    store = Store(path)
    assert store.pushes.get("p").properties == ("state",)
    (change,) = store.pushes.lines("p")
    assert (change.record_id, change.property, change.before, change.after) == ("101", "state", "Texas", "TX")
    store.close()


def test_a_migration_that_fails_half_way_leaves_the_file_as_it_was(path):
    Store(path).close()
    with raw(path) as file:
        before = list(file.iterdump())
    broken = (*MIGRATIONS, "CREATE TABLE later (x INTEGER);\nINSERT INTO nowhere VALUES (5);\n")
    with pytest.raises(WorkspaceError, match="no such table: nowhere"):
        Database(path, migrations=broken)
    with raw(path) as file:
        assert list(file.iterdump()) == before
        assert file.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_file_of_a_newer_version_is_refused_with_the_way_to_update_and_left_alone(path):
    with raw(path) as file:
        file.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        file.commit()
    with pytest.raises(WorkspaceError, match=r"written by a newer hsai_kit\. Update it: python -m pip install"):
        Store(path)
    with raw(path) as file:
        assert list(file.execute("SELECT name FROM sqlite_master")) == []


@pytest.mark.parametrize(
    "content", [b"junk " * 1000, b"record_id,state\n101,CA\n", b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_file_that_is_no_store_is_refused_in_a_sentence_and_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"hsai\.sqlite cannot be read: .*Move that file away \(it may hold paid"):
        Store(path)
    assert path.read_bytes() == content
    path.rename(path.with_suffix(".old"))  # what the sentence says to do can be done
    Store(path).close()


def test_damage_in_the_middle_is_told_in_a_sentence_when_it_is_met(path):
    store = Store(path)
    asked(store, *(f"q{n}" for n in range(3000)))
    store.close()
    content = bytearray(path.read_bytes())
    content[8192:-4096] = b"\xff" * (len(content) - 8192 - 4096)
    path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"cannot be read: .*malformed"):
        read_all(path)


@pytest.mark.parametrize("place", ["no/such/folder/hsai.sqlite", "."])
def test_a_place_where_no_file_can_be_says_where_to_look(tmp_path, place):
    with pytest.raises(WorkspaceError, match="Look whether its folder is there and may be written to"):
        Store(tmp_path / place)


def test_a_file_that_another_program_holds_is_not_to_be_moved_away(path, store):
    with raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(WorkspaceError, match="held by another program") as caught:
            Database(path, patience=0.2)
    assert "Move that file away" not in str(caught.value)
    Store(path).close()


def test_a_full_disk_is_told_in_a_sentence_and_the_store_goes_on_when_there_is_room(path):
    database = Database(path)
    try:
        database.execute("CREATE TABLE big (x)")
        (pages,) = database.one("PRAGMA page_count")
        database.one(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(WorkspaceError, match=r"the disk is full\. Make room"):
            database.many("INSERT INTO big VALUES (?)", [("x" * 3000,) for _ in range(50)])
        assert database.one("SELECT COUNT(*) FROM big")[0] == 0
        database.one("PRAGMA max_page_count = 1000000")
        database.many("INSERT INTO big VALUES (?)", [("x" * 3000,) for _ in range(50)])
        assert database.one("SELECT COUNT(*) FROM big")[0] == 50
    finally:
        database.close()


def test_one_file_is_left_after_closing_so_that_it_can_be_copied(path, store):
    asked(store, "q1")
    store.close()
    assert [one.name for one in path.parent.iterdir()] == ["hsai.sqlite"]
    store.close()  # twice does no harm


def test_a_transaction_is_all_or_nothing(path):
    database = Database(path)
    row = (1, "Acme", "STANDARD", "2026-11-16T00:00:00Z", "app.hubspot.com")
    with contextlib.closing(database), pytest.raises(sqlite3.IntegrityError):
        database.many("INSERT INTO connections VALUES (?, ?, ?, ?, ?)", [row, row])
    with raw(path) as file:
        assert file.execute("SELECT COUNT(*) FROM connections").fetchone() == (0,)


def test_threads_share_one_store(store):
    questions = [f"q{n}" for n in range(200)]
    run = asked(store, *questions)

    def add(part):
        for one in part:
            store.answers.add(run, [Answer(one, AnswerStatus.ANSWERED, output=one)])

    threads = [threading.Thread(target=add, args=(questions[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.answers.find_known(questions) == set(questions)


def test_processes_that_make_the_same_store_at_the_same_moment_all_get_it(path):
    code = """
    print("ready", flush=True)
    sys.stdin.readline()
    store = Store(Path(sys.argv[1]))
    store.pulls.begin(1, "contacts", "0-1", ["state"], None)
    store.close()
    """
    children = [in_child(code, str(path)) for _ in range(4)]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    assert [child.communicate(timeout=30)[1] for child in children] == [""] * 4
    with raw(path) as file:
        assert file.execute("SELECT COUNT(DISTINCT id) FROM pulls").fetchone() == (4,)


def test_two_processes_keep_their_answers_in_one_store(path, store):
    mine, theirs = [f"m{n}" for n in range(150)], [f"t{n}" for n in range(150)]
    run = asked(store, *mine, *theirs)
    code = """
    store = Store(Path(sys.argv[1]))
    print("ready", flush=True)
    for n in range(150):
        store.answers.add(sys.argv[2], [Answer(f"t{n}", "answered", output="CA")])
    store.close()
    """
    child = in_child(code, str(path), run)
    assert child.stdout.readline() == "ready\n"
    for one in mine:
        store.answers.add(run, [Answer(one, AnswerStatus.ANSWERED, output="TX")])
    assert child.communicate(timeout=30)[1] == ""
    assert store.answers.find_known([*mine, *theirs]) == {*mine, *theirs}


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_kill_in_the_middle_of_answering_loses_no_answer_that_was_kept(path, store):
    run = asked(store, *(f"q{n}" for n in range(100_000)))
    store.close()
    code = """
    store = Store(Path(sys.argv[1]))
    for n in range(100_000):
        store.answers.add(sys.argv[2], [Answer(f"q{n}", "answered", output="x" * 500, usd=0.001)])
        print(n, flush=True)
    """
    with in_child(code, str(path), run) as child:
        for _ in range(300):
            first = child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        kept = [int(first), *(int(line) for line in child.stdout.read().splitlines() if line)][-1]
    assert 299 <= kept < 99_999
    again = Store(path)
    known = again.answers.find_known([f"q{n}" for n in range(kept + 1)])
    assert len(known) == kept + 1
    last = next(row.answer for row in again.runs.rows(run) if row.row.question == f"q{kept}")
    assert last == Answer(f"q{kept}", AnswerStatus.ANSWERED, output="x" * 500, usd=0.001)
    again.close()
    with raw(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []


def list_commits(store: Store, do) -> set[str]:
    """Return how far each commit went while `do` ran: FULL is on the disk, NORMAL may be lost with the power."""
    level, found = "NORMAL", set()

    def follow(statement: str) -> None:
        nonlocal level
        if statement.startswith("PRAGMA synchronous"):
            level = statement.split()[-1]
        elif statement.startswith(("COMMIT", "UPDATE", "INSERT")):
            found.add(level)

    connection = store._database._connection
    connection.set_trace_callback(follow)
    try:
        do()
    finally:
        connection.set_trace_callback(None)
    return found


def test_what_stands_in_hubspot_is_on_the_disk_before_it_is_sent_and_answers_do_not_wait_for_it(store):
    def push() -> None:
        kept = {"undoes": None, "portal_id": 1, "object_type": "contacts", "object_type_id": "0-1", "who": "Dana"}
        begun = store.pushes.begin("push", properties=["state"], run_id=None, **kept)
        store.pushes.note(begun, [Change("101", "state", "Calif.", "CA", PushOutcome.SENDING, "")])
        store.pushes.break_off(begun, "the power went")
        store.pushes.end(begun, "stopped")

    def act() -> None:
        kept = {"undoes": None, "portal_id": 1, "object_type": "contacts", "object_type_id": "0-1", "who": "Dana"}
        begun = store.actions.begin("create_task", run_id=None, target="tasks", about="Call", **kept)
        store.actions.claim(begun, [Act("101", "hsai-1", ActionOutcome.SENDING, "Call", "", "", "")])
        store.actions.settle(["hsai-1"], "done", made_id="7")

    run = asked(store, "q1")
    assert list_commits(store, push) == {"FULL"}
    assert list_commits(store, act) == {"FULL"}
    assert list_commits(store, lambda: store.answers.add(run, [Answer("q1", AnswerStatus.ANSWERED, "CA")])) == {
        "NORMAL"
    }


def test_ids_tell_their_kind_sort_by_time_and_do_not_meet():
    ids = [new_id("run") for _ in range(3000)]
    assert len(set(ids)) == 3000
    assert all(one.startswith("run-20") for one in ids)
    assert [one[:19] for one in ids] == sorted(one[:19] for one in ids)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_the_store_is_this_users_alone_also_one_that_others_could_read_before(path):
    path.touch(mode=0o644)
    path.chmod(0o644)
    opened = Store(path)
    asked(opened, "q1")
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    opened.close()
    assert modes == {f"hsai.sqlite{end}": 0o600 for end in ("", "-wal", "-shm")}


MOUNTED = """22 27 0:21 / /proc rw,relatime - proc proc rw
36 27 0:31 / {place} rw - {kind} server:/share rw,vers=4{options}
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
"""


@pytest.mark.skipif(sys.platform != "linux", reason="as Linux tells it")
@pytest.mark.parametrize(("kind", "options"), [("nfs4", ""), ("cifs", ""), ("fuse.sshfs", ""), ("9p", ",aname=drvfs")])
def test_a_store_on_a_network_drive_is_refused_with_the_way_out(tmp_path, monkeypatch, kind, options):
    place = tmp_path / f"on the {kind}"
    place.mkdir()
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTED.format(place=str(place).replace(" ", "\\040"), kind=kind, options=options), "utf-8")
    monkeypatch.setattr(network_drive, "MOUNTS", table)
    with pytest.raises(
        WorkspaceError, match=rf"network drive \({kind}\).* Move the workspace to a disk of this computer"
    ):
        Store(place / "hsai.sqlite")
    assert list(place.iterdir()) == []
    Store(tmp_path / "hsai.sqlite").close()


@pytest.mark.parametrize("mounts", ["", "no mount table\n", "36 27 0:31 / / rw - 9p root rw,aname=gofer\n"])
def test_where_nothing_tells_of_a_network_drive_the_store_is_opened(tmp_path, monkeypatch, mounts):
    table = tmp_path / "mountinfo"
    table.write_text(mounts, "utf-8")
    monkeypatch.setattr(network_drive, "MOUNTS", table)
    Store(tmp_path / "hsai.sqlite").close()
