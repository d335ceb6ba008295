from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hsai_kit.sandbox.journal import KEPT_REQUESTS, KEPT_ROUTES, Journal, build_route_templates


def finish(journal: Journal, path: str, status: int | None = 200) -> None:
    entry = journal.begin("GET", path, "", b"")
    entry.status = status
    journal.end(entry)


def test_counts_and_requests_stay_bounded_however_many_there_are() -> None:
    journal = Journal(lambda _method, path: path)
    for number in range(KEPT_REQUESTS + 10):
        finish(journal, f"/{number}")
    counts = journal.counts()
    assert len(counts) == KEPT_ROUTES + 1
    assert counts["other routes"] == {"200": KEPT_REQUESTS + 10 - KEPT_ROUTES}
    kept = journal.requests(10 * KEPT_REQUESTS)
    assert len(kept) == KEPT_REQUESTS
    assert kept[-1]["path"] == f"/{KEPT_REQUESTS + 9}"


def test_a_request_without_an_answer_is_counted_as_such() -> None:
    journal = Journal(lambda _method, path: path)
    finish(journal, "/", None)
    assert journal.counts() == {"GET /": {"no answer": 1}}


def test_an_answer_to_the_same_request_is_told_from_the_first_one_and_a_cut_one_is_none() -> None:
    journal = Journal(lambda _method, path: path)
    for body, status, fault in (
        (b"1", 200, "cut"),
        (b"1", 500, "500"),
        (b"1", 200, None),
        (b"2", 200, "commit_then_stall"),
        (b"1", 200, None),
    ):
        entry = journal.begin("POST", "/ask", "", body)
        entry.status, entry.fault = status, fault
        journal.end(entry)
    assert journal.count_answered() == {"POST /ask": {"once": 2, "again": 1}}
    journal.clear()
    assert journal.count_answered() == {}


def test_a_path_is_counted_under_the_route_that_takes_it() -> None:
    async def endpoint(request: Request) -> Response:
        return Response()

    routes = [
        Route("/crm/search", endpoint, methods=["POST"]),
        Route("/crm/{kind}", endpoint, methods=["GET"]),
        Route("/crm/{kind}/{id}", endpoint, methods=["GET"]),
    ]
    template = build_route_templates(Starlette(routes=routes).routes)
    assert template("POST", "/crm/search") == "/crm/search"
    assert template("GET", "/crm/search") == "/crm/{kind}"
    assert template("GET", "/crm/contacts/101") == "/crm/{kind}/{id}"
    assert template("PUT", "/crm/contacts") == "/crm/{kind}"
    assert template("GET", "/elsewhere") == "/elsewhere"
