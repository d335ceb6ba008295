"""A server that keeps to no rule: a pull ends in a sentence or in all that can be read, soon, and stops at once."""

from __future__ import annotations

import gzip
import time
from functools import cache

import pytest
from pydantic import SecretStr

from hsai_kit import connect, pull, start_pull
from hsai_kit.errors import AnswerTooLarge, HsaiError, HubSpotError, NoConnection
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.runtime import background
from hsai_kit.tabular.provenance import records_left_out
from tests.relay import Answer, Relay

OBJECTS = "/objects/2026-09/companies"
READS = ((OBJECTS, "GET"), ("/batch/read", "POST"), ("/search", "POST"))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def lying(sandbox, tmp_path, monkeypatch):
    """A connection through a relay that may lie, and the relay."""
    relay = Relay(sandbox.hubspot_url)
    monkeypatch.setenv("HUBSPOT_BASE_URL", relay.url)
    with connect(hubspot_key=sandbox.hubspot_token, workspace=tmp_path / "lying") as hub:
        yield hub, relay
    relay.close()


@pytest.fixture
def low_limit(monkeypatch):
    """A megabyte as the limit: unpacking 64 of them dozens of times takes its time."""
    monkeypatch.setattr("hsai_kit.hubspot.http.MOST_BYTES", 1 << 20)


@cache
def bomb() -> bytes:
    """An answer that is a few kilobytes long and unpacks to more than the low limit."""
    packed = gzip.compress(b'{"results": [' + b" " * (2 << 20) + b"]}", 9)
    return HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


def explode(file) -> None:
    file.write(bomb())


def repeat_for_ever(file) -> None:
    file.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        file.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def drip(file) -> None:
    file.write(HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        file.write(b" ")
        time.sleep(0.2)


def drip_heads(file) -> None:
    file.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        file.write(b"X")
        time.sleep(0.2)


def keep_silent(file) -> None:
    time.sleep(30)


def write(how) -> Answer:
    return Answer(200, None, write=how)


def asked_for(request, name: str) -> str:
    return dict(part.split("=") for part in request.path.split("?")[1].split("&")).get(name, "")


def test_a_page_that_is_too_large_is_read_in_halves_and_nothing_of_it_is_lost(lying, low_limit):
    hub, relay = lying
    whole = pull(hub, "companies", ["name"])
    relay.rule(
        OBJECTS, lambda one: write(explode) if int(asked_for(one, "limit")) > 30 else one.forward(), method="GET"
    )
    assert pull(hub, "companies", ["name"]).sort_index().equals(whole.sort_index())
    relay.clear()
    relay.rule("/batch/read", lambda one: write(explode) if len(one.data["inputs"]) > 30 else one.forward())
    some = list(whole.index[:60])
    assert list(pull(hub, "companies", ["name"], ids=some).index) == some
    relay.clear()
    relay.rule("/search", lambda one: write(explode) if one.data["limit"] > 60 else one.forward())
    found = pull(hub, "companies", ["name"], where="name is known")
    assert set(found.index) == set(whole.index[whole["name"].notna()])


def test_a_record_that_is_too_large_by_itself_ends_as_its_own_row(lying, low_limit):
    hub, relay = lying
    whole = pull(hub, "companies", ["name"], limit=20)
    large = whole.index[7]

    def answer(request):
        honest = request.forward()
        holds = any(record["id"] == large for record in honest.data["results"])
        wants_values = "properties=" in request.path or "name" in (request.data or {}).get("properties", [])
        return write(explode) if holds and wants_values else honest

    for path, method in READS:
        relay.rule(path, answer, method=method)
    ways = (
        pull(hub, "companies", ["name"]),
        pull(hub, "companies", ["name"], ids=list(whole.index)),
        pull(hub, "companies", ["name"], where="name is known"),
    )
    for frame in ways:
        assert large not in frame.index
        assert set(whole.index) - {large} <= set(frame.index)
        gone = records_left_out(frame)
        assert gone["record_id"].tolist() == [large]
        assert "too large" in gone["reason"][0]


@pytest.mark.parametrize("odd", [{"name": ["a"]}, {"name": {"b": 1}}, ["name"], "name", 5])
def test_a_record_in_an_odd_form_ends_as_its_own_row(lying, odd):
    hub, relay = lying

    def answer(request):
        honest = request.forward()
        honest.data["results"][2]["properties"] = odd
        return honest

    relay.rule(OBJECTS, answer, method="GET", times=1)
    frame = pull(hub, "companies", ["name"], limit=10)
    assert len(frame) == 10
    assert "a form that cannot be read" in records_left_out(frame)["reason"][0]


def test_values_that_are_no_text_are_read_as_what_they_say_and_what_is_no_record_is_passed_over(lying):
    hub, relay = lying

    def answer(request):
        honest = request.forward()
        results = honest.data["results"]
        results[0]["properties"]["name"], results[1]["properties"]["name"] = 5, True
        results[2]["id"] = int(results[2]["id"])
        results[3:3] = [None, 7, "x", {}, {"id": None}, {"id": "abc"}, {"id": [1]}]
        return honest

    relay.rule(OBJECTS, answer, method="GET", times=1)
    frame = pull(hub, "companies", ["name"], limit=10)
    assert len(frame) == 10
    assert frame["name"][:2].tolist() == ["5", "true"]


def test_an_answer_nested_without_end_is_a_sentence(lying):
    hub, relay = lying
    deep = b'{"results": ' + b"[" * 200_000
    relay.rule(
        "/properties/2026-09/companies",
        lambda _: write(lambda file: file.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(deep) + deep)),
        method="GET",
    )
    with pytest.raises(HsaiError, match=r"too deep to be read|cannot be read"):
        pull(hub, "companies", ["name"])


