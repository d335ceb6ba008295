"""`ask(engine="batch")` against the sandbox's files and batches: each question in one job, what was paid is kept."""

from __future__ import annotations

import itertools
import json
import time

import pandas as pd
import pytest

from hsai_kit import Assistant, ask, cancel, resume, start_ask
from hsai_kit.errors import HsaiError, KeyRefused, ModelError, NoQuota, SettingNotSupported, UnknownModel
from hsai_kit.llm.batches import BatchApi, BatchEngine
from hsai_kit.steps.ask.batch_collector import BatchCollector
from hsai_kit.steps.ask.batch_sender import BatchSender


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """Look at jobs often: the sandbox's take no day."""
    monkeypatch.setattr(BatchCollector, "first_poll", 0.02)


def places(count: int) -> pd.DataFrame:
    index = pd.Index([str(1 + n) for n in range(count)], name="record_id")
    return pd.DataFrame({"state": [f"Texas, place {n}" for n in range(count)], "country": "US"}, index=index)


def jobs(client) -> list:
    return list(client.batches.list(limit=100))


def live(sandbox) -> int:
    return sum(sandbox.counts()["openai"].get("POST /v1/responses", {}).values())


def lines(client, job) -> list[dict]:
    return [json.loads(line) for line in client.files.content(job.input_file_id).content.splitlines()]


def statuses(run) -> dict[str, int]:
    return run.answers["status"].value_counts().to_dict()


