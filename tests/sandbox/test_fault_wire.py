"""What each fault does on the wire, seen by plain HTTP and by the real clients."""

from __future__ import annotations

import json
import socket
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING

import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai import OpenAI

    from hsai_kit.sandbox import Sandbox

MODELS = "/openai/v1/models"
DETAILS = "/hubspot/account-info/v3/details"


@pytest.fixture
def connection(sandbox: Sandbox) -> Iterator[HTTPConnection]:
    host = sandbox.control_url.split("/")[2]
    with closing(HTTPConnection(host, timeout=10)) as opened:
        yield opened


def get(connection: HTTPConnection, sandbox: Sandbox, path: str) -> HTTPResponse:
    key = sandbox.openai_key if path.startswith("/openai") else sandbox.hubspot_token
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    return connection.getresponse()


def wait_for_counts(sandbox: Sandbox) -> dict[str, dict[str, int]]:
    """OpenAI's counts, as soon as there are any."""
    deadline = time.monotonic() + 2
    while not (counts := sandbox.counts()["openai"]):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return counts


@pytest.mark.parametrize("kind", ["500", "502"])
def test_a_server_error_comes_in_its_sides_own_envelope(
    sandbox: Sandbox, connection: HTTPConnection, kind: str
) -> None:
    sandbox.fault(f"hubspot:{kind}")
    sandbox.fault(f"openai:{kind}")
    answer = get(connection, sandbox, DETAILS)
    body = json.loads(answer.read())
    assert answer.status == int(kind)
    assert body["status"] == "error"
    assert answer.headers["X-HubSpot-Correlation-Id"] == body["correlationId"]
    answer = get(connection, sandbox, MODELS)
    assert answer.status == int(kind)
    assert set(json.loads(answer.read())["error"]) == {"message", "type", "param", "code"}
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("path", [MODELS, DETAILS])
def test_a_503_is_a_web_page_not_json(sandbox: Sandbox, connection: HTTPConnection, path: str) -> None:
    sandbox.fault(f"{path.split('/')[1]}:503_html")
    answer = get(connection, sandbox, path)
    assert answer.status == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert b"<html>" in answer.read()


@pytest.mark.parametrize("path", [MODELS, DETAILS])
def test_a_reset_drops_the_connection_without_a_byte(sandbox: Sandbox, connection: HTTPConnection, path: str) -> None:
    api = path.split("/")[1]
    sandbox.fault(f"{api}:reset:count=1")
    with pytest.raises(ConnectionResetError):
        get(connection, sandbox, path)
    connection.close()
    assert get(connection, sandbox, path).read()
    assert [(one["status"], one["fault"]) for one in sandbox.requests(api)] == [(None, "reset"), (200, None)]


@pytest.mark.parametrize("path", [MODELS, DETAILS])
def test_a_cut_answer_breaks_off_in_its_middle(sandbox: Sandbox, connection: HTTPConnection, path: str) -> None:
    whole = get(connection, sandbox, path).read()
    sandbox.fault(f"{path.split('/')[1]}:cut:count=1")
    answer = get(connection, sandbox, path)
    assert answer.status == 200
    assert int(answer.headers["content-length"]) == len(whole)
    with pytest.raises(IncompleteRead) as error:
        answer.read()
    assert 0 < len(error.value.partial) < len(whole)


def test_a_stall_passes_for_a_patient_client(sandbox: Sandbox, connection: HTTPConnection) -> None:
    sandbox.fault("openai:stall:seconds=0.4")
    begin = time.perf_counter()
    assert get(connection, sandbox, MODELS).status == 200
    assert time.perf_counter() - begin >= 0.4


def test_a_stall_ends_unhandled_as_soon_as_the_client_leaves(sandbox: Sandbox, openai_client: OpenAI) -> None:
    sandbox.fault("openai:stall:seconds=60")
    with pytest.raises(openai.APITimeoutError):
        openai_client.with_options(timeout=0.2).models.list()
    assert wait_for_counts(sandbox) == {"GET /v1/models": {"no answer": 1}}


def test_latency_delays_an_answer_and_nothing_else(sandbox: Sandbox, connection: HTTPConnection) -> None:
    sandbox.latency("openai", 0.3)
    sandbox.fault("openai:latency:seconds=0.2")
    begin = time.perf_counter()
    assert get(connection, sandbox, MODELS).status == 200
    assert time.perf_counter() - begin >= 0.5
    sandbox.clear_faults()
    sandbox.latency("openai", 0)
    took = []
    for _ in range(5):
        connection.close()
        begin = time.perf_counter()
        assert get(connection, sandbox, MODELS).status == 200
        took.append(time.perf_counter() - begin)
    assert min(took) < 0.2


def test_a_client_that_leaves_while_it_is_delayed_is_not_served(sandbox: Sandbox, openai_client: OpenAI) -> None:
    sandbox.latency("openai", 60)
    with pytest.raises(openai.APITimeoutError):
        openai_client.with_options(timeout=0.2).models.list()
    assert wait_for_counts(sandbox) == {"GET /v1/models": {"no answer": 1}}


def test_a_connection_survives_a_fault_that_is_a_whole_answer(sandbox: Sandbox, connection: HTTPConnection) -> None:
    sandbox.fault("openai:500:count=1")
    body = b'{"filler": "' + b"x" * 200_000 + b'"}'
    connection.request("POST", "/openai/v1/responses", body, {"Authorization": f"Bearer {sandbox.openai_key}"})
    assert connection.getresponse().read()
    used = connection.sock
    assert get(connection, sandbox, MODELS).status == 200
    assert connection.sock is used