@pytest.mark.parametrize(
    "body", [b"[]", b"5", b'"text"', b"{}", b'{"results": 5}', b'{"results": [5, {}]}', b"null", b""]
)
@pytest.mark.parametrize("path", ["/properties/2026-09/companies", "/owners/2026-09", "/lists/2026-09/search"])
def test_metadata_in_an_odd_form_is_a_sentence(lying, body, path):
    hub, relay = lying
    hub.hubspot.patience = 0.001
    for method in ("GET", "POST"):
        relay.rule(
            path,
            lambda _: write(lambda file: file.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)),
            method=method,
        )
    with pytest.raises(HsaiError):
        pull(hub, "companies", ["name", "owner.name"], list="no such list")


@pytest.mark.parametrize("server", [drip, drip_heads, keep_silent])
def test_an_answer_that_does_not_end_ends_by_the_clock(lying, server):
    _, relay = lying
    relay.rule("/details", lambda _: write(server), method="GET")
    client = HubSpotClient(SecretStr("pat-na1-x"), base_url=relay.url, answer_seconds=0.4)
    begun = time.monotonic()
    with pytest.raises(NoConnection, match=r"did not (come to the end of an answer|answer)"):
        background.run(client.get("/account-info/2026-09/details"))
    assert time.monotonic() - begun < 5
    client.close()


def test_a_body_without_end_is_read_up_to_the_limit_only(lying):
    hub, relay = lying
    relay.rule("/properties/2026-09/companies", lambda _: write(repeat_for_ever), method="GET")
    with pytest.raises(AnswerTooLarge, match="more than 64 MB"):
        pull(hub, "companies", ["name"])


@pytest.mark.parametrize("server", [drip, drip_heads, keep_silent, "busy"])
@pytest.mark.parametrize("arguments", [{}, {"where": "name is known"}, {"ids": ["1", "2"]}])
def test_a_stop_acts_within_a_second_whatever_the_server_does(lying, server, arguments):
    hub, relay = lying
    busy = Answer(503, {}, {"Retry-After": "86400"})
    for path, method in READS:
        relay.rule(path, lambda _: busy if server == "busy" else write(server), method=method)
    handle = start_pull(hub, "companies", ["name"], **arguments)
    until = time.monotonic() + 10
    while not any(relay.sent(*one) for one in READS):
        assert time.monotonic() < until
        time.sleep(0.02)
    begun = time.monotonic()
    handle.cancel()
    frame = handle.result(10)
    assert time.monotonic() - begun < 1.2
    assert len(frame) == 0


