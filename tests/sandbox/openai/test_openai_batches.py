"""/v1/batches: all states, results in any order, and every way to fail."""

from __future__ import annotations

import json
import time

import openai
import pytest

from .conftest import choice_format, question


def line(number, **changes):
    text = f"State: {('Calif.', 'Tex.', 'Penna')[number % 3]}\nCity: {number}"
    body = question(text, instructions="USPS code", text=choice_format())
    return {"custom_id": f"q-{number}", "method": "POST", "url": "/v1/responses", "body": body} | changes


def start(call, lines, **more):
    content = b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
    file = call(lambda client: client.files.create(file=("questions.jsonl", content + b"\n"), purpose="batch"))
    window = {"endpoint": "/v1/responses", "completion_window": "24h"}
    return call(lambda client: client.batches.create(input_file_id=file.id, **window, **more))


def follow(call, batch_id, *ends):
    """Look at a batch until it is in one of some states; gives all states seen and the batch."""
    states, deadline = [], time.monotonic() + 8
    while True:
        batch = call(lambda client: client.batches.retrieve(batch_id))
        if batch.status not in states:
            states.append(batch.status)
        if batch.status in ends:
            return states, batch
        assert time.monotonic() < deadline, states
        time.sleep(0.01)


def lines_of(call, file_id):
    return [json.loads(one) for one in call(lambda client: client.files.content(file_id)).text.splitlines()]


def test_a_batch_goes_through_its_states_and_brings_every_answer(call, sandbox):
    sandbox.limits("openai", batch_seconds=2)  # each state lasts long enough to be seen on a busy machine
    created = start(call, [line(number) for number in range(40)], metadata={"run": "7"})
    assert (created.status, created.object, created.metadata) == ("validating", "batch", {"run": "7"})
    states, batch = follow(call, created.id, "completed")
    assert states == ["validating", "in_progress", "finalizing", "completed"]
    assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (40, 40, 0)
    assert batch.model == "sandbox-luna"
    assert batch.error_file_id is None
    assert batch.created_at <= batch.in_progress_at <= batch.finalizing_at <= batch.completed_at
    assert batch.expires_at == batch.created_at + 86_400
    output = lines_of(call, batch.output_file_id)
    ids = [one["custom_id"] for one in output]
    assert sorted(ids) == sorted(f"q-{number}" for number in range(40))
    assert ids != [f"q-{number}" for number in range(40)]
    assert all(one["response"]["status_code"] == 200 and one["error"] is None for one in output)
    used = sum(one["response"]["body"]["usage"]["total_tokens"] for one in output)
    assert batch.usage.total_tokens == used


def test_a_batch_answers_as_single_requests_do(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.05)
    _, batch = follow(call, start(call, [line(number) for number in range(9)]).id, "completed")
    for one in lines_of(call, batch.output_file_id):
        number = int(one["custom_id"].removeprefix("q-"))
        response = call(lambda client, number=number: client.responses.create(**line(number)["body"]))
        assert one["response"]["body"]["output"][0]["content"][0]["text"] == response.output_text


def test_progress_is_seen_while_it_lasts(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.8)
    batch_id = start(call, [line(number) for number in range(200)]).id
    time.sleep(0.35)
    batch = call(lambda client: client.batches.retrieve(batch_id))
    assert batch.status == "in_progress"
    assert 20 <= batch.request_counts.completed <= 195
    assert batch.output_file_id is None


def test_lines_that_fail_are_in_the_error_file_and_not_in_the_output(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.05)
    wrong = line(1)
    wrong["body"] = wrong["body"] | {"temperature": 5}
    _, batch = follow(call, start(call, [line(0), wrong, line(2)]).id, "completed")
    assert (batch.request_counts.completed, batch.request_counts.failed) == (2, 1)
    assert {one["custom_id"] for one in lines_of(call, batch.output_file_id)} == {"q-0", "q-2"}
    (error,) = lines_of(call, batch.error_file_id)
    assert error["custom_id"] == "q-1"
    assert error["response"]["status_code"] == 400
    assert error["response"]["body"]["error"]["code"] == "decimal_above_max_value"


