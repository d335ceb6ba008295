"""Rate windows, their headers, and HubSpot's own faults."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from hsai_kit.sandbox import SandboxError
from hsai_kit.sandbox.hubspot.rate_limits import RateWindows

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Api
    from hubspot import HubSpot

    from hsai_kit.sandbox import Sandbox

CONTACTS = "/crm/objects/2026-09/contacts"


def test_answers_tell_what_is_left_of_each_window(api: Api) -> None:
    first, second = api("GET", CONTACTS), api("GET", CONTACTS)
    assert first.headers["X-HubSpot-RateLimit-Max"] == "190"
    assert first.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert first.headers["X-HubSpot-RateLimit-Daily"] == "625000"
    for name in ("X-HubSpot-RateLimit-Remaining", "X-HubSpot-RateLimit-Daily-Remaining"):
        assert int(second.headers[name]) == int(first.headers[name]) - 1


def test_refusals_count_and_carry_the_headers_too(api: Api) -> None:
    before = api("GET", CONTACTS)
    refused = api("GET", f"{CONTACTS}/999999999")
    left = "X-HubSpot-RateLimit-Remaining"
    assert int(refused.headers[left]) == int(before.headers[left]) - 1


def test_the_window_of_ten_seconds_refuses_without_a_word_of_when(api: Api, sandbox: Sandbox) -> None:
    sandbox.limits("hubspot", per_ten_seconds=3)
    replies = [api("GET", CONTACTS) for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    refused = replies[-1]
    assert refused.data["policyName"] == "TEN_SECONDLY_ROLLING"
    assert refused.data["category"] == "RATE_LIMITS"
    assert refused.headers["X-HubSpot-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in refused.headers
    sandbox.limits("hubspot", per_ten_seconds=None)
    assert api("GET", CONTACTS).status == 200


def test_each_token_has_a_window_of_its_own(api: Api, sandbox: Sandbox, open_api: Callable[[str, str], Api]) -> None:
    sandbox.limits("hubspot", per_ten_seconds=1)
    sandbox.token("pat-na1-second")
    second = open_api(sandbox.hubspot_url, "pat-na1-second")
    assert [api("GET", CONTACTS).status, api("GET", CONTACTS).status, second("GET", CONTACTS).status] == [200, 429, 200]


def test_the_window_rolls_by_the_clock_it_is_given() -> None:
    now = 100.0
    windows = RateWindows(today=lambda: "2026-11-16", clock=lambda: now)
    windows.set_limits(per_ten_seconds=2)
    windows.admit(1)
    now = 105.0
    windows.admit(1)
    now = 109.9
    assert _is_refused(windows)
    now = 110.1
    assert not _is_refused(windows)
    assert _is_refused(windows)


def test_the_day_begins_anew_with_its_date() -> None:
    day = "2026-11-16"
    windows = RateWindows(today=lambda: day, clock=lambda: 0.0)
    windows.set_limits(daily=1)
    assert not _is_refused(windows)
    assert _is_refused(windows)
    day = "2026-11-17"
    assert not _is_refused(windows)


def _is_refused(windows: RateWindows) -> bool:
    from hsai_kit.sandbox.hubspot.errors import HubSpotError

    try:
        windows.admit(1)
    except HubSpotError:
        return True
    return False


def test_search_has_five_a_second_for_the_account_and_no_headers(
    api: Api, sandbox: Sandbox, open_api: Callable[[str, str], Api]
) -> None:
    sandbox.limits("hubspot", search_per_second=5, per_ten_seconds=2)
    sandbox.token("pat-na1-second")
    second = open_api(sandbox.hubspot_url, "pat-na1-second")
    replies = [(api, second)[turn % 2]("POST", f"{CONTACTS}/search", {"limit": 1}) for turn in range(6)]
    assert [reply.status for reply in replies] == [200] * 5 + [429]
    assert not [name for reply in replies for name in reply.headers if "ratelimit" in name.lower()]
    assert replies[-1].data["policyName"] == "SECONDLY"
    assert replies[-1].data["message"] == "You have reached your secondly limit."
    assert api("GET", CONTACTS).status == 200
    time.sleep(1.05)
    assert api("POST", f"{CONTACTS}/search", {"limit": 1}).status == 200


def test_the_daily_limit_counts_searches_as_well(api: Api, sandbox: Sandbox) -> None:
    sandbox.limits("hubspot", daily=2, search_per_second=None)
    api("GET", CONTACTS)
    api("POST", f"{CONTACTS}/search", {})
    for reply in (api("GET", CONTACTS), api("POST", f"{CONTACTS}/search", {})):
        assert (reply.status, reply.data["policyName"]) == (429, "DAILY")
        assert reply.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"


@pytest.mark.parametrize("limits", [{"per_minute": 5}, {"daily": -1}, {"daily": "many"}])
def test_a_wrong_limit_is_answered_with_a_sentence(sandbox: Sandbox, limits: dict[str, float]) -> None:
    with pytest.raises(SandboxError, match=r"per_ten_seconds|number from 0"):
        sandbox.limits("hubspot", **limits)


@pytest.mark.parametrize(
    ("kind", "status", "policy"),
    [("ten_secondly", 429, "TEN_SECONDLY_ROLLING"), ("secondly", 429, "SECONDLY"), ("daily", 429, "DAILY")],
)
def test_a_rate_fault_answers_as_the_limit_itself_does(
    api: Api, sandbox: Sandbox, kind: str, status: int, policy: str
) -> None:
    sandbox.fault(f"hubspot:{kind}:count=1")
    reply = api("POST", f"{CONTACTS}/search", {})
    assert (reply.status, reply.data["policyName"]) == (status, policy)
    assert "Retry-After" not in reply.headers
    assert reply.headers["X-HubSpot-Correlation-Id"] == reply.data["correlationId"]
    assert api("POST", f"{CONTACTS}/search", {}).status == 200


@pytest.mark.parametrize("kind", ["414", "521", "524"])
def test_faults_before_hubspot_answer_in_html(api: Api, sandbox: Sandbox, kind: str) -> None:
    sandbox.fault(f"hubspot:{kind}:count=1")
    reply = api("GET", CONTACTS)
    assert reply.status == int(kind)
    assert reply.data.startswith("<html>")


def test_a_portal_that_moves_says_when_to_come_back(api: Api, sandbox: Sandbox) -> None:
    sandbox.fault("hubspot:477:count=1:retry_after=3")
    reply = api("GET", CONTACTS)
    assert (reply.status, reply.headers["Retry-After"], reply.data["status"]) == (477, "3", "error")


def test_a_locked_record_is_a_423(api: Api, sandbox: Sandbox) -> None:
    sandbox.fault("hubspot:423:count=1")
    assert api("GET", CONTACTS).status == 423


def test_the_typed_client_raises_on_a_429(hubspot_client: HubSpot, sandbox: Sandbox) -> None:
    from hubspot.crm.owners import ApiException

    sandbox.limits("hubspot", per_ten_seconds=0)
    with pytest.raises(ApiException) as caught:
        hubspot_client.crm.owners.owners_api.get_page()
    assert caught.value.status == 429
    assert "TEN_SECONDLY_ROLLING" in caught.value.body
