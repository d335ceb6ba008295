"""Budgets per minute, quotas, and the faults that only OpenAI has."""

from __future__ import annotations

import time

import openai
import pytest

from hsai_kit.sandbox import SandboxError

from .conftest import question

ASK = question("State: Calif.")


def send(call):
    return call(lambda client: client.responses.with_raw_response.create(**ASK))


def send_many(call, count):
    for _ in range(count):
        send(call)


def catch_refusal(call, use=None):
    with pytest.raises(openai.RateLimitError) as caught:
        call(use or (lambda client: client.responses.create(**ASK)))
    return caught.value


def test_every_answer_tells_the_budgets_and_what_is_left(call, sandbox):
    sandbox.limits("openai", requests_per_minute=60, tokens_per_minute=6000)
    raw = send(call)
    used = raw.parse().usage.total_tokens
    headers = raw.headers
    assert (headers["x-ratelimit-limit-requests"], headers["x-ratelimit-remaining-requests"]) == ("60", "59")
    assert headers["x-ratelimit-limit-tokens"] == "6000"
    assert 6000 - used <= int(headers["x-ratelimit-remaining-tokens"]) < 6000
    assert headers["x-ratelimit-reset-requests"] in ("1s", *(f"{ms}ms" for ms in range(900, 1000)))
    assert headers["x-ratelimit-reset-tokens"].endswith("ms")
    listed = call(lambda client: client.models.with_raw_response.list()).headers
    assert listed["x-ratelimit-limit-requests"] == "60"


def test_a_used_up_budget_of_requests_says_when_to_come_back(call, sandbox):
    sandbox.limits("openai", requests_per_minute=80)
    with pytest.raises(openai.RateLimitError) as caught:
        send_many(call, 200)
    error = caught.value
    assert (error.status_code, error.code, error.type) == (429, "rate_limit_exceeded", "requests")
    wait = int(error.response.headers["retry-after-ms"])
    assert 0 < wait <= 750
    assert error.response.headers["retry-after"] == "1"
    assert error.response.headers["x-ratelimit-remaining-requests"] == "0"
    time.sleep(wait / 1000)
    assert send(call).headers["x-ratelimit-remaining-requests"] == "0"


def test_a_used_up_budget_of_tokens_charges_nothing_for_the_refusal(call, sandbox):
    used = send(call).parse().usage.total_tokens
    sandbox.limits("openai", tokens_per_minute=used + 1, requests_per_minute=600)
    send(call)
    error = catch_refusal(call)
    assert (error.code, error.type) == ("rate_limit_exceeded", "tokens")
    assert int(error.response.headers["retry-after-ms"]) > 1000
    assert error.response.headers["x-ratelimit-remaining-requests"] in ("599", "600")


def test_a_request_larger_than_the_whole_budget_says_that_waiting_is_useless(call, sandbox):
    sandbox.limits("openai", tokens_per_minute=5)
    error = catch_refusal(call)
    assert (error.code, error.type) == ("rate_limit_exceeded", "tokens")
    assert "Waiting does not help" in error.message
    assert "retry-after" not in error.response.headers


def test_looking_things_up_costs_nothing(call, sandbox):
    sandbox.limits("openai", requests_per_minute=1)
    send(call)
    catch_refusal(call)
    assert call(lambda client: client.models.list()).data
    assert call(lambda client: client.responses.input_tokens.count(input="State: Calif.")).input_tokens


def test_a_request_with_a_mistake_counts_as_well(call, sandbox):
    sandbox.limits("openai", requests_per_minute=1)
    with pytest.raises(openai.BadRequestError):
        call(lambda client: client.responses.create(**ASK, temperature=3))
    catch_refusal(call)


def test_decisions_and_responses_share_the_budgets(call, sandbox):
    sandbox.limits("openai", requests_per_minute=1)
    ask = {"type": "predicate", "instructions": "It is a US state."}
    call(lambda client: client.decisions.create(model="sandbox-luna", input="State: Calif.", questions=[ask]))
    catch_refusal(call)


def test_no_limit_means_no_header(call, sandbox):
    sandbox.limits("openai", requests_per_minute=None, tokens_per_minute=None)
    assert not [name for name in send(call).headers if name.startswith("x-ratelimit")]


def test_budgets_are_generous_until_somebody_sets_them(call, sandbox):
    headers = send(call).headers
    assert (headers["x-ratelimit-limit-requests"], headers["x-ratelimit-limit-tokens"]) == ("6000", "4000000")


@pytest.mark.parametrize("quota", ["insufficient_quota", "billing_hard_limit_reached"])
def test_a_used_up_quota_is_told_without_a_time_to_wait(call, sandbox, quota):
    sandbox.limits("openai", quota=quota)
    for use in (
        None,
        lambda client: client.decisions.create(
            model="sandbox-luna", input="x", questions=[{"type": "predicate", "instructions": "y"}]
        ),
    ):
        error = catch_refusal(call, use)
        assert (error.status_code, error.code) == (429, quota)
        assert "retry-after" not in error.response.headers
    assert call(lambda client: client.models.list()).data
    sandbox.limits("openai", quota="ok")
    send(call)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("rate_limit:retry_after=0.25", 429, "rate_limit_exceeded"),
        ("insufficient_quota", 429, "insufficient_quota"),
        ("billing_hard_limit_reached", 429, "billing_hard_limit_reached"),
        ("401", 401, "invalid_api_key"),
    ],
)
def test_faults_look_like_the_real_thing(call, sandbox, fault, status, code):
    sandbox.fault(f"openai:{fault}:count=1")
    with pytest.raises(openai.APIStatusError) as caught:
        send(call)
    error = caught.value
    assert (error.status_code, error.code) == (status, code)
    assert error.request_id.startswith("req_")
    assert error.response.headers["x-ratelimit-limit-requests"] == "6000"
    if code == "rate_limit_exceeded":
        assert error.response.headers["retry-after-ms"] == "250"
        assert error.response.headers["retry-after"] == "1"
    send(call)


def test_the_clients_own_retries_get_over_a_rate_limit(call, sandbox):
    sandbox.fault("openai:rate_limit:retry_after=0.05:count=1")
    response = call.with_options(lambda client: client.responses.create(**ASK), max_retries=2)
    assert response.status == "completed"
    assert sandbox.counts()["openai"]["POST /v1/responses"] == {"429": 1, "200": 1}


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"requests": 5}, "There is no limit 'requests'. Limits: requests_per_minute, tokens_per_minute, quota"),
        ({"quota": "poor"}, "quota is one of ok, insufficient_quota, billing_hard_limit_reached"),
        ({"requests_per_minute": 0}, "requests_per_minute cannot be 0"),
        ({"batch_seconds": -1}, "batch_seconds cannot be -1"),
        ({"batch_failures": 2}, "batch_failures cannot be 2"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_there_is(sandbox, limits, sentence):
    with pytest.raises(SandboxError, match=sentence.replace(".", r"\.")):
        sandbox.limits("openai", **limits)
