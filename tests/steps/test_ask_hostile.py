"""A model's server that sends what it should not: one odd answer ends its own row, and nothing is lost, told or spent.

The relay stands between the kit and a server that answers as it should, and changes some of its answers.
"""

from __future__ import annotations

import copy
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from relay import Answer, Relay

from hsai_kit import ask, connect, resume, start_ask
from hsai_kit.assistant.assistant import load_assistant
from hsai_kit.errors import KeyRefused, ModelError
from hsai_kit.llm.client import CALL_SECONDS
from hsai_kit.llm.prices import Usage, price
from hsai_kit.runtime import background
from hsai_kit.steps.ask.batch_collector import BatchCollector

ONE = price("gpt-6-luna", Usage(60, 0, 8))
ROWS = 11
ODD = "Texas, place 3"


def places(count: int = ROWS) -> pd.DataFrame:
    index = pd.Index([str(1 + n) for n in range(count)], name="record_id")
    return pd.DataFrame({"state": [f"Texas, place {n}" for n in range(count)], "country": "US"}, index=index)


@pytest.fixture
def between(keys, monkeypatch):
    """The relay before the sandbox's model."""
    with_relay = Relay(keys.openai_url)
    monkeypatch.setenv("OPENAI_BASE_URL", with_relay.url)
    monkeypatch.setattr(BatchCollector, "first_poll", 0.02)
    yield with_relay
    with_relay.close()


@pytest.fixture
def before_priced(priced, monkeypatch):
    """The relay before a model whose answers cost money."""
    with_relay = Relay(priced.url)
    monkeypatch.setenv("OPENAI_BASE_URL", with_relay.url)
    yield with_relay
    with_relay.close()


@pytest.fixture
def spending(before_priced, tmp_path):
    with connect(workspace=tmp_path / "paying") as connected:
        connected.llm.patience = 0.01
        yield connected


def deep(levels: int) -> Any:
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


def change(*path: Any, to: Any):
    """Return what changes a field of an answer's body."""

    def changed(body: dict[str, Any]) -> Any:
        at = body
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = to
        return body

    return changed


TEXT = ("output", 0, "content", 0, "text")
ODD_BODIES = {
    "half a character": change(*TEXT, to='{"answer": "\ud800"}'),
    "a number for a text": change(*TEXT, to=5),
    "an object for a text": change(*TEXT, to={"answer": "TX"}),
    "a text for the output": change("output", to="TX"),
    "texts in the output": change("output", to=["TX"]),
    "a text for the content": change("output", 0, "content", to="TX"),
    "nothing in the content": change("output", 0, "content", to=[None]),
    "deep nesting in a field": change("metadata", to=deep(900)),
    "deep nesting in the answer": change(*TEXT, to="[" * 50_000 + "]" * 50_000),
    "deep nesting for a text": change(*TEXT, to=deep(900)),
    "deep nesting for the usage": change("usage", "input_tokens", to=deep(900)),
    "a number for the model": change("model", to=10**400),
    "a list for the usage": change("usage", to=[1]),
    "usage without end": change("usage", "input_tokens", to=float("inf")),
    "usage beyond any store": change("usage", "output_tokens", to=10**30),
    "usage below nothing": change("usage", "input_tokens", to=-5),
    "usage in words": change("usage", "input_tokens_details", to="none"),
    "logprobs of texts": change("output", 0, "content", 0, "logprobs", to=["high"]),
    "logprobs out of reach": change("output", 0, "content", 0, "logprobs", to=[{"logprob": float("nan")}]),
    "a list": lambda _: [],
    "nothing": lambda _: None,
    "an error for a text": lambda body: {**body, "status": "failed", "error": "broken"},
}


