"""Search: conditions, order, pages and limits; these tests only read, so they share one portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Api, Reply

    from hsai_kit.sandbox import Sandbox

PEOPLE = {
    "a": {"city": "Reno", "seats_planned": "9", "lead_class": "sales", "contract_end_date": "2026-01-31"},
    "b": {"city": "reno north", "seats_planned": "10", "lead_class": "spam", "contract_end_date": "2026-06-30"},
    "c": {"city": "Erie", "seats_planned": "100", "product_interest": "inventory;returns"},
    "d": {"seats_planned": "-2.5", "newsletter_opt_in": "true", "product_interest": "returns"},
}


@pytest.fixture(scope="module")
def api(running: Sandbox, api_class: Callable[[str, str], Api]) -> Iterator[Api]:
    running.reset()
    running.limits("hubspot", per_ten_seconds=None, search_per_second=None, search_lag=0)
    client = api_class(running.hubspot_url, running.hubspot_token)
    yield client
    client.close()


@pytest.fixture(scope="module")
def people(api: Api) -> dict[str, str]:
    """Four contacts whose last name nobody else has: id by letter."""
    inputs = [
        {"properties": {"firstname": letter, "lastname": "Zzyzx", "email": f"{letter}@zzyzx.example.com", **values}}
        for letter, values in PEOPLE.items()
    ]
    made = api("POST", "/crm/v3/objects/contacts/batch/create", {"inputs": inputs})
    assert made.status == 201, made.data
    return {one["properties"]["firstname"]: one["id"] for one in made.data["results"]}


def search(api: Api, *filters: dict[str, Any], path: str = "/crm/objects/2026-09/contacts", **body: Any) -> Reply:
    return api("POST", f"{path}/search", {"filterGroups": [{"filters": list(filters)}] if filters else [], **body})


def condition(name: str, operator: str, value: Any = None, high: str | None = None) -> dict[str, Any]:
    operands = {"values": value} if isinstance(value, list) else {} if value is None else {"value": value}
    return {"propertyName": name, "operator": operator, **operands, **({"highValue": high} if high else {})}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (condition("city", "EQ", "RENO"), "a"),
        (condition("city", "NEQ", "reno"), "bc"),
        (condition("city", "IN", ["reno", "erie"]), "ac"),
        (condition("city", "IN", ["Reno", "Erie"]), ""),
        (condition("city", "NOT_IN", ["reno"]), "bc"),
        (condition("city", "HAS_PROPERTY"), "abc"),
        (condition("city", "NOT_HAS_PROPERTY"), "d"),
        (condition("city", "CONTAINS_TOKEN", "reno"), "ab"),
        (condition("city", "CONTAINS_TOKEN", "ren"), ""),
        (condition("city", "CONTAINS_TOKEN", "*or*"), "b"),
        (condition("city", "NOT_CONTAINS_TOKEN", "reno"), "cd"),
        (condition("email", "CONTAINS_TOKEN", "*@zzyzx.example.com"), "abcd"),
        (condition("seats_planned", "EQ", "9.0"), "a"),
        (condition("seats_planned", "LT", "10"), "ad"),
        (condition("seats_planned", "LTE", "10"), "abd"),
        (condition("seats_planned", "GT", "10"), "c"),
        (condition("seats_planned", "GTE", "10"), "bc"),
        (condition("seats_planned", "BETWEEN", "9", "10"), "ab"),
        (condition("seats_planned", "IN", ["9", "100"]), "ac"),
        (condition("lead_class", "EQ", "sales"), "a"),
        (condition("lead_class", "EQ", "SALES"), ""),
        (condition("lead_class", "NEQ", "sales"), "b"),
        (condition("product_interest", "EQ", "returns"), "cd"),
        (condition("product_interest", "IN", ["inventory"]), "c"),
        (condition("newsletter_opt_in", "EQ", "true"), "d"),
        (condition("contract_end_date", "GT", "2026-01-31"), "b"),
        (condition("contract_end_date", "EQ", "1769817600000"), "a"),
        (condition("contract_end_date", "BETWEEN", "2026-01-01", "2026-06-30"), "ab"),
        (condition("createdate", "LT", "2020-01-01"), ""),
        (condition("createdate", "GTE", "2026-01-01T00:00:00Z"), "abcd"),
    ],
)
def test_each_operator_finds_what_fits(api: Api, people: dict[str, str], wanted: dict[str, Any], found: str) -> None:
    reply = search(api, condition("lastname", "EQ", "Zzyzx"), wanted)
    assert reply.status == 200, reply.data
    assert reply.ids == [people[letter] for letter in found]
    assert reply.data["total"] == len(found)


def test_groups_are_alternatives(api: Api, people: dict[str, str]) -> None:
    groups = [
        {"filters": [condition("lastname", "EQ", "zzyzx"), condition("city", "EQ", city)]} for city in ("reno", "erie")
    ]
    reply = api("POST", "/crm/v3/objects/contacts/search", {"filterGroups": groups})
    assert reply.ids == [people["a"], people["c"]]


@pytest.mark.parametrize(
    ("query", "found"), [("zzyz", "abcd"), ("ZZYZX b", "b"), ("zzyzx example", "abcd"), ("yzx", "")]
)
def test_the_query_finds_beginnings_of_words(api: Api, people: dict[str, str], query: str, found: str) -> None:
    assert search(api, query=query).ids == [people[letter] for letter in found]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ({"propertyName": "seats_planned", "direction": "ASCENDING"}, "dabc"),
        ({"propertyName": "seats_planned", "direction": "DESCENDING"}, "cbad"),
        ("-hs_object_id", "dcba"),
        ("city", "cabd"),
        ("-city", "bacd"),
    ],
)
def test_a_sort_goes_by_the_propertys_type_with_unset_values_last(
    api: Api, people: dict[str, str], sort: Any, order: str
) -> None:
    assert search(api, condition("lastname", "EQ", "zzyzx"), sorts=[sort]).ids == [people[one] for one in order]


def test_search_pages_by_offset(api: Api, objects: str) -> None:
    found: list[str] = []
    after = {}
    while True:
        page = search(api, path=f"{objects}/companies", limit=70, properties=["name"], **after)
        found += page.ids
        if "paging" not in page.data:
            break
        after = {"after": page.data["paging"]["next"]["after"]}
    assert len(set(found)) == len(found) == page.data["total"] == 300


def test_search_shows_asked_properties_or_the_default_ones(api: Api) -> None:
    one = search(api, condition("hs_object_id", "EQ", "101"), properties=["state", "seats_planned", "nothing"])
    assert one.data["results"][0]["properties"].keys() == {
        "state", "seats_planned", "createdate", "hs_object_id", "lastmodifieddate",
    }  # fmt: skip
    assert "email" in search(api, condition("hs_object_id", "EQ", "101")).data["results"][0]["properties"]


def test_results_end_at_ten_thousand(api: Api) -> None:
    assert search(api, limit=200, after="9800").status == 200
    reply = search(api, limit=200, after="9801")
    assert (reply.status, reply.data["category"]) == (400, "VALIDATION_ERROR")
    assert search(api, limit=1, after="10000").status == 400


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": -1},
        {"after": "next"},
        {"query": "x" * 3_001},
        {"sorts": ["city", "state"]},
        {"sorts": ["nothing"]},
        {"properties": "state"},
        {"filterGroups": [{"filters": [condition("city", "EQ", "x")]}] * 6},
        {"filterGroups": [{"filters": [condition("city", "EQ", "x")] * 7}]},
        {"filterGroups": [{"filters": [condition("city", "EQ", "x")] * 5}] * 4},
        {"filterGroups": [{"filters": [condition("nothing", "EQ", "x")]}]},
        {"filterGroups": [{"filters": [condition("city", "LIKE", "x")]}]},
        {"filterGroups": [{"filters": [condition("city", "EQ")]}]},
        {"filterGroups": [{"filters": [condition("city", "IN", "x")]}]},
        {"filterGroups": [{"filters": [condition("city", "IN", [])]}]},
        {"filterGroups": [{"filters": [condition("seats_planned", "BETWEEN", "1")]}]},
        {"filterGroups": [{"filters": [condition("seats_planned", "GT", "many")]}]},
        {"filterGroups": [{"filters": [condition("createdate", "GT", "yesterday")]}]},
        {"filterGroups": "city"},
        {"filterGroups": [{"filters": ["city"]}]},
    ],
)
def test_a_search_beyond_a_limit_or_without_sense_is_a_400(api: Api, objects: str, body: dict[str, Any]) -> None:
    reply = api("POST", f"{objects}/contacts/search", body)
    assert (reply.status, reply.data["category"]) == (400, "VALIDATION_ERROR")


def test_as_many_filters_as_allowed_are_allowed(api: Api) -> None:
    one = condition("city", "HAS_PROPERTY")
    for sizes in ((6, 6, 6), (4, 4, 4, 4, 2)):
        groups = [{"filters": [one] * size} for size in sizes]
        assert api("POST", "/crm/v3/objects/contacts/search", {"filterGroups": groups, "limit": 200}).status == 200