def endless_list(request):
    honest = request.forward()
    honest.data["paging"] = {"next": {"after": asked_for(request, "after") or honest.data["results"][-1]["id"]}}
    return honest


def endless_empty_pages(request):
    after = int(asked_for(request, "after") or 10**12)
    return Answer(200, {"results": [], "paging": {"next": {"after": str(after + 1)}}})


def endless_owners(request):
    honest = request.forward()
    honest.data["paging"] = {"next": {"after": str(int(asked_for(request, "after") or 0) + 1)}}
    return honest


def endless_associations(request):
    honest = request.forward()
    for result in honest.data["results"]:
        result["paging"] = {"next": {"after": str(time.monotonic_ns())}}
    return honest


@pytest.mark.parametrize(
    ("path", "method", "answer", "columns"),
    [
        (OBJECTS, "GET", endless_list, ["name"]),
        (OBJECTS, "GET", endless_empty_pages, ["name"]),
        ("/owners/2026-09", "GET", endless_owners, ["owner.name"]),
        ("/batch/read", "POST", endless_associations, ["contacts (count)"]),
    ],
    ids=["list", "empty pages", "owners", "associations"],
)
def test_a_cursor_that_leads_in_a_circle_is_a_sentence(lying, path, method, answer, columns):
    hub, relay = lying
    relay.rule(path, answer, method=method)
    with pytest.raises(HubSpotError, match="sends the same page again"):
        pull(hub, "companies", columns)


def test_lists_without_end_come_to_one(lying):
    hub, relay = lying

    def more(request):
        honest = request.forward()
        return Answer(200, {**honest.data, "hasMore": True})

    relay.rule("/lists/2026-09/search", more)
    with pytest.raises(HsaiError, match="no list of companies called"):
        pull(hub, "companies", ["name"], list="no such list")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    ("path", "method", "arguments"),
    [(OBJECTS, "GET", {}), ("/search", "POST", {"where": "name is known"}), ("/batch/read", "POST", {"ids": "1"})],
)
def test_no_redirect_is_followed_and_the_sentence_says_where_it_led(lying, status, path, method, arguments):
    hub, relay = lying
    elsewhere = Relay(relay.url)
    relay.rule(path, lambda one: Answer(status, None, {"Location": elsewhere.url + one.path}), method=method)
    with pytest.raises(HubSpotError, match=f"on to {elsewhere.url}.*not followed"):
        pull(hub, "companies", ["name"], **arguments)
    assert elsewhere.requests == []
    elsewhere.close()


@pytest.mark.parametrize("limit", ["0", "-5", "nan", "²", "9" * 30, "1e3"])
def test_a_window_that_is_no_number_changes_nothing(lying, limit):
    hub, relay = lying

    def answer(request):
        honest = request.forward()
        honest.headers = {"X-HubSpot-RateLimit-Max": limit, "X-HubSpot-RateLimit-Daily-Remaining": limit}
        return honest

    relay.rule(OBJECTS, answer, method="GET")
    assert len(pull(hub, "companies", ["name"], limit=5)) == 5


def test_a_key_that_hubspot_sends_back_is_masked_wherever_it_stands(lying, sandbox):
    hub, relay = lying
    key = sandbox.hubspot_token

    def answer(request):
        honest = request.forward()
        honest.data["results"][0]["properties"]["name"] = f"Acme {key}"
        return honest

    relay.rule(OBJECTS, answer, method="GET")
    frame = pull(hub, "companies", ["name"], limit=5)
    assert "Acme [key hidden]" in frame["name"].tolist()
    assert key.encode() not in b"".join(one.read_bytes() for one in hub.workspace.folder.glob("hsai.sqlite*"))
    relay.clear()
    echo = {"message": f"Bad token {key}\x1b[2J", "correlationId": key, "errors": [{"message": key, "code": key}]}
    relay.rule(OBJECTS, lambda _: Answer(400, echo, {"X-HubSpot-Correlation-Id": key}), method="GET")
    with pytest.raises(HubSpotError, match="Bad token") as caught:
        pull(hub, "companies", ["name"], limit=5)
    assert key not in f"{caught.value}{caught.value!r}{caught.value.detail}{caught.value.correlation_id}"
    assert "\x1b" not in str(caught.value)