@pytest.mark.parametrize("name", ODD_BODIES)
def test_one_odd_answer_ends_its_own_row(between, hub, name):
    def odd(request):
        answer = request.forward()
        if ODD in str(request.data):
            answer.data, answer.raw = None, json.dumps(ODD_BODIES[name](answer.data)).encode()
        return answer

    between.rule("/responses", odd)
    run = ask(hub, places(), "state-abbreviations")
    assert run.record.status == "done"
    others = run.answers["status"].drop("4")
    assert set(others) == {"answered"}
    assert run.answers["status"]["4"] in {"answered", "failed"}
    assert len(between.sent("/responses")) == ROWS, "nothing is asked twice"
    between.clear()
    assert set(resume(hub, run).answers["status"]) == {"answered"}


ODD_DECISIONS = (
    change("answers", to={"0": "TX"}),
    change("answers", to=[None]),
    change("answers", 0, "type", to=["choice"]),
    change("answers", 0, "choice", to={"value": "TX"}),
    change("answers", 0, "probabilities", to=None),
    change("answers", 0, "probabilities", to="high"),
    change("answers", 0, "probabilities", to=[{"value": "TX", "probability": float("nan")}]),
    change("answers", 0, "probabilities", to=[{"value": "TX", "probability": 10**400}]),
    change("answers", 0, "probabilities", to=[{"value": 7, "probability": "1"}]),
    change("usage", "input_tokens", to=1.5),
)


def test_one_odd_decision_ends_its_own_row(between, hub):
    places_of = {f"place {n}": odd for n, odd in enumerate(ODD_DECISIONS, 1)}

    def odd(request):
        answer = request.forward()
        found = next((change for place, change in places_of.items() if f'{place}"' in request.data["input"]), None)
        return answer if found is None else Answer(200, None, raw=json.dumps(found(answer.data)).encode())

    between.rule("/decisions", odd)
    run = ask(hub, places(20), "state-abbreviations", engine="decisions")
    assert run.record.status == "done"
    assert len(between.sent("/decisions")) == 20
    assert (run.answers["status"] == "failed").sum() == 8
    assert set(run.answers["status"]) == {"answered", "failed"}


def test_what_is_no_json_or_nested_without_end_ends_its_own_row(between, hub):
    bodies = {"place 3": b"<html>busy</html>", "place 5": b"[" * 100_000, "place 7": b"\xff\xfe\x00", "place 8": b""}

    def odd(request):
        found = next((body for place, body in bodies.items() if place in str(request.data)), None)
        return request.forward() if found is None else Answer(200, None, raw=found)

    between.rule("/responses", odd)
    run = ask(hub, places(), "state-abbreviations")
    assert run.record.status == "done"
    assert run.answers["status"].value_counts().to_dict() == {"answered": 7, "failed": 4}


def test_an_odd_error_ends_its_own_row(between, hub):
    errors = [
        {"error": {"message": deep(900), "code": [1], "param": {}}},
        {"error": [None]},
        {"detail": [{"loc": 5, "msg": ["x"]}]},
        [1],
        {"error": {"message": "x" * 100_000, "code": "\ud800"}},
    ]

    def odd(request):
        found = next((error for n, error in enumerate(errors) if f'place {n}\\"' in json.dumps(request.data)), None)
        return request.forward() if found is None else Answer(400, None, raw=json.dumps(found).encode())

    between.rule("/responses", odd)
    run = ask(hub, places(), "state-abbreviations")
    assert run.answers["status"].value_counts().to_dict() == {"answered": 6, "failed": 5}
    assert run.answers["reason"].str.len().max() < 1000


def test_models_that_are_none_are_left_out(between, hub):
    def odd(request):
        answer = request.forward()
        answer.data["data"] += [{"id": 5}, {"id": None}, {}, {"id": "later", "shutdown_date": 20261231}, None]
        return answer

    between.rule("/models", odd, method="GET")
    assert {"sandbox-luna", "later"} <= {model.id for model in hub.models()}