def test_a_batch_in_which_nothing_went_well_has_no_output_file(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.05)
    wrong = line(1)
    wrong["body"] = wrong["body"] | {"stream": True}
    _, batch = follow(call, start(call, [wrong]).id, "completed")
    assert batch.output_file_id is None
    assert len(lines_of(call, batch.error_file_id)) == 1


def test_server_errors_inside_a_batch_can_be_had_by_setting(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.05, batch_failures=0.3)
    _, batch = follow(call, start(call, [line(number) for number in range(60)]).id, "completed")
    assert 5 <= batch.request_counts.failed <= 35
    errors = lines_of(call, batch.error_file_id)
    assert {one["response"]["status_code"] for one in errors} == {500}
    assert len(errors) + len(lines_of(call, batch.output_file_id)) == 60


def test_an_expired_batch_keeps_what_was_done(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.2, batch_end="expired")
    states, batch = follow(call, start(call, [line(number) for number in range(20)]).id, "expired")
    assert "finalizing" not in states
    assert batch.expired_at
    assert batch.completed_at is None
    output, errors = lines_of(call, batch.output_file_id), lines_of(call, batch.error_file_id)
    assert (len(output), len(errors)) == (10, 10)
    assert {one["error"]["code"] for one in errors} == {"batch_expired"}
    assert {one["custom_id"] for one in output + errors} == {f"q-{number}" for number in range(20)}
    assert batch.request_counts.completed == 10


def test_a_cancelled_batch_keeps_what_was_done(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.6)
    batch_id = start(call, [line(number) for number in range(50)]).id
    time.sleep(0.25)
    cancelling = call(lambda client: client.batches.cancel(batch_id))
    assert (cancelling.status, bool(cancelling.cancelling_at)) == ("cancelling", True)
    assert call(lambda client: client.batches.cancel(batch_id)).status == "cancelling"
    states, batch = follow(call, batch_id, "cancelled")
    assert states[-1] == "cancelled"
    assert batch.cancelled_at >= batch.cancelling_at
    output, errors = lines_of(call, batch.output_file_id), lines_of(call, batch.error_file_id)
    assert 0 < len(output) < 50
    assert len(output) + len(errors) == 50
    assert {one["error"]["code"] for one in errors} == {"batch_cancelled"}


def test_a_batch_cancelled_at_once_has_done_nothing(call, sandbox):
    sandbox.limits("openai", batch_seconds=1.0)
    batch_id = start(call, [line(number) for number in range(5)]).id
    assert call(lambda client: client.batches.cancel(batch_id)).status == "cancelling"
    _, batch = follow(call, batch_id, "cancelled")
    assert batch.output_file_id is None
    assert len(lines_of(call, batch.error_file_id)) == 5


def test_a_batch_that_is_over_cannot_be_cancelled(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.02)
    batch_id = start(call, [line(0)]).id
    _, batch = follow(call, batch_id, "completed")
    with pytest.raises(openai.ConflictError, match="completed"):
        call(lambda client: client.batches.cancel(batch_id))
    assert call(lambda client: client.batches.retrieve(batch_id)) == batch


@pytest.mark.parametrize(
    ("lines", "code", "number"),
    [
        ([line(0), line(0)], "duplicate_custom_id", 2),
        ([line(0), line(1, url="/v1/decisions")], "url_mismatch", 2),
        ([line(0), line(1, body=question("x") | {"model": "sandbox-sol"})], "model_mismatch", 2),
        ([line(0), b'{"custom_id": '], "invalid_json_line", 2),
        ([b"[]"], "invalid_json_line", 1),
        ([line(0), line(1, method="GET")], "invalid_method", 2),
        ([{"custom_id": "a", "url": "/v1/responses", "body": {}}], "missing_required_parameter", 1),
        ([line(0, custom_id=7)], "invalid_custom_id", 1),
        ([line(0, body=question("x") | {"model": "sandbox-none"})], "model_not_found", 1),
        ([b" "], "empty_file", None),
    ],
)
def test_a_file_that_is_wrong_fails_the_batch_and_says_where(call, sandbox, lines, code, number):
    sandbox.limits("openai", batch_seconds=0.05)
    states, batch = follow(call, start(call, lines).id, "failed")
    assert set(states) <= {"validating", "failed"}
    (error,) = batch.errors.data
    assert (error.code, error.line) == (code, number)
    assert error.message
    assert batch.failed_at
    assert batch.output_file_id is None