def wait_until(true, seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_batch_answers_every_row_with_one_job_and_one_question_asked_live(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.1)
    frame = pd.concat([places(40), places(40).rename(lambda one: f"9{one}")])
    run = ask(hub, frame, "state-abbreviations", engine="batch")
    assert (run.record.status, run.record.engine) == ("done", "batch")
    assert statuses(run) == {"answered": 80}
    assert run.questions == 40
    (job,) = jobs(openai_client)
    assert job.request_counts.total == 39
    assert job.metadata == {"hsai_run": run.id}
    assert live(sandbox) == 1


def test_a_batch_and_a_live_run_share_their_memory_both_ways(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.1)
    batched = ask(hub, places(10), "state-abbreviations", engine="batch")
    asked = live(sandbox)
    again = ask(hub, places(15), "state-abbreviations")
    assert live(sandbox) == asked + 5
    assert again.answers["answer"].head(10).tolist() == batched.answers["answer"].tolist()
    confidence = again.answers["confidence"]
    assert confidence.notna().all()
    more = ask(hub, places(20), "state-abbreviations", engine="batch")
    assert statuses(more) == {"from_memory": 15, "answered": 5}
    assert sum(job.request_counts.total for job in jobs(openai_client)) == 9 + 4


def test_files_are_split_by_count_and_by_size_with_every_question_in_one_of_them(
    hub, sandbox, openai_client, monkeypatch
):
    sandbox.limits("openai", batch_seconds=0.1)
    monkeypatch.setattr(BatchSender, "most_questions", 7)
    run = ask(hub, places(20), "state-abbreviations", engine="batch")
    assert statuses(run) == {"answered": 20}
    by_count = jobs(openai_client)
    assert sorted(job.request_counts.total for job in by_count) == [5, 7, 7]

    monkeypatch.setattr(BatchSender, "most_questions", 50_000)
    monkeypatch.setattr(BatchSender, "most_bytes", 10_000)
    run = ask(hub, places(40), "state-abbreviations", engine="batch")
    assert set(statuses(run)) == {"answered", "from_memory"}
    by_size = [job for job in jobs(openai_client) if job not in by_count]
    assert len(by_size) > 1
    assert sum(job.request_counts.total for job in by_size) == 19


def test_the_lines_are_the_live_requests_under_the_hash_of_the_question(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=60)
    handle = start_ask(hub, places(4), "state-abbreviations", engine="batch")
    wait_until(lambda: jobs(openai_client))
    (job,) = jobs(openai_client)
    sent = lines(openai_client, job)
    handle.cancel()
    run = handle.result(10)
    (asked,) = [one["body"] for one in sandbox.requests("openai") if one["path"].endswith("/responses")]
    for line in sent:
        assert (line["method"], line["url"]) == ("POST", "/v1/responses")
        assert {**line["body"], "input": None} == {**asked, "input": None}
        assert line["body"]["store"] is False
    assert {line["custom_id"] for line in sent} < set(run.answers["question"])
    assert len({line["custom_id"] for line in sent}) == 3


def test_the_files_are_deleted_at_openai_once_their_answers_are_here(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.1, batch_failures=0.3)
    ask(hub, places(30), "state-abbreviations", engine="batch")
    assert list(openai_client.files.list()) == []


def test_progress_says_how_far_the_job_is_in_words(hub, sandbox):
    sandbox.limits("openai", batch_seconds=1.0)
    handle = start_ask(hub, places(200), "state-abbreviations", engine="batch")
    seen = set()
    while not handle.done:
        seen.add((handle.progress.note, 0 < handle.progress.done < 200))
        time.sleep(0.01)
    notes = {note for note, _ in seen}
    assert {"the job at OpenAI: being checked", "the job at OpenAI: being answered"} <= notes
    assert ("the job at OpenAI: being answered", True) in seen
    assert (handle.progress.done, handle.progress.total) == (200, 200)
    assert handle.result().record.status == "done"


def test_looking_is_rarer_and_rarer(hub, sandbox, monkeypatch):
    monkeypatch.setattr(BatchCollector, "first_poll", 0.1)
    monkeypatch.setattr(BatchCollector, "longest_poll", 0.4)
    sandbox.limits("openai", batch_seconds=1.5)
    ask(hub, places(5), "state-abbreviations", engine="batch")
    at = [one["at"] for one in sandbox.requests("openai") if one["method"] == "GET" and "/batches/" in one["path"]]
    gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert sum(gaps[:2]) < sum(gaps[2:4])
    assert 4 <= len(at) <= 9


def test_an_expired_job_keeps_what_it_did_and_resume_asks_only_the_rest(hub, sandbox, openai_client, capsys):
    sandbox.limits("openai", batch_seconds=0.2, batch_end="expired")
    run = ask(hub, places(21), "state-abbreviations", engine="batch")
    assert run.record.status == "stopped"
    assert run.record.note.startswith("A job ran out of its 24 hours at OpenAI: 10 of 21 questions have no answer")
    assert run.record.note in capsys.readouterr().out
    assert statuses(run) == {"answered": 11, "skipped": 10}
    assert "ask the same again" in run.answers.loc[run.answers["status"] == "skipped", "reason"].iloc[0]
    sandbox.limits("openai", batch_seconds=0.1, batch_end="completed")
    again = resume(hub, run)
    assert again.record.status == "done"
    assert statuses(again) == {"answered": 21}
    assert sorted(job.request_counts.total for job in jobs(openai_client)) == [9, 20]


def test_questions_that_failed_in_a_job_are_told_and_only_they_are_asked_again(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.1, batch_failures=0.3)
    run = ask(hub, places(60), "state-abbreviations", engine="batch")
    failed = run.answers[run.answers["status"] == "failed"]
    assert run.record.status == "done"
    assert 5 <= len(failed) <= 35
    assert failed["reason"].str.contains("500").all()
    sandbox.limits("openai", batch_seconds=0.1, batch_failures=0.0)
    again = resume(hub, run)
    assert statuses(again) == {"answered": 60}
    newest = jobs(openai_client)[0]
    assert newest.request_counts.total == len(failed) - 1


def test_a_job_without_an_output_file_ends_every_row_with_its_reason(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.1, batch_failures=1.0)
    run = ask(hub, places(5), "state-abbreviations", engine="batch")
    assert jobs(openai_client)[0].output_file_id is None
    assert statuses(run) == {"failed": 4, "answered": 1}


def test_a_question_that_is_always_refused_fails_alone(hub, sandbox):
    sandbox.limits("openai", batch_seconds=0.1)
    frame = places(3)
    frame.iloc[1, 0] = "Texas " * 200_000
    run = ask(hub, frame, "state-abbreviations", engine="batch")
    assert run.answers["status"].tolist() == ["answered", "failed", "answered"]
    assert "context" in run.answers["reason"].iloc[1]


def test_a_job_that_openai_does_not_begin_is_an_error_in_words_and_resume_sends_it_again(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.1, batch_end="failed")
    with pytest.raises(ModelError, match=r"did not begin the job batch_\w+: The sandbox was told to let this batch"):
        ask(hub, places(5), "state-abbreviations", engine="batch")
    sandbox.limits("openai", batch_seconds=0.1, batch_end="completed")
    again = resume(hub)
    assert statuses(again) == {"answered": 5}
    assert len(jobs(openai_client)) == 2


def test_a_line_that_openai_does_not_take_is_told_with_its_question(hub, sandbox, monkeypatch):
    sandbox.limits("openai", batch_seconds=0.1)

    def spoiled(self, question, text, real=BatchEngine.line):
        line = real(self, question, text)
        return line.replace(b'"/v1/responses"', b'"/v1/decisions"') if "place 3" in text else line

    monkeypatch.setattr(BatchEngine, "line", spoiled)
    with pytest.raises(ModelError, match=r"not the batch's endpoint.*the question 'State: .*place 3"):
        ask(hub, places(5), "state-abbreviations", engine="batch")


def test_no_quota_stops_a_batch_with_the_way_out(hub, sandbox):
    sandbox.limits("openai", batch_seconds=0.5)
    handle = start_ask(hub, places(5), "state-abbreviations", engine="batch")
    wait_until(lambda: handle.progress.done)
    handle.cancel()
    run = handle.result(10)
    assert run.record.status in {"waiting", "stopped"}
    sandbox.limits("openai", batch_seconds=0.1, quota="insufficient_quota")
    with pytest.raises(NoQuota, match="add credit"):
        ask(hub, places(9), "state-abbreviations", engine="batch")


def test_no_quota_told_by_the_job_itself_stops_the_run(hub, sandbox):
    sandbox.limits("openai", batch_seconds=0.1, quota="billing_hard_limit_reached")
    with pytest.raises(NoQuota, match="billing"):
        ask(hub, places(5), "state-abbreviations", engine="batch")


def test_a_setting_that_the_model_refuses_shows_before_any_job_is_sent(hub, sandbox, openai_client):
    with pytest.raises(SettingNotSupported, match="temperature"):
        ask(hub, places(5), "state-abbreviations", model="sandbox-astra", temperature=0.5, engine="batch")
    assert jobs(openai_client) == []
    with pytest.raises(UnknownModel):
        ask(hub, places(5), "state-abbreviations", model="sandbox-none", engine="batch")


def test_a_refused_key_says_so_and_the_job_is_picked_up_with_a_good_one(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.6)
    handle = start_ask(hub, places(5), "state-abbreviations", engine="batch")
    wait_until(lambda: jobs(openai_client))
    sandbox.fault("openai:401:count=1:path=/batches/")
    with pytest.raises(KeyRefused):
        handle.result(10)
    again = resume(hub)
    assert statuses(again) == {"answered": 5}
    assert len(jobs(openai_client)) == 1


def test_a_network_that_is_lost_while_waiting_is_waited_out(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.3)
    for kind in ("reset", "500", "503_html", "cut"):
        sandbox.fault(f"openai:{kind}:count=2:path=/batches/")
    sandbox.fault("openai:cut:count=1:path=/content")
    run = ask(hub, places(30), "state-abbreviations", engine="batch")
    assert statuses(run) == {"answered": 30}
    assert len(jobs(openai_client)) == 1


def test_a_lost_answer_to_the_order_of_a_job_makes_no_second_job(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.1)
    sandbox.fault("openai:cut:count=1:path=/batches:method=POST")
    run = ask(hub, places(5), "state-abbreviations", engine="batch")
    assert statuses(run) == {"answered": 5}
    assert len(jobs(openai_client)) == 1


def test_the_same_questions_asked_again_wait_for_the_job_that_has_them(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.6)
    handle = start_ask(hub, places(10), "state-abbreviations", engine="batch")
    wait_until(lambda: jobs(openai_client))
    handle.cancel()
    first = handle.result(10)
    assert first.record.status == "waiting"
    assert "resume" in first.answers["reason"].iloc[5]
    with pytest.raises(HsaiError, match="pay for them twice"):
        ask(hub, places(10), "state-abbreviations")
    second = ask(hub, places(12), "state-abbreviations", engine="batch")
    assert statuses(second) == {"from_memory": 10, "answered": 2}
    assert sum(job.request_counts.total for job in jobs(openai_client)) == 9 + 1


def test_cancel_ends_the_job_and_keeps_what_it_answered_by_then(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=1.5)
    handle = start_ask(hub, places(101), "state-abbreviations", engine="batch")
    wait_until(lambda: handle.progress.done > 10)
    handle.cancel()
    assert handle.result(10).record.status == "waiting"
    run = cancel(hub, handle.result())
    assert run.record.status == "stopped"
    assert "A job was cancelled" in run.record.note
    counted = statuses(run)
    assert 10 < counted["answered"] < 101
    sandbox.limits("openai", batch_seconds=0.1)
    again = resume(hub, run)
    assert statuses(again) == {"answered": 101}
    assert jobs(openai_client)[0].request_counts.total == 101 - counted["answered"] - 1


def test_cancel_has_nothing_to_do_for_a_run_without_a_job(hub, sandbox):
    run = ask(hub, places(2), "state-abbreviations")
    with pytest.raises(HsaiError, match="no job at OpenAI under way"):
        cancel(hub, run)


def test_a_job_that_another_key_sent_is_told_and_can_be_given_up(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=60)
    handle = start_ask(hub, places(3), "state-abbreviations", engine="batch")
    wait_until(lambda: jobs(openai_client))
    handle.cancel()
    run = handle.result(10)
    sandbox.reset()
    with pytest.raises(HsaiError, match="not known to this OpenAI key"):
        resume(hub, run)
    given_up = cancel(hub, run)
    assert given_up.record.status == "stopped"
    sandbox.limits("openai", batch_seconds=0.1)
    assert statuses(resume(hub, run)) == {"answered": 3}


def test_an_assistant_may_say_itself_that_it_is_asked_in_batches(hub, sandbox):
    sandbox.limits("openai", batch_seconds=0.1)
    closed = Assistant(
        name="yes", instructions="Is it Texas?", prompt="{{ state }}", output={"kind": "yes_no"}, engine="batch"
    )
    run = ask(hub, places(3), closed)
    assert (run.record.engine, run.record.status) == ("batch", "done")


def test_two_sessions_that_send_the_same_at_once_send_it_once(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.5)
    sandbox.latency("openai", 0.1)
    handles = [start_ask(hub, places(30), "state-abbreviations", engine="batch") for _ in range(2)]
    done = [handle.result(30) for handle in handles]
    assert [run.record.status for run in done] == ["done", "done"]
    for run in done:
        assert set(statuses(run)) <= {"answered", "from_memory"}
    assert [job.request_counts.total for job in jobs(openai_client)] == [29]
    assert list(openai_client.files.list()) == []


def test_a_line_that_never_came_back_is_asked_again(hub, sandbox, monkeypatch):
    sandbox.limits("openai", batch_seconds=0.1)
    real = BatchApi.lines

    async def short(self, file):
        async for line in real(self, file):
            if not line.question.startswith(("0", "3")):
                yield line
            else:
                lost.append(line.question)

    lost: list[str] = []
    monkeypatch.setattr(BatchApi, "lines", short)
    run = ask(hub, places(60), "state-abbreviations", engine="batch")
    assert lost
    assert run.record.status == "stopped"
    assert f"A job came back incomplete: {len(lost)} of 60" in run.record.note
    monkeypatch.undo()
    monkeypatch.setattr(BatchCollector, "first_poll", 0.02)
    assert statuses(resume(hub, run)) == {"answered": 60}


def test_ctrl_c_does_not_wait_for_a_network_that_hangs(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=60)
    handle = start_ask(hub, places(5), "state-abbreviations", engine="batch")
    wait_until(lambda: handle.progress.note.startswith("the job at OpenAI"))
    sandbox.fault("openai:stall:seconds=30:path=/batches/")
    time.sleep(0.3)
    began = time.monotonic()
    handle.cancel()
    assert handle.result(10).record.status == "waiting"
    assert time.monotonic() - began < 10


def test_what_a_job_answered_and_openai_no_longer_keeps_is_asked_again(hub, sandbox, openai_client):
    sandbox.limits("openai", batch_seconds=0.6)
    handle = start_ask(hub, places(6), "state-abbreviations", engine="batch")
    wait_until(lambda: jobs(openai_client))
    handle.cancel()
    run = handle.result(10)
    wait_until(lambda: jobs(openai_client)[0].status == "completed")
    openai_client.files.delete(jobs(openai_client)[0].output_file_id)
    again = resume(hub, run)
    assert "no longer keeps what a job answered: 5 of 6" in again.record.note
    assert statuses(resume(hub, run)) == {"answered": 6}
