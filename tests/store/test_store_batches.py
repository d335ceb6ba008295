"""The store's jobs: a question in one open job at most, and nothing left of one that is over."""

from __future__ import annotations

import pytest

from hsai_kit.store import RunRow, Store


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "hsai.sqlite")
    yield opened
    opened.close()


def asked(store: Store, *questions: str) -> str:
    run = store.runs.begin(
        portal_id=1, object_type="contacts", assistant="a", assistant_version="v", assistant_json="{}", prompt="p",
        model="m",
    )  # fmt: skip
    store.answers.add_questions(((one, f"text of {one}") for one in questions), "m", "v")
    store.runs.add_rows(run, [RunRow(str(n), one) for n, one in enumerate(questions)])
    return run


def test_a_job_is_known_by_its_file_before_it_has_an_id(store):
    run = asked(store, "q1", "q2")
    assert store.batches.add_upload("file-1", run, ["q2", "q1"])
    (job,) = store.batches.open_for(run)
    assert (job.input_file, job.id, job.questions, job.status) == ("file-1", None, 2, "uploaded")
    store.batches.record_state("file-1", "batch_1", "validating")
    (job,) = store.batches.open_for(run)
    assert (job.id, job.status) == ("batch_1", "validating")
    assert list(store.batches.questions("file-1").items()) == [("q2", "text of q2"), ("q1", "text of q1")]


def test_a_question_of_an_open_job_is_taken_into_no_other_and_nothing_of_that_is_kept(store):
    first, second = asked(store, "q1", "q2"), asked(store, "q2", "q3")
    assert store.batches.add_upload("file-1", first, ["q1", "q2"])
    assert not store.batches.add_upload("file-2", second, ["q3", "q2"])
    assert store.batches.under_way() == {"q1", "q2"}
    assert [job.input_file for job in store.batches.open_for(second)] == ["file-1"]


def test_a_closed_job_lets_its_questions_go(store):
    run = asked(store, "q1")
    store.batches.add_upload("file-1", run, ["q1"])
    assert store.batches.is_open("file-1")
    store.batches.close("file-1", "expired")
    assert not store.batches.is_open("file-1")
    assert store.batches.open_for(run) == []
    assert store.batches.add_upload("file-2", run, ["q1"])