def _put_in_line(body: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda line: json.dumps(_with_body(line, body)).encode()


# What stands in a file of answers in place of the fourth line.
ODD_LINES: dict[str, Callable[[dict[str, Any]], bytes]] = {
    **{name: _put_in_line(body) for name, body in ODD_BODIES.items()},
    "half a line": lambda line: json.dumps(line).encode()[:200],
    "no json": lambda _: b"\x00\xff <html>",
    "a line of lists": lambda _: b"[[]]",
    "nesting without end": lambda _: b"[" * 100_000,
    "no such question": lambda line: json.dumps({**line, "custom_id": "f" * 64}).encode(),
    "a number for the question": lambda line: json.dumps({**line, "custom_id": 5}).encode(),
    "a text for the status": lambda line: json.dumps({**line, "response": {"status_code": "OK"}}).encode(),
    "a text for the response": lambda line: json.dumps({**line, "response": "fine"}).encode(),
    "a list for the error": lambda line: json.dumps({**line, "response": None, "error": ["x"]}).encode(),
}


def _with_body(line: dict[str, Any], change_body) -> dict[str, Any]:
    line = copy.deepcopy(line)
    line["response"]["body"] = change_body(line["response"]["body"])
    return line


@pytest.mark.parametrize("name", ODD_LINES)
def test_one_odd_line_of_a_job_loses_no_other_answer(between, hub, sandbox, name):
    sandbox.limits("openai", batch_seconds=0.05)

    def odd(request):
        answer = request.forward()
        lines = answer.raw.splitlines()
        lines[3] = ODD_LINES[name](json.loads(lines[3]))
        return Answer(200, None, answer.headers, b"\n".join([*lines, b""]))

    between.rule("/content", odd, method="GET")
    run = ask(hub, places(), "state-abbreviations", engine="batch")
    assert (run.answers["status"] == "answered").sum() >= ROWS - 1
    assert not hub.store.batches.open_for(run.id), "the job is read for good"


def test_of_two_answers_to_one_question_the_first_is_taken(between, hub, sandbox):
    sandbox.limits("openai", batch_seconds=0.05)

    def twice(request):
        answer = request.forward()
        second = [line.replace(b"TX", b"NY") for line in answer.raw.splitlines()]
        return Answer(200, None, answer.headers, b"\n".join([*answer.raw.splitlines(), *second]))

    between.rule("/content", twice, method="GET")
    run = ask(hub, places(), "state-abbreviations", engine="batch")
    assert "NY" not in set(run.answers["answer"])


def test_a_cap_holds_against_a_server_that_cuts_every_connection(before_priced, spending):
    cap = 0.05

    def cut(request):
        request.forward()
        return Answer(200, None, write=lambda _: None)

    before_priced.rule("/responses", cut)
    run = ask(spending, places(200), "state-abbreviations", budget_usd=cap, confirm=True)
    assert run.record.status == "paused"
    most = price(
        "gpt-6-luna", Usage(60, 0, load_assistant(spending.workspace, "state-abbreviations").max_output_tokens)
    )
    sent = len(before_priced.sent("/responses"))
    assert sent * most <= cap
    assert 0 < run.usd <= cap
    resume(spending, run)
    assert len(before_priced.sent("/responses")) * most <= cap, "what was lost before counts when the run goes on"


@pytest.mark.parametrize("kind", ["500", "unreadable", "no usage", "odd usage"])
def test_an_answer_whose_cost_is_not_told_costs_what_was_reserved(before_priced, spending, kind):
    def spoil(request):
        answer = request.forward()
        if kind == "500":
            return Answer(500, {"error": {"message": "It broke."}})
        if kind == "unreadable":
            return Answer(200, None, raw=b"{")
        usage = None if kind == "no usage" else {"input_tokens": -5, "output_tokens": float("nan")}
        return Answer(200, {**answer.data, "usage": usage})

    before_priced.rule("/responses", spoil)
    cap = 0.02
    run = ask(spending, places(300), "state-abbreviations", budget_usd=cap, confirm=True)
    assert run.record.status == "paused"
    assert 0.9 * cap < run.usd <= cap


def drip(file) -> None:
    file.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n")
    while True:
        file.write(b"{")
        file.flush()
        time.sleep(1)


def stall(file) -> None:
    file.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{")
    file.flush()
    time.sleep(30)


def endless(file) -> None:
    file.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        file.write(b" " * 65_536)


def bomb(file) -> None:
    # Members of 16 MB one after another, as gzip allows, and none of them is ever needed whole.
    body = gzip.compress(b" " * (16 << 20), 1) * 20
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    file.write(head.encode() + body)


@pytest.mark.parametrize("body", [endless, bomb])
def test_a_body_without_end_ends_its_own_row(between, hub, body):
    def odd(request):
        return Answer(200, None, write=body) if ODD in str(request.data) else request.forward()

    between.rule("/responses", odd)
    run = ask(hub, places(), "state-abbreviations")
    assert run.answers["status"].value_counts().to_dict() == {"answered": 10, "failed": 1}
    assert "too large" in run.answers["reason"]["4"]


@pytest.mark.parametrize("body", [drip, stall])
def test_stop_acts_within_a_second_while_a_body_comes_a_byte_a_second(between, hub, wait_until, body):
    def slow(request):
        return Answer(200, None, write=body) if ODD in str(request.data) else request.forward()

    between.rule("/responses", slow)
    handle = start_ask(hub, places(), "state-abbreviations")
    wait_until(lambda: handle.progress.done == ROWS - 1)
    time.sleep(0.2)
    began = time.monotonic()
    handle.cancel()
    run = handle.result(5)
    assert time.monotonic() - began < 1
    assert (run.answers["status"] == "answered").sum() == ROWS - 1


@pytest.mark.parametrize(("path", "body"), [("/content", drip), ("/content", endless), ("/files", drip)])
def test_stop_acts_within_a_second_while_a_jobs_file_does_not_end(between, hub, sandbox, wait_until, path, body):
    sandbox.limits("openai", batch_seconds=0.05)
    method = "POST" if path == "/files" else "GET"
    between.rule(path, lambda _: Answer(200, None, write=body), method=method)
    handle = start_ask(hub, places(), "state-abbreviations", engine="batch")
    wait_until(lambda: bool(between.sent(path, method)))
    time.sleep(0.3)
    began = time.monotonic()
    handle.cancel()
    assert handle.result(5).record.status in {"waiting", "stopped"}
    assert time.monotonic() - began < 1


def test_a_call_has_a_time_out_for_all_of_it(between, hub, monkeypatch):
    assert CALL_SECONDS <= 120
    between.rule("/models", lambda _: Answer(200, None, write=drip), method="GET")
    with pytest.raises(Exception, match="did not answer in time"):
        background.run(hub.llm.call(lambda: hub.llm.sdk.models.list(), seconds=1.5))


@pytest.mark.parametrize("wait", ["86400", "nan", "-5", "inf", "1e400"])
def test_stop_acts_within_a_second_while_a_server_has_everybody_wait(between, hub, wait_until, wait):
    limits = {"x-ratelimit-limit-requests": "100", "x-ratelimit-remaining-requests": "0"}
    busy = Answer(
        429, {"error": {"code": "rate_limit_exceeded", "message": "Slow down."}}, {"retry-after": wait, **limits}
    )
    between.rule("/responses", lambda _: busy)
    handle = start_ask(hub, places(), "state-abbreviations")
    wait_until(lambda: bool(between.sent("/responses")))
    time.sleep(0.3)
    began = time.monotonic()
    handle.cancel()
    assert handle.result(5).record.status == "stopped"
    assert time.monotonic() - began < 1


def test_no_redirect_is_followed_with_a_key_and_record_text(between, hub, keys):
    elsewhere = Relay(keys.openai_url)
    try:
        for path, method in (("/responses", "POST"), ("/models", "GET")):
            send_on = Answer(307, None, {"Location": f"{elsewhere.url}{path}"})
            between.rule(path, lambda _, to=send_on: to, method=method)
        with pytest.raises(ModelError, match="no redirect is followed"):
            ask(hub, places(), "state-abbreviations")
        assert elsewhere.requests == []
        assert len(between.sent("/responses")) == 1, "all further ones would meet the same"
    finally:
        elsewhere.close()


def test_a_key_that_a_server_sends_back_is_hidden_wherever_it_stands(between, hub, keys, tmp_path):
    key, token = keys.openai_key, keys.hubspot_token
    headers = {"x-request-id": f"req {key}"}
    refused = Answer(400, {"error": {"message": f"You sent Bearer {key} and {token}.", "code": key}}, headers)

    def echo(request):
        if ODD in str(request.data):
            return refused
        answer = request.forward()
        text = json.dumps({"answer": "TX"}) if "place 1" not in str(request.data) else f"{key} {token}"
        answer.data["output"][0]["content"][0]["text"] = text
        answer.data["model"] = f"model {key}"
        answer.headers |= headers
        return answer

    between.rule("/responses", echo)
    run = ask(hub, places(), "state-abbreviations")
    assert "[key hidden]" in run.answers["reason"]["4"]
    hub.store.close()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes()
            assert token.encode() not in path.read_bytes()


def test_a_scripts_error_obeys_no_control_characters(between, hub, tmp_path):
    between.rule(
        "/responses",
        lambda _: Answer(401, {"error": {"message": "Missing scopes: \x1b]0;gone\x07\u202emoc.live\x1b[2J"}}),
    )
    script = tmp_path / "job.py"
    script.write_text(
        "import pandas as pd\nfrom hsai_kit import ask, connect\n"
        f"hub = connect(workspace={str(hub.workspace.folder)!r})\n"
        "frame = pd.DataFrame({'state': ['Texas'], 'country': ['US']}, index=pd.Index(['1'], name='record_id'))\n"
        "ask(hub, frame, 'state-abbreviations')\n"
    )
    # The way by the stack, which Python prints itself.
    environment = {**os.environ, "HSAI_TRACEBACK": "1"}
    ended = subprocess.run([sys.executable, script], capture_output=True, env=environment, timeout=60, check=False)
    shown = (ended.stdout + ended.stderr).decode()
    assert "Missing scopes" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_a_restricted_key_is_told_as_one_with_openais_reason(between, hub):
    told = {
        "message": "You have insufficient permissions for this operation. Missing scopes: model.request.",
        "code": None,
    }
    between.rule("/responses", lambda _: Answer(401, {"error": told}))
    with pytest.raises(KeyRefused, match=r"restricted key.*") as caught:
        ask(hub, places(), "state-abbreviations")
    assert "Missing scopes: model.request" in str(caught.value)
    assert len(between.sent("/responses")) == 2


def test_a_single_refusal_of_a_key_that_passes_ends_no_run(between, hub):
    told = {
        "message": "You have insufficient permissions for this operation. Missing scopes: model.request.",
        "code": None,
    }
    between.rule("/responses", lambda _: Answer(401, {"error": told}), times=1, after=3)
    run = ask(hub, places(), "state-abbreviations")
    assert set(run.answers["status"]) == {"answered"}


def test_a_question_above_the_tokens_of_a_minute_ends_its_row_at_once(between, hub):
    told = {
        "message": "Request too large for gpt-6-luna on tokens per min (TPM): Limit 30000, Requested 90000.",
        "code": "rate_limit_exceeded",
    }

    def large(request):
        return Answer(429, {"error": told}) if ODD in str(request.data) else request.forward()

    between.rule("/responses", large)
    run = ask(hub, places(), "state-abbreviations")
    assert run.answers["status"].value_counts().to_dict() == {"answered": 10, "failed": 1}
    assert "Limit 30000" in run.answers["reason"]["4"]
    assert len(between.sent("/responses")) == ROWS
