"""The control address: who may use it, and what it tells and changes."""

from __future__ import annotations

import json
import time
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from hsai_kit.sandbox import Sandbox, SandboxError

if TYPE_CHECKING:
    from openai import OpenAI


def raw(sandbox: Sandbox, path: str, *, host: str | None = None, token: str | None = None) -> tuple[int, str]:
    address = sandbox.control_url.split("/")[2]
    headers = {"Host": host or address}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    with closing(HTTPConnection(address, timeout=10)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_control_wants_its_token_and_no_other(sandbox: Sandbox) -> None:
    assert raw(sandbox, "/control/counts", token=sandbox._control_token)[0] == 200
    for token in (None, "", "guessed", sandbox.hubspot_token, sandbox.openai_key):
        status, body = raw(sandbox, "/control/counts", token=token)
        assert status == 401
        assert "hubspot" not in body


@pytest.mark.parametrize("path", ["/control/counts", "/hubspot/account-info/v3/details", "/openai/v1/models"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1:80"])
def test_a_host_that_is_not_this_machine_is_refused(sandbox: Sandbox, path: str, host: str) -> None:
    status, body = raw(sandbox, path, host=host, token=sandbox._control_token)
    assert status == 403
    assert "this machine" in body


def test_this_machines_other_names_are_taken(sandbox: Sandbox) -> None:
    for host in ("localhost", "localhost:8000", "[::1]", "[::1]:8000", "127.0.0.1"):
        assert raw(sandbox, "/control/counts", host=host, token=sandbox._control_token)[0] == 200


def test_an_address_of_nothing_says_what_there_is(sandbox: Sandbox) -> None:
    for path in ("/", "/hubspotter/x", "/favicon.ico"):
        status, body = raw(sandbox, path)
        assert status == 404
        assert "/openai/v1" in json.loads(body)["error"]


def test_the_handle_asks_no_proxy(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert sandbox.counts() == {"hubspot": {}, "openai": {}}


def test_faults_never_strike_the_control_address(sandbox: Sandbox) -> None:
    for api in ("hubspot", "openai"):
        sandbox.fault(f"{api}:500")
        sandbox.latency(api, 5)
    begin = time.perf_counter()
    assert sandbox.counts() == {"hubspot": {}, "openai": {}}
    assert time.perf_counter() - begin < 4


def test_counts_are_kept_by_route_and_status_and_requests_newest_last(sandbox: Sandbox, openai_client: OpenAI) -> None:
    before = time.time()
    for _ in range(2):
        openai_client.models.list()
    openai_client.models.retrieve("sandbox-luna")
    raw(sandbox, "/openai/v1/models?limit=3")
    raw(sandbox, "/openai/v1/no/such/route")
    counts = sandbox.counts()["openai"]
    assert counts["GET /v1/models"] == {"200": 2, "401": 1}
    assert sum(counts["GET /v1/models/{model_id}"].values()) == 1
    assert "GET /v1/no/such/route" in counts
    kept = sandbox.requests("openai")
    assert [one["path"] for one in kept][2:] == ["/v1/models/sandbox-luna", "/v1/models", "/v1/no/such/route"]
    assert kept[3]["query"] == "limit=3"
    assert before <= kept[0]["at"] <= kept[-1]["at"] <= time.time()
    assert sandbox.requests("openai", last=1) == kept[-1:]
    assert sandbox.requests("openai", last=0) == []


def test_bodies_are_kept_as_json_and_anything_else_as_null(sandbox: Sandbox) -> None:
    host = sandbox.control_url.split("/")[2]
    with closing(HTTPConnection(host, timeout=10)) as connection:
        for body in (b'{"inputs": [1]}', b"no json", b"[" + b"1," * 200_000 + b"1]"):
            connection.request("POST", "/hubspot/crm/v3/objects/contacts/batch/read", body)
            connection.getresponse().read()
    assert [one["body"] for one in sandbox.requests("hubspot")] == [{"inputs": [1]}, None, None]


def test_a_request_under_way_stands_in_the_journal_without_a_status(sandbox: Sandbox) -> None:
    sandbox.fault("openai:stall:seconds=60")
    host = sandbox.control_url.split("/")[2]
    with closing(HTTPConnection(host, timeout=10)) as connection:
        connection.request("GET", "/openai/v1/models")
        while not sandbox.requests("openai"):
            time.sleep(0.01)
        assert [(one["status"], one["fault"]) for one in sandbox.requests("openai")] == [(None, "stall")]
        assert sandbox.counts()["openai"] == {}
        sandbox.reset()
    time.sleep(0.1)
    assert sandbox.counts()["openai"] == {}, "a request from before the reset is not counted after it"


def test_reset_waits_for_no_fault_and_clears_faults_latency_and_counts(sandbox: Sandbox, openai_client: OpenAI) -> None:
    openai_client.models.list()
    sandbox.fault("openai:500")
    sandbox.latency("openai", 5)
    begin = time.perf_counter()
    sandbox.reset()
    assert time.perf_counter() - begin < 4
    assert sandbox.counts() == {"hubspot": {}, "openai": {}}
    assert openai_client.with_options(timeout=2).models.list().data


def test_the_truth_is_told_for_known_properties_and_their_list_for_others(sandbox: Sandbox) -> None:
    truth = sandbox.truth("contacts", "state")
    assert len(truth) > 1_000
    assert "TX" in truth.values()
    with pytest.raises(SandboxError, match=r"contacts\.shoe_size is not known\. Known: .*contacts\.state"):
        sandbox.truth("contacts", "shoe_size")


def test_what_control_does_not_know_is_answered_with_a_sentence(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match=r"no API 'salesforce'\. APIs: hubspot, openai"):
        sandbox.latency("salesforce", 1)
    with pytest.raises(SandboxError, match="from 0 up"):
        sandbox.latency("openai", -1)
    with pytest.raises(SandboxError, match="patience"):
        sandbox.limits("openai", patience=3)
    with pytest.raises(SandboxError, match="patience"):
        sandbox.limits("hubspot", patience=3)
    with pytest.raises(SandboxError, match="teleporting"):
        sandbox.token("pat-na1-other", state="teleporting")
    with pytest.raises(SandboxError, match="teleporting"):
        sandbox.key("sk-proj-other", state="teleporting")
    status, body = raw(sandbox, "/control/truth?object_type=contacts", token=sandbox._control_token)
    assert status == 400
    assert "property" in body


def test_another_token_key_and_account_are_known_until_the_reset(sandbox: Sandbox) -> None:
    sandbox.token("pat-na1-old", state="expired")
    sandbox.key("sk-proj-old", state="revoked")
    sandbox.account(accountType="DEVELOPER_TEST")
    assert raw(sandbox, "/hubspot/account-info/v3/details", token="pat-na1-old")[0] == 401
    assert raw(sandbox, "/openai/v1/models", token="sk-proj-old")[0] == 401
    sandbox.token("pat-na1-old")
    sandbox.key("sk-proj-old", models=["sandbox-luna"])
    assert "DEVELOPER_TEST" in raw(sandbox, "/hubspot/account-info/v3/details", token="pat-na1-old")[1]
    assert raw(sandbox, "/openai/v1/models", token="sk-proj-old")[0] == 200
    sandbox.reset()
    assert raw(sandbox, "/hubspot/account-info/v3/details", token="pat-na1-old")[0] == 401
    assert raw(sandbox, "/openai/v1/models", token="sk-proj-old")[0] == 401
    assert "DEVELOPER_TEST" not in raw(sandbox, "/hubspot/account-info/v3/details", token=sandbox.hubspot_token)[1]


def test_limits_are_changed_until_the_reset(sandbox: Sandbox) -> None:
    def statuses() -> list[int]:
        details = "/hubspot/account-info/v3/details"
        return [raw(sandbox, details, token=sandbox.hubspot_token)[0] for _ in range(3)]

    sandbox.limits("hubspot", per_ten_seconds=2)
    sandbox.limits("openai", quota="insufficient_quota")
    assert statuses() == [200, 200, 429]
    sandbox.reset()
    assert statuses() == [200, 200, 200]