def test_a_client_that_leaves_in_the_middle_of_its_request_is_not_served(sandbox: Sandbox) -> None:
    host, port = sandbox.control_url.split("/")[2].split(":")
    head = f"POST /openai/v1/responses HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\nhalf"
    with socket.create_connection((host, int(port))) as half:
        half.sendall(head.encode())
    time.sleep(0.1)
    assert sandbox.requests("openai") == []
    assert sandbox.counts()["openai"] == {}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("openai:500", openai.InternalServerError),
        ("openai:503_html", openai.InternalServerError),
        ("openai:reset", openai.APIConnectionError),
        ("openai:rate_limit", openai.RateLimitError),
        ("openai:insufficient_quota", openai.RateLimitError),
        ("openai:billing_hard_limit_reached", openai.RateLimitError),
        ("openai:401", openai.AuthenticationError),
    ],
)
def test_openais_client_sees_each_fault_as_its_own_error(
    sandbox: Sandbox, openai_client: OpenAI, fault: str, error: type[openai.APIError]
) -> None:
    sandbox.fault(fault)
    with pytest.raises(error):
        openai_client.models.list()


def test_the_kinds_of_429_at_openai_differ_in_code_and_in_waiting(sandbox: Sandbox, openai_client: OpenAI) -> None:
    seen = {}
    for kind in ("rate_limit:retry_after=2", "insufficient_quota", "billing_hard_limit_reached"):
        sandbox.clear_faults()
        sandbox.fault(f"openai:{kind}")
        with pytest.raises(openai.RateLimitError) as caught:
            openai_client.models.list()
        seen[caught.value.code] = caught.value.response.headers.get("retry-after")
        assert caught.value.request_id
    assert seen["rate_limit_exceeded"] == "2"
    assert set(seen) == {"rate_limit_exceeded", "insufficient_quota", "billing_hard_limit_reached"}


@pytest.mark.parametrize(
    ("kind", "status", "policy"),
    [
        ("ten_secondly", 429, "TEN_SECONDLY_ROLLING"),
        ("secondly:path=/", 429, "SECONDLY"),
        ("daily", 429, "DAILY"),
        ("423", 423, None),
        ("477", 477, None),
        ("521", 521, None),
        ("524", 524, None),
        ("414", 414, None),
    ],
)
def test_hubspots_own_faults_have_their_status_policy_and_no_retry_after_on_a_429(
    sandbox: Sandbox, connection: HTTPConnection, kind: str, status: int, policy: str | None
) -> None:
    sandbox.fault(f"hubspot:{kind}")
    answer = get(connection, sandbox, DETAILS)
    body = answer.read().decode()
    assert answer.status == status
    assert answer.headers["X-HubSpot-Correlation-Id"]
    assert (answer.headers["Retry-After"] is not None) == (status == 477)
    if policy is not None:
        assert policy in body or "secondly limit" in body


def state_of(sandbox: Sandbox, connection: HTTPConnection, record: str) -> str | None:
    answer = get(connection, sandbox, f"/hubspot/crm/v3/objects/contacts/{record}?properties=state")
    return json.loads(answer.read())["properties"]["state"]


def write_state(sandbox: Sandbox, connection: HTTPConnection, record: str, value: str) -> HTTPResponse:
    body = json.dumps({"inputs": [{"id": record, "properties": {"state": value}}]})
    headers = {"Authorization": f"Bearer {sandbox.hubspot_token}", "Content-Type": "application/json"}
    connection.request("POST", "/hubspot/crm/v3/objects/contacts/batch/update", body, headers)
    return connection.getresponse()


@pytest.mark.parametrize("fault", ["commit_then_stall:seconds=60", "cut", "reset", "stall:seconds=60", "500"])
def test_only_a_fault_after_the_commit_leaves_a_write_behind(
    sandbox: Sandbox, connection: HTTPConnection, fault: str
) -> None:
    record = next(iter(sandbox.truth("contacts", "state")))
    before = state_of(sandbox, connection, record)
    sandbox.fault(f"hubspot:{fault}:path=/batch/update")
    hasty = HTTPConnection(connection.host, connection.port, timeout=0.5)
    with closing(hasty), suppress(OSError, IncompleteRead):
        write_state(sandbox, hasty, record, "Sandbox State").read()
    committed = fault.startswith("commit") or fault == "cut"
    assert state_of(sandbox, connection, record) == ("Sandbox State" if committed else before)
    sandbox.reset()
    assert state_of(sandbox, connection, record) == before


def test_a_patient_client_gets_the_answer_of_a_committed_write_late(
    sandbox: Sandbox, connection: HTTPConnection
) -> None:
    record = next(iter(sandbox.truth("contacts", "state")))
    sandbox.fault("hubspot:commit_then_stall:seconds=0.4:method=POST")
    begin = time.perf_counter()
    answer = write_state(sandbox, connection, record, "Sandbox State")
    assert time.perf_counter() - begin >= 0.4
    assert json.loads(answer.read())["results"][0]["id"] == record


def test_a_cut_answer_that_has_no_body_becomes_a_reset(sandbox: Sandbox, connection: HTTPConnection) -> None:
    record = next(iter(sandbox.truth("contacts", "state")))
    sandbox.fault("hubspot:cut:method=DELETE")
    headers = {"Authorization": f"Bearer {sandbox.hubspot_token}"}
    connection.request("DELETE", f"/hubspot/crm/v3/objects/contacts/{record}", headers=headers)
    with pytest.raises(ConnectionResetError):
        connection.getresponse()
    assert get(connection, sandbox, f"/hubspot/crm/v3/objects/contacts/{record}").status == 404