def test_more_lines_than_a_batch_may_have_fail_it(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.02)
    _, batch = follow(call, start(call, [b"{}"] * 50_001).id, "failed")
    assert [error.code for error in batch.errors.data] == ["too_many_tasks"]


def test_a_batch_can_be_told_to_fail(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.05, batch_end="failed")
    _, batch = follow(call, start(call, [line(0)]).id, "failed")
    assert [error.code for error in batch.errors.data] == ["batch_failed"]


def test_without_quota_a_batch_fails(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.05, quota="billing_hard_limit_reached")
    _, batch = follow(call, start(call, [line(0)]).id, "failed")
    assert [error.code for error in batch.errors.data] == ["billing_hard_limit_reached"]


def test_a_batch_has_a_rate_pool_of_its_own(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.05, requests_per_minute=1, tokens_per_minute=10)
    _, batch = follow(call, start(call, [line(number) for number in range(20)]).id, "completed")
    assert batch.request_counts.completed == 20


def test_a_batch_stays_within_its_keys_models(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.05)
    sandbox.key("sk-narrow", models=["sandbox-sol"])
    file = call(lambda client: client.files.create(file=("q.jsonl", json.dumps(line(0)).encode()), purpose="batch"))
    batch = call.with_options(
        lambda client: client.batches.create(input_file_id=file.id, endpoint="/v1/responses", completion_window="24h"),
        api_key="sk-narrow",
    )
    _, batch = follow(call, batch.id, "failed")
    assert batch.errors.data[0].code == "model_not_found"


def test_batches_are_listed_newest_first_in_pages(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.02)
    ids = [start(call, [line(0)]).id for _ in range(3)]
    page = call(lambda client: client.batches.list(limit=2))
    assert [batch.id for batch in page.data] == ids[:0:-1]
    assert page.has_more
    rest = call(lambda client: client.batches.list(after=ids[1]))
    assert [batch.id for batch in rest.data] == ids[:1]
    time.sleep(0.05)
    assert {batch.status for batch in call(lambda client: client.batches.list()).data} == {"completed"}


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"endpoint": "/v1/decisions"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
        ({"input_file_id": "file-none"}, "input_file_id"),
        ({"metadata": {"a": "b" * 513}}, "metadata.a"),
    ],
)
def test_a_wrong_order_for_a_batch_is_refused(call, changes, param):
    file = call(lambda client: client.files.create(file=("q.jsonl", b"{}"), purpose="batch"))
    order = {"input_file_id": file.id, "endpoint": "/v1/responses", "completion_window": "24h"}
    with pytest.raises(openai.BadRequestError) as caught:
        call(lambda client: client.batches.create(**order | changes))
    assert caught.value.param == param


def test_a_file_of_another_purpose_makes_no_batch(call):
    file = call(lambda client: client.files.create(file=("q.jsonl", b"{}"), purpose="user_data"))
    order = {"input_file_id": file.id, "endpoint": "/v1/responses", "completion_window": "24h"}
    with pytest.raises(openai.BadRequestError, match="user_data"):
        call(lambda client: client.batches.create(**order))


def test_a_batch_whose_file_was_deleted_fails(call, sandbox):
    sandbox.limits("openai", batch_seconds=0.1)
    batch = start(call, [line(0)])
    call(lambda client: client.files.delete(batch.input_file_id))
    _, batch = follow(call, batch.id, "failed")
    assert batch.errors.data[0].code == "file_not_found"


def test_a_batch_that_does_not_exist_is_not_found(call):
    for use in (
        lambda client: client.batches.retrieve("batch_none"),
        lambda client: client.batches.cancel("batch_none"),
    ):
        with pytest.raises(openai.NotFoundError, match="batch_none"):
            call(use)
