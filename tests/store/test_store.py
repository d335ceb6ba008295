"""The store: what was pulled, asked, decided and pushed comes back as it was, and nothing paid is forgotten."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

import pytest

from hsai_kit.errors import WorkspaceError
from hsai_kit.run import Run
from hsai_kit.runtime.file_lock import hold_lock
from hsai_kit.store import Answer, AnswerStatus, Change, PushKind, PushOutcome, RunRow, Store
from hsai_kit.store.audit import AuditQuery


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


def begun(store: Store, **values) -> str:
    known: dict[str, Any] = {
        "portal_id": 1,
        "pull_id": None,
        "object_type": "contacts",
        "assistant": "states",
        "assistant_version": "abc",
        "assistant_json": "{}",
        "prompt": "{{ state }}",
        "model": "sandbox-luna",
    }
    return store.runs.begin(**(known | values))


def asked(store: Store, *questions: str) -> str:
    """A run with one row for each question."""
    run = begun(store)
    store.answers.add_questions([(one, f"text of {one}") for one in questions], "sandbox-luna", "abc")
    store.runs.add_rows(run, [RunRow(str(101 + place), one) for place, one in enumerate(questions)])
    return run


def answer_to(store: Store, run: str, question: str) -> Answer | None:
    return next(row.answer for row in store.runs.rows(run) if row.row.question == question)


def test_a_run_is_kept_with_what_was_asked_and_how_it_ended(store):
    run = begun(store, prompt="State: {{ state }}", model="gpt-6-luna")
    record = store.runs.get(run)
    assert record is not None
    assert (record.status, record.prompt, record.model, record.ended_at) == (
        "running",
        "State: {{ state }}",
        "gpt-6-luna",
        None,
    )
    store.runs.end(run, "failed", "The account has no quota left.")
    record = store.runs.get(run)
    assert record is not None
    assert (record.status, record.note) == ("failed", "The account has no quota left.")
    assert record.ended_at is not None
    assert store.runs.get("run-of-nobody") is None


def test_the_newest_run_is_the_latest_also_within_one_second(store):
    runs = [begun(store) for _ in range(20)]
    assert store.runs.latest() == runs[-1]


def test_rows_come_back_in_their_order_each_with_what_became_of_it(store):
    run = asked(store, "q2", "q1")
    store.runs.add_rows(run, [RunRow("900", "q2"), RunRow("901", skipped="every value is blank")], first=2)
    store.answers.add(run, [Answer("q2", AnswerStatus.ANSWERED, output="CA", confidence=0.9, input_tokens=7, usd=0.01)])
    rows = list(store.runs.rows(run))
    assert [row.row.record_id for row in rows] == ["101", "102", "900", "901"]
    assert [row.row.question for row in rows] == ["q2", "q1", "q2", None]
    assert [row.row.skipped for row in rows] == [None, None, None, "every value is blank"]
    assert rows[0].input == "text of q2"
    assert rows[0].answer == rows[2].answer
    assert rows[0].answer == Answer("q2", AnswerStatus.ANSWERED, output="CA", confidence=0.9, input_tokens=7, usd=0.01)
    assert rows[1].answer is None
    assert [row.paid_here for row in rows] == [True, False, True, False]
    assert store.runs.count_questions(run) == 2


def test_an_answer_is_remembered_in_a_later_run_and_is_not_that_ones_cost(store):
    first, second = asked(store, "q1"), asked(store, "q1", "q2")
    store.answers.add(first, [Answer("q1", AnswerStatus.ANSWERED, output="CA")])
    assert store.answers.find_known(["q1", "q2"]) == {"q1"}
    rows = list(store.runs.rows(second))
    assert rows[0].answer is not None
    assert not rows[0].paid_here
    assert rows[1].answer is None


@pytest.mark.parametrize("status", ["answered", "refused", "cut_off"])
def test_an_answer_that_was_paid_is_never_lost_to_a_later_one(store, status):
    first, second = asked(store, "q1"), asked(store, "q1")
    store.answers.add(first, [Answer("q1", status, output="CA")])
    for later in ("failed", "answered"):
        store.answers.add(second, [Answer("q1", AnswerStatus(later), output="TX")])
    kept = answer_to(store, first, "q1")
    assert kept == Answer("q1", status, output="CA")


@pytest.mark.parametrize("later", ["failed", "answered", "refused"])
def test_a_failed_answer_is_asked_again_and_replaced_whole(store, later):
    first, second = asked(store, "q1"), asked(store, "q1")
    store.answers.add(first, [Answer("q1", AnswerStatus.FAILED, reason="HTTP 500", usd=0.0, request_id="req_1")])
    assert store.answers.find_known(["q1"]) == set()
    store.answers.add(second, [Answer("q1", later, output="CA", usd=0.5)])
    assert answer_to(store, second, "q1") == Answer("q1", later, output="CA", usd=0.5)
    assert next(store.runs.rows(second)).paid_here
    assert not next(store.runs.rows(first)).paid_here


def test_many_thousand_questions_can_be_looked_up_at_once(store):
    questions = [f"q{n}" for n in range(2500)]
    run = asked(store, *questions)
    for one in questions[::500]:
        store.answers.add(run, [Answer(one, AnswerStatus.ANSWERED)])
    assert store.answers.find_known(questions) == set(questions[::500])
    assert store.answers.find_known([]) == set()


def test_a_run_goes_on_with_what_has_no_answer_or_failed_in_the_order_of_its_rows(store):
    run = asked(store, "q3", "q1", "q2", "q4")
    store.runs.add_rows(run, [RunRow("900", "q3"), RunRow("901", skipped="blank")], first=4)
    store.answers.add(run, [Answer("q1", AnswerStatus.ANSWERED)])
    store.answers.add(run, [Answer("q2", AnswerStatus.FAILED, reason="HTTP 500")])
    assert list(store.answers.find_outstanding(run).items()) == [
        ("q3", "text of q3"),
        ("q2", "text of q2"),
        ("q4", "text of q4"),
    ]


def test_what_a_run_spent_is_what_it_paid_itself(store):
    first, second = asked(store, "q1", "q2"), asked(store, "q1", "q3")
    assert store.answers.sum_usd(first) == 0
    store.answers.add(first, [Answer("q1", AnswerStatus.ANSWERED, usd=0.5)])
    store.answers.add(first, [Answer("q2", AnswerStatus.CUT_OFF, usd=0.25)])
    store.answers.add(second, [Answer("q3", AnswerStatus.ANSWERED, usd=None)])
    assert (store.answers.sum_usd(first), store.answers.sum_usd(second)) == (0.75, 0)


def test_a_run_that_goes_on_is_running_again_under_its_old_budget_or_a_new_one(store):
    run = begun(store, budget_usd=1.5)
    for budget, expected in ((None, 1.5), (3.0, 3.0)):
        store.runs.end(run, "paused", "the budget is reached")
        store.runs.begin_again(run, budget, "responses")
        record = store.runs.get(run)
        assert record is not None
        assert (record.status, record.note, record.ended_at, record.budget_usd) == ("running", "", None, expected)


def test_every_run_is_listed_newest_first(store):
    runs = [begun(store) for _ in range(3)]
    assert [record.id for record in store.runs.all()] == runs[::-1]


def test_what_was_approved_is_remembered_for_its_assistant_and_the_newest_holds(store):
    run, later = begun(store), begun(store)
    store.answers.remember("states", run, [("State: Calif.", '"CA"', "ana"), ("State: Tex", '"TX"', "ana")])
    store.answers.remember("states", later, [("State: Tex", '"UNKNOWN"', "ben")])
    assert store.answers.read_remembered("states") == {
        "State: Calif.": ('"CA"', run),
        "State: Tex": ('"UNKNOWN"', later),
    }
    assert store.answers.read_remembered("triage") == {}


def test_what_a_model_refuses_is_known_for_that_model_at_that_address_until_it_takes_it(store):
    store.model_facts.learn("http://a", "luna", "temperature", accepted=False, reason="not supported")
    store.model_facts.learn("http://a", "luna", "logprobs", accepted=True)
    assert store.model_facts.read_refused("http://a", "luna") == {"temperature": "not supported"}
    assert store.model_facts.read_refused("http://b", "luna") == store.model_facts.read_refused("http://a", "sol") == {}
    store.model_facts.learn("http://a", "luna", "temperature", accepted=True)
    assert store.model_facts.read_refused("http://a", "luna") == {}


def test_the_text_of_a_question_stays_as_it_was_first_asked(store):
    run = asked(store, "q1")
    store.answers.add_questions([("q1", "another")], "m", "v")
    assert next(store.runs.rows(run)).input == "text of q1"


def test_a_pull_gives_back_the_raw_strings_as_they_came(store):
    pull = store.pulls.begin(1, "contacts", "0-1", ["state", "note"], "state is known")
    strange = {"state": " Calif.\u00a0", "note": "half \ud83d, whole 😀, \x00 and 'quotes'"}
    store.pulls.add(pull, [("101", strange), ("102", {"state": None})])
    store.pulls.add(pull, [("101", strange)])  # a page that came twice
    store.pulls.end(pull)
    assert store.pulls.values(pull, "state") == {"101": " Calif.\u00a0", "102": None}
    assert store.pulls.values(pull, "note") == {"101": strange["note"], "102": None}
    found = store.pulls.get(pull)
    assert found is not None
    assert (found.object_type, found.object_type_id, found.properties) == ("contacts", "0-1", ("state", "note"))
    assert store.pulls.get("pull-of-nobody") is None


def test_a_portal_is_noted_once_with_when_it_was_last_connected_to(path, store):
    store.pulls.record_connection(1, "Old name", "STANDARD")
    store.pulls.record_connection(1, "New name", "STANDARD")
    with raw(path) as file:
        assert file.execute("SELECT portal_id, name FROM connections").fetchall() == [(1, "New name")]


@pytest.mark.parametrize("value", ["CA", "half \ud83d", "ünï", 2.5, 3, True, None])
def test_a_decision_keeps_its_value_and_its_kind(store, value):
    run = begun(store)
    store.decisions.add(run, "answer", "edited", [("101", value)], "ana")
    kept = store.decisions.current(run, "answer")["101"]
    assert (kept.value, kept.decision, kept.reviewer) == (value, "edited", "ana")
    assert type(kept.value) is type(value)


def test_the_newest_decision_holds_for_its_record_and_field_and_the_older_ones_stay_in_the_file(path, store):
    run, other = begun(store), begun(store)
    store.decisions.add(run, "answer", "approved", [("101", "CA"), ("102", "TX")], "ana")
    store.decisions.add(run, "answer", "rejected", [("101", None)], "ben")
    store.decisions.add(run, "urgency", "approved", [("101", "high")], "ana")
    store.decisions.add(other, "answer", "approved", [("101", "NY")], "ana")
    held = store.decisions.current(run, "answer")
    assert {one: (made.decision, made.value, made.reviewer) for one, made in held.items()} == {
        "101": ("rejected", None, "ben"),
        "102": ("approved", "TX", "ana"),
    }
    with raw(path) as file:
        assert file.execute("SELECT COUNT(*) FROM decisions").fetchone() == (5,)


def test_a_decision_about_a_run_that_does_not_exist_is_refused(store):
    with pytest.raises(sqlite3.IntegrityError):
        store.decisions.add("run-of-nobody", "answer", "approved", [("101", "CA")], "ana")


def pushed(store: Store, kind: PushKind = PushKind.PUSH, undoes: str | None = None) -> str:
    return store.pushes.begin(
        kind,
        undoes=undoes,
        portal_id=1,
        object_type="contacts",
        object_type_id="0-1",
        properties=("state",),
        run_id=None,
        who="ana",
    )


def test_the_journal_of_a_push_holds_the_last_outcome_of_each_record_in_the_order_of_ids(store):
    push = pushed(store)
    store.pushes.note(
        push, [Change(one, "state", "Calif.", "CA", PushOutcome.SENDING) for one in ("1000", "101", "99")]
    )
    store.pushes.note(push, [Change("101", "state", "Calif.", "CA", PushOutcome.WRITTEN)])
    changes = store.pushes.lines(push)
    assert [(change.record_id, change.outcome) for change in changes] == [
        ("99", "sending"),
        ("101", "written"),
        ("1000", "sending"),
    ]
    store.pushes.end(push, "done")
    record = store.pushes.get(push)
    assert record is not None
    assert (record.kind, record.properties, record.who, record.status) == ("push", ("state",), "ana", "done")


def test_a_push_that_was_broken_off_says_of_what_was_being_sent_that_nobody_knows(store):
    push = pushed(store)
    store.pushes.note(
        push,
        [Change("101", "state", "", "CA", PushOutcome.WRITTEN), Change("102", "state", "", "CA", PushOutcome.SENDING)],
    )
    store.pushes.break_off(push, "the network went away")
    outcomes = {change.record_id: (change.outcome, change.reason) for change in store.pushes.lines(push)}
    assert outcomes == {"101": ("written", ""), "102": ("unknown", "the network went away")}
    record = store.pushes.get(push)
    assert record is not None
    assert record.status == "stopped"


def test_the_latest_push_is_no_undo(store):
    assert store.newest_receipt() is None
    first, second = pushed(store), pushed(store)
    pushed(store, PushKind.UNDO, undoes=second)
    assert store.newest_receipt() == second != first


def test_records_whose_undo_was_broken_off_are_known(store):
    push = pushed(store)
    undo = pushed(store, PushKind.UNDO, undoes=push)
    store.pushes.note(
        undo,
        [
            Change("101", "state", "CA", "Calif.", PushOutcome.SENDING),
            Change("102", "state", "CA", "Calif.", PushOutcome.WRITTEN),
        ],
    )
    assert store.pushes.half_undone(push) == {("101", "state")}
    assert store.pushes.half_undone(undo) == set()


def test_a_run_whose_process_is_gone_reads_stopped_and_one_that_is_asked_reads_running(store, path):
    run, asked_now = begun(store), begun(store)
    (path.parent / f".{run}.lock").touch()  # as a killed process leaves it
    with hold_lock(path.parent / f".{asked_now}.lock", RuntimeError()):
        told = {one.id: one.status for one in store.runs.summaries()}
        assert told == {run: "stopped", asked_now: "running"}
        assert Run(store, run, low_confidence=0.8, reviewer="ana").record.status == "stopped"
        assert Run(store, asked_now, low_confidence=0.8, reviewer="ana").record.status == "running"


def test_a_clock_that_is_set_back_changes_neither_the_newest_run_nor_the_newest_receipt(path, store):
    runs = [begun(store) for _ in range(3)]
    receipts = [pushed(store) for _ in range(3)]
    with raw(path) as file:
        for table in ("runs", "pushes"):
            file.execute(f"UPDATE {table} SET at = '2031-01-01T00:00:00Z' WHERE rowid = 1")
        file.commit()
    assert store.runs.latest() == runs[-1]
    assert [one.id for one in store.runs.summaries(2)] == [runs[2], runs[1]]
    assert store.newest_receipt() == receipts[-1]
    assert [entry.id for entry in store.audit.entries(AuditQuery())] == receipts[::-1]


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ("UPDATE runs SET status = 'resting'", lambda store: store.runs.all()),
        ("UPDATE pushes SET kind = 'shove'", lambda store: store.pushes.all()),
        ("UPDATE pulls SET properties = 'no JSON'", lambda store: store.pulls.get(store.pull)),
    ],
)
def test_odd_content_of_the_store_ends_in_a_sentence(path, store, change, read):
    begun(store)
    pushed(store)
    store.pull = store.pulls.begin(1, "contacts", "0-1", ["state"], None)
    with raw(path) as file:
        file.execute(change)
        file.commit()
    with pytest.raises(WorkspaceError, match=r"The store holds a .* that this version cannot read"):
        read(store)
